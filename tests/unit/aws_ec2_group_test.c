/* Security groups and their rules; changes that are made already are none. */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"

#define GROUPS(items) \
	"<DescribeSecurityGroupsResponse><securityGroupInfo>" items "</securityGroupInfo></DescribeSecurityGroupsResponse>"
#define RULES(items) \
	"<DescribeSecurityGroupRulesResponse><securityGroupRuleSet>" items \
	"</securityGroupRuleSet></DescribeSecurityGroupRulesResponse>"
#define GROUP(id, rest) "<item><groupId>" id "</groupId>" rest "</item>"
#define TAGGED "<tagSet><item><key>cygnet:mesh</key><value>prod</value></item></tagSet>"
#define RULE(id, group, egress, protocol, rest) \
	"<item><securityGroupRuleId>" id "</securityGroupRuleId><groupId>" group "</groupId><isEgress>" egress \
	"</isEgress><ipProtocol>" protocol "</ipProtocol>" rest "</item>"
#define PORTS(from, to) "<fromPort>" from "</fromPort><toPort>" to "</toPort>"
#define FAULT(code) "<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error></Errors></Response>"
#define ADDED "<AuthorizeSecurityGroupIngressResponse/>"
#define REMOVED "<RevokeSecurityGroupIngressResponse/>"

static int groups_read(struct canned_aws *canned, struct ec2_groups *ret_groups, struct err *e)
{
	char first[] = "sg-1", second[] = "sg-2";
	char *ids[] = { first, second };
	const struct strings own = { ids, 2 };

	return ec2_groups_read(canned->aws, "us-east-1", "vpc-1", &own, "prod", ret_groups, e);
}

static void own_and_tagged_groups_are_read_once_with_their_rules(void **state)
{
	CLEANUP(ec2_groups_done) struct ec2_groups found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, GROUPS(GROUP("sg-1", TAGGED) GROUP("sg-2", "")) },
	       { 200, GROUPS(GROUP("sg-1", TAGGED) GROUP("sg-3", TAGGED)) },
	       { 200, RULES(RULE("sgr-1", "sg-3", "false", "udp", PORTS("500", "500")
				 "<cidrIpv4>192.0.2.1/32</cidrIpv4><description>cygnet:prod:a</description>")
			    RULE("sgr-2", "sg-1", "true", "-1", PORTS("-1", "-1") "<cidrIpv4>0.0.0.0/0</cidrIpv4>")) });

	(void)state;
	assert_int_equal(groups_read(&canned, &found, &e), 0);
	assert_int_equal(canned.requests.count, 3);
	assert_string_equal(canned.requests.items[0], "Action=DescribeSecurityGroups&Version=2016-11-15&"
			    "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.2.Name=group-id&"
			    "Filter.2.Value.1=sg-1&Filter.2.Value.2=sg-2&MaxResults=10");
	assert_string_equal(canned.requests.items[1], "Action=DescribeSecurityGroups&Version=2016-11-15&"
			    "Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.2.Name=tag%3Acygnet%3Amesh&"
			    "Filter.2.Value.1=prod&MaxResults=10");
	assert_asked(&canned, "Action=DescribeSecurityGroupRules&Version=2016-11-15&Filter.1.Name=group-id&"
		     "Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-2&Filter.1.Value.3=sg-3&MaxResults=400");
	assert_int_equal(found.count, 3);
	assert_string_equal(found.items[0].mesh, "prod");
	assert_null(found.items[1].mesh);
	assert_int_equal(found.items[1].rule_count, 0);
	assert_true(found.items[0].rules[0].egress);
	assert_string_equal(found.items[2].rules[0].description, "cygnet:prod:a");
	assert_int_equal(found.items[2].rules[0].range.address, 0xc0000201);
}

