/* cloud_rules: what a security group lets in, misses, and has too much of. */
#include "tests/unit/cloud_support.h"

#define OWN "cygnet:lab:a"

/* One peer, b; the gateway's group, sg-a, lets everything out and nothing in. */
static struct ec2_group *group_init(struct vpc *vpc, enum security security)
{
	vpc_init(vpc);
	vpc->config.security = security;
	PEER(vpc, "b", "198.51.100.7", "10.20.0.0/16");
	return &vpc->cloud.groups.items[0];
}

#define PEER_RULES \
	"udp 500 from 198.51.100.7/32, udp 4500 from 198.51.100.7/32, icmp 11 from 198.51.100.7/32, " \
	"icmp 3 from 198.51.100.7/32, icmp 0 from 198.51.100.7/32, icmp 8 from 198.51.100.7/32, " \
	"icmp 30 from 198.51.100.7/32"
#define RANGE_RULES "all traffic from 10.20.0.0/16, all traffic from 172.16.0.0/16"
#define ADD "ec2:AuthorizeSecurityGroupIngress "
#define REMOVE "ec2:RevokeSecurityGroupIngress "

/* All that sg-a should let in. */
static void group_fill(struct ec2_group *group, const char *description)
{
	static const int64_t types[] = { 11, 3, 0, 8, 30 };

	vpc_rule(group, false, "udp", 500, 500, "198.51.100.7/32", description);
	vpc_rule(group, false, "udp", 4500, 4500, "198.51.100.7/32", description);
	for (size_t i = 0; i < COUNT_OF(types); i++)
		vpc_rule(group, false, "icmp", types[i], -1, "198.51.100.7/32", description);
	vpc_rule(group, false, "-1", -1, -1, "10.20.0.0/16", description);
	vpc_rule(group, false, "-1", -1, -1, "172.16.0.0/16", description);
}

/* As many peers as that, besides b. */
static void peers_add(struct vpc *vpc, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *name = mem_printf("p%02zu", i), *address = mem_printf("198.51.100.%zu", 100 + i);
		AUTO_FREE char *range = mem_printf("10.%zu.0.0/16", 100 + i);

		PEER(vpc, name, address, range);
	}
}

static void fresh_group_lacks_a_row_of_the_table(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_MANAGE);
	assert_cloud(&vpc, ADD "sg-a " PEER_RULES ", " RANGE_RULES "\n", "");
	group_fill(&vpc.cloud.groups.items[0], OWN);
	assert_cloud(&vpc, "", "");
}

static void rule_of_somebody_else_is_doubled_or_removed(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_fill(group_init(&vpc, SECURITY_MANAGE), "cygnet:lab:other");
	assert_cloud(&vpc, "", "");
	sites_done(&vpc.peers);
	assert_cloud(&vpc, "", "");
}

static void added_rules_are_not_described(void **state)
{
	CLEANUP(strings_done) struct strings told = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_MANAGE);
	cloud_plan(&vpc.inputs, &plan, &told);
	assert_int_equal(plan.actions[0].rule_count, 9);
	for (size_t i = 0; i < plan.actions[0].rule_count; i++) {
		assert_string_equal(plan.actions[0].rules[i].description, OWN);
		assert_null(plan.actions[0].rules[i].id);
	}
}

static void wider_rule_does_not_count(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	vpc_rule(group, false, "udp", 0, 65535, EVERYTHING, "VPNs");
	vpc_rule(group, false, "icmp", -1, -1, "198.51.100.0/24", NULL);
	vpc_rule(group, false, "-1", -1, -1, "10.0.0.0/8", NULL);
	assert_cloud(&vpc, ADD "sg-a all traffic from 172.16.0.0/16\n", "");
}

