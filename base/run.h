/* run: other programs, by argv, bounded in time and output; never a shell. */
#ifndef CYGNET_BASE_RUN_H
#define CYGNET_BASE_RUN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct run_result {
	int status;		/* exit status; 128 + signal when it was killed */
	struct buf out;		/* stdout, at most 1 MiB kept */
	struct buf errors;	/* stderr, likewise */
	bool truncated;		/* more was said than is kept */
};

/*
 * Run argv (NULL-terminated, argv[0] an absolute path) with an empty stdin, LC_ALL=C and a fixed
 * PATH, and wait for it. Fails with EXIT_MISSING when it cannot be executed, EXIT_AGAIN when it
 * takes longer than timeout_ms (it is killed): a machine that is slow today is no fault of its own.
 * A non-zero status is not a failure of this call.
 */
int run_capture(const char *const argv[], int timeout_ms, struct run_result *ret_result,
		struct err *e);

void run_result_done(struct run_result *result);

#endif
