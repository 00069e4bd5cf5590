/* Endpoints: the host names of every partition, and what never becomes a part of one. */
#include "tests/unit/support.h"

#include <string.h>

#include "aws/endpoint.h"
#include "base/mem.h"

static void assert_endpoint(const struct aws_environment *environment, const char *service,
			    const char *region, const char *domain, const char *expected)
{
	AUTO_FREE char *url = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(endpoint_url(environment, service, region, domain, &url, &e), 0);
	assert_string_equal(url, expected);
}

static void each_partition_has_its_domain(void **state)
{
	const struct aws_environment plain = { 0 };

	(void)state;
	assert_endpoint(&plain, "ssm", "us-east-1", "amazonaws.com", "https://ssm.us-east-1.amazonaws.com/");
	assert_endpoint(&plain, "ec2", "cn-north-1", "amazonaws.com.cn", "https://ec2.cn-north-1.amazonaws.com.cn/");
	assert_endpoint(&plain, "ssm", "eusc-de-east-1", "amazonaws.eu", "https://ssm.eusc-de-east-1.amazonaws.eu/");
	assert_endpoint(&plain, "ssm", "us-isob-east-1", "sc2s.sgov.gov", "https://ssm.us-isob-east-1.sc2s.sgov.gov/");
}

static void the_partition_is_in_the_region_s_name(void **state)
{
	(void)state;
	assert_string_equal(endpoint_domain("us-east-1"), "amazonaws.com");
	assert_string_equal(endpoint_domain("ap-southeast-5"), "amazonaws.com");
	assert_string_equal(endpoint_domain("us-gov-west-1"), "amazonaws.com");
	assert_string_equal(endpoint_domain("cn-northwest-1"), "amazonaws.com.cn");
	assert_string_equal(endpoint_domain("eusc-de-east-1"), "amazonaws.eu");
	assert_string_equal(endpoint_domain("us-iso-west-1"), "c2s.ic.gov");
	assert_string_equal(endpoint_domain("us-isob-east-1"), "sc2s.sgov.gov");
	assert_string_equal(endpoint_domain("eu-isoe-west-1"), "cloud.adc-e.uk");
	assert_string_equal(endpoint_domain("us-isof-south-1"), "csp.hci.ic.gov");
	assert_string_equal(endpoint_domain(""), "amazonaws.com");
}

static void fips_and_dualstack_change_name_and_domain(void **state)
{
	const struct aws_environment fips = { .fips = true }, dualstack = { .dualstack = true };
	const struct aws_environment both = { .fips = true, .dualstack = true };

	(void)state;
	assert_endpoint(&fips, "ssm", "us-east-1", "amazonaws.com", "https://ssm-fips.us-east-1.amazonaws.com/");
	assert_endpoint(&fips, "ssm", "us-gov-east-1", "amazonaws.com", "https://ssm.us-gov-east-1.amazonaws.com/");
	assert_endpoint(&dualstack, "ec2", "us-east-1", "amazonaws.com", "https://ec2.us-east-1.api.aws/");
	assert_endpoint(&dualstack, "ec2", "eusc-de-east-1", "amazonaws.eu",
			"https://ec2.eusc-de-east-1.api.amazonwebservices.eu/");
	assert_endpoint(&both, "ec2", "us-gov-east-1", "amazonaws.com", "https://ec2-fips.us-gov-east-1.api.aws/");
}

static void an_endpoint_of_the_environment_goes_first(void **state)
{
	char general[] = "http://general/", ssm[] = "https://own", asg[] = "https://asg", sts[] = "https://sts/";
	const struct aws_environment given = {
		.endpoint = general, .endpoint_ssm = ssm, .endpoint_auto_scaling = asg, .endpoint_sts = sts,
	};

	(void)state;
	assert_endpoint(&given, "ssm", "us-east-1", "amazonaws.com", "https://own/");
	assert_endpoint(&given, "ec2", "us-east-1", "amazonaws.com", "http://general/");
	assert_endpoint(&given, "autoscaling", "us-east-1", "amazonaws.com", "https://asg/");
	assert_endpoint(&given, "sts", "us-east-1", "amazonaws.com", "https://sts/");
}

static void dualstack_is_refused_where_there_is_none(void **state)
{
	const struct aws_environment dualstack = { .dualstack = true };
	char *url = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(endpoint_url(&dualstack, "ssm", "us-iso-east-1", "c2s.ic.gov", &url, &e), -1);
	assert_error(&e, EXIT_CONFIG, "no dual-stack endpoints are known in 'c2s.ic.gov'",
		     "unset AWS_USE_DUALSTACK_ENDPOINT");
}

static void an_endpoint_and_another_kind_contradict(void **state)
{
	char general[] = "http://general";
	const struct aws_environment fips = { .endpoint = general, .fips = true };
	char *url = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(endpoint_url(&fips, "ssm", "us-east-1", "amazonaws.com", &url, &e), -1);
	assert_error(&e, EXIT_CONFIG, "the endpoint 'http://general' is given, and another kind asked for",
		     "unset the AWS_ENDPOINT_URL variables, or AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT");
}

static void regions_are_single_labels_that_end_in_a_digit(void **state)
{
	static const char *const good[] = { "us-east-1", "ap-southeast-7", "us-gov-west-1", "eusc-de-east-1" };
	static const char *const bad[] = {
		"", "-", "1", "useast1", "us-east", "us-east-1.evil", "us-east-1/", "us-east-1 ", "US-EAST-1",
		"1us-east-1", "-us-east-1", "us-east-1-", "us_east-1", "us-east-1\n",
		"a-23456789012345678901234567890123456789012345678901234567890123",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_true(region_valid(good[i]));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(region_valid(bad[i]));
}

static void what_is_no_domain_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "com", ".com", "amazonaws.com.", "amazonaws..com", "amazonaws.com/x", "a b.com", "a:1.com",
		"a.a2345678901234567890123456789012345678901234567.a2345678901234567890123456789012345678901234567.com",
	};
	const struct aws_environment plain = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char *url = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(endpoint_url(&plain, "ssm", "us-east-1", bad[i], &url, &e), -1);
		assert_int_equal(e.code, EXIT_CONFIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_partition_has_its_domain),
		cmocka_unit_test(the_partition_is_in_the_region_s_name),
		cmocka_unit_test(fips_and_dualstack_change_name_and_domain),
		cmocka_unit_test(an_endpoint_of_the_environment_goes_first),
		cmocka_unit_test(dualstack_is_refused_where_there_is_none),
		cmocka_unit_test(an_endpoint_and_another_kind_contradict),
		cmocka_unit_test(regions_are_single_labels_that_end_in_a_digit),
		cmocka_unit_test(what_is_no_domain_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