static void narrower_rule_counts(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	group_fill(group, NULL);
	group->rules[1].to = 499;	/* UDP 500 */
	group->rules[1].from = 0;
	group->rules[3].to = 1;		/* one code of ICMP 11 */
	group->rules[4].egress = true;
	group->rules[8].ranged = false;
	group->rules[8].other = mem_strdup("sg-b");
	assert_cloud(&vpc, ADD "sg-a udp 500 from 198.51.100.7/32, icmp 11 from 198.51.100.7/32, "
		     "icmp 3 from 198.51.100.7/32, all traffic from 10.20.0.0/16\n", "");
}

static void moved_peer_keeps_its_old_rules(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_fill(group_init(&vpc, SECURITY_MANAGE), OWN);
	sites_done(&vpc.peers);
	PEER(&vpc, "b", "198.51.100.7", "10.21.0.0/16");
	assert_cloud(&vpc, ADD "sg-a all traffic from 10.21.0.0/16\n"
		     REMOVE "sg-a all traffic from 10.20.0.0/16\n", "");
}

static void seven_peers_are_too_many(void **state)
{
	CLEANUP(strings_done) struct strings told = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_MANAGE);
	peers_add(&vpc, 6);
	cloud_plan(&vpc.inputs, &plan, &told);
	assert_int_equal(plan.actions[0].rule_count, 7 * 7 + 7 + 1);
	plan_done(&plan);
	peers_add(&vpc, 1);
	cloud_plan(&vpc.inputs, &plan, &told);
	assert_int_equal(plan.actions[0].rule_count, 8 * 3 + 8 + 1);
	assert_int_equal(told.count, 0);
}

/* The one rule for all ICMP goes, so what it let in has to be let in otherwise. */
static void rule_that_goes_counts(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	group_fill(group, OWN);
	group->rules[3].from = -1;
	for (size_t i = 4; i < 8; i++)
		group->rules[i].egress = true;
	assert_cloud(&vpc, ADD "sg-a icmp 11 from 198.51.100.7/32, icmp 3 from 198.51.100.7/32, "
		     "icmp 0 from 198.51.100.7/32, icmp 8 from 198.51.100.7/32, icmp 30 from 198.51.100.7/32\n"
		     REMOVE "sg-a icmp from 198.51.100.7/32\n", "");
}

static void others_fill(struct ec2_group *group, size_t count, const char *description)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *range = mem_printf("192.0.2.%zu/32", i);

		vpc_rule(group, false, "tcp", 443, 443, range, description);
	}
}

static void quota_is_met_half_way(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	others_fill(group, 51, NULL);
	vpc_rule(group, false, "tcp", 443, 443, "2001:db8::/32", NULL);		/* counts apart */
	assert_cloud(&vpc, ADD "sg-a " PEER_RULES ", " RANGE_RULES "\n", "");
	vpc_rule(group, false, "tcp", 443, 443, "sg-b", NULL);
	assert_cloud(&vpc, "", "security group 'sg-a' would hold 61 rules, and the quota 'Inbound rules per security "
		     "group' is 60: have it raised; no rule is changed before\n");
	others_fill(group, 9, NULL);
	assert_cloud(&vpc, ADD "sg-a " PEER_RULES ", " RANGE_RULES "\n", "");
}

static void full_group_has_no_room_made_first(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	group_fill(group, NULL);
	others_fill(group, 50, NULL);
	vpc_rule(group, false, "-1", -1, -1, "10.99.0.0/16", OWN);
	free(group->rules[9].protocol);
	group->rules[9].protocol = mem_strdup("tcp");
	assert_cloud(&vpc, REMOVE "sg-a all traffic from 10.99.0.0/16\n"
		     ADD "sg-a all traffic from 172.16.0.0/16\n", "");
}

