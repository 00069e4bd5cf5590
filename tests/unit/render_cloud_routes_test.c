/* cloud_routes: which routes are ours to change, which are told of, and which go. */
#include "tests/unit/cloud_support.h"

#define PEER_RANGE "10.20.0.0/16"

/* One table, rtb-1, tagged; one peer, b. */
static struct ec2_route_table *table_init(struct vpc *vpc)
{
	vpc_init(vpc);
	vpc->config.routes = ROUTES_TAGGED;
	PEER(vpc, "b", "198.51.100.7", PEER_RANGE);
	return vpc_table(vpc, "rtb-1", "lab");
}

/* Zones a and b of the own VPC, each with a subnet; the first is the table's. */
static struct ec2_route_table *zones_init(struct vpc *vpc)
{
	struct ec2_route_table *table = table_init(vpc);

	vpc->config.scope = SCOPE_AZ;
	vpc_subnet(vpc, "subnet-a", "us-east-1a", "172.16.0.0/24");
	vpc_subnet(vpc, "subnet-b", "us-east-1b", "172.16.1.0/24");
	strings_add(&table->subnets, "subnet-a");
	return table;
}

static void assert_made(const struct vpc *vpc, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };
	struct made_route *routes;
	size_t count;

	cloud_routes_made(&vpc->inputs, &routes, &count);
	for (size_t i = 0; i < count; i++) {
		char range[CIDR_TEXT];

		cidr_format(routes[i].destination, range);
		buf_addf(&text, "%s %s\n", routes[i].table, range);
	}
	made_routes_done(routes, count);
	assert_string_equal(buf_str(&text), expected);
}

#define CREATE "ec2:CreateRoute rtb-1 10.20.0.0/16 → eni-a\n"
#define REPLACE "ec2:ReplaceRoute rtb-1 10.20.0.0/16 → eni-a\n"
#define DELETE "ec2:DeleteRoute rtb-1 10.20.0.0/16\n"
#define NOT_OURS ": only routes to gateways of mesh 'lab' are changed\n"
#define ITS_OWN ": it is that site's to keep\n"

static void missing_route_stays_missing(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), "172.16.0.0/16", "local");
	assert_cloud(&vpc, CREATE, "");
	assert_made(&vpc, "rtb-1 10.20.0.0/16\n");
}

static void own_route_is_written_again(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "eni-a");
	assert_cloud(&vpc, "", "");
	assert_made(&vpc, "rtb-1 10.20.0.0/16\n");
}

static void predecessors_route_is_left(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "eni-old");
	assert_cloud(&vpc, "", "route 10.20.0.0/16 of 'rtb-1' leads to 'eni-old'" NOT_OURS);
	strings_add(&vpc.state.predecessors, "i-old");
	assert_cloud(&vpc, REPLACE, "");
}

static void blackhole_is_left_whoevers_it_was(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "pcx-1")->blackhole = true;
	assert_cloud(&vpc, REPLACE, "");
	assert_made(&vpc, "rtb-1 10.20.0.0/16\n");
}

static void foreign_route_is_replaced(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "pcx-1");
	assert_cloud(&vpc, "", "route 10.20.0.0/16 of 'rtb-1' leads to 'pcx-1'" NOT_OURS);
	assert_made(&vpc, "");
}

static void propagated_route_is_overridden(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = table_init(&vpc);
	vpc_route(table, PEER_RANGE, "vgw-1")->propagated = true;
	assert_cloud(&vpc, "", "route 10.20.0.0/16 of 'rtb-1' leads to 'vgw-1'" NOT_OURS);
	vpc_route(table, PEER_RANGE, "eni-a");
	assert_cloud(&vpc, "", "");
	table->routes[0].blackhole = true;
	table->route_count--;
	free(table->routes[1].target);
	free(table->routes[1].instance);
	assert_cloud(&vpc, CREATE, "");
}

