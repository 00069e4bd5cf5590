/*
 * cloud_rules: security groups against the table of rules. Rules are added where nothing lets the traffic in yet, and
 * only those that carry the own description are ever removed.
 */
#include "render/cloud_parts.h"
#include "render/cloud_walls.h"

static void group_change(struct plan *plan, enum action_kind kind, const char *group, struct rules *taken)
{
	struct action *action;

	if (taken->count == 0)
		return;
	action = plan_add(plan, kind, group, NULL);
	action->rules = taken->items;
	action->rule_count = taken->count;
	*taken = (struct rules){ 0 };
}

/* New rules come before old ones go, unless room has to be made for them first. */
static void wall_plan(struct plan *plan, struct wall *wall)
{
	bool tight = wall->holds + wall->lack.count > RULES_MAX;
	const char *group = wall->group->id;

	if (tight)
		group_change(plan, ACTION_RULES_REMOVE, group, &wall->excess);
	group_change(plan, ACTION_RULES_ADD, group, &wall->lack);
	group_change(plan, ACTION_RULES_REMOVE, group, &wall->excess);
}

/* A group that holds more than its quota already has another quota. */
static bool quotas_allow(const struct walls *walls, struct strings *warnings)
{
	bool allowed = true;

	for (size_t i = 0; i < walls->count; i++) {
		const struct wall *wall = &walls->items[i];
		size_t after = wall->holds + wall->lack.count - wall->excess.count;

		if (!wall->managed || wall->lack.count == 0 || wall->holds > RULES_MAX || after <= RULES_MAX)
			continue;
		allowed = false;
		strings_addf(warnings, "security group '%s' would hold %zu rules, and the quota 'Inbound rules per "
			     "security group' is %d: have it raised; no rule is changed before", wall->group->id,
			     after, RULES_MAX);
	}
	return allowed;
}

/* Rules that follow each other and are for one range are told together. */
static void lack_warn(const struct rules *lack, const char *who, const char *remedy, struct strings *warnings)
{
	size_t end;

	for (size_t begin = 0; begin < lack->count; begin = end) {
		const struct ec2_rule *first = &lack->items[begin];
		AUTO_BUF struct buf traffic = { 0 };
		char range[CIDR_TEXT];

		for (end = begin; end < lack->count && cidr_equal(lack->items[end].range, first->range); end++) {
			AUTO_FREE char *text = rule_traffic_text(&lack->items[end]);

			buf_addf(&traffic, "%s%s", end > begin ? ", " : "", text);
		}
		cidr_format(first->range, range);
		strings_addf(warnings, "security group '%s': no rule lets %s %s %s: %s", who, buf_str(&traffic),
			     first->egress ? "out to" : "in from", range, remedy);
	}
}

static void walls_audit(const struct walls *walls, enum security security, struct strings *warnings)
{
	const char *remedy = security == SECURITY_AUDIT ? "add it, or set 'security-group' to 'manage'" : "add it";
	AUTO_FREE char *worn = walls_worn(walls);

	for (size_t i = 0; i < walls->count; i++) {
		const struct wall *wall = &walls->items[i];

		if (!wall->managed)
			lack_warn(&wall->lack, wall->worn ? worn : wall->group->id, remedy, warnings);
	}
	lack_warn(&walls->egress_lack, worn, "add it", warnings);
	walls_ssh_warn(walls, warnings);
}

static bool groups_known(const struct cloud *cloud)
{
	return cloud->known[CLOUD_INTERFACE] && cloud->known[CLOUD_GROUPS];
}

void cloud_rules_plan(const struct cloud_inputs *inputs, struct plan *plan, struct strings *warnings)
{
	CLEANUP(walls_done) struct walls walls = { 0 };

	if (inputs->config->security == SECURITY_NONE || !groups_known(inputs->cloud))
		return;
	walls_make(inputs, &walls, warnings);
	walls_audit(&walls, inputs->config->security, warnings);
	if (!quotas_allow(&walls, warnings))
		return;
	for (size_t i = 0; i < walls.count; i++)
		if (walls.items[i].managed)
			wall_plan(plan, &walls.items[i]);
}

void cloud_rules_leave(const struct cloud_inputs *inputs, struct plan *plan)
{
	AUTO_FREE char *description = walls_description(inputs->config);

	for (size_t i = 0; i < inputs->cloud->groups.count; i++) {
		const struct ec2_group *group = &inputs->cloud->groups.items[i];
		struct rules own = { 0 };

		for (size_t k = 0; k < group->rule_count; k++)
			if (rule_is_own(&group->rules[k], description))
				rules_add(&own, &group->rules[k]);
		group_change(plan, ACTION_RULES_REMOVE, group->id, &own);
	}
}
