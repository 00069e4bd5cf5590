/*
 * ec2_group: security groups and their rules, read and changed. Which rules a mesh needs it does
 * not know.
 */
#include "aws/ec2.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/ec2_call.h"

#define GROUPS_PAGE 10		/* a group may have 1,000 rules, and a reply 100,000 elements */
#define RULES_PAGE 400		/* a rule may have 50 tags */
#define FILTER_MAX 200		/* values of a filter */
#define DESCRIPTION_MAX 1024	/* bytes that hold its 255 characters */

static void rule_done(struct ec2_rule *rule)
{
	free(rule->id);
	free(rule->protocol);
	free(rule->other);
	free(rule->description);
}

void ec2_rules_done(struct ec2_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule_done(&rules[i]);
	free(rules);
}

void ec2_rule_copy(const struct ec2_rule *from, struct ec2_rule *ret_rule)
{
	*ret_rule = *from;
	ret_rule->id = mem_strdup(from->id);
	ret_rule->protocol = mem_strdup(from->protocol);
	ret_rule->other = mem_strdup(from->other);
	ret_rule->description = mem_strdup(from->description);
}

static void group_done(struct ec2_group *group)
{
	free(group->id);
	free(group->mesh);
	ec2_rules_done(group->rules, group->rule_count);
}

void ec2_groups_done(struct ec2_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		group_done(&groups->items[i]);
	free(groups->items);
	*groups = (struct ec2_groups){ 0 };
}

static struct ec2_group *group_find(const struct ec2_groups *groups, const char *id)
{
	for (size_t i = 0; i < groups->count; i++)
		if (strcmp(groups->items[i].id, id) == 0)
			return &groups->items[i];
	return NULL;
}

/* One of the interface's may be tagged too, and is listed twice then. */
static int group_read(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(group_done) struct ec2_group group = { 0 };
	struct ec2_groups *groups = list;

	if (xml_get_id(item, "groupId", &group.id, e) < 0)
		return -1;
	if (ec2_tag_mesh(item, &group.mesh, e) < 0)
		return err_wrap(e, "'%s'", group.id);
	if (group_find(groups, group.id) != NULL)
		return 0;
	*MEM_GROW(groups->items, groups->count) = group;
	group = (struct ec2_group){ 0 };
	return 0;
}

static int groups_list(struct aws *aws, const char *region, const char *vpc, const char *filter,
		       const struct strings *values, struct ec2_groups *groups, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DescribeSecurityGroups", vpc);

	ec2_call_filter_one(&call, "vpc-id", vpc);
	ec2_call_filter(&call, filter, values);
	return ec2_call_list(&call, "securityGroupInfo", GROUPS_PAGE, group_read, groups, e);
}

/* Whom a rule lets in or out that is not for an IPv4 range. */
static int rule_parse_other(const struct xml *item, struct ec2_rule *rule, struct err *e)
{
	static const char *const members[] = {
		"cidrIpv6", "prefixListId", "referencedGroupInfo/groupId",
	};

	for (size_t i = 0; rule->other == NULL && i < COUNT_OF(members); i++)
		if (xml_get_id_or(item, members[i], NULL, &rule->other, e) < 0)
			return -1;
	if (rule->other == NULL)
		rule->other = mem_strdup("");
	return 0;
}

static int rule_parse(const struct xml *item, struct ec2_rule *rule, struct err *e)
{
	AUTO_FREE char *range = NULL;

	if (xml_get_bool(item, "isEgress", &rule->egress, e) < 0 ||
	    xml_get_id(item, "ipProtocol", &rule->protocol, e) < 0 ||
	    xml_get_integer_or(item, "fromPort", -1, UINT16_MAX, -1, &rule->from, e) < 0 ||
	    xml_get_integer_or(item, "toPort", -1, UINT16_MAX, -1, &rule->to, e) < 0 ||
	    xml_get_text_or(item, "description", DESCRIPTION_MAX, NULL,
			    &rule->description, e) < 0 ||
	    xml_get_id_or(item, "cidrIpv4", NULL, &range, e) < 0)
		return -1;
	rule->ranged = range != NULL;
	if (rule->ranged)
		return xml_get_range(item, "cidrIpv4", &rule->range, e);
	return rule_parse_other(item, rule, e);
}

static int rule_read(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(rule_done) struct ec2_rule rule = { 0 };
	AUTO_FREE char *id = NULL;
	struct ec2_group *group;

	if (xml_get_id(item, "securityGroupRuleId", &rule.id, e) < 0)
		return -1;
	if (xml_get_id(item, "groupId", &id, e) < 0 || rule_parse(item, &rule, e) < 0)
		return err_wrap(e, "'%s'", rule.id);
	group = group_find(list, id);
	if (group == NULL)
		return err_set(e, EXIT_CONFIG, "'%s' is of '%s', which was not asked for",
			       rule.id, id);
	*MEM_GROW(group->rules, group->rule_count) = rule;
	rule = (struct ec2_rule){ 0 };
	return 0;
}

