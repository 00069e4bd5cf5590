/*
 * permissions: the table. Who adds a call to aws/ adds a row here: a test runs every command under
 * the policies that are made from it.
 * Source: Service Authorization Reference of EC2, EC2 Auto Scaling, Systems Manager, STS and S3.
 */
#include "userdata/permissions.h"

#include <string.h>

#include "base/buf.h"

/* --- what leads to a call --- */

#define REASON(name, in_words, expression)							\
	static bool name##_holds(const struct config *config, const struct source *source)	\
	{											\
		(void)config;									\
		(void)source;									\
		return expression;								\
	}											\
	static const struct reason name = { in_words, name##_holds }

REASON(bucket, "--source is s3:", source != NULL && source->kind == SOURCE_S3);
REASON(role, "registry-role is set", config->registry_role != NULL);
REASON(zones, "scope is 'az'", config->scope == SCOPE_AZ);
REASON(elastic, "address is set", config->address.kind != ADDRESS_INSTANCE);
REASON(elastic_id, "address is an allocation id", config->address.kind == ADDRESS_ALLOCATION);
REASON(elastic_literal, "address is an address", config->address.kind == ADDRESS_LITERAL);
REASON(elastic_tagged, "address is 'tag'", config->address.kind == ADDRESS_TAG);
REASON(routed, "routes is not 'none'", config->routes != ROUTES_NONE);
REASON(routed_tagged, "routes is 'tagged'", config->routes == ROUTES_TAGGED);
REASON(routed_all, "routes is 'all'", config->routes == ROUTES_ALL);
REASON(routed_listed, "routes lists tables", config->routes == ROUTES_LISTED);
REASON(groups, "security-group is not 'none'", config->security != SECURITY_NONE);
REASON(groups_managed, "security-group is 'manage'", config->security == SECURITY_MANAGE);
REASON(hook, "lifecycle-hook is set", config->lifecycle_hook != NULL);
REASON(health, "unhealthy-after is set", config->unhealthy_after_s > 0);

#define ALWAYS NULL

/* --- what a call is about --- */

#define PARAMETER(path)									\
	"arn:{partition}:ssm:{registry}:{registry-account}:parameter/{prefix}/{mesh}/" path
#define EC2(id) "arn:{partition}:ec2:{region}:{account}:" id
#define SCALING_GROUP									\
	"arn:{partition}:autoscaling:{region}:{account}:autoScalingGroup:*:"		\
	"autoScalingGroupName/{scaling-group}"

#define ANY_WAY { NULL, NULL, NULL }
#define IN_REGION { "StringEquals", "aws:RequestedRegion", "{region}" }
#define OF_MESH { "StringEquals", "ec2:ResourceTag/cygnet:mesh", "{mesh}" }
#define OF_SITE { "StringEquals", "ec2:ResourceTag/cygnet:site", "{site}" }
#define OF_ADDRESS { "StringEquals", "ec2:PublicIpAddress", "{address}" }
#define OF_VPC { "ArnLike", "ec2:Vpc", EC2("vpc/{vpc}") }
/* The attribute that is set, and to what: EC2 User Guide, "ec2:Attribute condition key". */
#define CHECK_OFF { "StringEquals", "ec2:Attribute/SourceDestCheck", "false" }
#define OF_TABLES { "StringEquals", "ec2:RouteTableID", "{route-tables}" }

/* --- the rows --- */

#define ROW(action, who, commands, reason, resource, ...)				\
	{ action, PRINCIPAL_##who, commands, reason, resource, { __VA_ARGS__ } }

#define EC2_ROW(call, commands, reason, resource, ...)					\
	ROW("ec2:" call, INSTANCE, commands, reason, resource, __VA_ARGS__)

/* What is read of EC2 cannot be narrowed down to resources. */
#define EC2_READ(call, commands, reason) EC2_ROW(call, commands, reason, "*", IN_REGION)

/* An Elastic IP, and what gets it or has it. */
#define EC2_ADDRESS(call, commands)							\
	EC2_ROW(call, commands, &elastic_id, EC2("elastic-ip/{allocation}"), ANY_WAY),	\
	EC2_ROW(call, commands, &elastic_literal, EC2("elastic-ip/*"), OF_ADDRESS),	\
	EC2_ROW(call, commands, &elastic_tagged, EC2("elastic-ip/*"), OF_MESH, OF_SITE), \
	EC2_ROW(call, commands, &elastic, EC2("network-interface/*"), OF_MESH),		\
	EC2_ROW(call, commands, &elastic, EC2("instance/*"), OF_MESH)

#define EC2_ROUTE(call, commands)							\
	EC2_ROW(call, commands, &routed_tagged, EC2("route-table/*"), OF_MESH),		\
	EC2_ROW(call, commands, &routed_all, EC2("route-table/*"), OF_VPC),		\
	EC2_ROW(call, commands, &routed_listed, EC2("route-table/*"), OF_TABLES)

/* A rekey runs the passes of a sync, but answers for no launch hook. */
#define WAKES "bootstrap sync"
#define RUNS WAKES " rekey"
#define LOOKS RUNS " plan"

static const struct permission rows[] = {
	ROW("s3:GetObject", INSTANCE, "user-data", &bucket,
	    "arn:{partition}:s3:::{object}", ANY_WAY),

	ROW("sts:AssumeRole", INSTANCE, LOOKS " leave", &role, "{registry-role}", ANY_WAY),
	ROW("sts:AssumeRole", OPERATOR, "forget", &role, "{registry-role}", ANY_WAY),
	ROW("ssm:GetParameters", REGISTRY, LOOKS " leave", ALWAYS, PARAMETER("*"), ANY_WAY),
	ROW("ssm:GetParameters", OPERATOR, "forget", ALWAYS, PARAMETER("sites/*"), ANY_WAY),
	ROW("ssm:GetParametersByPath", REGISTRY, LOOKS, ALWAYS, PARAMETER("sites"), ANY_WAY),
	ROW("ssm:GetParametersByPath", REGISTRY, LOOKS, ALWAYS, PARAMETER("sites/*"), ANY_WAY),
	ROW("ssm:GetParametersByPath", REGISTRY, RUNS, ALWAYS, PARAMETER("acks"), ANY_WAY),
	ROW("ssm:GetParameterHistory", REGISTRY, LOOKS, ALWAYS, PARAMETER("{record}"), ANY_WAY),
	ROW("ssm:GetParameterHistory", REGISTRY, RUNS, ALWAYS, PARAMETER("epoch"), ANY_WAY),
	ROW("ssm:PutParameter", REGISTRY, RUNS " leave", ALWAYS, PARAMETER("{record}"), ANY_WAY),
	ROW("ssm:PutParameter", REGISTRY, RUNS " leave", ALWAYS, PARAMETER("epoch"), ANY_WAY),
	ROW("ssm:PutParameter", REGISTRY, RUNS, ALWAYS, PARAMETER("acks/{site}"), ANY_WAY),
	ROW("ssm:PutParameter", OPERATOR, "forget", ALWAYS, PARAMETER("sites/*"), ANY_WAY),
	ROW("ssm:PutParameter", OPERATOR, "forget", ALWAYS, PARAMETER("epoch"), ANY_WAY),
	ROW("ssm:DeleteParameter", REGISTRY, "leave", ALWAYS, PARAMETER("acks/{site}"), ANY_WAY),

	EC2_READ("DescribeNetworkInterfaces", LOOKS " leave", ALWAYS),
	EC2_READ("DescribeAddresses", LOOKS " leave", &elastic),
	EC2_READ("DescribeSubnets", LOOKS " leave", &zones),
	EC2_READ("DescribeRouteTables", LOOKS " leave", &routed),
	EC2_READ("DescribeSecurityGroups", LOOKS " leave", &groups),
	EC2_READ("DescribeSecurityGroupRules", LOOKS " leave", &groups),
	EC2_ROW("ModifyNetworkInterfaceAttribute", RUNS, ALWAYS,
		EC2("network-interface/*"), OF_MESH, CHECK_OFF),
	EC2_ADDRESS("AssociateAddress", RUNS),
	EC2_ADDRESS("DisassociateAddress", "leave"),
	EC2_ROUTE("CreateRoute", RUNS),
	EC2_ROUTE("ReplaceRoute", RUNS),
	EC2_ROUTE("DeleteRoute", RUNS " leave"),
	EC2_ROW("AuthorizeSecurityGroupIngress", RUNS, &groups_managed,
		EC2("security-group/*"), OF_MESH),
	EC2_ROW("RevokeSecurityGroupIngress", RUNS " leave", &groups_managed,
		EC2("security-group/*"), OF_MESH),

	ROW("autoscaling:DescribeAutoScalingInstances", INSTANCE, WAKES, &hook, "*", IN_REGION),
	ROW("autoscaling:CompleteLifecycleAction", INSTANCE, WAKES, &hook, SCALING_GROUP, ANY_WAY),
	ROW("autoscaling:RecordLifecycleActionHeartbeat", INSTANCE, "bootstrap", &hook,
	    SCALING_GROUP, ANY_WAY),
	ROW("autoscaling:SetInstanceHealth", INSTANCE, "sync", &health, SCALING_GROUP, ANY_WAY),
};

const struct permission *permissions_table(size_t *ret_count)
{
	*ret_count = COUNT_OF(rows);
	return rows;
}

/* Whether one of the action's rows, which begin at i, has this command. */
static bool action_has(size_t i, const char *command)
{
	const char *action = rows[i].action;

	for (; i < COUNT_OF(rows) && strcmp(rows[i].action, action) == 0; i++) {
		const char *found = strstr(rows[i].commands, command);

		if (found != NULL && strcspn(found, " ") == strlen(command))
			return true;
	}
	return false;
}

char *permissions_text(void)
{
	static const char *const commands[] = {
		"user-data", "bootstrap", "sync", "rekey", "plan", "leave", "forget",
	};
	struct buf text = { 0 };

	buf_addf(&text, "%-43s", "action");
	for (size_t k = 0; k < COUNT_OF(commands); k++)
		buf_addf(&text, " %s", commands[k]);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (i > 0 && strcmp(rows[i].action, rows[i - 1].action) == 0)
			continue;
		buf_addf(&text, "\n%-43s", rows[i].action);
		for (size_t k = 0; k < COUNT_OF(commands); k++)
			buf_addf(&text, " %-*s", (int)strlen(commands[k]),
				 action_has(i, commands[k]) ? "x" : "-");
	}
	buf_adds(&text, "\n");
	return buf_take(&text);
}
