/*
 * cloud_support: the VPC around one gateway of a mesh, as text in and text out, for the tests of
 * render/cloud.
 */
#ifndef CYGNET_TESTS_UNIT_CLOUD_SUPPORT_H
#define CYGNET_TESTS_UNIT_CLOUD_SUPPORT_H

#include <string.h>

#include "render/cloud.h"
#include "tests/unit/support.h"

#define EVERYTHING "0.0.0.0/0"

/* Site a of mesh lab, filled by i-a, to whose interface eni-a sg-a is attached. */
struct vpc {
	struct config config;
	struct instance instance;
	struct cloud cloud;
	struct site own;
	struct sites peers, listed;
	struct state state;
	struct cloud_inputs inputs;
};

static inline struct cidr range_of(const char *text)
{
	struct cidr range;

	assert_true(cidr_parse(text, &range));
	return range;
}

static inline uint32_t address_of(const char *text)
{
	uint32_t address;

	assert_true(address_parse(text, &address));
	return address;
}

static inline struct ec2_group *vpc_group(struct vpc *vpc, const char *id, const char *mesh)
{
	struct ec2_group *group = MEM_GROW(vpc->cloud.groups.items, vpc->cloud.groups.count);

	*group = (struct ec2_group){ .id = mem_strdup(id), .mesh = mem_strdup(mesh) };
	return group;
}

/* from and to as EC2 has them; range may be what is no IPv4 range. */
static inline void vpc_rule(struct ec2_group *group, bool egress, const char *protocol,
			    int64_t from, int64_t to, const char *range, const char *description)
{
	struct ec2_rule *rule = MEM_GROW(group->rules, group->rule_count);

	*rule = (struct ec2_rule){
		.id = mem_printf("sgr-%zu", group->rule_count), .egress = egress, .protocol = mem_strdup(protocol),
		.from = from, .to = to, .description = mem_strdup(description),
	};
	rule->ranged = cidr_parse(range, &rule->range);
	if (!rule->ranged)
		rule->other = mem_strdup(range);
}

static inline struct ec2_route_table *vpc_table(struct vpc *vpc, const char *id, const char *mesh)
{
	struct ec2_route_table *table = MEM_GROW(vpc->cloud.tables.items, vpc->cloud.tables.count);

	*table = (struct ec2_route_table){ .id = mem_strdup(id), .mesh = mem_strdup(mesh) };
	return table;
}

/* The target "eni-X" is the interface of instance "i-X". */
static inline struct ec2_route *vpc_route(struct ec2_route_table *table, const char *range,
					  const char *target)
{
	struct ec2_route *route = MEM_GROW(table->routes, table->route_count);

	*route = (struct ec2_route){ .destination = range_of(range), .target = mem_strdup(target) };
	if (strncmp(target, "eni-", 4) == 0)
		route->instance = mem_printf("i-%s", target + 4);
	table->entry_count++;
	return route;
}

static inline void vpc_subnet(struct vpc *vpc, const char *id, const char *zone, const char *range)
{
	*MEM_GROW(vpc->cloud.subnets.items, vpc->cloud.subnets.count) =
		(struct ec2_subnet){ mem_strdup(id), mem_strdup(zone), range_of(range) };
}

/* An Elastic IP; holder "X" is instance i-X by interface eni-X, NULL nobody. */
static inline void vpc_elastic(struct vpc *vpc, const char *allocation, const char *address,
			       const char *holder)
{
	*MEM_GROW(vpc->cloud.addresses.items, vpc->cloud.addresses.count) = (struct ec2_address){
		.allocation = mem_strdup(allocation),
		.address = address_of(address),
		.association = holder ? mem_printf("eipassoc-%s", holder) : NULL,
		.interface = holder ? mem_printf("eni-%s", holder) : NULL,
		.instance = holder ? mem_printf("i-%s", holder) : NULL,
	};
}

static inline struct site site_in(const char *name, const char *vpc, const char *zone,
				  const char *address)
{
	return (struct site){
		.name = mem_strdup(name), .generation = 1, .region = mem_strdup("us-east-1"),
		.account = mem_strdup("111111111111"), .vpc = mem_strdup(vpc), .zone = mem_strdup(zone),
		.instance = mem_printf("i-%s", name), .address = address_of(address),
	};
}

