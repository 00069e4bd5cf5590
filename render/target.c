/*
 * target: the wanted state of one gateway as data. It decides from its inputs alone;
 * what is there already is plan's business.
 */
#include "render/target.h"

#include <stdlib.h>

#include "render/swanctl.h"
#include "render/units.h"

static void unit_want(struct target *target, const char *name, enum concern concern, bool on, bool active)
{
	*MEM_GROW(target->units, target->unit_count) =
		(struct wanted_unit){ .name = name, .concern = concern, .enabled = on, .active = active };
}

static void own_units_want(struct target *target)
{
	size_t count;
	const struct unit *units = units_table(&count);

	for (size_t i = 0; i < count; i++)
		if (units[i].enabled)
			unit_want(target, units[i].name, units[i].concern, true, units[i].started);
}

static void other_units_want(struct target *target, const struct host *host)
{
	const struct distro *distro = host->distro;

	for (size_t i = 0; i < COUNT_OF(distro->other_units) && distro->other_units[i] != NULL; i++)
		unit_want(target, distro->other_units[i], CONCERN_CHARON, false, false);
	unit_want(target, distro->charon_unit, CONCERN_CHARON, true, true);
	if (host->time != NULL)
		unit_want(target, host->time->unit, CONCERN_TIME, true, true);
}

static void connection_want(struct target *target, const struct site *own, const struct site *peer)
{
	struct connection *wanted = MEM_GROW(target->connections, target->connection_count);
	char address[ADDRESS_TEXT];

	*wanted = (struct connection){ .name = swanctl_name(peer->name), .child = swanctl_name(peer->name) };
	address_format(peer->address, address);
	wanted->remote_address = mem_strdup(address);
	wanted->remote_id = mem_strdup(address);
	address_format(own->address, address);
	wanted->local_id = mem_strdup(address);
	cidrs_copy(&own->subnets, &wanted->local_subnets);
	cidrs_copy(&peer->subnets, &wanted->remote_subnets);
}

void target_make(const struct tree_inputs *inputs, struct target *ret_target)
{
	struct target target = { 0 };

	tree_all(inputs, &target.tree);
	tree_owned(inputs->host, &target.patterns, &target.pattern_count);
	sysctl_wanted(inputs->interface, &target.kernel);
	own_units_want(&target);
	other_units_want(&target, inputs->host);
	for (size_t i = 0; i < inputs->peers->count; i++)
		connection_want(&target, inputs->own, &inputs->peers->items[i]);
	*ret_target = target;
}

void target_units(const struct tree_inputs *inputs, struct target *ret_target)
{
	struct target target = { 0 };

	tree_units(inputs, &target.tree);
	own_units_want(&target);
	*ret_target = target;
}

void target_done(struct target *target)
{
	tree_done(&target->tree);
	owned_patterns_done(target->patterns, target->pattern_count);
	kernel_settings_done(&target->kernel);
	free(target->units);
	connections_done(target->connections, target->connection_count);
	*target = (struct target){ 0 };
}
