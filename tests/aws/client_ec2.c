/*
 * client_ec2: the steps for EC2. REGION is the first argument of each; changes are dry runs after
 * the step 'dry'.
 */
#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "tests/aws/client.h"

#define GROUP_RULES_MAX 8

static json_t *strings_json(const struct strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}

static json_t *range_json(struct cidr range)
{
	char text[CIDR_TEXT];

	cidr_format(range, text);
	return json_string(text);
}

static json_t *address_json(uint32_t address)
{
	char text[ADDRESS_TEXT];

	address_format(address, text);
	return address != 0 ? json_string(text) : json_null();
}

/* A change's result says no more than that it was made. */
static int changed(int failed, json_t **ret_result)
{
	if (failed)
		return -1;
	*ret_result = json_true();
	return 0;
}

static int range_read(const char *text, struct cidr *ret_range, struct err *e)
{
	return cidr_parse(text, ret_range) ? 0 : err_set(e, EXIT_USAGE, "'%s' is no range", text);
}

/* interface REGION INTERFACE */
static int step_interface(struct client *client, const struct strings *arguments,
			  json_t **ret_result, struct err *e)
{
	CLEANUP(ec2_interface_done) struct ec2_interface found = { 0 };

	if (ec2_interface_read(client->aws, arguments->items[0], arguments->items[1], &found, e) < 0)
		return -1;
	*ret_result = json_pack("{s:s, s:b, s:o, s:s?, s:o}", "id", found.id, "check",
				found.check_on, "address", address_json(found.public_address),
				"allocation", found.allocation, "groups",
				strings_json(&found.groups));
	return 0;
}

/* check REGION INTERFACE on|off */
static int step_check(struct client *client, const struct strings *arguments, json_t **ret_result,
		      struct err *e)
{
	char **words = arguments->items;

	return changed(ec2_source_dest_check_set(client->aws, words[0], words[1],
						 strcmp(words[2], "on") == 0, client->dry, e),
		       ret_result);
}

/* addresses REGION [FILTER VALUE]... */
static int step_addresses(struct client *client, const struct strings *arguments,
			  json_t **ret_result, struct err *e)
{
	CLEANUP(ec2_addresses_done) struct ec2_addresses found = { 0 };
	AUTO_FREE const char **filters = mem_calloc(arguments->count, sizeof *filters);
	json_t *array;

	for (size_t i = 1; i < arguments->count; i++)
		filters[i - 1] = arguments->items[i];
	if (ec2_addresses_read(client->aws, arguments->items[0], filters, &found, e) < 0)
		return -1;
	*ret_result = array = json_array();
	for (size_t i = 0; i < found.count; i++) {
		const struct ec2_address *one = &found.items[i];

		json_array_append_new(
			array, json_pack("{s:s, s:o, s:s?, s:s?, s:s?}", "allocation",
					 one->allocation, "address", address_json(one->address),
					 "association", one->association, "interface",
					 one->interface, "instance", one->instance));
	}
	return 0;
}

/* associate REGION ALLOCATION INTERFACE [again] */
static int step_associate(struct client *client, const struct strings *arguments,
			  json_t **ret_result, struct err *e)
{
	char **words = arguments->items;

	return changed(ec2_address_associate(client->aws, words[0], words[1], words[2],
					     arguments->count > 3, client->dry, e),
		       ret_result);
}

/* disassociate REGION ASSOCIATION */
static int step_disassociate(struct client *client, const struct strings *arguments,
			     json_t **ret_result, struct err *e)
{
	return changed(ec2_address_disassociate(client->aws, arguments->items[0],
						arguments->items[1], client->dry, e),
		       ret_result);
}

/* subnets REGION VPC */
static int step_subnets(struct client *client, const struct strings *arguments, json_t **ret_result,
			struct err *e)
{
	CLEANUP(ec2_subnets_done) struct ec2_subnets found = { 0 };
	json_t *array;

	if (ec2_subnets_read(client->aws, arguments->items[0], arguments->items[1], &found, e) < 0)
		return -1;
	*ret_result = array = json_array();
	for (size_t i = 0; i < found.count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:o}", "id", found.items[i].id,
						       "zone", found.items[i].zone, "range",
						       range_json(found.items[i].range)));
	return 0;
}

static json_t *routes_json(const struct ec2_route_table *table)
{
	json_t *array = json_array();

	for (size_t i = 0; i < table->route_count; i++) {
		const struct ec2_route *route = &table->routes[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:s, s:s?, s:b, s:b}", "destination",
						range_json(route->destination), "target",
						route->target, "instance", route->instance,
						"blackhole", route->blackhole, "propagated",
						route->propagated));
	}
	return array;
}

/* tables REGION VPC */
static int step_tables(struct client *client, const struct strings *arguments, json_t **ret_result,
		       struct err *e)
{
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables found = { 0 };
	json_t *array;

