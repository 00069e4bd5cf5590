/*
 * cloud: the parts of the VPC around the gateway, put together in the order in which they are done.
 * What a part wants is in its own file; none of them reads or calls anything.
 */
#include "render/cloud.h"

#include <string.h>

#include "render/cloud_parts.h"

const struct site *cloud_site_of(const struct cloud_inputs *inputs, const char *instance)
{
	for (size_t i = 0; instance != NULL && i < inputs->listed->count; i++) {
		const struct site *site = &inputs->listed->items[i];

		if (strcmp(site->name, inputs->config->site) != 0 && site->instance != NULL &&
		    strcmp(site->instance, instance) == 0)
			return site;
	}
	return NULL;
}

/* A tombstone may lack any member, and a static peer has none. */
static bool is_same(const char *member, const char *own)
{
	return member != NULL && strcmp(member, own) == 0;
}

bool cloud_is_neighbour(const struct cloud_inputs *inputs, const struct site *site)
{
	const struct instance *own = inputs->instance;

	return strcmp(site->name, inputs->config->site) != 0 && is_same(site->vpc, own->vpc) &&
	       is_same(site->region, own->region) && is_same(site->account, own->account);
}

void cloud_plan(const struct cloud_inputs *inputs, struct plan *plan, struct strings *warnings)
{
	const struct ec2_interface *interface = &inputs->cloud->interface;

	if (inputs->cloud->known[CLOUD_INTERFACE] && interface->check_on)
		plan_add(plan, ACTION_SOURCE_DEST_CHECK_OFF, interface->id, NULL);
	if (inputs->listed == NULL)
		return;
	cloud_address_plan(inputs, plan);
	cloud_routes_plan(inputs, plan, warnings);
	cloud_zones_warn(inputs, warnings);
	cloud_rules_plan(inputs, plan, warnings);
}

/* What stays behind, because nobody could look at it. */
static void leave_warn(const struct cloud_inputs *inputs, struct strings *warnings)
{
	const struct cloud *cloud = inputs->cloud;

	if (inputs->state->route_count > 0 && !cloud->known[CLOUD_TABLES])
		strings_addf(warnings, "the route tables of '%s' were not read, and %zu routes to "
			     "'%s' stay in them", inputs->instance->vpc,
			     inputs->state->route_count, inputs->instance->interface);
	if (inputs->config->security == SECURITY_MANAGE && !cloud->known[CLOUD_GROUPS])
		strings_addf(warnings, "the security groups of '%s' were not read, and the rules "
			     "of site '%s' stay in them", inputs->instance->vpc,
			     inputs->config->site);
}

void cloud_leave_plan(const struct cloud_inputs *inputs, struct plan *plan,
		      struct strings *warnings)
{
	static const struct sites nobody;

	cloud_made_delete(inputs, &nobody, plan);
	cloud_rules_leave(inputs, plan);
	leave_warn(inputs, warnings);
}

void cloud_release_plan(const struct cloud_inputs *inputs, struct plan *plan,
			struct strings *warnings)
{
	if (inputs->config->address.kind != ADDRESS_INSTANCE &&
	    !inputs->cloud->known[CLOUD_ADDRESSES])
		strings_addf(warnings,
			     "the Elastic IPs in '%s' were not read, and '%s' keeps its own",
			     inputs->instance->region, inputs->instance->id);
	cloud_address_leave(inputs, plan);
}