static void gateway_with_two_groups_has_the_wrong_one_managed(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_MANAGE);
	vpc_group(&vpc, "sg-b", NULL);
	strings_add(&vpc.cloud.interface.groups, "sg-b");
	group_fill(&vpc.cloud.groups.items[0], OWN);
	vpc.cloud.groups.items[0].rules[1].to = 4501;
	vpc_rule(&vpc.cloud.groups.items[1], false, "-1", -1, -1, "10.77.0.0/16", OWN);
	assert_cloud(&vpc, "", "network interface 'eni-a' has the security groups 'sg-a', 'sg-b', of which not "
		     "just one is tagged: tag the one to be managed, and no other of them, cygnet:mesh=lab\n");
	vpc.cloud.groups.items[1].mesh = mem_strdup("lab");
	assert_cloud(&vpc, REMOVE "sg-a udp 500-4501 from 198.51.100.7/32, udp 4500 from 198.51.100.7/32, "
		     "icmp 11 from 198.51.100.7/32, icmp 3 from 198.51.100.7/32, icmp 0 from 198.51.100.7/32, "
		     "icmp 8 from 198.51.100.7/32, icmp 30 from 198.51.100.7/32, " RANGE_RULES "\n"
		     ADD "sg-b " PEER_RULES ", " RANGE_RULES "\n" REMOVE "sg-b all traffic from 10.77.0.0/16\n", "");
	vpc.cloud.groups.items[0].mesh = mem_strdup("lab");
	assert_cloud(&vpc, "", "network interface 'eni-a' has the security groups 'sg-a', 'sg-b', of which not "
		     "just one is tagged: tag the one to be managed, and no other of them, cygnet:mesh=lab\n");
}

#define ICMP_FROM(range) \
	"icmp 11 from " range ", icmp 3 from " range ", icmp 0 from " range ", icmp 8 from " range	\
	", icmp 30 from " range

static void tagged_groups_of_the_vpc_get_more_than_icmp(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_fill(group_init(&vpc, SECURITY_MANAGE), OWN);
	vpc_group(&vpc, "sg-web", "lab");
	vpc_group(&vpc, "sg-none", NULL);
	vpc_group(&vpc, "sg-other", "other");
	assert_cloud(&vpc, ADD "sg-web " ICMP_FROM("10.20.0.0/16") ", " ICMP_FROM("172.16.0.0/16") "\n", "");
	vpc.config.security = SECURITY_AUDIT;
	assert_cloud(&vpc, "", "security group 'sg-web': no rule lets icmp 11, icmp 3, icmp 0, icmp 8, icmp 30 in from "
		     "10.20.0.0/16: add it, or set 'security-group' to 'manage'\n"
		     "security group 'sg-web': no rule lets icmp 11, icmp 3, icmp 0, icmp 8, icmp 30 in from "
		     "172.16.0.0/16: add it, or set 'security-group' to 'manage'\n");
}

static void audit_writes(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_rule(group_init(&vpc, SECURITY_AUDIT), false, "-1", -1, -1, "10.99.0.0/16", OWN);
	assert_cloud(&vpc, "", "security group 'sg-a': no rule lets udp 500, udp 4500, icmp 11, icmp 3, icmp 0, "
		     "icmp 8, icmp 30 in from 198.51.100.7/32: add it, or set 'security-group' to 'manage'\n"
		     "security group 'sg-a': no rule lets all traffic in from 10.20.0.0/16: add it, or set "
		     "'security-group' to 'manage'\n"
		     "security group 'sg-a': no rule lets all traffic in from 172.16.0.0/16: add it, or set "
		     "'security-group' to 'manage'\n");
	vpc.config.security = SECURITY_NONE;
	assert_cloud(&vpc, "", "");
}

static void what_another_group_of_the_interface_lets_in_is_missed(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_AUDIT);
	strings_add(&vpc.cloud.interface.groups, "sg-b");
	group_fill(vpc_group(&vpc, "sg-b", NULL), NULL);
	assert_cloud(&vpc, "", "");
	vpc.cloud.groups.items[1].rules[0].egress = true;
	assert_cloud(&vpc, "", "security group 'sg-a', 'sg-b': no rule lets udp 500 in from 198.51.100.7/32: "
		     "add it, or set 'security-group' to 'manage'\n");
}

