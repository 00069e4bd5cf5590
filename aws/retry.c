/*
 * retry: decisions from codes and numbers alone. It neither waits nor sends.
 */
#include "aws/retry.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* SigV4 tolerates 5 minutes; what is rejected below this was not rejected for the clock. */
#define SKEW_MIN_S 240

static const struct {
	const char *code;
	enum fault_kind kind;
} kinds[] = {
	{ "Throttling", FAULT_PASSING },
	{ "ThrottlingException", FAULT_PASSING },
	{ "ThrottledException", FAULT_PASSING },
	{ "RequestThrottled", FAULT_PASSING },
	{ "RequestThrottledException", FAULT_PASSING },
	{ "RequestLimitExceeded", FAULT_PASSING },
	{ "TooManyRequestsException", FAULT_PASSING },
	{ "TooManyUpdates", FAULT_PASSING },
	{ "BandwidthLimitExceeded", FAULT_PASSING },
	{ "EC2ThrottledException", FAULT_PASSING },
	{ "PriorRequestNotComplete", FAULT_PASSING },
	{ "RequestTimeout", FAULT_PASSING },
	{ "RequestTimeoutException", FAULT_PASSING },
	{ "ExpiredToken", FAULT_EXPIRED },
	{ "ExpiredTokenException", FAULT_EXPIRED },
	{ "RequestExpired", FAULT_EXPIRED },
	{ "AccessDenied", FAULT_DENIED },
	{ "AccessDeniedException", FAULT_DENIED },
	{ "UnauthorizedOperation", FAULT_DENIED },
	{ "AuthFailure", FAULT_IDENTITY },
	{ "IncompleteSignature", FAULT_IDENTITY },
	{ "IncompleteSignatureException", FAULT_IDENTITY },
	{ "InvalidClientTokenId", FAULT_IDENTITY },
	{ "InvalidSignatureException", FAULT_IDENTITY },
	{ "MissingAuthenticationToken", FAULT_IDENTITY },
	{ "MissingAuthenticationTokenException", FAULT_IDENTITY },
	{ "SignatureDoesNotMatch", FAULT_IDENTITY },
	{ "UnrecognizedClientException", FAULT_IDENTITY },
};

/* Codes that may come of a wrong clock; that it is wrong is seen in the server's Date. */
static bool code_of_clock(const char *code)
{
	static const char *const codes[] = {
		"AuthFailure", "InvalidSignatureException", "RequestExpired", "RequestInTheFuture",
		"RequestTimeTooSkewed", "SignatureDoesNotMatch",
	};

	for (size_t i = 0; i < COUNT_OF(codes); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

static bool status_passing(int status)
{
	return status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

static bool code_absent(const char *code)
{
	static const char suffix[] = "NotFound";
	size_t len = strlen(code);

	return len >= strlen(suffix) && strcmp(code + len - strlen(suffix), suffix) == 0;
}

enum fault_kind retry_judge(const struct fault *fault, int64_t skew_s)
{
	if (llabs(skew_s) > SKEW_MIN_S && code_of_clock(fault->code))
		return FAULT_CLOCK;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (strcmp(kinds[i].code, fault->code) == 0)
			return kinds[i].kind;
	if (status_passing(fault->status))
		return FAULT_PASSING;
	return code_absent(fault->code) ? FAULT_ABSENT : FAULT_FINAL;
}

enum exit_code retry_exit(enum fault_kind kind)
{
	switch (kind) {
	case FAULT_PASSING:
	case FAULT_CLOCK:
		return EXIT_AGAIN;
	case FAULT_EXPIRED:
	case FAULT_DENIED:
	case FAULT_IDENTITY:
		return EXIT_DENIED;
	case FAULT_ABSENT:
		return EXIT_MISSING;
	case FAULT_FINAL:
		break;
	}
	return EXIT_STEP;
}

int64_t retry_pause_ms(int attempt, int64_t base_ms, int64_t max_ms)
{
	int64_t pause = base_ms;

	while (--attempt > 0 && pause < max_ms)
		pause *= 2;
	return pause < max_ms ? pause : max_ms;
}
