/* Network interfaces of EC2: the one that was asked for, and its source/dest check. */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"

#define REPLY(items) \
	"<DescribeNetworkInterfacesResponse><networkInterfaceSet>" items \
	"</networkInterfaceSet></DescribeNetworkInterfacesResponse>"
#define ITEM(id, check, rest) \
	"<item><networkInterfaceId>" id "</networkInterfaceId><sourceDestCheck>" check "</sourceDestCheck>" rest "</item>"
#define ASKED "ec2:DescribeNetworkInterfaces on 'eni-1' in 'us-east-1': "

static void an_interface_is_read_with_its_elastic_ip_and_groups(void **state)
{
	CLEANUP(ec2_interface_done) struct ec2_interface interface = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("eni-1", "false", "<groupSet><item><groupId>sg-1</groupId></item><item>"
					 "<groupId>sg-2</groupId></item></groupSet><association><publicIp>192.0.2.7"
					 "</publicIp><allocationId>eipalloc-1</allocationId></association>")) });

	(void)state;
	assert_int_equal(ec2_interface_read(canned.aws, "us-east-1", "eni-1", &interface, &e), 0);
	assert_asked(&canned, "Action=DescribeNetworkInterfaces&Version=2016-11-15&NetworkInterfaceId.1=eni-1");
	assert_string_equal(interface.id, "eni-1");
	assert_false(interface.check_on);
	assert_int_equal(interface.public_address, 0xc0000207);
	assert_string_equal(interface.allocation, "eipalloc-1");
	assert_int_equal(interface.groups.count, 2);
	assert_string_equal(interface.groups.items[1], "sg-2");
}

static void an_assigned_address_has_no_allocation(void **state)
{
	CLEANUP(ec2_interface_done) struct ec2_interface interface = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("eni-1", "true", "<groupSet/><association><publicIp>192.0.2.7</publicIp>"
					 "<ipOwnerId>amazon</ipOwnerId></association>")) });

	(void)state;
	assert_int_equal(ec2_interface_read(canned.aws, "us-east-1", "eni-1", &interface, &e), 0);
	assert_true(interface.check_on);
	assert_null(interface.allocation);
	assert_int_equal(interface.public_address, 0xc0000207);
}

static void an_interface_without_public_address_has_none(void **state)
{
	CLEANUP(ec2_interface_done) struct ec2_interface interface = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("eni-1", "true", "")) });

	(void)state;
	assert_int_equal(ec2_interface_read(canned.aws, "us-east-1", "eni-1", &interface, &e), 0);
	assert_int_equal(interface.public_address, 0);
	assert_int_equal(interface.groups.count, 0);
}

static void assert_refused(const char *body, const char *cause)
{
	struct ec2_interface interface = { .id = NULL };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ec2_interface_read(canned.aws, "us-east-1", "eni-1", &interface, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_null(interface.id);
}

static void another_interface_than_was_asked_for_is_odd(void **state)
{
	(void)state;
	assert_refused(REPLY(""), ASKED "the reply is about ''");
	assert_refused(REPLY(ITEM("eni-2", "true", "")), ASKED "the reply is about 'eni-2'");
	assert_refused(REPLY(ITEM("eni-1", "true", "") ITEM("eni-2", "true", "")), ASKED "'eni-2' is there besides");
}

static void an_odd_member_is_named(void **state)
{
	(void)state;
	assert_refused(REPLY("<item/>"), ASKED "'networkInterfaceId' is missing");
	assert_refused(REPLY(ITEM("eni-1", "", "")), ASKED "'eni-1': 'sourceDestCheck' is missing");
	assert_refused(REPLY(ITEM("eni-1", "off", "")), ASKED "'eni-1': 'sourceDestCheck' is neither true nor false: 'off'");
	assert_refused(REPLY(ITEM("eni-1", "true", "<association><publicIp>192.0.2</publicIp></association>")),
		       ASKED "'eni-1': 'association/publicIp' is no IPv4 address: '192.0.2'");
	assert_refused(REPLY(ITEM("eni-1", "true", "<association><allocationId>a b</allocationId></association>")),
		       ASKED "'eni-1': 'association/allocationId' is no id");
	assert_refused(REPLY(ITEM("eni-1", "true", "<groupSet><item/></groupSet>")), ASKED "'eni-1': 'groupId' is missing");
}

static void the_check_is_switched_on_the_interface(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<ModifyNetworkInterfaceAttributeResponse/>" });

	(void)state;
	assert_int_equal(ec2_source_dest_check_set(canned.aws, "us-east-1", "eni-1", false, false, &e), 0);
	assert_asked(&canned, "Action=ModifyNetworkInterfaceAttribute&Version=2016-11-15&NetworkInterfaceId=eni-1&"
		     "SourceDestCheck.Value=false");
	assert_int_equal(ec2_source_dest_check_set(canned.aws, "us-east-1", "eni-1", true, false, &e), 0);
	assert_asked(&canned, "Action=ModifyNetworkInterfaceAttribute&Version=2016-11-15&NetworkInterfaceId=eni-1&"
		     "SourceDestCheck.Value=true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_is_read_with_its_elastic_ip_and_groups),
		cmocka_unit_test(an_assigned_address_has_no_allocation),
		cmocka_unit_test(an_interface_without_public_address_has_none),
		cmocka_unit_test(another_interface_than_was_asked_for_is_odd),
		cmocka_unit_test(an_odd_member_is_named),
		cmocka_unit_test(the_check_is_switched_on_the_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
