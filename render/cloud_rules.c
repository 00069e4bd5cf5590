/*
 * cloud_rules: security groups against the table of rules. Rules are added where nothing lets the
 * traffic in yet, and only those that carry the own description are ever removed.
 */
#include "render/cloud_parts.h"
#include "render/cloud_groups.h"

static void group_change(struct plan *plan, enum action_kind kind, const char *group,
			 struct rules *taken)
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
static void group_plan(struct plan *plan, struct cloud_group *group)
{
	bool tight = group->counted + group->missing.count > RULES_MAX;
	const char *id = group->seen->id;

	if (tight)
		group_change(plan, ACTION_RULES_REMOVE, id, &group->excess);
	group_change(plan, ACTION_RULES_ADD, id, &group->missing);
	group_change(plan, ACTION_RULES_REMOVE, id, &group->excess);
}

/* A group that has more rules than its quota already has another quota. */
static bool quotas_allow(const struct cloud_groups *groups, struct strings *warnings)
{
	bool allowed = true;

	for (size_t i = 0; i < groups->count; i++) {
		const struct cloud_group *group = &groups->items[i];
		size_t after = group->counted + group->missing.count - group->excess.count;

		if (!group->managed || group->missing.count == 0 || group->counted > RULES_MAX ||
		    after <= RULES_MAX)
			continue;
		allowed = false;
		strings_addf(warnings, "security group '%s' would hold %zu rules, and the quota "
			     "'Inbound rules per security group' is %d: have it raised; no rule is "
			     "changed before",
			     group->seen->id, after, RULES_MAX);
	}
	return allowed;
}

/* Rules that follow each other and are for one range are told together. */
static void missing_warn(const struct rules *missing, const char *who, const char *remedy,
			 struct strings *warnings)
{
	size_t end;

	for (size_t begin = 0; begin < missing->count; begin = end) {
		const struct ec2_rule *first = &missing->items[begin];
		AUTO_BUF struct buf traffic = { 0 };
		char range[CIDR_TEXT];

		for (end = begin;
		     end < missing->count && cidr_equal(missing->items[end].range, first->range);
		     end++) {
			AUTO_FREE char *text = rule_traffic_text(&missing->items[end]);

			buf_addf(&traffic, "%s%s", end > begin ? ", " : "", text);
		}
		cidr_format(first->range, range);
		strings_addf(warnings, "security group '%s': no rule lets %s %s %s: %s", who,
			     buf_str(&traffic), first->egress ? "out to" : "in from", range,
			     remedy);
	}
}

static void groups_audit(const struct cloud_groups *groups, enum security security,
			 struct strings *warnings)
{
	const char *remedy = security == SECURITY_AUDIT ?
			     "add it, or set 'security-group' to 'manage'" : "add it";
	AUTO_FREE char *attached = groups_attached(groups);

	for (size_t i = 0; i < groups->count; i++) {
		const struct cloud_group *group = &groups->items[i];

		if (!group->managed)
			missing_warn(&group->missing, group->attached ? attached : group->seen->id,
				     remedy, warnings);
	}
	missing_warn(&groups->egress_missing, attached, "add it", warnings);
	groups_ssh_warn(groups, warnings);
}

static bool groups_known(const struct cloud *cloud)
{
	return cloud->known[CLOUD_INTERFACE] && cloud->known[CLOUD_GROUPS];
}

void cloud_rules_plan(const struct cloud_inputs *inputs, struct plan *plan,
		      struct strings *warnings)
{
	CLEANUP(groups_done) struct cloud_groups groups = { 0 };

	if (inputs->config->security == SECURITY_NONE || !groups_known(inputs->cloud))
		return;
	groups_make(inputs, &groups, warnings);
	groups_audit(&groups, inputs->config->security, warnings);
	if (!quotas_allow(&groups, warnings))
		return;
	for (size_t i = 0; i < groups.count; i++)
		if (groups.items[i].managed)
			group_plan(plan, &groups.items[i]);
}

void cloud_rules_leave(const struct cloud_inputs *inputs, struct plan *plan)
{
	AUTO_FREE char *description = groups_description(inputs->config);

	for (size_t i = 0; i < inputs->cloud->groups.count; i++) {
		const struct ec2_group *group = &inputs->cloud->groups.items[i];
		struct rules own = { 0 };

		for (size_t k = 0; k < group->rule_count; k++)
			if (rule_is_own(&group->rules[k], description))
				rules_add(&own, &group->rules[k]);
		group_change(plan, ACTION_RULES_REMOVE, group->id, &own);
	}
}
