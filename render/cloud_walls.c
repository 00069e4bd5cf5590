/*
 * cloud_walls: what each security group should let in, against what it does. A wider rule, whoever wrote it, is as good
 * as a narrower one that is wanted. What becomes of the difference is cloud_rules' business.
 */
#include "render/cloud_walls.h"

#include <string.h>

static const struct cidr world = { 0, 0 };

char *walls_description(const struct config *config)
{
	return mem_printf("cygnet:%s:%s", config->mesh, config->site);
}

bool rule_is_own(const struct ec2_rule *rule, const char *description)
{
	return !rule->egress && rule->ranged && rule->description != NULL &&
	       strcmp(rule->description, description) == 0;
}

void walls_done(struct walls *walls)
{
	for (size_t i = 0; i < walls->count; i++) {
		rules_done(&walls->items[i].lack);
		rules_done(&walls->items[i].excess);
	}
	free(walls->items);
	rules_done(&walls->gateway);
	rules_done(&walls->others);
	rules_done(&walls->egress_lack);
	*walls = (struct walls){ 0 };
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
static void ranges_want(struct rules *rules, enum traffic traffic, bool egress, const struct cloud_inputs *inputs)
{
	const struct sites *peers = inputs->peers;

	for (size_t i = 0; i < peers->count; i++)
		for (size_t k = 0; k < peers->items[i].subnets.count; k++)
			rules_want(rules, traffic, egress, peers->items[i].subnets.items[k], peers->count);
	for (size_t i = 0; i < inputs->own->subnets.count; i++)
		rules_want(rules, traffic, egress, inputs->own->subnets.items[i], peers->count);
}

static void rules_describe(struct rules *rules, const struct config *config)
{
	for (size_t i = 0; i < rules->count; i++)
		rules->items[i].description = walls_description(config);
}

static void walls_want(const struct cloud_inputs *inputs, struct walls *walls)
{
	gateways_want(&walls->gateway, false, inputs->peers);
	ranges_want(&walls->gateway, TRAFFIC_ALL, false, inputs);
	ranges_want(&walls->others, TRAFFIC_ICMP, false, inputs);
	rules_describe(&walls->gateway, inputs->config);
	rules_describe(&walls->others, inputs->config);
}

/* --- which group wants it --- */

static bool is_tagged(const struct ec2_group *group, const struct config *config)
{
	return group->mesh != NULL && strcmp(group->mesh, config->mesh) == 0;
}

/* The gateway's: the only tagged one of those it wears, else the only one. NULL when that cannot be told. */
static const struct ec2_group *gateway_group(const struct cloud_inputs *inputs, const struct walls *walls)
{
	const struct ec2_group *only = NULL, *tagged = NULL;
	size_t worn_count = 0, tagged_count = 0;

	for (size_t i = 0; i < walls->count; i++) {
		const struct wall *wall = &walls->items[i];

		if (!wall->worn)
			continue;
		only = wall->group;
		worn_count++;
		if (is_tagged(wall->group, inputs->config)) {
			tagged = wall->group;
			tagged_count++;
		}
	}
	if (tagged_count == 1)
		return tagged;
	return tagged_count == 0 && worn_count == 1 ? only : NULL;
}

static size_t rules_counting(const struct ec2_group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->rule_count; i++)
		count += rule_counts(&group->rules[i], false);
	return count;
}

static void walls_collect(const struct cloud_inputs *inputs, struct walls *walls)
{
	for (size_t i = 0; i < inputs->cloud->groups.count; i++) {
		const struct ec2_group *group = &inputs->cloud->groups.items[i];
		bool worn = strings_has(&inputs->cloud->interface.groups, group->id);

		if (worn || is_tagged(group, inputs->config))
			*MEM_GROW(walls->items, walls->count) = (struct wall){
				.group = group, .worn = worn, .holds = rules_counting(group), .want = &walls->nothing,
			};
	}
}

static void gateway_warn(const struct cloud_inputs *inputs, const struct walls *walls, struct strings *warnings)
{
	AUTO_FREE char *worn = walls_worn(walls);

	strings_addf(warnings, "network interface '%s' has the security groups '%s', of which not just one is tagged: "
		     "tag the one to be managed, and no other of them, cygnet:mesh=%s",
		     inputs->cloud->interface.id, worn, inputs->config->mesh);
}

