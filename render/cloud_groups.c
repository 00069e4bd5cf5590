/*
 * cloud_groups: what each security group should let in, against what it does. A wider rule, whoever
 * wrote it, is as good as a narrower one that is wanted. What becomes of the difference is
 * cloud_rules' business.
 */
#include "render/cloud_groups.h"

#include <string.h>

static const struct cidr world = { 0, 0 };

char *groups_description(const struct config *config)
{
	return mem_printf("cygnet:%s:%s", config->mesh, config->site);
}

bool rule_is_own(const struct ec2_rule *rule, const char *description)
{
	return !rule->egress && rule->ranged && rule->description != NULL &&
	       strcmp(rule->description, description) == 0;
}

void groups_done(struct cloud_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		rules_done(&groups->items[i].missing);
		rules_done(&groups->items[i].excess);
	}
	free(groups->items);
	rules_done(&groups->gateway);
	rules_done(&groups->others);
	rules_done(&groups->egress_missing);
	*groups = (struct cloud_groups){ 0 };
}

/* --- what is wanted --- */

/* From and to the peers' gateways; ICMP answers have no need to be let out. */
static void gateways_want(struct rules *rules, bool egress, const struct sites *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		struct cidr address = { peers->items[i].address, 32 };

		rules_want(rules, TRAFFIC_IKE, egress, address, peers->count);
		if (!egress)
			rules_want(rules, TRAFFIC_ICMP, egress, address, peers->count);
	}
}

/* From and to all the mesh's ranges, the own ones last. */
static void ranges_want(struct rules *rules, enum traffic traffic, bool egress,
			const struct cloud_inputs *inputs)
{
	const struct sites *peers = inputs->peers;

	for (size_t i = 0; i < peers->count; i++)
		for (size_t k = 0; k < peers->items[i].subnets.count; k++)
			rules_want(rules, traffic, egress, peers->items[i].subnets.items[k],
				   peers->count);
	for (size_t i = 0; i < inputs->own->subnets.count; i++)
		rules_want(rules, traffic, egress, inputs->own->subnets.items[i], peers->count);
}

static void rules_describe(struct rules *rules, const struct config *config)
{
	for (size_t i = 0; i < rules->count; i++)
		rules->items[i].description = groups_description(config);
}

static void groups_want(const struct cloud_inputs *inputs, struct cloud_groups *groups)
{
	gateways_want(&groups->gateway, false, inputs->peers);
	ranges_want(&groups->gateway, TRAFFIC_ALL, false, inputs);
	ranges_want(&groups->others, TRAFFIC_ICMP, false, inputs);
	rules_describe(&groups->gateway, inputs->config);
	rules_describe(&groups->others, inputs->config);
}

/* --- which group wants it --- */

static bool is_tagged(const struct ec2_group *group, const struct config *config)
{
	return group->mesh != NULL && strcmp(group->mesh, config->mesh) == 0;
}

/* The gateway's: of those attached the only tagged one, else the only one. NULL: unclear. */
static const struct ec2_group *gateway_group(const struct cloud_inputs *inputs,
					     const struct cloud_groups *groups)
{
	const struct ec2_group *only = NULL, *tagged = NULL;
	size_t attached_count = 0, tagged_count = 0;

	for (size_t i = 0; i < groups->count; i++) {
		const struct cloud_group *group = &groups->items[i];

		if (!group->attached)
			continue;
		only = group->seen;
		attached_count++;
		if (is_tagged(group->seen, inputs->config)) {
			tagged = group->seen;
			tagged_count++;
		}
	}
	if (tagged_count == 1)
		return tagged;
	return tagged_count == 0 && attached_count == 1 ? only : NULL;
}

static size_t rules_counting(const struct ec2_group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->rule_count; i++)
		count += rule_counts(&group->rules[i], false);
	return count;
}

static void groups_collect(const struct cloud_inputs *inputs, struct cloud_groups *groups)
{
	for (size_t i = 0; i < inputs->cloud->groups.count; i++) {
		const struct ec2_group *seen = &inputs->cloud->groups.items[i];
		bool attached = strings_has(&inputs->cloud->interface.groups, seen->id);

		if (attached || is_tagged(seen, inputs->config))
			*MEM_GROW(groups->items, groups->count) = (struct cloud_group){
				.seen = seen,
				.attached = attached,
				.counted = rules_counting(seen),
				.want = &groups->nothing,
			};
	}
}

static void gateway_warn(const struct cloud_inputs *inputs, const struct cloud_groups *groups,
			 struct strings *warnings)
{
	AUTO_FREE char *attached = groups_attached(groups);

	strings_addf(warnings, "network interface '%s' has the security groups '%s', of which not "
		     "just one is tagged: tag the one to be managed, and no other of them, "
		     "cygnet:mesh=%s",
		     inputs->cloud->interface.id, attached, inputs->config->mesh);
}

