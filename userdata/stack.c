/*
 * stack: a CloudFormation template for one site, deployed once in each region of the mesh. Whatever
 * is another in each of them is a parameter, and reaches the gateway as a tag.
 * Source: AWS CloudFormation User Guide, "Resource and property types" and "Intrinsic functions".
 */
#include "userdata/stack.h"

#include <string.h>

#include "userdata/launch_template.h"
#include "userdata/policy.h"

#define HOOK "cygnet-launch"
#define HOOK_SECONDS 900
#define AGENT_POLICY "arn:${AWS::Partition}:iam::aws:policy/CloudWatchAgentServerPolicy"

/* --- JSON of CloudFormation --- */

static json_t *reference(const char *name)
{
	return json_pack("{s:s}", "Ref", name);
}

static json_t *substitute(const char *text)
{
	return json_pack("{s:s}", "Fn::Sub", text);
}

/* The site's name: the parameter, or the region where that is empty. */
static json_t *site_value(void)
{
	return json_pack("{s:[s, o, o]}", "Fn::If", "HasSite",
			 reference("Site"), reference("AWS::Region"));
}

/* A text of a policy with CloudFormation's names in it becomes the function that fills them in. */
static json_t *text_resolve(const char *text)
{
	if (strstr(text, "${") == NULL)
		return json_string(text);
	if (strcmp(text, "${RouteTables}") == 0)
		return reference("RouteTables");
	if (strstr(text, "${SiteName}") == NULL)
		return substitute(text);
	return json_pack("{s:[s, {s:o}]}", "Fn::Sub", text, "SiteName", site_value());
}

/* The same for every text in it. */
static json_t *resolve(const json_t *value)
{
	json_t *made, *element;
	const char *key;
	size_t i;

	if (json_is_string(value))
		return text_resolve(json_string_value(value));
	if (json_is_array(value)) {
		made = json_array();
		json_array_foreach(value, i, element)
			json_array_append_new(made, resolve(element));
		return made;
	}
	made = json_object();
	json_object_foreach((json_t *)value, key, element)
		json_object_set_new(made, key, resolve(element));
	return made;
}

static json_t *resource(const char *type, json_t *properties)
{
	return json_pack("{s:s, s:o}", "Type", type, "Properties", properties);
}

/* --- parameters and tags --- */

/* What is another for each site. A setting's parameter becomes the tag of that setting. */
static const struct parameter {
	const char *name;
	int setting;			/* -1: it is none */
	const char *type, *pattern, *standard, *description;
} parameters[] = {
	{ "Mesh", SETTING_MESH, "String", "[a-z0-9-]{1,63}", NULL,
	  "Gateways with the same mesh name connect to each other" },
	{ "Registry", SETTING_REGISTRY, "String", "[a-z0-9-]{1,63}", NULL,
	  "The region whose Parameter Store holds the mesh's records, the same for each site" },
	{ "Site", SETTING_SITE, "String", "[a-z0-9-]{0,63}", "",
	  "This site's name; empty: the region's" },
	{ "Vpc", -1, "AWS::EC2::VPC::Id", NULL, NULL, "The VPC that is to be connected" },
	{ "Subnets", -1, "List<AWS::EC2::Subnet::Id>", NULL, NULL,
	  "Public subnets of the VPC, in one of which the gateway runs" },
	{ "RouteTables", -1, "CommaDelimitedList", "rtb-[0-9a-f]+", NULL,
	  "Route tables of the VPC that lead to the other sites, eleven at most" },
	{ "Image", -1, "AWS::EC2::Image::Id", NULL, NULL, "The machine image" },
	{ "InstanceType", -1, "String", NULL, NULL, "The type of instance" },
	{ "LoginRange", -1, "String", "(\\d{1,3}(\\.\\d{1,3}){3}/\\d{1,2})?", "",
	  "Addresses that may log in by SSH; empty: none" },
};

/* Settings of the stack: what the resources are that it makes. */
static const struct fixed {
	enum setting setting;
	const char *value;		/* of the tag, for Fn::Sub; NULL: the route tables */
} fixed[] = {
	{ SETTING_ADDRESS, "${Address.AllocationId}" },
	{ SETTING_ROUTES, NULL },
	{ SETTING_SECURITY_GROUP, "manage" },
	{ SETTING_LIFECYCLE_HOOK, HOOK },
};

static bool is_parameter(enum setting setting)
{
	for (size_t i = 0; i < COUNT_OF(parameters); i++)
		if (parameters[i].setting == (int)setting)
			return true;
	return false;
}

static bool is_fixed(enum setting setting)
{
	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		if (fixed[i].setting == setting)
			return true;
	return false;
}

bool stack_sets(enum setting setting)
{
	return is_parameter(setting) || is_fixed(setting);
}

/* What the operator has said already; NULL: nothing. */
static const char *parameter_standard(const struct parameter *parameter, const struct order *order,
				      const struct config *config)
{
	if (strcmp(parameter->name, "Image") == 0)
		return order->ami;
	if (strcmp(parameter->name, "InstanceType") == 0)
		return order->type;
	if (parameter->setting >= 0 && config->values[parameter->setting] != NULL)
		return config->values[parameter->setting];
	return parameter->standard;
}

