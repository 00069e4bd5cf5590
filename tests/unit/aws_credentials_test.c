/* Credentials: as IMDS writes them, and kept for as long as they are good. */
#include "tests/unit/support.h"

#include <string.h>

#include "aws/credentials.h"
#include "base/mem.h"

static void assert_refused(const char *text, enum exit_code code, const char *cause,
			   const char *remedy)
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

/* A source that counts, and fails when it is told to. */
struct well {
	int drawn;
	int64_t expires;
	bool dry;
};

static int well_draw(void *context, struct credentials *ret_credentials, struct err *e)
{
	struct well *well = context;

	if (well->dry)
		return err_set(e, EXIT_AGAIN, "the well is dry");
	*ret_credentials = (struct credentials){
		.access_key_id = mem_printf("KEY%d", ++well->drawn),
		.secret_access_key = mem_strdup("secret"),
		.expires = well->expires,
	};
	return 0;
}

static void assert_got(struct credentials_cache *cache, int64_t now, const char *key)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(credentials_get(cache, now, &credentials, &e), 0);
	assert_string_equal(credentials.access_key_id, key);
}

static void credentials_are_kept_until_shortly_before_they_expire(void **state)
{
	struct well well = { .expires = 10000 };
	struct credentials_cache *cache = credentials_cache_new(well_draw, &well);

	(void)state;
	assert_int_equal(well.drawn, 0);
	assert_got(cache, 0, "KEY1");
	assert_got(cache, 9699, "KEY1");
	assert_got(cache, 9700, "KEY2");
	credentials_cache_free(cache);
}

static void old_credentials_serve_while_the_source_is_silent(void **state)
{
	struct well well = { .expires = 10000 };
	struct credentials_cache *cache = credentials_cache_new(well_draw, &well);
	struct credentials credentials = { .expires = 7 };
	struct err e = ERR_INIT;

	(void)state;
	assert_got(cache, 0, "KEY1");
	well.dry = true;
	assert_got(cache, 9999, "KEY1");
	assert_int_equal(credentials_get(cache, 10000, &credentials, &e), -1);
	assert_error(&e, EXIT_AGAIN, "the well is dry", "");
	assert_int_equal(credentials.expires, 7);
	credentials_cache_free(cache);
}

static void outdated_credentials_are_drawn_anew_once(void **state)
{
	CLEANUP(credentials_done) struct credentials first = { 0 };
	struct well well = { .expires = 10000 };
	struct credentials_cache *cache = credentials_cache_new(well_draw, &well);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(credentials_get(cache, 0, &first, &e), 0);
	assert_true(credentials_outdate(cache, &first));
	assert_got(cache, 0, "KEY2");
	assert_true(credentials_outdate(cache, &first));	/* another thread's view, which is too old itself */
	assert_got(cache, 0, "KEY2");
	credentials_cache_free(cache);
}

static void the_environment_s_stay_what_they_are(void **state)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	char id[] = "AKIDEXAMPLE", secret[] = "s", token[] = "t";
	struct aws_environment environment = { .access_key_id = id, .secret_access_key = secret, .session_token = token };
	struct credentials_cache *cache = credentials_cache_new(credentials_of_environment, &environment);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(credentials_get(cache, INT64_MAX - 1000, &credentials, &e), 0);
	assert_string_equal(credentials.access_key_id, id);
	assert_string_equal(credentials.session_token, token);
	assert_false(credentials_outdate(cache, &credentials));
	credentials_cache_free(cache);
}

static void times_are_utc_to_the_second(void **state)
{
	static const char *const bad[] = {
		"", "2017-05-17", "2017-05-17T15:09:54", "2017-05-17T15:09:54z", "2017-05-17T15:09:54ZZ",
		"2017-05-17T15:09:54.5+00:00", "2017-13-17T15:09:54Z", "1495033794",
	};
	int64_t time = 7;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(credentials_time(bad[i], &time));
	assert_int_equal(time, 7);
	assert_true(credentials_time("2017-05-17T15:09:54Z", &time));
	assert_int_equal(time, 1495033794);
	assert_true(credentials_time("2017-05-17T15:09:54.359Z", &time));
	assert_int_equal(time, 1495033794);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_parsed),
		cmocka_unit_test(a_role_that_ec2_may_not_assume_is_a_denial),
		cmocka_unit_test(what_is_missing_or_malformed_is_named_without_its_value),
		cmocka_unit_test(credentials_are_kept_until_shortly_before_they_expire),
		cmocka_unit_test(old_credentials_serve_while_the_source_is_silent),
		cmocka_unit_test(outdated_credentials_are_drawn_anew_once),
		cmocka_unit_test(the_environment_s_stay_what_they_are),
		cmocka_unit_test(times_are_utc_to_the_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
