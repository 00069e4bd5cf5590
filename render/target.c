/*
 * target: the wanted state of one gateway as data. It decides from its inputs alone;
 * what is there already is plan's business.
 */
#include "render/target.h"

#include <stdlib.h>

#include "render/connection.h"
#include "render/ipsec.h"
#include "render/units.h"

static void unit_want(struct target *target, struct wanted_unit unit)
{
	*MEM_GROW(target->units, target->unit_count) = unit;
}

static void own_units_want(struct target *target)
{
	size_t count;
	const struct unit *units = units_table(&count);

	for (size_t i = 0; i < count; i++)
		if (units[i].enabled)
			unit_want(target, (struct wanted_unit){ .name = units[i].name,
								.concern = units[i].concern,
								.own = true, .enabled = true,
								.active = units[i].started });
}

static void charon_units_want(struct target *target, const struct host *host)
{
	const char *const *others = host->flavour->other_units;

	for (size_t i = 0; i < COUNT_OF(host->flavour->other_units) && others[i] != NULL; i++)
		unit_want(target, (struct wanted_unit){ .name = others[i],
							.concern = CONCERN_STRONGSWAN });
	unit_want(target, (struct wanted_unit){ .name = host->flavour->charon_unit,
						.concern = CONCERN_STRONGSWAN,
						.enabled = true, .active = true });
}

static void time_unit_want(struct target *target, const struct time_source *time)
{
	for (size_t i = 0; time->other_units[i] != NULL; i++)
		unit_want(target, (struct wanted_unit){ .name = time->other_units[i],
							.concern = CONCERN_TIME });
	unit_want(target, (struct wanted_unit){ .name = time->unit, .concern = CONCERN_TIME,
						.enabled = true, .active = true });
}

static void label_want(struct target *target, const char *path, enum concern concern)
{
	*MEM_GROW(target->labels, target->label_count) =
		(struct wanted_label){ mem_strdup(path), concern };
}

/*
 * A file gets its folder's label when it is replaced. That is right for cygnet's own; those that
 * the distribution owns may have one each, as may the folders of keys, should cygnet have made
 * them.
 */
static void labels_want(struct target *target, const struct host *host)
{
	if (host->restorecon == NULL)
		return;
	for (size_t i = 0; i < target->tree.count; i++)
		if (target->tree.files[i].edit != EDIT_WHOLE)
			label_want(target, target->tree.files[i].path,
				   target->tree.files[i].concern);
	label_want(target, host->flavour->keys_folder, CONCERN_CHARON);
	label_want(target, host->flavour->certs_folder, CONCERN_CHARON);
}

/* Takes its name. */
static void connection_want(struct target *target, const struct site *own, const struct site *peer,
			    char *name)
{
	struct connection *wanted = MEM_GROW(target->connections, target->connection_count);
	char address[ADDRESS_TEXT];

	*wanted = (struct connection){ .name = name, .child = mem_strdup(name) };
	address_format(peer->address, address);
	wanted->remote_address = mem_strdup(address);
	wanted->remote_id = mem_strdup(address);
	address_format(own->address, address);
	wanted->local_id = mem_strdup(address);
	cidrs_copy(&own->subnets, &wanted->local_subnets);
	cidrs_copy(&peer->subnets, &wanted->remote_subnets);
}

static void last_want(struct target *target, const struct tree_inputs *inputs)
{
	CLEANUP(site_done) struct site own = { 0 };
	CLEANUP(site_done) struct site peer = { 0 };
	char *name = tree_last_connection(inputs, &target->tree);

	if (name == NULL)
		return;
	ipsec_last_ends(&own, &peer);
	connection_want(target, &own, &peer, name);
}

static void connections_want(struct target *target, const struct tree_inputs *inputs)
{
	bool second = inputs->host->flavour->backend == BACKEND_IPSEC;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = &inputs->peers->items[i];

		connection_want(target, inputs->own, peer, connection_name(peer->name));
		if (second && site_next_key(peer) != NULL)
			connection_want(target, inputs->own, peer,
					connection_next_name(peer->name));
	}
	last_want(target, inputs);
	connections_sort(target->connections, target->connection_count);
}

void target_make(const struct tree_inputs *inputs, struct target *ret_target)
{
	struct target target = { 0 };

	tree_all(inputs, &target.tree);
	tree_owned(inputs->host, &target.patterns, &target.pattern_count);
	sysctl_wanted(inputs->interface, &target.kernel);
	own_units_want(&target);
	charon_units_want(&target, inputs->host);
	if (inputs->host->time != NULL)
		time_unit_want(&target, inputs->host->time);
	labels_want(&target, inputs->host);
	target.load = inputs->host->flavour->load;
	connections_want(&target, inputs);
	*ret_target = target;
}

void target_units(const struct tree_inputs *inputs, struct target *ret_target)
{
	struct target target = { 0 };

	tree_units(inputs, &target.tree);
	tree_units_owned(inputs->host, &target.patterns, &target.pattern_count);
	own_units_want(&target);
	*ret_target = target;
}

void target_done(struct target *target)
{
	tree_done(&target->tree);
	owned_patterns_done(target->patterns, target->pattern_count);
	kernel_settings_done(&target->kernel);
	free(target->units);
	for (size_t i = 0; i < target->label_count; i++)
		free(target->labels[i].path);
	free(target->labels);
	connections_done(target->connections, target->connection_count);
	*target = (struct target){ 0 };
}
