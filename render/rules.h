/* rules: rules of security groups as values: their table, and how they compare and read. Pure. */
#ifndef CYGNET_RENDER_RULES_H
#define CYGNET_RENDER_RULES_H

#include "aws/ec2.h"

/* A list of rules. Zeroed is empty. */
struct rules {
	struct ec2_rule *items;
	size_t count;
};

/* Append a copy; description as given, id none when the rule is to be made. */
void rules_add(struct rules *rules, const struct ec2_rule *rule);
void rules_done(struct rules *rules);

/* The traffic that a mesh is made of, from wherever it comes. */
enum traffic {
	TRAFFIC_IKE,		/* UDP 500 and 4500; always encapsulated: needs no ESP, no AH */
	TRAFFIC_ICMP,		/* for path MTU discovery and whoever looks for a fault */
	TRAFFIC_ALL
};

/*
 * Append the rules that let this traffic in from (egress: out to) a range. A mesh of many peers
 * gets one rule for all ICMP instead of one a type, as a group has room for RULES_MAX.
 */
void rules_want(struct rules *rules, enum traffic traffic, bool egress, struct cidr range,
		size_t peers);

#define RULES_MAX 60	/* default quota of rules a group, direction and address family */

/* To EC2: but for id and description. */
bool rule_equal(const struct ec2_rule *a, const struct ec2_rule *b);
/* narrow is ranged. */
bool rule_covers(const struct ec2_rule *wide, const struct ec2_rule *narrow);
/* Whether it counts against the quota of IPv4. */
bool rule_counts(const struct ec2_rule *rule, bool egress);

/* "udp 500", "icmp 3", "all traffic"; and with "from" or "to" whom. Yours to free. */
char *rule_traffic_text(const struct ec2_rule *rule);
char *rule_text(const struct ec2_rule *rule);

#endif
