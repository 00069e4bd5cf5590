/*
 * cloud_routes: routes to the peers' subnets. Those that lead to a gateway of this mesh in the own
 * VPC, and blackholes, are ours to change; every other route is somebody's, and is left where it
 * is.
 */
#include <stdlib.h>
#include <string.h>

#include "render/cloud_parts.h"

/* Default quota of routes a table; it was 50 until June 2025: EC2 tells an account that has it. */
#define ROUTES_MAX 500

struct routing {
	const struct cloud_inputs *inputs;
	struct strings *warnings;
	struct plan puts, deletes;
};

enum standing {
	ROUTE_ABSENT,
	ROUTE_LEADS_HERE,
	ROUTE_OURS_TO_CHANGE,
	ROUTE_FOREIGN,
};

/*
 * A gateway that serves another zone has no business in a table of ours alone; one that left has
 * none anywhere. Any other that is alive would put its route back.
 */
static bool gives_way(const struct cloud_inputs *inputs, const struct site *site)
{
	return cloud_is_neighbour(inputs, site) &&
	       (site->left || (inputs->config->scope == SCOPE_AZ &&
			       strcmp(site->zone, inputs->instance->zone) != 0));
}

static enum standing route_standing(const struct cloud_inputs *inputs,
				    const struct ec2_route *route)
{
	const struct site *site;

	if (route == NULL || (route->propagated && route->blackhole))
		return ROUTE_ABSENT;
	if (route->propagated)
		return ROUTE_FOREIGN;
	if (cloud_leads_here(inputs, route))
		return ROUTE_LEADS_HERE;
	if (route->blackhole)
		return ROUTE_OURS_TO_CHANGE;
	site = cloud_site_of(inputs, route->instance);
	if (site != NULL)
		return gives_way(inputs, site) ? ROUTE_OURS_TO_CHANGE : ROUTE_FOREIGN;
	return route->instance != NULL &&
	       strings_has(&inputs->state->predecessors, route->instance) ?
	       ROUTE_OURS_TO_CHANGE : ROUTE_FOREIGN;
}

/* Where a route leads, for people. Yours to free. */
static char *target_text(const struct cloud_inputs *inputs, const struct ec2_route *route)
{
	const struct site *site = cloud_site_of(inputs, route->instance);

	if (route->target[0] == '\0')
		return mem_strdup("nowhere");
	if (route->blackhole)
		return mem_printf("to '%s', which is gone", route->target);
	if (site != NULL)
		return mem_printf("to '%s', the gateway of site '%s'", route->target, site->name);
	return mem_printf("to '%s'", route->target);
}

static void foreign_warn(const struct routing *r, const char *table, const struct ec2_route *route,
			 const char *rule)
{
	AUTO_FREE char *target = target_text(r->inputs, route);
	char range[CIDR_TEXT];

	cidr_format(route->destination, range);
	strings_addf(r->warnings, "route %s of '%s' leads %s: %s", range, table, target, rule);
}

/* Why a route is left where it is. Yours to free. */
static char *foreign_rule(const struct cloud_inputs *inputs, const struct ec2_route *route)
{
	if (cloud_site_of(inputs, route->instance) != NULL)
		return mem_strdup("it is that site's to keep");
	return mem_printf("only routes to gateways of mesh '%s' are changed", inputs->config->mesh);
}

/* A packet takes the most specific route. */
static void specifics_warn(const struct routing *r, const struct ec2_route_table *table,
			   const struct site *peer, struct cidr range)
{
	AUTO_FREE char *rule = NULL;
	char text[CIDR_TEXT];

	cidr_format(range, text);
	rule = mem_printf("it is more specific than %s of site '%s'", text, peer->name);
	for (size_t i = 0; i < table->route_count; i++) {
		const struct ec2_route *route = &table->routes[i];

		if (route->destination.length > range.length &&
		    cidr_within(route->destination, range) && !cloud_leads_here(r->inputs, route))
			foreign_warn(r, table->id, route, rule);
	}
}