/* Where the gateway's group cannot be told, the first attached stands for all, unmanaged. */
static void groups_assign(const struct cloud_inputs *inputs, struct cloud_groups *groups,
			  struct strings *warnings)
{
	const struct ec2_group *gateway = gateway_group(inputs, groups);
	bool manage = inputs->config->security == SECURITY_MANAGE, assigned = false;

	for (size_t i = 0; i < groups->count; i++) {
		struct cloud_group *group = &groups->items[i];

		group->managed = manage && (!group->attached || gateway != NULL);
		if (!group->attached)
			group->want = &groups->others;
		else if (gateway != NULL ? group->seen == gateway : !assigned)
			group->want = &groups->gateway;
		assigned |= group->attached;
	}
	if (manage && gateway == NULL && assigned)
		gateway_warn(inputs, groups, warnings);
}

/* --- what is there --- */

static bool rules_have(const struct rules *rules, const struct ec2_rule *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rule_equal(&rules->items[i], rule))
			return true;
	return false;
}

static void excess_find(struct cloud_group *group, const char *description)
{
	for (size_t i = 0; group->managed && i < group->seen->rule_count; i++) {
		const struct ec2_rule *rule = &group->seen->rules[i];

		if (rule_is_own(rule, description) && !rules_have(group->want, rule))
			rules_add(&group->excess, rule);
	}
}

/* Whether a rule of the group that stays lets this through. */
static bool group_allows(const struct cloud_group *group, const struct ec2_rule *wanted)
{
	for (size_t i = 0; i < group->seen->rule_count; i++) {
		const struct ec2_rule *rule = &group->seen->rules[i];

		if (rule_covers(rule, wanted) && !rules_have(&group->excess, rule))
			return true;
	}
	return false;
}

static bool attached_allow(const struct cloud_groups *groups, const struct ec2_rule *wanted)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].attached && group_allows(&groups->items[i], wanted))
			return true;
	return false;
}

static void missing_find(const struct cloud_groups *groups, struct cloud_group *group)
{
	for (size_t i = 0; i < group->want->count; i++) {
		const struct ec2_rule *wanted = &group->want->items[i];

		if (!(group->attached ? attached_allow(groups, wanted)
				      : group_allows(group, wanted)))
			rules_add(&group->missing, wanted);
	}
}

static void egress_missing_find(const struct cloud_inputs *inputs, struct cloud_groups *groups)
{
	CLEANUP(rules_done) struct rules wanted = { 0 };

	gateways_want(&wanted, true, inputs->peers);
	ranges_want(&wanted, TRAFFIC_ALL, true, inputs);
	for (size_t i = 0; i < wanted.count; i++)
		if (!attached_allow(groups, &wanted.items[i]))
			rules_add(&groups->egress_missing, &wanted.items[i]);
}

void groups_make(const struct cloud_inputs *inputs, struct cloud_groups *groups,
		 struct strings *warnings)
{
	AUTO_FREE char *description = groups_description(inputs->config);

	groups_want(inputs, groups);
	groups_collect(inputs, groups);
	groups_assign(inputs, groups, warnings);
	for (size_t i = 0; i < groups->count; i++)
		excess_find(&groups->items[i], description);
	for (size_t i = 0; i < groups->count; i++)
		missing_find(groups, &groups->items[i]);
	egress_missing_find(inputs, groups);
}

char *groups_attached(const struct cloud_groups *groups)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].attached)
			buf_addf(&names, "%s%s", names.len > 0 ? "', '" : "",
				 groups->items[i].seen->id);
	return buf_take(&names);
}

static bool allows_ssh(const struct ec2_rule *rule)
{
	const struct ec2_rule ssh = {
		.protocol = (char *)"tcp", .from = 22, .to = 22, .ranged = true, .range = world
	};
	struct ec2_rule seen = *rule;

	if (!rule->ranged && strcmp(rule->other, "::/0") == 0)
		seen.ranged = true;
	return rule_covers(&seen, &ssh);
}

static void group_ssh_warn(const struct cloud_group *group, struct strings *warnings)
{
	for (size_t i = 0; i < group->seen->rule_count; i++) {
		AUTO_FREE char *text = rule_text(&group->seen->rules[i]);

		if (allows_ssh(&group->seen->rules[i]))
			strings_addf(warnings, "security group '%s' lets %s in: SSH is open to the "
				     "world, narrow it",
				     group->seen->id, text);
	}
}

void groups_ssh_warn(const struct cloud_groups *groups, struct strings *warnings)
{
	for (size_t i = 0; i < groups->count; i++)
		if (groups->items[i].attached)
			group_ssh_warn(&groups->items[i], warnings);
}
