/* Subnets of a VPC. */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"

#define REPLY(items) "<DescribeSubnetsResponse><subnetSet>" items "</subnetSet></DescribeSubnetsResponse>"
#define ITEM(id, zone, range) \
	"<item><subnetId>" id "</subnetId><availabilityZone>" zone "</availabilityZone><cidrBlock>" range \
	"</cidrBlock></item>"
#define ASKED "ec2:DescribeSubnets on 'vpc-1' in 'us-east-1': "

static void subnets_of_ipv6_alone_are_left_out(void **state)
{
	CLEANUP(ec2_subnets_done) struct ec2_subnets found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("subnet-1", "us-east-1a", "10.0.0.0/24")
				    "<item><subnetId>subnet-2</subnetId><ipv6Native>true</ipv6Native></item>"
				    ITEM("subnet-3", "us-east-1-bos-1a", "10.0.1.0/24")) });

	(void)state;
	assert_int_equal(ec2_subnets_read(canned.aws, "us-east-1", "vpc-1", &found, &e), 0);
	assert_asked(&canned, "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&"
		     "MaxResults=400");
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].id, "subnet-1");
	assert_string_equal(found.items[1].zone, "us-east-1-bos-1a");
	assert_int_equal(found.items[1].range.address, 0x0a000100);
}

static void assert_refused(const char *body, const char *cause)
{
	struct ec2_subnets found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ec2_subnets_read(canned.aws, "us-east-1", "vpc-1", &found, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_int_equal(found.count, 0);
}

static void an_odd_member_is_named(void **state)
{
	(void)state;
	assert_refused(REPLY(ITEM("subnet-1", "us-east-1a", "10.0.0.0/24") ITEM("", "us-east-1a", "10.0.1.0/24")),
		       ASKED "'subnetId' is missing");
	assert_refused(REPLY(ITEM("subnet-1", "", "10.0.0.0/24")), ASKED "'subnet-1': 'availabilityZone' is missing");
	assert_refused(REPLY(ITEM("subnet-1", "us-east-1a", "")), ASKED "'subnet-1': 'cidrBlock' is missing");
	assert_refused(REPLY(ITEM("subnet-1", "us-east-1a", "10.0.0.1/24")),
		       ASKED "'subnet-1': 'cidrBlock' is no IPv4 range: '10.0.0.1/24'");
	assert_refused(REPLY("<item><subnetId>subnet-1</subnetId><ipv6Native>x</ipv6Native></item>"),
		       ASKED "'subnet-1': 'ipv6Native' is neither true nor false: 'x'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subnets_of_ipv6_alone_are_left_out),
		cmocka_unit_test(an_odd_member_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
