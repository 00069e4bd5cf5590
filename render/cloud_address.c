/*
 * cloud_address: whose the site's Elastic IP is. It may be taken over from an instance that filled
 * this site before, and from nobody else.
 */
#include <string.h>

#include "render/cloud_parts.h"

static bool is_own(const struct cloud_inputs *inputs, const struct ec2_address *elastic)
{
	return elastic->interface != NULL &&
	       strcmp(elastic->interface, inputs->instance->interface) == 0;
}

/* The only one of those that 'address' means. */
static int elastic_choose(const struct cloud_inputs *inputs, const struct ec2_address **ret_elastic,
			  struct err *e)
{
	const struct config *config = inputs->config;
	const struct ec2_addresses *found = &inputs->cloud->addresses;
	const char *setting = config->values[SETTING_ADDRESS], *region = inputs->instance->region;

	if (!inputs->cloud->known[CLOUD_ADDRESSES])
		return err_set(e, EXIT_MISSING, "'address' is '%s', and the Elastic IPs in '%s' "
			       "could not be read", setting, region);
	if (found->count == 1) {
		*ret_elastic = &found->items[0];
		return 0;
	}
	if (found->count == 0)
		err_set(e, EXIT_CONFIG, "'address' is '%s', and no Elastic IP in '%s' is that",
			setting, region);
	else
		err_set(e, EXIT_CONFIG, "'address' is '%s', and %zu Elastic IPs in '%s' are that: "
			"'%s' and '%s'", setting, found->count, region,
			found->items[0].allocation, found->items[1].allocation);
	if (config->address.kind != ADDRESS_TAG)
		return err_remedy(e, "set 'address' to an Elastic IP of this account and region");
	return err_remedy(e, "tag the site's Elastic IP, and no other, cygnet:mesh=%s and "
			  "cygnet:site=%s", config->mesh, config->site);
}

static const struct site *owner_find(const struct cloud_inputs *inputs, const struct sites *sites,
				     const struct ec2_address *elastic)
{
	for (size_t i = 0; i < sites->count; i++) {
		const struct site *site = &sites->items[i];

		if (strcmp(site->name, inputs->config->site) == 0)
			continue;
		if (site->address == elastic->address ||
		    (elastic->instance != NULL && site->instance != NULL &&
		     strcmp(site->instance, elastic->instance) == 0))
			return site;
	}
	return NULL;
}

/* Another site that publishes the address, or whose gateway has it. */
static const struct site *elastic_owner(const struct cloud_inputs *inputs,
					const struct ec2_address *elastic)
{
	const struct site *owner = owner_find(inputs, inputs->peers, elastic);

	return owner == NULL && inputs->listed != NULL ?
	       owner_find(inputs, inputs->listed, elastic) : owner;
}

static int elastic_check(const struct cloud_inputs *inputs, const struct ec2_address *elastic,
			 struct err *e)
{
	const struct site *owner = elastic_owner(inputs, elastic);
	char address[ADDRESS_TEXT];

	if (is_own(inputs, elastic))
		return 0;
	address_format(elastic->address, address);
	if (owner != NULL)
		err_set(e, EXIT_CONFIG, "Elastic IP '%s' (%s) is that of site '%s', and not of "
			"site '%s'", elastic->allocation, address, owner->name,
			inputs->config->site);
	else if (elastic->association == NULL ||
		 (elastic->instance != NULL &&
		  strings_has(&inputs->state->predecessors, elastic->instance)))
		return 0;
	else
		err_set(e, EXIT_CONFIG, "Elastic IP '%s' (%s) is associated with '%s', which never "
			"filled site '%s'", elastic->allocation, address,
			elastic->instance ? elastic->instance : elastic->interface,
			inputs->config->site);
	return err_remedy(e, "disassociate it there, or set 'address' to another");
}

/* What needs no Elastic IP to be known: the instance has the address already. */
static bool address_is_there(const struct cloud_inputs *inputs)
{
	const struct config *config = inputs->config;

	return config->address.kind == ADDRESS_INSTANCE ||
	       (config->address.kind == ADDRESS_LITERAL && !inputs->cloud->known[CLOUD_ADDRESSES] &&
		config->address.literal == inputs->instance->public_address);
}

int cloud_address(const struct cloud_inputs *inputs, uint32_t *ret_address,
		  const struct ec2_address **ret_elastic, struct err *e)
{
	const struct ec2_address *elastic = NULL;

	if (address_is_there(inputs)) {
		*ret_address = inputs->instance->public_address;
		*ret_elastic = NULL;
		return 0;
	}
	if (elastic_choose(inputs, &elastic, e) < 0 || elastic_check(inputs, elastic, e) < 0)
		return -1;
	*ret_address = elastic->address;
	*ret_elastic = elastic;
	return 0;
}

/* EC2 calls it a reassociation also when the interface has another Elastic IP already. */
void cloud_address_plan(const struct cloud_inputs *inputs, struct plan *plan)
{
	const struct ec2_address *elastic;
	struct err told = ERR_INIT;
	struct action *action;
	uint32_t address;

	if (cloud_address(inputs, &address, &elastic, &told) < 0 || elastic == NULL ||
	    is_own(inputs, elastic))
		return;
	action = plan_add(plan, ACTION_ASSOCIATE, elastic->allocation, inputs->instance->interface);
	action->address = address;
	action->reassociate = elastic->association != NULL ||
			      inputs->cloud->interface.allocation != NULL;
}

void cloud_address_leave(const struct cloud_inputs *inputs, struct plan *plan)
{
	for (size_t i = 0; i < inputs->cloud->addresses.count; i++) {
		const struct ec2_address *elastic = &inputs->cloud->addresses.items[i];

		if (is_own(inputs, elastic))
			plan_add(plan, ACTION_DISASSOCIATE, elastic->association, NULL)->address =
				elastic->address;
	}
}