static void more_specific_routes_are_not_told(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = table_init(&vpc);
	vpc_route(table, PEER_RANGE, "eni-a");
	vpc_route(table, "10.0.0.0/8", "tgw-1");
	vpc_route(table, "10.20.5.0/24", "pcx-1");
	vpc_route(table, "10.20.6.0/24", "")->blackhole = true;
	vpc_route(table, "10.20.7.0/24", "eni-b")->blackhole = true;
	vpc_route(table, "10.20.8.0/24", "eni-a");
	assert_cloud(&vpc, "",
		     "route 10.20.5.0/24 of 'rtb-1' leads to 'pcx-1': it is more specific than 10.20.0.0/16 of "
		     "site 'b'\n"
		     "route 10.20.6.0/24 of 'rtb-1' leads nowhere: it is more specific than 10.20.0.0/16 of site 'b'\n"
		     "route 10.20.7.0/24 of 'rtb-1' leads to 'eni-b', which is gone: it is more specific than "
		     "10.20.0.0/16 of site 'b'\n");
}

static void part_of_the_vpc_is_routed_away(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), "10.0.0.0/8", "local");
	assert_cloud(&vpc, "", "route 10.0.0.0/8 of 'rtb-1' leads to 'local': it takes in 10.20.0.0/16 of site 'b'\n");
}

static void untagged_table_is_written(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	table_init(&vpc);
	vpc_table(&vpc, "rtb-2", NULL);
	vpc_table(&vpc, "rtb-3", "other");
	assert_cloud(&vpc, CREATE, "");
	vpc.config.routes = ROUTES_ALL;
	assert_cloud(&vpc, CREATE "ec2:CreateRoute rtb-2 10.20.0.0/16 → eni-a\n"
		     "ec2:CreateRoute rtb-3 10.20.0.0/16 → eni-a\n", "");
	vpc.config.routes = ROUTES_LISTED;
	strings_add(&vpc.config.route_tables, "rtb-3");
	assert_cloud(&vpc, "ec2:CreateRoute rtb-3 10.20.0.0/16 → eni-a\n", "");
	vpc.cloud.known[CLOUD_TABLES] = false;
	assert_cloud(&vpc, "", "");
}

static void route_of_a_peer_that_left_stays(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "eni-a");
	vpc_made(&vpc, "rtb-1", PEER_RANGE);
	sites_done(&vpc.peers);
	assert_cloud(&vpc, DELETE, "");
	assert_made(&vpc, "rtb-1 10.20.0.0/16\n");	/* until it is seen gone */
	vpc.cloud.tables.items[0].routes[0].blackhole = true;
	assert_cloud(&vpc, DELETE, "");
}

static void route_that_nobody_remembers_making_is_deleted(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "eni-a");
	sites_done(&vpc.peers);
	assert_cloud(&vpc, "", "");
	assert_made(&vpc, "");
}

static void route_made_over_by_somebody_is_deleted(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "pcx-1");
	vpc_made(&vpc, "rtb-1", PEER_RANGE);
	vpc_made(&vpc, "rtb-gone", PEER_RANGE);
	sites_done(&vpc.peers);
	assert_cloud(&vpc, "", "");
	assert_made(&vpc, "");
}

static void made_routes_are_forgotten_when_tables_are_not_read(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	table_init(&vpc);
	vpc_made(&vpc, "rtb-9", "10.9.0.0/16");
	vpc_made(&vpc, "rtb-1", PEER_RANGE);
	vpc.cloud.known[CLOUD_TABLES] = false;
	assert_made(&vpc, "rtb-1 10.20.0.0/16\nrtb-9 10.9.0.0/16\n");
}

/* A subnet that changed: its new route is there before the old one goes. */
static void changed_subnet_is_without_a_route(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), "10.20.0.0/17", "eni-a");
	vpc_made(&vpc, "rtb-1", "10.20.0.0/17");
	assert_cloud(&vpc, CREATE "ec2:DeleteRoute rtb-1 10.20.0.0/17\n", "");
}

static void table_fill(struct ec2_route_table *table, size_t entries)
{
	table->entry_count = entries;
}

static void quota_is_met_half_way(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = table_init(&vpc);
	PEER(&vpc, "c", "198.51.100.8", "10.30.0.0/16");
	table_fill(table, 498);
	assert_cloud(&vpc, CREATE "ec2:CreateRoute rtb-1 10.30.0.0/16 → eni-a\n", "");
	table_fill(table, 499);
	vpc_table(&vpc, "rtb-2", "lab");
	assert_cloud(&vpc, "", "route table 'rtb-1' would hold 501 routes, and the quota 'Routes per route "
		     "table' is 500: have it raised; no route is changed before\n");
	assert_made(&vpc, "");
}