/* Where the gateway's group cannot be told, the first that it wears stands for them all, and is not managed. */
static void walls_assign(const struct cloud_inputs *inputs, struct walls *walls, struct strings *warnings)
{
	const struct ec2_group *gateway = gateway_group(inputs, walls);
	bool manage = inputs->config->security == SECURITY_MANAGE, assigned = false;

	for (size_t i = 0; i < walls->count; i++) {
		struct wall *wall = &walls->items[i];

		wall->managed = manage && (!wall->worn || gateway != NULL);
		if (!wall->worn)
			wall->want = &walls->others;
		else if (gateway != NULL ? wall->group == gateway : !assigned)
			wall->want = &walls->gateway;
		assigned |= wall->worn;
	}
	if (manage && gateway == NULL && assigned)
		gateway_warn(inputs, walls, warnings);
}

/* --- what is there --- */

static bool rules_have(const struct rules *rules, const struct ec2_rule *rule)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rule_equal(&rules->items[i], rule))
			return true;
	return false;
}

static void excess_find(struct wall *wall, const char *description)
{
	for (size_t i = 0; wall->managed && i < wall->group->rule_count; i++) {
		const struct ec2_rule *rule = &wall->group->rules[i];

		if (rule_is_own(rule, description) && !rules_have(wall->want, rule))
			rules_add(&wall->excess, rule);
	}
}

/* Whether a rule of the group that stays lets this through. */
static bool wall_lets(const struct wall *wall, const struct ec2_rule *wanted)
{
	for (size_t i = 0; i < wall->group->rule_count; i++) {
		const struct ec2_rule *rule = &wall->group->rules[i];

		if (rule_covers(rule, wanted) && !rules_have(&wall->excess, rule))
			return true;
	}
	return false;
}

static bool worn_let(const struct walls *walls, const struct ec2_rule *wanted)
{
	for (size_t i = 0; i < walls->count; i++)
		if (walls->items[i].worn && wall_lets(&walls->items[i], wanted))
			return true;
	return false;
}

static void lack_find(const struct walls *walls, struct wall *wall)
{
	for (size_t i = 0; i < wall->want->count; i++) {
		const struct ec2_rule *wanted = &wall->want->items[i];

		if (!(wall->worn ? worn_let(walls, wanted) : wall_lets(wall, wanted)))
			rules_add(&wall->lack, wanted);
	}
}

static void egress_lack_find(const struct cloud_inputs *inputs, struct walls *walls)
{
	CLEANUP(rules_done) struct rules wanted = { 0 };

	gateways_want(&wanted, true, inputs->peers);
	ranges_want(&wanted, TRAFFIC_ALL, true, inputs);
	for (size_t i = 0; i < wanted.count; i++)
		if (!worn_let(walls, &wanted.items[i]))
			rules_add(&walls->egress_lack, &wanted.items[i]);
}

void walls_make(const struct cloud_inputs *inputs, struct walls *walls, struct strings *warnings)
{
	AUTO_FREE char *description = walls_description(inputs->config);

	walls_want(inputs, walls);
	walls_collect(inputs, walls);
	walls_assign(inputs, walls, warnings);
	for (size_t i = 0; i < walls->count; i++)
		excess_find(&walls->items[i], description);
	for (size_t i = 0; i < walls->count; i++)
		lack_find(walls, &walls->items[i]);
	egress_lack_find(inputs, walls);
}

char *walls_worn(const struct walls *walls)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < walls->count; i++)
		if (walls->items[i].worn)
			buf_addf(&names, "%s%s", names.len > 0 ? "', '" : "", walls->items[i].group->id);
	return buf_take(&names);
}

static bool lets_ssh_in(const struct ec2_rule *rule)
{
	const struct ec2_rule ssh = { .protocol = (char *)"tcp", .from = 22, .to = 22, .ranged = true, .range = world };
	struct ec2_rule seen = *rule;

	if (!rule->ranged && strcmp(rule->other, "::/0") == 0)
		seen.ranged = true;
	return rule_covers(&seen, &ssh);
}

static void wall_ssh_warn(const struct wall *wall, struct strings *warnings)
{
	for (size_t i = 0; i < wall->group->rule_count; i++) {
		AUTO_FREE char *text = rule_text(&wall->group->rules[i]);

		if (lets_ssh_in(&wall->group->rules[i]))
			strings_addf(warnings, "security group '%s' lets %s in: SSH is open to the world, narrow it",
				     wall->group->id, text);
	}
}

void walls_ssh_warn(const struct walls *walls, struct strings *warnings)
{
	for (size_t i = 0; i < walls->count; i++)
		if (walls->items[i].worn)
			wall_ssh_warn(&walls->items[i], warnings);
}
