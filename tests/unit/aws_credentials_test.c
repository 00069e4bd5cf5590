/* The role's credentials, as IMDS writes them. */
#include "tests/unit/support.h"

#include "aws/credentials.h"
#include "base/mem.h"

static void assert_refused(const char *text, enum exit_code code, const char *cause, const char *remedy)
{
	struct credentials credentials = { .expires = 7 };
	struct err e = ERR_INIT;

	assert_int_equal(credentials_parse(text, &credentials, &e), -1);
	assert_error(&e, code, cause, remedy);
	assert_int_equal(credentials.expires, 7);
}

static void a_document_is_parsed(void **state)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(credentials_parse("{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"2017-05-17T09:23:11Z\",\n"
					   "  \"Type\" : \"AWS-HMAC\",\n  \"AccessKeyId\" : \"ASIAEXAMPLE\",\n"
					   "  \"SecretAccessKey\" : \"s/e+c\",\n  \"Token\" : \"t==\",\n"
					   "  \"Expiration\" : \"2017-05-17T15:09:54Z\"\n}", &credentials, &e), 0);
	assert_string_equal(credentials.access_key_id, "ASIAEXAMPLE");
	assert_string_equal(credentials.secret_access_key, "s/e+c");
	assert_string_equal(credentials.session_token, "t==");
	assert_int_equal(credentials.expires, 1495033794);
}

static void a_role_that_ec2_may_not_assume_is_a_denial(void **state)
{
	(void)state;
	assert_refused("{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the role x.\"}", EXIT_DENIED,
		       "the instance's role has no credentials: AssumeRoleUnauthorizedAccess",
		       "let ec2.amazonaws.com assume the role of the instance profile");
}

static void what_is_missing_or_malformed_is_named_without_its_value(void **state)
{
	(void)state;
	assert_refused("", EXIT_CONFIG, "not valid JSON at line 1, column 0", "");
	assert_refused("{}", EXIT_CONFIG, "'AccessKeyId' is missing", "");
	assert_refused("{\"AccessKeyId\":\"A\"}", EXIT_CONFIG, "'SecretAccessKey' is missing", "");
	assert_refused("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\\nX: y\"}", EXIT_CONFIG,
		       "'SecretAccessKey' has control characters", "");
	assert_refused("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Token\":7}", EXIT_CONFIG,
		       "'Token' is not a string", "");
	assert_refused("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Token\":\"t\",\"Expiration\":\"tomorrow\"}",
		       EXIT_CONFIG, "'Expiration' is no time in UTC", "");
	assert_refused("{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"hush\",\"Token\":\"t\","
		       "\"Expiration\":\"2017-05-17T15:09:54+02:00\"}", EXIT_CONFIG, "'Expiration' is no time in UTC", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_parsed),
		cmocka_unit_test(a_role_that_ec2_may_not_assume_is_a_denial),
		cmocka_unit_test(what_is_missing_or_malformed_is_named_without_its_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