static void raised_quota_is_not_believed(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	table_fill(table_init(&vpc), 501);
	assert_cloud(&vpc, CREATE, "");
}

static void full_table_has_no_room_made_first(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = table_init(&vpc);
	vpc_route(table, "10.20.0.0/17", "eni-a");
	vpc_made(&vpc, "rtb-1", "10.20.0.0/17");
	table_fill(table, 500);
	assert_cloud(&vpc, "ec2:DeleteRoute rtb-1 10.20.0.0/17\n" CREATE, "");
}

static void zone_of_another_gateway_is_written(void **state)
{
	struct ec2_route_table *other;
	AUTO_VPC vpc;

	(void)state;
	zones_init(&vpc);
	other = vpc_table(&vpc, "rtb-2", "lab");
	strings_add(&other->subnets, "subnet-b");
	vpc_table(&vpc, "rtb-3", "lab");	/* serves nobody */
	vpc_neighbour(&vpc, "c", "us-east-1b");
	assert_cloud(&vpc, CREATE, "");
}

static void table_of_several_zones_is_written(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = zones_init(&vpc);
	vpc_neighbour(&vpc, "c", "us-east-1b");
	strings_add(&table->subnets, "subnet-b");
	assert_cloud(&vpc, "", "route table 'rtb-1' serves the zones 'us-east-1a', 'us-east-1b': with scope "
		     "'az' it has to serve 'us-east-1a' alone\n");
	assert_made(&vpc, "");
}

static void main_table_serves_only_what_it_names(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = zones_init(&vpc);
	vpc_neighbour(&vpc, "c", "us-east-1b");
	table->main = true;
	assert_cloud(&vpc, "", "route table 'rtb-1' serves the zones 'us-east-1a', 'us-east-1b': with scope "
		     "'az' it has to serve 'us-east-1a' alone\n");
	strings_add(&vpc_table(&vpc, "rtb-2", NULL)->subnets, "subnet-b");
	assert_cloud(&vpc, CREATE, "");
	vpc.cloud.known[CLOUD_SUBNETS] = false;
	assert_cloud(&vpc, "", "");
}

static void zone_without_a_gateway_is_not_told(void **state)
{
	struct site *neighbour;
	AUTO_VPC vpc;

	(void)state;
	vpc_route(zones_init(&vpc), PEER_RANGE, "eni-a");
	vpc_subnet(&vpc, "subnet-c", "us-east-1c", "172.16.2.0/24");
	assert_cloud(&vpc, "", "zones without a gateway of mesh 'lab' in 'vpc-a': 'us-east-1b', 'us-east-1c'\n");
	neighbour = vpc_neighbour(&vpc, "c", "us-east-1b");
	assert_cloud(&vpc, "", "zones without a gateway of mesh 'lab' in 'vpc-a': 'us-east-1c'\n");
	neighbour->left = true;
	assert_cloud(&vpc, "", "zones without a gateway of mesh 'lab' in 'vpc-a': 'us-east-1b', 'us-east-1c'\n");
}

/*
 * Of two gateways that are alive, the one whose zone it is has the route; otherwise nobody takes it
 * from the other.
 */
static void two_gateways_fight_over_a_route(void **state)
{
	struct site *neighbour;
	AUTO_VPC vpc;

	(void)state;
	vpc_route(zones_init(&vpc), PEER_RANGE, "eni-c");
	neighbour = vpc_neighbour(&vpc, "c", "us-east-1b");
	assert_cloud(&vpc, REPLACE, "");
	free(neighbour->zone);
	neighbour->zone = mem_strdup("us-east-1a");
	vpc.cloud.subnets.count = 1;
	assert_cloud(&vpc, "", "route 10.20.0.0/16 of 'rtb-1' leads to 'eni-c', the gateway of site 'c'" ITS_OWN);
	neighbour->left = true;
	assert_cloud(&vpc, REPLACE, "");
	vpc.cloud.subnets.count = 2;
}

/*
 * Of a tombstone only its name and generation are sure: what does not say where it was is nobody's
 * to take over.
 */