static json_t *parameters_make(const struct order *order, const struct config *config)
{
	json_t *all = json_object();

	for (size_t i = 0; i < COUNT_OF(parameters); i++) {
		const struct parameter *parameter = &parameters[i];
		const char *standard = parameter_standard(parameter, order, config);
		json_t *one = json_pack("{s:s, s:s}", "Type", parameter->type,
					"Description", parameter->description);

		if (parameter->pattern != NULL)
			json_object_set_new(one, "AllowedPattern", json_string(parameter->pattern));
		if (standard != NULL)
			json_object_set_new(one, "Default", json_string(standard));
		json_object_set_new(all, parameter->name, one);
	}
	return all;
}

static void tag_add(json_t *tags, enum setting setting, json_t *value)
{
	AUTO_FREE char *key = mem_printf(TAG_PREFIX "%s", config_key(setting));

	json_array_append_new(tags, launch_tag(key, value));
}

/* By which policies, other gateways and people know what is the mesh's. */
static json_t *tags_make(void)
{
	json_t *tags = json_array();

	json_array_append_new(tags, launch_tag("Name", substitute("cygnet ${Mesh}")));
	tag_add(tags, SETTING_MESH, reference("Mesh"));
	tag_add(tags, SETTING_SITE, site_value());
	return tags;
}

/* And those by which the gateway gets its settings. */
static json_t *launch_tags_make(void)
{
	json_t *tags = tags_make();

	tag_add(tags, SETTING_REGISTRY, reference("Registry"));
	for (size_t i = 0; i < COUNT_OF(fixed); i++)
		tag_add(tags, fixed[i].setting, fixed[i].value != NULL ?
			text_resolve(fixed[i].value) :
			json_pack("{s:[s, o]}", "Fn::Join", " ", reference("RouteTables")));
	return tags;
}

/* --- resources --- */

static json_t *group_make(void)
{
	json_t *login = json_pack("{s:s, s:i, s:i, s:o}", "IpProtocol", "tcp",
				  "FromPort", 22, "ToPort", 22, "CidrIp", reference("LoginRange"));

	return resource("AWS::EC2::SecurityGroup", json_pack(
		"{s:o, s:o, s:{s:[s, [o], o]}, s:o}",
		"GroupDescription", substitute("Gateway of mesh ${Mesh}; cygnet keeps its rules"),
		"VpcId", reference("Vpc"),
		"SecurityGroupIngress", "Fn::If", "HasLogin", login, reference("AWS::NoValue"),
		"Tags", tags_make()));
}

static int statements_make(const struct order *order, const struct config *config,
			   json_t **ret_statements, struct err *e)
{
	struct config with = *config;		/* borrows */
	AUTO_JSON json_t *statements = NULL;
	const char *role = config->registry_role;
	const char *account = role ? strstr(role, "::") + 2 : NULL;
	AUTO_FREE char *theirs = account ? mem_strndup(account, strcspn(account, ":")) :
					   mem_strdup("${AWS::AccountId}");

	with.address.kind = ADDRESS_ALLOCATION;
	with.routes = ROUTES_LISTED;
	with.security = SECURITY_MANAGE;
	with.lifecycle_hook = (char *)(uintptr_t)HOOK;
	if (policy_statements(&(struct names){
		.config = &with,
		.source = &order->source,
		.partition = "${AWS::Partition}",
		.region = "${AWS::Region}",
		.account = "${AWS::AccountId}",
		.registry_account = theirs,
		.mesh = "${Mesh}",
		.registry = "${Registry}",
		.site = "${SiteName}",
		.record = "sites/?/${SiteName}",
		.allocation = "${Address.AllocationId}",
		.vpc = "${Vpc}",
		.scaling_group = "${AWS::StackName}",
		.route_tables = "${RouteTables}",
	}, PRINCIPAL_INSTANCE, &statements, e) < 0)
		return -1;
	*ret_statements = resolve(statements);
	return 0;
}

static json_t *role_make(const struct order *order, json_t *statements)
{
	json_t *properties = json_pack(
		"{s:{s:s, s:[{s:s, s:{s:o}, s:s}]}, s:[{s:s, s:{s:s, s:O}}]}",
		"AssumeRolePolicyDocument", "Version", "2012-10-17", "Statement",
		"Effect", "Allow", "Principal", "Service", substitute("ec2.${AWS::URLSuffix}"),
		"Action", "sts:AssumeRole",
		"Policies", "PolicyName", "cygnet",
		"PolicyDocument", "Version", "2012-10-17", "Statement", statements);

	if (order->cloudwatch)
		json_object_set_new(properties, "ManagedPolicyArns",
				    json_pack("[o]", substitute(AGENT_POLICY)));
	return resource("AWS::IAM::Role", properties);
}

