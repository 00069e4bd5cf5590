/* The environment: which variable goes where, and what is refused with which words. */
#include "tests/unit/support.h"

#include <string.h>

#include "aws/environment.h"
#include "base/mem.h"

#define READ(...) (char *const[]){ __VA_ARGS__, NULL }

static void assert_refused(const char *variable, const char *cause, const char *remedy)
{
	struct aws_environment environment = { .max_attempts = -1 };
	AUTO_FREE char *copy = mem_strdup(variable);
	struct err e = ERR_INIT;

	assert_int_equal(aws_environment_read(READ(copy), &environment, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, remedy);
	assert_int_equal(environment.max_attempts, -1);
}

static void nothing_set_gives_defaults(void **state)
{
	CLEANUP(aws_environment_done) struct aws_environment environment = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(
		aws_environment_read(READ("PATH=/bin", "AWS_CA_BUNDLE=", "AWS_MAX_ATTEMPTS="),
				     &environment, &e),
		0);
	assert_null(environment.access_key_id);
	assert_null(environment.ca_bundle);
	assert_false(environment.fips);
	assert_int_equal(environment.max_attempts, 3);
}

static void every_variable_has_its_field(void **state)
{
	CLEANUP(aws_environment_done) struct aws_environment environment = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(aws_environment_read(READ("AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=s/e+c=",
						   "AWS_SESSION_TOKEN=t",
						   "AWS_ENDPOINT_URL=http://general", "AWS_ENDPOINT_URL_SSM=https://ssm",
						   "AWS_ENDPOINT_URL_EC2=https://ec2:8443/x",
						   "AWS_ENDPOINT_URL_AUTO_SCALING=https://asg",
						   "AWS_ENDPOINT_URL_STS=https://sts", "AWS_CA_BUNDLE=/ca.pem",
						   "SSL_CERT_FILE=/my certs.pem",
						   "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://[fd00:ec2::254]/",
						   "AWS_EC2_METADATA_DISABLED=True", "AWS_USE_FIPS_ENDPOINT=true",
						   "AWS_USE_DUALSTACK_ENDPOINT=TRUE", "AWS_MAX_ATTEMPTS=7"),
					      &environment, &e), 0);
	assert_string_equal(environment.access_key_id, "AKIA");
	assert_string_equal(environment.secret_access_key, "s/e+c=");
	assert_string_equal(environment.session_token, "t");
	assert_string_equal(environment.endpoint, "http://general");
	assert_string_equal(environment.endpoint_ssm, "https://ssm");
	assert_string_equal(environment.endpoint_ec2, "https://ec2:8443/x");
	assert_string_equal(environment.endpoint_auto_scaling, "https://asg");
	assert_string_equal(environment.endpoint_sts, "https://sts");
	assert_string_equal(environment.ca_bundle, "/ca.pem");
	assert_string_equal(environment.ssl_cert_file, "/my certs.pem");
	assert_string_equal(environment.metadata_endpoint, "http://[fd00:ec2::254]/");
	assert_true(environment.metadata_disabled);
	assert_true(environment.fips);
	assert_true(environment.dualstack);
	assert_int_equal(environment.max_attempts, 7);
}

static void a_longer_name_is_another_variable(void **state)
{
	CLEANUP(aws_environment_done) struct aws_environment environment = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(aws_environment_read(READ("AWS_CA_BUNDLES=x y", "AWS_ENDPOINT_URL_S3=x",
						   "XAWS_CA_BUNDLE=x y"),
					      &environment, &e),
			 0);
	assert_null(environment.ca_bundle);
	assert_null(environment.endpoint);
}

static void what_is_malformed_is_named_with_its_rule(void **state)
{
	static const struct {
		const char *variable, *cause;
	} cases[] = {
		{ "AWS_USE_FIPS_ENDPOINT=1", "AWS_USE_FIPS_ENDPOINT: '1' is neither 'true' nor 'false'" },
		{ "AWS_MAX_ATTEMPTS=0", "AWS_MAX_ATTEMPTS: '0' is not a number in 1..100" },
		{ "AWS_MAX_ATTEMPTS=101", "AWS_MAX_ATTEMPTS: '101' is not a number in 1..100" },
		{ "AWS_MAX_ATTEMPTS=3x", "AWS_MAX_ATTEMPTS: '3x' is not a number in 1..100" },
		{ "AWS_MAX_ATTEMPTS=+3", "AWS_MAX_ATTEMPTS: '+3' is not a number in 1..100" },
		{ "AWS_CA_BUNDLE=ca.pem", "AWS_CA_BUNDLE: 'ca.pem' is not an absolute path" },
		{ "AWS_ENDPOINT_URL=ssm.example",
		  "AWS_ENDPOINT_URL: 'ssm.example' does not begin with 'http://' or 'https://'" },
		{ "AWS_ENDPOINT_URL_SSM=https://",
		  "AWS_ENDPOINT_URL_SSM: 'https://' is not a scheme, a host and a path alone" },
		{ "AWS_ENDPOINT_URL_EC2=https://a@b",
		  "AWS_ENDPOINT_URL_EC2 holds a user or a password, which is never sent" },
		{ "AWS_ENDPOINT_URL_STS=https://b?c",
		  "AWS_ENDPOINT_URL_STS: 'https://b?c' is not a scheme, a host and a path alone" },
		{ "AWS_ENDPOINT_URL_STS=https://b\r\nX: y",
		  "AWS_ENDPOINT_URL_STS: 'https://b\r\nX: y' is not a scheme, a host and a path alone" },
		{ "AWS_EC2_METADATA_SERVICE_ENDPOINT=https://a",
		  "AWS_EC2_METADATA_SERVICE_ENDPOINT: 'https://a' does not begin with 'http://'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_refused(cases[i].variable, cases[i].cause, "");
}

static void secrets_are_refused_without_showing_them(void **state)
{
	(void)state;
	assert_refused("AWS_SECRET_ACCESS_KEY=hush hush",
		       "AWS_SECRET_ACCESS_KEY holds blanks or characters that are not ASCII", "");
	assert_refused("AWS_SESSION_TOKEN=hush\nX-Forged: 1",
		       "AWS_SESSION_TOKEN holds blanks or characters that are not ASCII", "");
}

static void half_of_a_key_is_refused(void **state)
{
	static const char remedy[] = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or none of them";

	(void)state;
	assert_refused("AWS_ACCESS_KEY_ID=AKIA",
		       "AWS_SECRET_ACCESS_KEY is missing, and other parts of the credentials are set", remedy);
	assert_refused("AWS_SECRET_ACCESS_KEY=hush",
		       "AWS_ACCESS_KEY_ID is missing, and other parts of the credentials are set", remedy);
	assert_refused("AWS_SESSION_TOKEN=hush",
		       "AWS_ACCESS_KEY_ID is missing, and other parts of the credentials are set", remedy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_set_gives_defaults),
		cmocka_unit_test(every_variable_has_its_field),
		cmocka_unit_test(a_longer_name_is_another_variable),
		cmocka_unit_test(what_is_malformed_is_named_with_its_rule),
		cmocka_unit_test(secrets_are_refused_without_showing_them),
		cmocka_unit_test(half_of_a_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
