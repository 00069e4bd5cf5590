/*
 * rules: the table of what a gateway's security group lets in, and the algebra of EC2's rules.
 * Which rules a group lacks or has too many of is cloud_rules' business.
 */
#include "render/rules.h"

#include <inttypes.h>
#include <string.h>

#define ANY (-1)
#define ICMP_PEERS_MAX 7	/* of more peers, a rule an ICMP type would not fit the quota */

/* A row of the table: ports, or of icmp type and code. */
struct row {
	enum traffic traffic;
	const char *protocol;
	int64_t from, to;
};

static const struct row rows[] = {
	{ TRAFFIC_IKE, "udp", 500, 500 },
	{ TRAFFIC_IKE, "udp", 4500, 4500 },
	{ TRAFFIC_ICMP, "icmp", 11, ANY },	/* time exceeded */
	{ TRAFFIC_ICMP, "icmp", 3, ANY },	/* destination unreachable */
	{ TRAFFIC_ICMP, "icmp", 0, ANY },	/* echo reply */
	{ TRAFFIC_ICMP, "icmp", 8, ANY },	/* echo request */
	{ TRAFFIC_ICMP, "icmp", 30, ANY },	/* traceroute */
	{ TRAFFIC_ALL, "-1", ANY, ANY },
};

static const struct row all_icmp = { TRAFFIC_ICMP, "icmp", ANY, ANY };

void rules_add(struct rules *rules, const struct ec2_rule *rule)
{
	ec2_rule_copy(rule, MEM_GROW(rules->items, rules->count));
}

void rules_done(struct rules *rules)
{
	ec2_rules_done(rules->items, rules->count);
	*rules = (struct rules){ 0 };
}

static void row_want(struct rules *rules, const struct row *row, bool egress, struct cidr range)
{
	*MEM_GROW(rules->items, rules->count) = (struct ec2_rule){
		.egress = egress,
		.protocol = mem_strdup(row->protocol),
		.from = row->from,
		.to = row->to,
		.ranged = true,
		.range = range,
	};
}

void rules_want(struct rules *rules, enum traffic traffic, bool egress, struct cidr range,
		size_t peers)
{
	if (traffic == TRAFFIC_ICMP && peers > ICMP_PEERS_MAX) {
		row_want(rules, &all_icmp, egress, range);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].traffic == traffic)
			row_want(rules, &rows[i], egress, range);
}

bool rule_equal(const struct ec2_rule *a, const struct ec2_rule *b)
{
	return a->egress == b->egress && strcmp(a->protocol, b->protocol) == 0 &&
	       a->from == b->from && a->to == b->to && a->ranged == b->ranged &&
	       (a->ranged ? cidr_equal(a->range, b->range) : strcmp(a->other, b->other) == 0);
}

static bool ports_cover(const struct ec2_rule *wide, const struct ec2_rule *narrow)
{
	if (wide->from == ANY)
		return true;
	if (strcmp(wide->protocol, "icmp") == 0)
		return wide->from == narrow->from && (wide->to == ANY || wide->to == narrow->to);
	return narrow->from != ANY && wide->from <= narrow->from && narrow->to <= wide->to;
}

bool rule_covers(const struct ec2_rule *wide, const struct ec2_rule *narrow)
{
	if (wide->egress != narrow->egress || !wide->ranged ||
	    !cidr_within(narrow->range, wide->range))
		return false;
	return strcmp(wide->protocol, "-1") == 0 ||
	       (strcmp(wide->protocol, narrow->protocol) == 0 && ports_cover(wide, narrow));
}

/* One that names a group or a prefix list counts in both families. */
bool rule_counts(const struct ec2_rule *rule, bool egress)
{
	return rule->egress == egress && (rule->ranged || strchr(rule->other, ':') == NULL);
}

char *rule_traffic_text(const struct ec2_rule *rule)
{
	if (strcmp(rule->protocol, "-1") == 0)
		return mem_strdup("all traffic");
	if (rule->from == ANY)
		return mem_strdup(rule->protocol);
	if (rule->to == ANY || rule->to == rule->from)
		return mem_printf("%s %" PRId64, rule->protocol, rule->from);
	return mem_printf("%s %" PRId64 "%s%" PRId64, rule->protocol, rule->from,
			  strcmp(rule->protocol, "icmp") == 0 ? "/" : "-", rule->to);
}

char *rule_text(const struct ec2_rule *rule)
{
	AUTO_FREE char *traffic = rule_traffic_text(rule);
	char range[CIDR_TEXT];

	cidr_format(rule->range, range);
	return mem_printf("%s %s %s", traffic, rule->egress ? "to" : "from",
			  rule->ranged ? range : rule->other);
}