	if (ec2_route_tables_read(client->aws, arguments->items[0], arguments->items[1], &found,
				  e) < 0)
		return -1;
	*ret_result = array = json_array();
	for (size_t i = 0; i < found.count; i++) {
		const struct ec2_route_table *table = &found.items[i];

		json_array_append_new(
			array, json_pack("{s:s, s:b, s:o, s:s?, s:o, s:i}", "id", table->id, "main",
					 table->main, "subnets", strings_json(&table->subnets),
					 "mesh", table->mesh, "routes", routes_json(table),
					 "entries", (int)table->entry_count));
	}
	return 0;
}

/* route REGION create|replace|delete TABLE RANGE [INTERFACE] */
static int step_route(struct client *client, const struct strings *arguments, json_t **ret_result,
		      struct err *e)
{
	const char *region = arguments->items[0], *how = arguments->items[1];
	const char *table = arguments->items[2];
	struct cidr range;
	int failed;

	if (range_read(arguments->items[3], &range, e) < 0)
		return -1;
	if (strcmp(how, "create") == 0)
		failed = ec2_route_create(client->aws, region, table, range, arguments->items[4],
					  client->dry, e);
	else if (strcmp(how, "replace") == 0)
		failed = ec2_route_replace(client->aws, region, table, range, arguments->items[4],
					   client->dry, e);
	else
		failed = ec2_route_delete(client->aws, region, table, range, client->dry, e);
	return changed(failed, ret_result);
}

static json_t *rules_json(const struct ec2_group *group)
{
	json_t *array = json_array();

	for (size_t i = 0; i < group->rule_count; i++) {
		const struct ec2_rule *rule = &group->rules[i];

		json_array_append_new(
			array, json_pack("{s:s, s:b, s:s, s:I, s:I, s:o, s:s?}", "id", rule->id,
					 "egress", rule->egress, "protocol", rule->protocol, "from",
					 (json_int_t)rule->from, "to", (json_int_t)rule->to,
					 "range",
					 rule->ranged ? range_json(rule->range) : json_null(),
					 "description", rule->description));
	}
	return array;
}

/* groups REGION VPC MESH [GROUP]... */
static int step_groups(struct client *client, const struct strings *arguments, json_t **ret_result,
		       struct err *e)
{
	CLEANUP(ec2_groups_done) struct ec2_groups found = { 0 };
	const struct strings ids = { arguments->items + 3, arguments->count - 3 };
	char **words = arguments->items;
	json_t *array;

	if (ec2_groups_read(client->aws, words[0], words[1], &ids, words[2], &found, e) < 0)
		return -1;
	*ret_result = array = json_array();
	for (size_t i = 0; i < found.count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s?, s:o}", "id", found.items[i].id,
						       "mesh", found.items[i].mesh, "rules",
						       rules_json(&found.items[i])));
	return 0;
}

/* "udp 500 500 10.0.0.0/8 description", borrowed from words. */
static int rule_read(char **words, struct ec2_rule *ret_rule, struct err *e)
{
	*ret_rule = (struct ec2_rule){
		.protocol = words[0],
		.from = strtoll(words[1], NULL, 10),
		.to = strtoll(words[2], NULL, 10),
		.ranged = true,
		.description = words[4][0] != '\0' ? words[4] : NULL,
	};
	return range_read(words[3], &ret_rule->range, e);
}

/* allow REGION GROUP [PROTOCOL FROM TO RANGE DESCRIPTION]... */
static int step_allow(struct client *client, const struct strings *arguments, json_t **ret_result,
		      struct err *e)
{
	struct ec2_rule rules[GROUP_RULES_MAX];
	size_t count = 0;

	for (size_t i = 2; i + 5 <= arguments->count && count < GROUP_RULES_MAX; i += 5)
		if (rule_read(&arguments->items[i], &rules[count++], e) < 0)
			return -1;
	return changed(ec2_rules_add(client->aws, arguments->items[0], arguments->items[1], rules,
				     count, client->dry, e),
		       ret_result);
}

/* revoke REGION GROUP RULE... */
static int step_revoke(struct client *client, const struct strings *arguments, json_t **ret_result,
		       struct err *e)
{
	struct ec2_rule rules[GROUP_RULES_MAX] = { 0 };
	size_t count = 0;

	for (size_t i = 2; i < arguments->count && count < GROUP_RULES_MAX; i++)
		rules[count++].id = arguments->items[i];
	return changed(ec2_rules_remove(client->aws, arguments->items[0], arguments->items[1],
					rules, count, client->dry, e),
		       ret_result);
}

const struct client_entry client_ec2_steps[] = {
	{ "interface", 2, step_interface },
	{ "check", 3, step_check },
	{ "addresses", 1, step_addresses },
	{ "associate", 3, step_associate },
	{ "disassociate", 2, step_disassociate },
	{ "subnets", 2, step_subnets },
	{ "tables", 2, step_tables },
	{ "route", 4, step_route },
	{ "groups", 3, step_groups },
	{ "allow", 7, step_allow },
	{ "revoke", 3, step_revoke },
	{ 0 },
};
