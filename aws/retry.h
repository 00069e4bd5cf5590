/* retry: what an error reply means for the call, as the SDKs' 'standard' mode has it. Pure. */
#ifndef CYGNET_AWS_RETRY_H
#define CYGNET_AWS_RETRY_H

#include <stdint.h>

#include "aws/fault.h"
#include "base/err.h"

enum fault_kind {
	FAULT_FINAL,		/* it would fail again */
	FAULT_PASSING,		/* throttling, or the server's trouble: again after a pause */
	FAULT_CLOCK,		/* our clock is wrong: again at once, with the server's time */
	FAULT_EXPIRED,		/* the credentials are too old: again at once, with new ones */
	FAULT_DENIED,		/* IAM does not allow it */
	FAULT_IDENTITY,		/* the credentials or the signature are not accepted at all */
	FAULT_ABSENT,		/* what the call is about does not exist */
};

/*
 * Judge an error reply. skew_s is the server's clock minus the one the request was signed with, 0
 * when unknown.
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; the codes of a wrong clock are
 * the JavaScript SDK's.
 */
enum fault_kind retry_judge(const struct fault *fault, int64_t skew_s);

/* What the process exits with when a fault of this kind is final. */
enum exit_code retry_exit(enum fault_kind kind);

/* The longest pause after attempt (from 1) failed: base_ms, doubled each time, at most max_ms. */
int64_t retry_pause_ms(int attempt, int64_t base_ms, int64_t max_ms);

#endif
