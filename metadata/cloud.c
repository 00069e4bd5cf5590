/*
 * cloud: reading the VPC around the gateway, as much of it as the settings need. It knows which
 * call tells what, and judges nothing.
 */
#include "metadata/cloud.h"

static bool interface_wants(const struct config *config)
{
	(void)config;
	return true;	/* its source/dest check is always wanted off */
}

static bool addresses_wants(const struct config *config)
{
	return config->address.kind != ADDRESS_INSTANCE;
}

static bool subnets_wants(const struct config *config)
{
	return config->scope == SCOPE_AZ;
}

static bool tables_wants(const struct config *config)
{
	return config->routes != ROUTES_NONE;
}

static bool groups_wants(const struct config *config)
{
	return config->security != SECURITY_NONE;
}

static int interface_read(struct aws *aws, const struct instance *instance,
			  const struct config *config, struct cloud *cloud, struct err *e)
{
	struct ec2_interface interface;

	(void)config;
	if (ec2_interface_read(aws, instance->region, instance->interface, &interface, e) < 0)
		return -1;
	ec2_interface_done(&cloud->interface);
	cloud->interface = interface;
	return 0;
}

static int addresses_read(struct aws *aws, const struct instance *instance,
			  const struct config *config, struct cloud *cloud, struct err *e)
{
	const struct address_choice *choice = &config->address;
	char literal[ADDRESS_TEXT];
	const char *const by_allocation[] = { "allocation-id", choice->allocation, NULL };
	const char *const by_address[] = { "public-ip", literal, NULL };
	const char *const by_tags[] = {
		"tag:cygnet:mesh", config->mesh, "tag:cygnet:site", config->site, NULL,
	};
	const char *const *filters = choice->kind == ADDRESS_ALLOCATION ? by_allocation :
				     choice->kind == ADDRESS_LITERAL ? by_address : by_tags;
	struct ec2_addresses addresses;

	address_format(choice->literal, literal);
	if (ec2_addresses_read(aws, instance->region, filters, &addresses, e) < 0)
		return -1;
	ec2_addresses_done(&cloud->addresses);
	cloud->addresses = addresses;
	return 0;
}

static int subnets_read(struct aws *aws, const struct instance *instance,
			const struct config *config, struct cloud *cloud, struct err *e)
{
	struct ec2_subnets subnets;

	(void)config;
	if (ec2_subnets_read(aws, instance->region, instance->vpc, &subnets, e) < 0)
		return -1;
	ec2_subnets_done(&cloud->subnets);
	cloud->subnets = subnets;
	return 0;
}

static int tables_read(struct aws *aws, const struct instance *instance,
		       const struct config *config, struct cloud *cloud, struct err *e)
{
	struct ec2_route_tables tables;

	(void)config;
	if (ec2_route_tables_read(aws, instance->region, instance->vpc, &tables, e) < 0)
		return -1;
	ec2_route_tables_done(&cloud->tables);
	cloud->tables = tables;
	return 0;
}

static int groups_read(struct aws *aws, const struct instance *instance,
		       const struct config *config, struct cloud *cloud, struct err *e)
{
	struct ec2_groups groups;

	if (!cloud->known[CLOUD_INTERFACE])
		return err_set(e, EXIT_MISSING,
			       "the groups of network interface '%s' are not known",
			       instance->interface);
	if (ec2_groups_read(aws, instance->region, instance->vpc, &cloud->interface.groups,
			    config->mesh, &groups, e) < 0)
		return -1;
	ec2_groups_done(&cloud->groups);
	cloud->groups = groups;
	return 0;
}

static const struct part {
	const char *name;
	bool (*wants)(const struct config *config);
	int (*read)(struct aws *aws, const struct instance *instance, const struct config *config,
		    struct cloud *cloud, struct err *e);
} parts[CLOUD_PARTS] = {
	[CLOUD_INTERFACE] = { "source/dest check", interface_wants, interface_read },
	[CLOUD_ADDRESSES] = { "address", addresses_wants, addresses_read },
	[CLOUD_SUBNETS] = { "subnets", subnets_wants, subnets_read },
	[CLOUD_TABLES] = { "route tables", tables_wants, tables_read },
	[CLOUD_GROUPS] = { "security group", groups_wants, groups_read },
};

bool cloud_wants(const struct config *config, enum cloud_part part)
{
	return parts[part].wants(config);
}

const char *cloud_part_name(enum cloud_part part)
{
	return parts[part].name;
}

int cloud_read(struct aws *aws, const struct instance *instance, const struct config *config,
	       enum cloud_part part, struct cloud *cloud, struct err *e)
{
	cloud->known[part] = false;
	if (parts[part].read(aws, instance, config, cloud, e) < 0)
		return -1;
	cloud->known[part] = true;
	return 0;
}

void cloud_done(struct cloud *cloud)
{
	ec2_interface_done(&cloud->interface);
	ec2_addresses_done(&cloud->addresses);
	ec2_subnets_done(&cloud->subnets);
	ec2_route_tables_done(&cloud->tables);
	ec2_groups_done(&cloud->groups);
	*cloud = (struct cloud){ 0 };
}