static json_t *launch_make(const struct order *order, const char *userdata)
{
	AUTO_JSON json_t *tags = launch_tags_make();

	return resource("AWS::EC2::LaunchTemplate", json_pack(
		"{s:{s:o, s:o, s:{s:{s:[s, s]}}, s:o, "
		"s:[{s:i, s:b, s:b, s:[{s:[s, s]}]}], s:o, s:{s:s}}}",
		"LaunchTemplateData", "ImageId", reference("Image"),
		"InstanceType", reference("InstanceType"),
		"IamInstanceProfile", "Arn", "Fn::GetAtt", "Profile", "Arn",
		"MetadataOptions", launch_metadata_options(),
		"NetworkInterfaces", "DeviceIndex", 0,
		"AssociatePublicIpAddress", !order->endpoints,
		"DeleteOnTermination", true, "Groups", "Fn::GetAtt", "Group", "GroupId",
		"TagSpecifications", launch_tag_specifications(tags),
		"UserData", "Fn::Base64", userdata));
}

/*
 * A site has one gateway, and so has the group: an update ends the old one, and then launches the
 * new one, which counts when its hook is answered. Meanwhile nothing else may launch or end any.
 * Source: CloudFormation Template Reference, "UpdatePolicy attribute".
 */
static json_t *scaling_make(void)
{
	json_t *group = resource("AWS::AutoScaling::AutoScalingGroup", json_pack(
		"{s:o, s:s, s:s, s:s, s:o, s:{s:o, s:{s:[s, s]}}, s:[{s:s, s:s, s:i, s:s}]}",
		"AutoScalingGroupName", reference("AWS::StackName"),
		"MinSize", "1", "MaxSize", "1", "DesiredCapacity", "1",
		"VPCZoneIdentifier", reference("Subnets"),
		"LaunchTemplate", "LaunchTemplateId", reference("Launch"),
		"Version", "Fn::GetAtt", "Launch", "LatestVersionNumber",
		"LifecycleHookSpecificationList", "LifecycleHookName", HOOK,
		"LifecycleTransition", "autoscaling:EC2_INSTANCE_LAUNCHING",
		"HeartbeatTimeout", HOOK_SECONDS, "DefaultResult", "ABANDON"));

	json_object_set_new(group, "UpdatePolicy", json_pack(
		"{s:{s:i, s:i, s:[s, s, s, s, s]}}",
		"AutoScalingRollingUpdate", "MinInstancesInService", 0, "MaxBatchSize", 1,
		"SuspendProcesses", "HealthCheck", "ReplaceUnhealthy", "AZRebalance",
		"AlarmNotification", "ScheduledActions"));
	return group;
}

static json_t *resources_make(const struct order *order, json_t *statements, const char *userdata)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			 "Address", resource("AWS::EC2::EIP",
					     json_pack("{s:s, s:o}", "Domain", "vpc",
						       "Tags", tags_make())),
			 "Group", group_make(),
			 "Role", role_make(order, statements),
			 "Profile", resource("AWS::IAM::InstanceProfile",
					     json_pack("{s:[o]}", "Roles", reference("Role"))),
			 "Launch", launch_make(order, userdata),
			 "Gateways", scaling_make());
}

static json_t *unequal(const char *parameter)
{
	return json_pack("{s:[{s:[o, s]}]}", "Fn::Not", "Fn::Equals", reference(parameter), "");
}

static json_t *stack_json(const struct order *order, const struct config *config,
			  json_t *statements, const char *userdata)
{
	return json_pack("{s:s, s:s, s:o, s:{s:o, s:o}, s:o, s:{s:{s:s, s:o}}}",
			 "AWSTemplateFormatVersion", "2010-09-09",
			 "Description", "One site of a cygnet mesh: "
					"deploy it once in each region, with the same mesh",
			 "Parameters", parameters_make(order, config),
			 "Conditions", "HasSite", unequal("Site"),
			 "HasLogin", unequal("LoginRange"),
			 "Resources", resources_make(order, statements, userdata),
			 "Outputs", "Address", "Description", "The gateway's public address",
			 "Value", reference("Address"));
}

static int settings_check(const struct config *config, struct err *e)
{
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if (is_fixed(i) && config_is_given(config, i)) {
			err_set(e, EXIT_CONFIG, "setting '%s' (%s): the stack sets it itself",
				config_key(i), config->origins[i]);
			return err_remedy(e, "leave it out, or use --format launch-template and "
					  "resources of your own");
		}
	if (config->scope == SCOPE_AZ && config->values[SETTING_SITE] == NULL)
		return err_set(e, EXIT_CONFIG,
			       "setting 'scope' (%s): the stack of a zone needs 'site' as well",
			       config->origins[SETTING_SCOPE]);
	return 0;
}

int stack_make(const struct order *order, const struct config *config, const char *userdata,
	       char **ret_text, struct err *e)
{
	AUTO_JSON json_t *statements = NULL, *stack = NULL;
	AUTO_FREE char *text = NULL;

	if (settings_check(config, e) < 0 || statements_make(order, config, &statements, e) < 0)
		return -1;
	stack = stack_json(order, config, statements, userdata);
	text = json_dumps(stack, JSON_INDENT(2));
	*ret_text = mem_printf("%s\n", text);
	return 0;
}