static void what_is_no_ipv4_range_has_none(void **state)
{
	CLEANUP(ec2_groups_done) struct ec2_groups found = { 0 };
	const struct ec2_rule *rules;
	struct err e = ERR_INIT;
	CANNED(canned, { 200, GROUPS(GROUP("sg-1", "")) }, { 200, GROUPS("") },
	       { 200, RULES(RULE("sgr-1", "sg-1", "false", "tcp", PORTS("22", "22") "<cidrIpv6>::/0</cidrIpv6>")
			    RULE("sgr-2", "sg-1", "false", "-1",
				 "<referencedGroupInfo><groupId>sg-9</groupId></referencedGroupInfo>")
			    RULE("sgr-3", "sg-1", "false", "50", "<prefixListId>pl-1</prefixListId>")
			    RULE("sgr-4", "sg-1", "false", "icmp", PORTS("11", "-1") "<cidrIpv4>10.0.0.0/8</cidrIpv4>")
			    RULE("sgr-5", "sg-1", "false", "-1", "<somethingNew>x-1</somethingNew>")) });

	(void)state;
	assert_int_equal(groups_read(&canned, &found, &e), 0);
	rules = found.items[0].rules;
	assert_int_equal(found.items[0].rule_count, 5);
	assert_false(rules[0].ranged || rules[1].ranged || rules[2].ranged || rules[4].ranged);
	assert_string_equal(rules[0].other, "::/0");
	assert_string_equal(rules[1].other, "sg-9");
	assert_string_equal(rules[2].other, "pl-1");
	assert_null(rules[3].other);
	assert_string_equal(rules[4].other, "");
	assert_int_equal(rules[0].from, 22);
	assert_int_equal(rules[1].from, -1);
	assert_string_equal(rules[2].protocol, "50");
	assert_true(rules[3].ranged);
	assert_int_equal(rules[3].from, 11);
	assert_int_equal(rules[3].to, -1);
	assert_null(rules[3].description);
}

static void many_groups_are_asked_about_in_turns(void **state)
{
	CLEANUP(ec2_groups_done) struct ec2_groups found = { 0 };
	const struct strings none = { 0 };
	AUTO_BUF struct buf groups = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	buf_adds(&groups, "<DescribeSecurityGroupsResponse><securityGroupInfo>");
	for (int i = 0; i < 201; i++)
		buf_addf(&groups, "<item><groupId>sg-%d</groupId></item>", i);
	buf_adds(&groups, "</securityGroupInfo></DescribeSecurityGroupsResponse>");
	{
		CANNED(canned, { 200, buf_str(&groups) }, { 200, RULES("") });

		assert_int_equal(ec2_groups_read(canned.aws, "us-east-1", "vpc-1", &none, "prod", &found, &e), 0);
		assert_int_equal(canned.requests.count, 3);
		assert_asked(&canned, "Action=DescribeSecurityGroupRules&Version=2016-11-15&Filter.1.Name=group-id&"
			     "Filter.1.Value.1=sg-200&MaxResults=400");
	}
}

static void assert_refused(const char *rules, const char *cause)
{
	AUTO_FREE char *whole =
		mem_printf("ec2:DescribeSecurityGroupRules on 'vpc-1' in 'us-east-1': %s", cause);
	struct ec2_groups found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, GROUPS(GROUP("sg-1", "")) }, { 200, GROUPS("") }, { 200, rules });

	assert_int_equal(groups_read(&canned, &found, &e), -1);
	assert_error(&e, EXIT_CONFIG, whole, "");
	assert_int_equal(found.count, 0);
}

static void an_odd_member_is_named(void **state)
{
	(void)state;
	assert_refused(RULES("<item/>"), "'securityGroupRuleId' is missing");
	assert_refused(RULES(RULE("sgr-1", "sg-7", "true", "-1", "")), "'sgr-1' is of 'sg-7', which was not asked for");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "", "-1", "")), "'sgr-1': 'isEgress' is missing");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "true", "", "")), "'sgr-1': 'ipProtocol' is missing");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "true", "tcp", PORTS("65536", "1"))),
		       "'sgr-1': 'fromPort' is outside -1..65535");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "true", "tcp", PORTS("1", "http"))),
		       "'sgr-1': 'toPort' is no number: 'http'");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "true", "tcp", "<cidrIpv4>10.0.0.0</cidrIpv4><description>&#10;"
				  "</description>")), "'sgr-1': 'description' has control characters");
	assert_refused(RULES(RULE("sgr-1", "sg-1", "true", "tcp", "<cidrIpv4>10.0.0.300/32</cidrIpv4>")),
		       "'sgr-1': 'cidrIpv4' is no IPv4 range: '10.0.0.300/32'");
}

static char udp[] = "udp", all[] = "-1", words[] = "cygnet:prod:a", sgr_1[] = "sgr-1", sgr_2[] = "sgr-2";

static const struct ec2_rule wanted[] = {
	{ .protocol = udp, .from = 500, .to = 500, .ranged = true, .range = { 0xc0000201, 32 }, .description = words },
	{ .protocol = all, .from = -1, .to = -1, .ranged = true, .range = { 0x0a000000, 8 } },
};

static const struct ec2_rule unwanted[] = { { .id = sgr_1 }, { .id = sgr_2 } };