/* A site of another VPC, with its subnets, NULL at the end; a peer, and listed. */
static inline void vpc_peer(struct vpc *vpc, const char *name, const char *address,
			    const char *const subnets[])
{
	struct site site = site_in(name, "vpc-far", "us-east-1a", address), copy;

	for (; *subnets != NULL; subnets++)
		cidrs_add(&site.subnets, range_of(*subnets));
	site_copy(&site, &copy);
	sites_add(&vpc->peers, &site);
	sites_add(&vpc->listed, &copy);
}

#define PEER(vpc, name, address, ...) vpc_peer(vpc, name, address, (const char *const[]){ __VA_ARGS__, NULL })

/* Another site of the own VPC, which is listed and no peer. */
static inline struct site *vpc_neighbour(struct vpc *vpc, const char *name, const char *zone)
{
	struct site site = site_in(name, "vpc-a", zone, "203.0.113.200");

	sites_add(&vpc->listed, &site);
	return &vpc->listed.items[vpc->listed.count - 1];
}

static inline void vpc_made(struct vpc *vpc, const char *table, const char *range)
{
	*MEM_GROW(vpc->state.routes, vpc->state.route_count) =
		(struct made_route){ mem_strdup(table), range_of(range) };
}

/* Nothing of the parts is to be kept until a test says so. The group sg-a lets everything out. */
static inline void vpc_init(struct vpc *vpc)
{
	*vpc = (struct vpc){ .config = {
		.mesh = mem_strdup("lab"), .site = mem_strdup("a"), .scope = SCOPE_VPC, .address = { ADDRESS_INSTANCE },
		.routes = ROUTES_NONE, .security = SECURITY_NONE,
	} };
	vpc->config.values[SETTING_ADDRESS] = mem_strdup("eipalloc-a");
	vpc->own = site_in("a", "vpc-a", "us-east-1a", "203.0.113.10");
	cidrs_add(&vpc->own.subnets, range_of("172.16.0.0/16"));
	vpc->instance = (struct instance){
		.id = mem_strdup("i-a"), .region = mem_strdup("us-east-1"), .zone = mem_strdup("us-east-1a"),
		.account = mem_strdup("111111111111"), .interface = mem_strdup("eni-a"), .vpc = mem_strdup("vpc-a"),
		.public_address = address_of("203.0.113.10"),
	};
	vpc->cloud.interface.id = mem_strdup("eni-a");
	strings_add(&vpc->cloud.interface.groups, "sg-a");
	vpc_rule(vpc_group(vpc, "sg-a", NULL), true, "-1", -1, -1, EVERYTHING, NULL);
	for (size_t i = 0; i < CLOUD_PARTS; i++)
		vpc->cloud.known[i] = true;
	vpc->inputs = (struct cloud_inputs){
		.config = &vpc->config, .instance = &vpc->instance, .cloud = &vpc->cloud, .own = &vpc->own,
		.peers = &vpc->peers, .listed = &vpc->listed, .state = &vpc->state,
	};
}

static inline void vpc_done(struct vpc *vpc)
{
	config_done(&vpc->config);
	instance_done(&vpc->instance);
	cloud_done(&vpc->cloud);
	site_done(&vpc->own);
	sites_done(&vpc->peers);
	sites_done(&vpc->listed);
	state_done(&vpc->state);
}

#define AUTO_VPC CLEANUP(vpc_done) struct vpc

static inline void assert_actions(const struct plan *plan, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		AUTO_FREE char *line = action_text(&plan->actions[i]);

		buf_addf(&text, "%s\n", line);
	}
	assert_string_equal(buf_str(&text), expected);
}

static inline void assert_told(const struct strings *warnings, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < warnings->count; i++)
		buf_addf(&text, "%s\n", warnings->items[i]);
	assert_string_equal(buf_str(&text), expected);
}

/* What is planned and what is warned of, a line each. */
static inline void assert_cloud(const struct vpc *vpc, const char *actions, const char *warnings)
{
	CLEANUP(strings_done) struct strings told = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	cloud_plan(&vpc->inputs, &plan, &told);
	assert_actions(&plan, actions);
	assert_told(&told, warnings);
}

static inline void assert_leave(const struct vpc *vpc, const char *actions, const char *warnings)
{
	CLEANUP(strings_done) struct strings told = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	cloud_leave_plan(&vpc->inputs, &plan, &told);
	cloud_release_plan(&vpc->inputs, &plan, &told);
	assert_actions(&plan, actions);
	assert_told(&told, warnings);
}

#endif