static void tombstone_that_lacks_a_member_is_read_all_the_same(void **state)
{
	static const size_t members[] = {
		offsetof(struct site, region),
		offsetof(struct site, account),
		offsetof(struct site, vpc),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		struct site *neighbour;
		char **member;
		AUTO_VPC vpc;

		vpc_route(table_init(&vpc), PEER_RANGE, "eni-c");
		neighbour = vpc_neighbour(&vpc, "c", "us-east-1a");
		neighbour->left = true;
		assert_cloud(&vpc, REPLACE, "");
		member = (char **)(void *)((char *)neighbour + members[i]);
		free(*member);
		*member = NULL;
		assert_cloud(&vpc, "",
			     "route 10.20.0.0/16 of 'rtb-1' leads to 'eni-c', the gateway of site "
			     "'c'" ITS_OWN);
	}
}

static void gateway_that_serves_the_whole_vpc_takes_a_zones_route(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	vpc_route(table_init(&vpc), PEER_RANGE, "eni-c");
	vpc_neighbour(&vpc, "c", "us-east-1b");
	strings_add(&vpc.state.predecessors, "i-c");
	assert_cloud(&vpc, "", "route 10.20.0.0/16 of 'rtb-1' leads to 'eni-c', the gateway of site 'c'" ITS_OWN);
}

static void zones_ranges_are_of_other_zones(void **state)
{
	CLEANUP(cidrs_done) struct cidrs ranges = { 0 };
	AUTO_FREE char *text = NULL;
	AUTO_VPC vpc;

	(void)state;
	zones_init(&vpc);
	vpc_subnet(&vpc, "subnet-0", "us-east-1a", "10.1.0.0/24");
	cloud_zone_ranges(&vpc.cloud, "us-east-1a", &ranges);
	text = cidrs_join(&ranges, " ");
	assert_string_equal(text, "10.1.0.0/24 172.16.0.0/24");
}

static void leaving_site_takes_foreign_routes_along(void **state)
{
	struct ec2_route_table *table;
	AUTO_VPC vpc;

	(void)state;
	table = table_init(&vpc);
	vpc_route(table, PEER_RANGE, "eni-a");
	vpc_route(table, "10.30.0.0/16", "eni-a");
	vpc_route(table, "10.40.0.0/16", "pcx-1");
	vpc_made(&vpc, "rtb-1", PEER_RANGE);
	vpc_made(&vpc, "rtb-1", "10.40.0.0/16");
	assert_leave(&vpc, DELETE, "");
	vpc.cloud.known[CLOUD_TABLES] = false;
	ec2_route_tables_done(&vpc.cloud.tables);
	assert_leave(&vpc, "",
		     "the route tables of 'vpc-a' were not read, and 2 routes to 'eni-a' stay "
		     "in them\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_route_stays_missing),
		cmocka_unit_test(own_route_is_written_again),
		cmocka_unit_test(predecessors_route_is_left),
		cmocka_unit_test(blackhole_is_left_whoevers_it_was),
		cmocka_unit_test(foreign_route_is_replaced),
		cmocka_unit_test(propagated_route_is_overridden),
		cmocka_unit_test(more_specific_routes_are_not_told),
		cmocka_unit_test(part_of_the_vpc_is_routed_away),
		cmocka_unit_test(untagged_table_is_written),
		cmocka_unit_test(route_of_a_peer_that_left_stays),
		cmocka_unit_test(route_that_nobody_remembers_making_is_deleted),
		cmocka_unit_test(route_made_over_by_somebody_is_deleted),
		cmocka_unit_test(made_routes_are_forgotten_when_tables_are_not_read),
		cmocka_unit_test(changed_subnet_is_without_a_route),
		cmocka_unit_test(quota_is_met_half_way),
		cmocka_unit_test(raised_quota_is_not_believed),
		cmocka_unit_test(full_table_has_no_room_made_first),
		cmocka_unit_test(zone_of_another_gateway_is_written),
		cmocka_unit_test(table_of_several_zones_is_written),
		cmocka_unit_test(main_table_serves_only_what_it_names),
		cmocka_unit_test(zone_without_a_gateway_is_not_told),
		cmocka_unit_test(two_gateways_fight_over_a_route),
		cmocka_unit_test(tombstone_that_lacks_a_member_is_read_all_the_same),
		cmocka_unit_test(gateway_that_serves_the_whole_vpc_takes_a_zones_route),
		cmocka_unit_test(zones_ranges_are_of_other_zones),
		cmocka_unit_test(leaving_site_takes_foreign_routes_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
