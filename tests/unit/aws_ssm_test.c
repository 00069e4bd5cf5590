/* The history of a parameter. */
#include "tests/unit/canned_aws.h"

#include "aws/ssm.h"

#define ASKED "ssm:GetParameterHistory on '/a' in 'us-east-1': "

static void a_history_is_all_pages_oldest_first(void **state)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned,
	       { 200, "{\"Parameters\":[{\"Name\":\"/a\",\"Value\":\"3\",\"Version\":3},"
		      "{\"Name\":\"/a\",\"Value\":\"2\",\"Version\":2}],\"NextToken\":\"t\"}" },
	       { 200, "{\"Parameters\":[],\"NextToken\":\"u\"}" },
	       { 200, "{\"Parameters\":[{\"Name\":\"/a\",\"Value\":\"1\",\"Version\":1}]}" });

	(void)state;
	assert_int_equal(ssm_history(canned.aws, "us-east-1", "/a", &found, &e), 0);
	assert_string_equal(canned.requests.items[0], "{\"MaxResults\":50,\"Name\":\"/a\"}");
	assert_string_equal(canned.requests.items[1], "{\"MaxResults\":50,\"Name\":\"/a\",\"NextToken\":\"t\"}");
	assert_asked(&canned, "{\"MaxResults\":50,\"Name\":\"/a\",\"NextToken\":\"u\"}");
	assert_int_equal(found.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(found.items[i].version, i + 1);
	assert_string_equal(found.items[2].value, "3");
}

static void a_parameter_that_does_not_exist_has_no_history(void **state)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 400, "{\"__type\":\"ParameterNotFound\"}" });

	(void)state;
	assert_int_equal(ssm_history(canned.aws, "us-east-1", "/a", &found, &e), 0);
	assert_int_equal(found.count, 0);
}

static void assert_refused(const char *body, const char *cause)
{
	struct parameters found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ssm_history(canned.aws, "us-east-1", "/a", &found, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_int_equal(found.count, 0);
}

static void histories_are_bounded(void **state)
{
	AUTO_BUF struct buf page = { 0 };

	(void)state;
	assert_refused("{\"Parameters\":[],\"NextToken\":\"t\"}", ASKED "more than 100 versions or 100 pages");
	buf_adds(&page, "{\"NextToken\":\"t\",\"Parameters\":[");
	for (int i = 0; i < 50; i++)
		buf_addf(&page, "%s{\"Name\":\"/a\",\"Value\":\"v\",\"Version\":%d}", i > 0 ? "," : "", i + 1);
	buf_adds(&page, "]}");
	assert_refused(buf_str(&page), ASKED "more than 100 versions or 100 pages");
	assert_refused("{\"Parameters\":[{\"Name\":\"/a\",\"Value\":\"v\",\"Version\":0}]}",
		       ASKED "'Parameters' 0: 'Version' is outside 1..9223372036854775807");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_history_is_all_pages_oldest_first),
		cmocka_unit_test(a_parameter_that_does_not_exist_has_no_history),
		cmocka_unit_test(histories_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