/* Those of some of the groups, as many as a filter takes. */
static int rules_list(struct aws *aws, const char *region, const char *vpc,
		      const struct strings *ids, struct ec2_groups *groups, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(aws, region, "DescribeSecurityGroupRules", vpc);

	ec2_call_filter(&call, "group-id", ids);
	return ec2_call_list(&call, "securityGroupRuleSet", RULES_PAGE, rule_read, groups, e);
}

static int rules_read(struct aws *aws, const char *region, const char *vpc,
		      struct ec2_groups *groups, struct err *e)
{
	for (size_t begin = 0; begin < groups->count; begin += FILTER_MAX) {
		CLEANUP(strings_done) struct strings ids = { 0 };

		for (size_t i = begin; i < groups->count && i < begin + FILTER_MAX; i++)
			strings_add(&ids, groups->items[i].id);
		if (rules_list(aws, region, vpc, &ids, groups, e) < 0)
			return -1;
	}
	return 0;
}

int ec2_groups_read(struct aws *aws, const char *region, const char *vpc, const struct strings *ids,
		    const char *mesh, struct ec2_groups *ret_groups, struct err *e)
{
	CLEANUP(ec2_groups_done) struct ec2_groups groups = { 0 };
	char *values[] = { (char *)mesh };
	const struct strings meshes = { values, 1 };

	if (ids->count > 0 &&
	    groups_list(aws, region, vpc, "group-id", ids, &groups, e) < 0)
		return -1;
	if (groups_list(aws, region, vpc, "tag:" EC2_TAG_MESH, &meshes, &groups, e) < 0 ||
	    rules_read(aws, region, vpc, &groups, e) < 0)
		return -1;
	*ret_groups = groups;
	groups = (struct ec2_groups){ 0 };
	return 0;
}

/* One of the two changes. */
struct rules_change {
	const char *action;
	const char *done;	/* the fault of a rule that needs no change */
	const char *done_too;	/* likewise, or NULL */
	void (*describe)(struct buf *form, const struct ec2_rule *rule, size_t number);
};

static void rule_describe(struct buf *form, const struct ec2_rule *rule, size_t number)
{
	char text[CIDR_TEXT];

	form_addf(form, rule->protocol, "IpPermissions.%zu.IpProtocol", number);
	snprintf(text, sizeof text, "%" PRId64, rule->from);
	form_addf(form, text, "IpPermissions.%zu.FromPort", number);
	snprintf(text, sizeof text, "%" PRId64, rule->to);
	form_addf(form, text, "IpPermissions.%zu.ToPort", number);
	cidr_format(rule->range, text);
	form_addf(form, text, "IpPermissions.%zu.IpRanges.1.CidrIp", number);
	if (rule->description != NULL)
		form_addf(form, rule->description, "IpPermissions.%zu.IpRanges.1.Description",
			  number);
}

static void rule_name(struct buf *form, const struct ec2_rule *rule, size_t number)
{
	form_addf(form, rule->id, "SecurityGroupRuleId.%zu", number);
}

static const struct rules_change adding = {
	.action = "AuthorizeSecurityGroupIngress",
	.done = "InvalidPermission.Duplicate",
	.describe = rule_describe,
};

static const struct rules_change removing = {
	.action = "RevokeSecurityGroupIngress",
	.done = "InvalidSecurityGroupRuleId.NotFound",
	.done_too = "InvalidPermission.NotFound",
	.describe = rule_name,
};

/* A group, and how to change its rules. */
struct rules_target {
	struct aws *aws;
	const char *region;
	const char *group;
	const struct rules_change *change;
	bool dry;
};

/* All rules in one call, of which EC2 makes all or none; *ret_done: one of them needs no change. */
static int rules_change_all(const struct rules_target *target, const struct ec2_rule *rules,
			    size_t count, bool *ret_done, struct err *e)
{
	const struct rules_change *change = target->change;
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(target->aws, target->region, change->action, target->group);

	form_add(&call.form, "GroupId", target->group);
	for (size_t i = 0; i < count; i++)
		change->describe(&call.form, &rules[i], i + 1);
	ec2_call_accept(&call, change->done, NULL);
	if (change->done_too != NULL)
		ec2_call_accept(&call, change->done_too, NULL);
	return ec2_call_change(&call, target->dry, ret_done, e);
}

/* Each rule alone, if they could not be changed together because one needs no change. */
static int rules_change_each(const struct rules_target *target, const struct ec2_rule *rules,
			     size_t count, struct err *e)
{
	bool done = false;

	if (rules_change_all(target, rules, count, &done, e) < 0)
		return -1;
	if (!done || count == 1 || target->dry)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (rules_change_all(target, &rules[i], 1, &done, e) < 0)
			return -1;
	return 0;
}

int ec2_rules_add(struct aws *aws, const char *region, const char *group,
		  const struct ec2_rule *rules, size_t count, bool dry, struct err *e)
{
	const struct rules_target target = { aws, region, group, &adding, dry };

	return rules_change_each(&target, rules, count, e);
}

int ec2_rules_remove(struct aws *aws, const char *region, const char *group,
		     const struct ec2_rule *rules, size_t count, bool dry, struct err *e)
{
	const struct rules_target target = { aws, region, group, &removing, dry };

	return rules_change_each(&target, rules, count, e);
}
