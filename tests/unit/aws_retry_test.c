/* Decisions about failures: from code, status and clock alone. */
#include "tests/unit/support.h"

#include "aws/retry.h"
#include "base/mem.h"

static enum fault_kind judge(int status, const char *code, int64_t skew_s)
{
	struct fault fault = { .status = status };

	snprintf(fault.code, sizeof fault.code, "%s", code);
	return retry_judge(&fault, skew_s);
}

static void codes_of_throttling_pass_at_any_status(void **state)
{
	static const char *const codes[] = {
		"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "TooManyUpdates",
		"RequestThrottled", "EC2ThrottledException", "RequestTimeout",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		assert_int_equal(judge(400, codes[i], 0), FAULT_PASSING);
}

static void the_server_s_trouble_passes_whatever_its_code(void **state)
{
	static const int statuses[] = { 429, 500, 502, 503, 504 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++) {
		assert_int_equal(judge(statuses[i], "", 0), FAULT_PASSING);
		assert_int_equal(judge(statuses[i], "InternalError", 0), FAULT_PASSING);
	}
}

static void other_statuses_are_final(void **state)
{
	static const int statuses[] = { 301, 307, 400, 401, 403, 404, 405, 413, 501, 505 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(statuses); i++)
		assert_int_equal(judge(statuses[i], "", 0), FAULT_FINAL);
}

static void a_denial_is_not_a_passing_fault_even_with_500(void **state)
{
	(void)state;
	assert_int_equal(judge(400, "AccessDeniedException", 0), FAULT_DENIED);
	assert_int_equal(judge(403, "UnauthorizedOperation", 0), FAULT_DENIED);
	assert_int_equal(judge(500, "AccessDenied", 0), FAULT_DENIED);
}

static void a_rejected_signature_is_a_matter_of_the_clock_only_when_that_is_off(void **state)
{
	static const char *const codes[] = {
		"InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch", "AuthFailure", "RequestInTheFuture",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		assert_int_equal(judge(400, codes[i], 1200), FAULT_CLOCK);
		assert_int_equal(judge(400, codes[i], -301), FAULT_CLOCK);
		assert_int_not_equal(judge(400, codes[i], 240), FAULT_CLOCK);
		assert_int_not_equal(judge(400, codes[i], 0), FAULT_CLOCK);
	}
	assert_int_equal(judge(400, "ThrottlingException", 1200), FAULT_PASSING);
	assert_int_equal(judge(400, "AccessDeniedException", 1200), FAULT_DENIED);
}

static void outdated_credentials_are_told_from_wrong_ones(void **state)
{
	(void)state;
	assert_int_equal(judge(400, "ExpiredTokenException", 0), FAULT_EXPIRED);
	assert_int_equal(judge(400, "ExpiredToken", 0), FAULT_EXPIRED);
	assert_int_equal(judge(400, "RequestExpired", 0), FAULT_EXPIRED);
	assert_int_equal(judge(400, "UnrecognizedClientException", 0), FAULT_IDENTITY);
	assert_int_equal(judge(401, "AuthFailure", 0), FAULT_IDENTITY);
	assert_int_equal(judge(400, "InvalidSignatureException", 0), FAULT_IDENTITY);
}

static void what_is_not_found_is_absent(void **state)
{
	(void)state;
	assert_int_equal(judge(400, "ParameterNotFound", 0), FAULT_ABSENT);
	assert_int_equal(judge(400, "InvalidNetworkInterfaceID.NotFound", 0), FAULT_ABSENT);
	assert_int_equal(judge(400, "NotFoundException", 0), FAULT_FINAL);
	assert_int_equal(judge(400, "Found", 0), FAULT_FINAL);
}

static void each_kind_has_its_exit_code(void **state)
{
	(void)state;
	assert_int_equal(retry_exit(FAULT_FINAL), EXIT_STEP);
	assert_int_equal(retry_exit(FAULT_PASSING), EXIT_AGAIN);
	assert_int_equal(retry_exit(FAULT_CLOCK), EXIT_AGAIN);
	assert_int_equal(retry_exit(FAULT_EXPIRED), EXIT_DENIED);
	assert_int_equal(retry_exit(FAULT_DENIED), EXIT_DENIED);
	assert_int_equal(retry_exit(FAULT_IDENTITY), EXIT_DENIED);
	assert_int_equal(retry_exit(FAULT_ABSENT), EXIT_MISSING);
}

static void pauses_double_up_to_their_bound(void **state)
{
	(void)state;
	assert_int_equal(retry_pause_ms(1, 1000, 20000), 1000);
	assert_int_equal(retry_pause_ms(2, 1000, 20000), 2000);
	assert_int_equal(retry_pause_ms(5, 1000, 20000), 16000);
	assert_int_equal(retry_pause_ms(6, 1000, 20000), 20000);
	assert_int_equal(retry_pause_ms(100, 1000, 20000), 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_of_throttling_pass_at_any_status),
		cmocka_unit_test(the_server_s_trouble_passes_whatever_its_code),
		cmocka_unit_test(other_statuses_are_final),
		cmocka_unit_test(a_denial_is_not_a_passing_fault_even_with_500),
		cmocka_unit_test(a_rejected_signature_is_a_matter_of_the_clock_only_when_that_is_off),
		cmocka_unit_test(outdated_credentials_are_told_from_wrong_ones),
		cmocka_unit_test(what_is_not_found_is_absent),
		cmocka_unit_test(each_kind_has_its_exit_code),
		cmocka_unit_test(pauses_double_up_to_their_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
