/* err: one error, owned by main, filled by whoever fails first. */
#ifndef CYGNET_BASE_ERR_H
#define CYGNET_BASE_ERR_H

#include <stdarg.h>

/* What the process exits with; sysexits(3) where it has a word for it. */
enum exit_code {
	EXIT_DONE = 0,
	EXIT_STEP = 1,		/* a step failed; the message names it */
	EXIT_CHANGES = 2,	/* plan has changes */
	EXIT_SOME_DOWN = 3,
	EXIT_ALL_DOWN = 4,
	EXIT_USAGE = 64,
	EXIT_CONFIG = 65,	/* bad configuration, damaged data or a conflict */
	EXIT_MISSING = 69,	/* something required is not installed or not there */
	EXIT_AGAIN = 75,	/* IMDS, throttling or the registry: a later run may succeed */
	EXIT_DENIED = 77,	/* the message names the IAM action */
};

struct err {
	enum exit_code code;	/* EXIT_DONE: no error is set */
	char cause[1024];	/* "why: what failed", lower case, no full stop */
	char remedy[512];	/* what the operator can do, or "" */
};

#define ERR_INIT { .code = EXIT_DONE }

/* Set the error unless one is set. Always returns -1, so a caller can `return err_set(…)`. */
int err_set(struct err *e, enum exit_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Put "<fmt>: " before the cause: lower layers say what failed, the caller why. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Say what the operator can do; the first remedy wins. Returns -1. */
int err_remedy(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Forget the error: the caller has dealt with it. */
void err_clear(struct err *e);

#endif
