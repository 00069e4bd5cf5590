/*
 * ec2_route: the route tables of a VPC and changes of single routes. Which routes are a mesh's it
 * does not know.
 */
#include "aws/ec2.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ec2_call.h"

#define PAGE 10			/* a table may have 1,000 routes, and a reply 100,000 elements */
#define ROUTES_MAX 10000	/* of all tables */

static void route_done(struct ec2_route *route)
{
	free(route->target);
	free(route->instance);
}

static void table_done(struct ec2_route_table *table)
{
	free(table->id);
	strings_done(&table->subnets);
	free(table->mesh);
	for (size_t i = 0; i < table->route_count; i++)
		route_done(&table->routes[i]);
	free(table->routes);
}

void ec2_route_tables_done(struct ec2_route_tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		table_done(&tables->items[i]);
	free(tables->items);
	*tables = (struct ec2_route_tables){ 0 };
}

/* An instance's interface is named besides its instance: it goes first. */
static int target_parse(const struct xml *item, char **ret_target, struct err *e)
{
	static const char *const members[] = {
		"networkInterfaceId", "instanceId", "gatewayId", "natGatewayId", "transitGatewayId",
		"vpcPeeringConnectionId", "localGatewayId", "carrierGatewayId",
		"egressOnlyInternetGatewayId", "coreNetworkArn", "odbNetworkArn",
	};
	char *target = NULL;

	for (size_t i = 0; target == NULL && i < COUNT_OF(members); i++)
		if (xml_get_id_or(item, members[i], NULL, &target, e) < 0)
			return -1;
	*ret_target = target != NULL ? target : mem_strdup("");
	return 0;
}

static bool text_is(const struct xml *item, const char *path, const char *wanted)
{
	const char *text = xml_text(item, path);

	return text != NULL && strcmp(text, wanted) == 0;
}

static int route_parse(const struct xml *item, struct ec2_route *ret_route, struct err *e)
{
	CLEANUP(route_done) struct ec2_route route = {
		.blackhole = text_is(item, "state", "blackhole"),
		.propagated = text_is(item, "origin", "EnableVgwRoutePropagation") ||
			      text_is(item, "origin", "Advertisement"),
	};

	if (xml_get_range(item, "destinationCidrBlock", &route.destination, e) < 0 ||
	    target_parse(item, &route.target, e) < 0 ||
	    xml_get_id_or(item, "instanceId", NULL, &route.instance, e) < 0)
		return -1;
	*ret_route = route;
	route = (struct ec2_route){ 0 };
	return 0;
}

static bool member_present(const struct xml *item, const char *path)
{
	const char *text = xml_text(item, path);

	return text != NULL && text[0] != '\0';
}

/* A prefix list counts as one entry at least; how many it has the table does not say. */
static int routes_parse(const struct xml *item, struct ec2_route_table *table, struct err *e)
{
	XML_EACH(entry, item, "routeSet/item") {
		struct ec2_route route;

		if (member_present(entry, "destinationIpv6CidrBlock"))
			continue;
		if (member_present(entry, "destinationPrefixListId")) {
			table->entry_count++;
			continue;
		}
		if (table->route_count == ROUTES_MAX)
			return err_set(e, EXIT_CONFIG, "more than %d routes", ROUTES_MAX);
		if (route_parse(entry, &route, e) < 0)
			return -1;
		*MEM_GROW(table->routes, table->route_count) = route;
		table->entry_count += !route.propagated;
	}
	return 0;
}

/* Those that a table has with a gateway name neither a subnet nor the VPC. */
static int associations_parse(const struct xml *item, struct ec2_route_table *table, struct err *e)
{
	XML_EACH(association, item, "associationSet/item") {
		AUTO_FREE char *subnet = NULL;
		bool main_one;

		if (text_is(association, "associationState/state", "disassociated"))
			continue;
		if (xml_get_bool_or(association, "main", false, &main_one, e) < 0 ||
		    xml_get_id_or(association, "subnetId", NULL, &subnet, e) < 0)
			return -1;
		table->main = table->main || main_one;
		if (subnet != NULL)
			strings_add(&table->subnets, subnet);
	}
	return 0;
}

static int table_read(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(table_done) struct ec2_route_table table = { 0 };
	struct ec2_route_tables *tables = list;

	if (xml_get_id(item, "routeTableId", &table.id, e) < 0)
		return -1;
	if (associations_parse(item, &table, e) < 0 || ec2_tag_mesh(item, &table.mesh, e) < 0 ||
	    routes_parse(item, &table, e) < 0)
		return err_wrap(e, "'%s'", table.id);
	*MEM_GROW(tables->items, tables->count) = table;
	table = (struct ec2_route_table){ 0 };
	return 0;
}

int ec2_route_tables_read(struct aws *aws, const char *region, const char *vpc,
			  struct ec2_route_tables *ret_tables, struct err *e)
{
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables tables = { 0 };
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DescribeRouteTables", vpc);

	ec2_call_filter_one(&call, "vpc-id", vpc);
	if (ec2_call_list(&call, "routeTableSet", PAGE, table_read, &tables, e) < 0)
		return -1;
	*ret_tables = tables;
	tables = (struct ec2_route_tables){ 0 };
	return 0;
}

/* What the three changes have in common; interface is NULL where the route goes. */
static void call_begin(struct ec2_call *call, struct cidr destination, const char *interface)
{
	char range[CIDR_TEXT];

	cidr_format(destination, range);
	form_add(&call->form, "RouteTableId", call->resource);
	form_add(&call->form, "DestinationCidrBlock", range);
	if (interface != NULL)
		form_add(&call->form, "NetworkInterfaceId", interface);
}

/* Make the change; an accepted fault tells that somebody has been there since it was decided. */
static int call_race(struct ec2_call *call, struct cidr destination, bool dry, const char *happened,
		     struct err *e)
{
	char range[CIDR_TEXT];
	bool raced;

	if (ec2_call_change(call, dry, &raced, e) < 0)
		return -1;
	if (dry || !raced)
		return 0;
	cidr_format(destination, range);
	return err_set(e, EXIT_AGAIN, "ec2:%s on '%s' in '%s': the route to '%s' has just %s",
		       call->action, call->resource, call->region, range, happened);
}

int ec2_route_create(struct aws *aws, const char *region, const char *table,
		     struct cidr destination, const char *interface, bool dry, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "CreateRoute", table);

	call_begin(&call, destination, interface);
	ec2_call_accept(&call, "RouteAlreadyExists", NULL);
	return call_race(&call, destination, dry, "been made", e);
}

/*
 * EC2 has two ways to say that there is no such route; the second is of 2023, and a bug by its own
 * view.
 */
int ec2_route_replace(struct aws *aws, const char *region, const char *table,
		      struct cidr destination, const char *interface, bool dry, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "ReplaceRoute", table);

	call_begin(&call, destination, interface);
	ec2_call_accept(&call, "InvalidRoute.NotFound", NULL);
	ec2_call_accept(&call, "InvalidParameterValue", "no route defined");
	return call_race(&call, destination, dry, "been removed", e);
}

int ec2_route_delete(struct aws *aws, const char *region, const char *table,
		     struct cidr destination, bool dry, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DeleteRoute", table);

	call_begin(&call, destination, NULL);
	ec2_call_accept(&call, "InvalidRoute.NotFound", NULL);
	return ec2_call_change(&call, dry, NULL, e);
}
