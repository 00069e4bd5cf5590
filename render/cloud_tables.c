/*
 * cloud_tables: which route tables are this gateway's to keep, by tag and by the zones that they
 * serve, and which zones have no gateway. Subnets that no table names are the main table's.
 */
#include <stdlib.h>
#include <string.h>

#include "render/cloud_parts.h"

void cloud_zone_ranges(const struct cloud *cloud, const char *zone, struct cidrs *ret_ranges)
{
	struct cidrs ranges = { 0 };

	for (size_t i = 0; i < cloud->subnets.count; i++)
		if (strcmp(cloud->subnets.items[i].zone, zone) == 0)
			cidrs_add(&ranges, cloud->subnets.items[i].range);
	cidrs_sort(&ranges);
	*ret_ranges = ranges;
}

static bool subnet_is_named(const struct ec2_route_tables *tables, const char *subnet)
{
	for (size_t i = 0; i < tables->count; i++)
		if (strings_has(&tables->items[i].subnets, subnet))
			return true;
	return false;
}

static int zone_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The zones of the subnets that a table serves, or of the whole VPC (table NULL), sorted. */
static void zones_collect(const struct cloud *cloud, const struct ec2_route_table *table,
			  struct strings *ret_zones)
{
	struct strings zones = { 0 };

	for (size_t i = 0; i < cloud->subnets.count; i++) {
		const struct ec2_subnet *subnet = &cloud->subnets.items[i];
		bool served = table == NULL || strings_has(&table->subnets, subnet->id) ||
			      (table->main && !subnet_is_named(&cloud->tables, subnet->id));

		if (served && !strings_has(&zones, subnet->zone))
			strings_add(&zones, subnet->zone);
	}
	if (zones.count > 1)
		qsort(zones.items, zones.count, sizeof *zones.items, zone_compare);
	*ret_zones = zones;
}

static bool table_in_scope(const struct cloud_inputs *inputs, const struct ec2_route_table *table,
			   struct strings *warnings)
{
	CLEANUP(strings_done) struct strings zones = { 0 };
	AUTO_FREE char *list = NULL;

	if (inputs->config->scope == SCOPE_VPC)
		return true;
	if (!inputs->cloud->known[CLOUD_SUBNETS])
		return false;
	zones_collect(inputs->cloud, table, &zones);
	if (!strings_has(&zones, inputs->instance->zone))
		return false;
	if (zones.count == 1)
		return true;
	list = strings_join(&zones, "', '");
	strings_addf(warnings, "route table '%s' serves the zones '%s': with scope 'az' it has to "
		     "serve '%s' alone", table->id, list, inputs->instance->zone);
	return false;
}

bool cloud_table_chosen(const struct cloud_inputs *inputs, const struct ec2_route_table *table,
			struct strings *warnings)
{
	const struct config *config = inputs->config;
	bool tagged = table->mesh != NULL && strcmp(table->mesh, config->mesh) == 0;
	bool wanted[] = {
		[ROUTES_NONE] = false,
		[ROUTES_TAGGED] = tagged,
		[ROUTES_ALL] = true,
		[ROUTES_LISTED] = strings_has(&config->route_tables, table->id),
	};

	return wanted[config->routes] && table_in_scope(inputs, table, warnings);
}

static bool zone_is_served(const struct cloud_inputs *inputs, const char *zone)
{
	if (strcmp(zone, inputs->instance->zone) == 0)
		return true;
	for (size_t i = 0; i < inputs->listed->count; i++) {
		const struct site *site = &inputs->listed->items[i];

		if (!site->left && cloud_is_neighbour(inputs, site) &&
		    strcmp(site->zone, zone) == 0)
			return true;
	}
	return false;
}

void cloud_zones_warn(const struct cloud_inputs *inputs, struct strings *warnings)
{
	CLEANUP(strings_done) struct strings zones = { 0 }, unserved = { 0 };
	AUTO_FREE char *list = NULL;

	if (inputs->config->scope != SCOPE_AZ || !inputs->cloud->known[CLOUD_SUBNETS])
		return;
	zones_collect(inputs->cloud, NULL, &zones);
	for (size_t i = 0; i < zones.count; i++)
		if (!zone_is_served(inputs, zones.items[i]))
			strings_add(&unserved, zones.items[i]);
	if (unserved.count == 0)
		return;
	list = strings_join(&unserved, "', '");
	strings_addf(warnings, "zones without a gateway of mesh '%s' in '%s': '%s'",
		     inputs->config->mesh, inputs->instance->vpc, list);
}