static void closed_egress_is_not_told(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	group_fill(group, OWN);
	group->rules[0].range = range_of("172.16.0.0/12");
	assert_cloud(&vpc, "", "security group 'sg-a': no rule lets udp 500, udp 4500 out to 198.51.100.7/32: add it\n"
		     "security group 'sg-a': no rule lets all traffic out to 10.20.0.0/16: add it\n");
	vpc_rule(group, true, "udp", 500, 4500, "198.51.100.0/24", NULL);
	vpc_rule(group, true, "-1", -1, -1, "10.20.0.0/16", NULL);
	assert_cloud(&vpc, "", "");
}

static void world_comes_in_by_ssh(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_MANAGE);
	group_fill(group, OWN);
	vpc_rule(group, false, "tcp", 22, 22, "203.0.113.0/24", NULL);
	vpc_rule(group, false, "tcp", 23, 1024, EVERYTHING, NULL);
	vpc_rule(group, true, "tcp", 22, 22, EVERYTHING, NULL);
	assert_cloud(&vpc, "", "");
	vpc_rule(group, false, "tcp", 22, 22, EVERYTHING, NULL);
	vpc_rule(group, false, "tcp", 0, 1023, "::/0", NULL);
	assert_cloud(&vpc, "",
		     "security group 'sg-a' lets tcp 22 from 0.0.0.0/0 in: SSH is open to the world, narrow it\n"
		     "security group 'sg-a' lets tcp 0-1023 from ::/0 in: SSH is open to the world, narrow it\n");
}

static void unread_groups_are_judged(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	group_init(&vpc, SECURITY_MANAGE);
	vpc.cloud.known[CLOUD_GROUPS] = false;
	assert_cloud(&vpc, "", "");
	vpc.cloud.known[CLOUD_GROUPS] = true;
	vpc.cloud.known[CLOUD_INTERFACE] = false;
	assert_cloud(&vpc, "", "");
}

static void leaving_site_takes_foreign_rules_along(void **state)
{
	struct ec2_group *group;
	AUTO_VPC vpc;

	(void)state;
	group = group_init(&vpc, SECURITY_AUDIT);
	vpc_rule(group, false, "-1", -1, -1, "10.20.0.0/16", OWN);
	vpc_rule(group, false, "-1", -1, -1, "10.21.0.0/16", OWN "b");
	vpc_rule(group, false, "-1", -1, -1, "10.22.0.0/16", NULL);
	vpc_rule(vpc_group(&vpc, "sg-web", "lab"), false, "icmp", 8, -1, "10.20.0.0/16", OWN);
	assert_leave(&vpc, REMOVE "sg-a all traffic from 10.20.0.0/16\n"
		     REMOVE "sg-web icmp 8 from 10.20.0.0/16\n", "");
	vpc.config.security = SECURITY_MANAGE;
	vpc.cloud.known[CLOUD_GROUPS] = false;
	ec2_groups_done(&vpc.cloud.groups);
	assert_leave(
		&vpc, "",
		"the security groups of 'vpc-a' were not read, and the rules of site 'a' stay in "
		"them\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_group_lacks_a_row_of_the_table),
		cmocka_unit_test(rule_of_somebody_else_is_doubled_or_removed),
		cmocka_unit_test(added_rules_are_not_described),
		cmocka_unit_test(wider_rule_does_not_count),
		cmocka_unit_test(narrower_rule_counts),
		cmocka_unit_test(moved_peer_keeps_its_old_rules),
		cmocka_unit_test(seven_peers_are_too_many),
		cmocka_unit_test(rule_that_goes_counts),
		cmocka_unit_test(quota_is_met_half_way),
		cmocka_unit_test(full_group_has_no_room_made_first),
		cmocka_unit_test(gateway_with_two_groups_has_the_wrong_one_managed),
		cmocka_unit_test(tagged_groups_of_the_vpc_get_more_than_icmp),
		cmocka_unit_test(audit_writes),
		cmocka_unit_test(what_another_group_of_the_interface_lets_in_is_missed),
		cmocka_unit_test(closed_egress_is_not_told),
		cmocka_unit_test(world_comes_in_by_ssh),
		cmocka_unit_test(unread_groups_are_judged),
		cmocka_unit_test(leaving_site_takes_foreign_rules_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
