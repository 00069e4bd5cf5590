/*
 * cloud_made: the routes that cygnet itself has made, or found made as it would. Only these may it
 * delete, and only while they are what it made them: a route that leads elsewhere by now is
 * somebody else's.
 */
#include <stdlib.h>
#include <string.h>

#include "render/cloud_parts.h"

const struct ec2_route *cloud_route_find(const struct ec2_route_table *table, struct cidr range)
{
	const struct ec2_route *found = NULL;

	for (size_t i = 0; i < table->route_count; i++)
		if (cidr_equal(table->routes[i].destination, range) &&
		    (found == NULL || found->propagated))
			found = &table->routes[i];
	return found;
}

bool cloud_leads_here(const struct cloud_inputs *inputs, const struct ec2_route *route)
{
	return !route->propagated && !route->blackhole &&
	       strcmp(route->target, inputs->instance->interface) == 0;
}

static bool is_needed(const struct sites *sites, struct cidr range)
{
	for (size_t i = 0; i < sites->count; i++)
		for (size_t k = 0; k < sites->items[i].subnets.count; k++)
			if (cidr_equal(sites->items[i].subnets.items[k], range))
				return true;
	return false;
}

/* Whether it is still there, and still what was made. */
static bool made_stands(const struct cloud_inputs *inputs, const struct made_route *made)
{
	const struct ec2_route_tables *tables = &inputs->cloud->tables;
	const struct ec2_route *route = NULL;

	for (size_t i = 0; i < tables->count; i++)
		if (strcmp(tables->items[i].id, made->table) == 0)
			route = cloud_route_find(&tables->items[i], made->destination);
	return route != NULL && !route->propagated &&
	       (route->blackhole || cloud_leads_here(inputs, route));
}

void cloud_made_delete(const struct cloud_inputs *inputs, const struct sites *needed,
		       struct plan *plan)
{
	for (size_t i = 0; i < inputs->state->route_count; i++) {
		const struct made_route *made = &inputs->state->routes[i];

		if (made_stands(inputs, made) && !is_needed(needed, made->destination))
			plan_add(plan, ACTION_ROUTE_DELETE, made->table, NULL)->range =
				made->destination;
	}
}

/* A list of made routes that grows. */
struct making {
	struct made_route *items;
	size_t count;
};

static void making_add(struct making *making, const char *table, struct cidr range)
{
	for (size_t i = 0; i < making->count; i++)
		if (strcmp(making->items[i].table, table) == 0 &&
		    cidr_equal(making->items[i].destination, range))
			return;
	*MEM_GROW(making->items, making->count) = (struct made_route){ mem_strdup(table), range };
}

/* Routes to the own interface that an earlier state, or a person, has made as they are wanted. */
static void making_adopt(struct making *making, const struct cloud_inputs *inputs,
			 const struct ec2_route_table *table)
{
	for (size_t i = 0; i < table->route_count; i++)
		if (cloud_leads_here(inputs, &table->routes[i]) &&
		    is_needed(inputs->peers, table->routes[i].destination))
			making_add(making, table->id, table->routes[i].destination);
}

static void making_keep(struct making *making, const struct cloud_inputs *inputs)
{
	bool known = inputs->cloud->known[CLOUD_TABLES];

	for (size_t i = 0; i < inputs->state->route_count; i++) {
		const struct made_route *made = &inputs->state->routes[i];

		if (!known || made_stands(inputs, made))
			making_add(making, made->table, made->destination);
	}
}

static int made_compare(const void *a, const void *b)
{
	const struct made_route *x = a, *y = b;
	int order = strcmp(x->table, y->table);

	if (order != 0)
		return order;
	if (x->destination.address != y->destination.address)
		return x->destination.address < y->destination.address ? -1 : 1;
	return (int)x->destination.length - (int)y->destination.length;
}

void cloud_routes_made(const struct cloud_inputs *inputs, struct made_route **ret_routes,
		       size_t *ret_count)
{
	CLEANUP(strings_done) struct strings told = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct making making = { 0 };

	making_keep(&making, inputs);
	if (inputs->listed != NULL && inputs->cloud->known[CLOUD_TABLES]) {
		for (size_t i = 0; i < inputs->cloud->tables.count; i++)
			if (cloud_table_chosen(inputs, &inputs->cloud->tables.items[i], &told))
				making_adopt(&making, inputs, &inputs->cloud->tables.items[i]);
		cloud_routes_plan(inputs, &plan, &told);
	}
	for (size_t i = 0; i < plan.count; i++)
		making_add(&making, plan.actions[i].name, plan.actions[i].range);
	if (making.count > 1)
		qsort(making.items, making.count, sizeof *making.items, made_compare);
	*ret_routes = making.items;
	*ret_count = making.count;
}