/* EC2 takes no route to a part of the VPC itself. */
static const struct ec2_route *local_around(const struct ec2_route_table *table, struct cidr range)
{
	for (size_t i = 0; i < table->route_count; i++)
		if (strcmp(table->routes[i].target, "local") == 0 &&
		    cidr_within(range, table->routes[i].destination))
			return &table->routes[i];
	return NULL;
}

static void range_plan(struct routing *r, const struct ec2_route_table *table,
		       const struct site *peer, struct cidr range)
{
	const struct ec2_route *route = cloud_route_find(table, range);
	const struct ec2_route *local = local_around(table, range);
	const char *interface = r->inputs->instance->interface;
	AUTO_FREE char *rule = NULL;
	char text[CIDR_TEXT];

	cidr_format(range, text);
	specifics_warn(r, table, peer, range);
	if (local != NULL) {
		rule = mem_printf("it takes in %s of site '%s'", text, peer->name);
		foreign_warn(r, table->id, local, rule);
		return;
	}
	switch (route_standing(r->inputs, route)) {
	case ROUTE_ABSENT:
		plan_add(&r->puts, ACTION_ROUTE_CREATE, table->id, interface)->range = range;
		break;
	case ROUTE_LEADS_HERE:
		break;
	case ROUTE_OURS_TO_CHANGE:
		plan_add(&r->puts, ACTION_ROUTE_REPLACE, table->id, interface)->range = range;
		break;
	case ROUTE_FOREIGN:
		rule = foreign_rule(r->inputs, route);
		foreign_warn(r, table->id, route, rule);
	}
}

static void table_plan(struct routing *r, const struct ec2_route_table *table)
{
	const struct sites *peers = r->inputs->peers;

	if (!cloud_table_chosen(r->inputs, table, r->warnings))
		return;
	for (size_t i = 0; i < peers->count; i++)
		for (size_t k = 0; k < peers->items[i].subnets.count; k++)
			range_plan(r, table, &peers->items[i], peers->items[i].subnets.items[k]);
}

static size_t actions_of(const struct plan *plan, enum action_kind kind, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->actions[i].kind == kind && strcmp(plan->actions[i].name, name) == 0;
	return count;
}

/* Whether a table would hold more than its quota; one that does already has another quota. */
static bool over_quota(const struct ec2_route_table *table, size_t created, size_t deleted)
{
	return created > 0 && table->entry_count <= ROUTES_MAX &&
	       table->entry_count + created > ROUTES_MAX + deleted;
}

/* false when a quota forbids it; *ret_tight: room has to be made first. */
static bool quotas_allow(const struct routing *r, bool *ret_tight)
{
	const struct ec2_route_tables *tables = &r->inputs->cloud->tables;
	bool allowed = true, tight = false;

	for (size_t i = 0; i < tables->count; i++) {
		const struct ec2_route_table *table = &tables->items[i];
		size_t created = actions_of(&r->puts, ACTION_ROUTE_CREATE, table->id);
		size_t deleted = actions_of(&r->deletes, ACTION_ROUTE_DELETE, table->id);

		tight |= over_quota(table, created, 0);
		if (!over_quota(table, created, deleted))
			continue;
		allowed = false;
		strings_addf(r->warnings, "route table '%s' would hold %zu routes, and the quota "
			     "'Routes per route table' is %d: have it raised; no route is changed "
			     "before", table->id, table->entry_count + created - deleted,
			     ROUTES_MAX);
	}
	*ret_tight = tight;
	return allowed;
}

void cloud_routes_plan(const struct cloud_inputs *inputs, struct plan *plan,
		       struct strings *warnings)
{
	struct routing r = { .inputs = inputs, .warnings = warnings };
	bool tight;

	if (!inputs->cloud->known[CLOUD_TABLES])
		return;
	for (size_t i = 0; i < inputs->cloud->tables.count; i++)
		table_plan(&r, &inputs->cloud->tables.items[i]);
	cloud_made_delete(inputs, inputs->peers, &r.deletes);
	if (quotas_allow(&r, &tight)) {
		plan_append(plan, tight ? &r.deletes : &r.puts);
		plan_append(plan, tight ? &r.puts : &r.deletes);
	}
	plan_done(&r.puts);
	plan_done(&r.deletes);
}