#define FIRST ".IpProtocol=udp&IpPermissions.1.FromPort=500&IpPermissions.1.ToPort=500&" \
	"IpPermissions.1.IpRanges.1.CidrIp=192.0.2.1%2F32&IpPermissions.1.IpRanges.1.Description=cygnet%3Aprod%3Aa"

static void rules_are_added_in_one_call(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, ADDED });

	(void)state;
	assert_int_equal(ec2_rules_add(canned.aws, "us-east-1", "sg-1", wanted, 2, false, &e), 0);
	assert_int_equal(canned.requests.count, 1);
	assert_asked(&canned, "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&IpPermissions.1" FIRST
		     "&IpPermissions.2.IpProtocol=-1&IpPermissions.2.FromPort=-1&IpPermissions.2.ToPort=-1&"
		     "IpPermissions.2.IpRanges.1.CidrIp=10.0.0.0%2F8");
}

static void one_rule_that_is_there_does_not_keep_the_others_out(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidPermission.Duplicate") }, { 400, FAULT("InvalidPermission.Duplicate") },
	       { 200, ADDED });

	(void)state;
	assert_int_equal(ec2_rules_add(canned.aws, "us-east-1", "sg-1", wanted, 2, false, &e), 0);
	assert_int_equal(canned.requests.count, 3);
	assert_string_equal(canned.requests.items[1], "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1"
			    "&IpPermissions.1" FIRST);
	assert_asked(&canned, "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&"
		     "IpPermissions.1.IpProtocol=-1&IpPermissions.1.FromPort=-1&IpPermissions.1.ToPort=-1&"
		     "IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0%2F8");
}

static void a_rule_that_cannot_be_added_alone_fails(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidPermission.Duplicate") }, { 200, ADDED },
	       { 400, FAULT("RulesPerSecurityGroupLimitExceeded") });

	(void)state;
	assert_int_equal(ec2_rules_add(canned.aws, "us-east-1", "sg-1", wanted, 2, false, &e), -1);
	assert_error(&e, EXIT_STEP, "ec2:AuthorizeSecurityGroupIngress on 'sg-1' in 'us-east-1': "
		     "RulesPerSecurityGroupLimitExceeded: m", "");
}

static void a_dry_run_is_one_call(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidPermission.Duplicate") }, { 412, FAULT("DryRunOperation") });

	(void)state;
	assert_int_equal(ec2_rules_add(canned.aws, "us-east-1", "sg-1", wanted, 2, true, &e), 0);
	assert_int_equal(ec2_rules_remove(canned.aws, "us-east-1", "sg-1", unwanted, 2, true, &e), 0);
	assert_int_equal(canned.requests.count, 2);
	assert_asked(&canned, "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&"
		     "SecurityGroupRuleId.1=sgr-1&SecurityGroupRuleId.2=sgr-2&DryRun=true");
}

static void rules_are_removed_by_id_and_those_gone_do_not_keep_the_others(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidSecurityGroupRuleId.NotFound") }, { 200, REMOVED },
	       { 400, FAULT("InvalidPermission.NotFound") });

	(void)state;
	assert_int_equal(ec2_rules_remove(canned.aws, "us-east-1", "sg-1", unwanted, 2, false, &e), 0);
	assert_int_equal(canned.requests.count, 3);
	assert_string_equal(canned.requests.items[0], "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&"
			    "SecurityGroupRuleId.1=sgr-1&SecurityGroupRuleId.2=sgr-2");
	assert_asked(&canned, "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1&SecurityGroupRuleId.1=sgr-2");
}

static void a_copy_of_a_rule_is_its_own(void **state)
{
	struct ec2_rule *copy = mem_calloc(1, sizeof *copy);

	(void)state;
	ec2_rule_copy(&wanted[0], copy);
	assert_ptr_not_equal(copy->protocol, udp);
	assert_string_equal(copy->description, words);
	assert_null(copy->id);
	assert_true(cidr_equal(copy->range, wanted[0].range));
	ec2_rules_done(copy, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_and_tagged_groups_are_read_once_with_their_rules),
		cmocka_unit_test(what_is_no_ipv4_range_has_none),
		cmocka_unit_test(many_groups_are_asked_about_in_turns),
		cmocka_unit_test(an_odd_member_is_named),
		cmocka_unit_test(rules_are_added_in_one_call),
		cmocka_unit_test(one_rule_that_is_there_does_not_keep_the_others_out),
		cmocka_unit_test(a_rule_that_cannot_be_added_alone_fails),
		cmocka_unit_test(a_dry_run_is_one_call),
		cmocka_unit_test(rules_are_removed_by_id_and_those_gone_do_not_keep_the_others),
		cmocka_unit_test(a_copy_of_a_rule_is_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
