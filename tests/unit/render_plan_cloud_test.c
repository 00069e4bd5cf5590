/* plan: what concerns the VPC and the registry has its turn, its words and its owner. */
#include <string.h>

#include "render/plan.h"
#include "render/rules.h"
#include "tests/unit/support.h"

static struct cidr range_of(const char *text)
{
	struct cidr range;

	assert_true(cidr_parse(text, &range));
	return range;
}

static struct action *added(struct plan *plan, enum action_kind kind)
{
	struct action *action = plan_add(plan, kind, "name", "value");

	action->range = range_of("10.20.0.0/16");
	assert_true(address_parse("203.0.113.7", &action->address));
	return action;
}

static void rule_added(struct plan *plan, const char *protocol, int64_t from, int64_t to,
		       const char *range)
{
	const struct ec2_rule rule = {
		.protocol = (char *)protocol, .from = from, .to = to, .ranged = true, .range = range_of(range),
	};
	struct action *last = &plan->actions[plan->count - 1];

	ec2_rule_copy(&rule, MEM_GROW(last->rules, last->rule_count));
}

static void assert_lines(const struct plan *plan, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		AUTO_FREE char *line = action_text(&plan->actions[i]);

		buf_addf(&text, "%s\n", line);
	}
	assert_string_equal(buf_str(&text), expected);
}

static void action_has_other_words_than_its_call(void **state)
{
	CLEANUP(plan_done) struct plan plan = { 0 };

	(void)state;
	added(&plan, ACTION_SOURCE_DEST_CHECK_OFF);
	added(&plan, ACTION_CLAIM);
	added(&plan, ACTION_ASSOCIATE);
	added(&plan, ACTION_ASSOCIATE)->reassociate = true;
	added(&plan, ACTION_DISASSOCIATE);
	added(&plan, ACTION_ROUTE_CREATE);
	added(&plan, ACTION_ROUTE_REPLACE);
	added(&plan, ACTION_ROUTE_DELETE);
	added(&plan, ACTION_TERMINATE_CHILD)->sa = 12;
	assert_lines(&plan, "ec2:ModifyNetworkInterfaceAttribute name SourceDestCheck=false\n"
		     "ssm:PutParameter name, to claim the site\n"
		     "ec2:AssociateAddress name (203.0.113.7) → value AllowReassociation=false\n"
		     "ec2:AssociateAddress name (203.0.113.7) → value AllowReassociation=true\n"
		     "ec2:DisassociateAddress name (203.0.113.7)\n"
		     "ec2:CreateRoute name 10.20.0.0/16 → value\n"
		     "ec2:ReplaceRoute name 10.20.0.0/16 → value\n"
		     "ec2:DeleteRoute name 10.20.0.0/16\n"
		     "terminate name{12}: value\n");
}

static void rule_has_other_words_than_it_means(void **state)
{
	CLEANUP(plan_done) struct plan plan = { 0 };

	(void)state;
	added(&plan, ACTION_RULES_ADD);
	rule_added(&plan, "udp", 500, 500, "198.51.100.7/32");
	rule_added(&plan, "icmp", 3, -1, "198.51.100.7/32");
	rule_added(&plan, "icmp", 3, 4, "198.51.100.7/32");
	rule_added(&plan, "icmp", -1, -1, "198.51.100.7/32");
	rule_added(&plan, "tcp", 0, 65535, "0.0.0.0/0");
	added(&plan, ACTION_RULES_REMOVE);
	rule_added(&plan, "-1", -1, -1, "10.20.0.0/16");
	assert_lines(&plan, "ec2:AuthorizeSecurityGroupIngress name udp 500 from 198.51.100.7/32, "
		     "icmp 3 from 198.51.100.7/32, icmp 3/4 from 198.51.100.7/32, icmp from 198.51.100.7/32, "
		     "tcp 0-65535 from 0.0.0.0/0\n"
		     "ec2:RevokeSecurityGroupIngress name all traffic from 10.20.0.0/16\n");
}

/* Those of one phase keep the order in which they came. */
static void action_waits_for_a_later_phase(void **state)
{
	static const enum action_kind kinds[] = {
		ACTION_INITIATE, ACTION_RULES_ADD, ACTION_ROUTE_CREATE, ACTION_PUBLISH, ACTION_ASSOCIATE, ACTION_CLAIM,
		ACTION_SOURCE_DEST_CHECK_OFF, ACTION_LOAD, ACTION_MAKE_KEY,
	};
	static const enum action_kind sorted[] = {
		ACTION_SOURCE_DEST_CHECK_OFF, ACTION_LOAD, ACTION_MAKE_KEY, ACTION_CLAIM, ACTION_ASSOCIATE,
		ACTION_PUBLISH, ACTION_RULES_ADD, ACTION_ROUTE_CREATE, ACTION_INITIATE,
	};
	CLEANUP(plan_done) struct plan plan = { 0 }, other = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		added(i < 4 ? &plan : &other, kinds[i]);
	plan_append(&plan, &other);
	assert_int_equal(other.count, 0);
	assert_null(other.actions);
	plan_sort(&plan);
	assert_int_equal(plan.count, COUNT_OF(sorted));
	for (size_t i = 0; i < COUNT_OF(sorted); i++)
		assert_int_equal(plan.actions[i].kind, sorted[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(action_has_other_words_than_its_call),
		cmocka_unit_test(rule_has_other_words_than_it_means),
		cmocka_unit_test(action_waits_for_a_later_phase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
