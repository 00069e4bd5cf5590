/*
 * Route tables: what their routes lead to and what counts, and changes that somebody else has made
 * meanwhile.
 */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"

#define REPLY(items) \
	"<DescribeRouteTablesResponse><routeTableSet>" items "</routeTableSet></DescribeRouteTablesResponse>"
#define TABLE(routes, rest) \
	"<item><routeTableId>rtb-1</routeTableId><routeSet>" routes "</routeSet>" rest "</item>"
#define ROUTE(range, rest) "<item><destinationCidrBlock>" range "</destinationCidrBlock>" rest "</item>"
#define FAULT(code, message) \
	"<Response><Errors><Error><Code>" code "</Code><Message>" message "</Message></Error></Errors></Response>"
#define ASKED "ec2:DescribeRouteTables on 'vpc-1' in 'us-east-1': "

static const struct cidr range = { 0x0a010000, 16 };

static void read_tables(const char *body, struct ec2_route_tables *ret_tables)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ec2_route_tables_read(canned.aws, "us-east-1", "vpc-1", ret_tables, &e), 0);
	assert_asked(&canned, "Action=DescribeRouteTables&Version=2016-11-15&Filter.1.Name=vpc-id&"
		     "Filter.1.Value.1=vpc-1&MaxResults=10");
}

static void what_a_route_leads_to_is_found_under_every_name(void **state)
{
	static const char *const targets[] = {
		"local", "igw-1", "eni-1", "i-2", "nat-1", "tgw-1", "pcx-1", "lgw-1", "cagw-1", "eigw-1",
		"arn:aws:networkmanager::111122223333:core-network/c", "",
	};
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables found = { 0 };

	(void)state;
	read_tables(REPLY(TABLE(
		ROUTE("10.0.0.0/16", "<gatewayId>local</gatewayId>") ROUTE("0.0.0.0/0", "<gatewayId>igw-1</gatewayId>")
		ROUTE("10.1.0.0/16", "<instanceId>i-1</instanceId><networkInterfaceId>eni-1</networkInterfaceId>")
		ROUTE("10.2.0.0/16", "<instanceId>i-2</instanceId>") ROUTE("10.3.0.0/16", "<natGatewayId>nat-1</natGatewayId>")
		ROUTE("10.4.0.0/16", "<transitGatewayId>tgw-1</transitGatewayId>")
		ROUTE("10.5.0.0/16", "<vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>")
		ROUTE("10.6.0.0/16", "<localGatewayId>lgw-1</localGatewayId>")
		ROUTE("10.7.0.0/16", "<carrierGatewayId>cagw-1</carrierGatewayId>")
		ROUTE("10.8.0.0/16", "<egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId>")
		ROUTE("10.9.0.0/16", "<coreNetworkArn>arn:aws:networkmanager::111122223333:core-network/c</coreNetworkArn>")
		ROUTE("10.10.0.0/16", "<somethingNew>x-1</somethingNew>"), "")), &found);
	assert_int_equal(found.items[0].route_count, COUNT_OF(targets));
	for (size_t i = 0; i < COUNT_OF(targets); i++)
		assert_string_equal(found.items[0].routes[i].target, targets[i]);
	assert_null(found.items[0].routes[0].instance);
	assert_string_equal(found.items[0].routes[2].instance, "i-1");
	assert_string_equal(found.items[0].routes[3].instance, "i-2");
}

static void routes_that_are_gone_or_propagated_are_known(void **state)
{
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables found = { 0 };
	const struct ec2_route *routes;

	(void)state;
	read_tables(REPLY(TABLE(
		ROUTE("10.0.0.0/16", "<gatewayId>local</gatewayId><state>active</state><origin>CreateRouteTable</origin>")
		ROUTE("10.1.0.0/16", "<networkInterfaceId>eni-1</networkInterfaceId><state>blackhole</state>"
		      "<origin>CreateRoute</origin>")
		ROUTE("10.2.0.0/16", "<gatewayId>vgw-1</gatewayId><origin>EnableVgwRoutePropagation</origin>")
		ROUTE("10.3.0.0/16", "<networkInterfaceId>eni-2</networkInterfaceId><origin>Advertisement</origin>"), "")),
		    &found);
	routes = found.items[0].routes;
	assert_false(routes[0].blackhole || routes[0].propagated);
	assert_true(routes[1].blackhole && !routes[1].propagated);
	assert_true(routes[2].propagated && routes[3].propagated);
	assert_int_equal(found.items[0].entry_count, 2);
}

static void ipv6_is_skipped_and_prefix_lists_count(void **state)
{
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables found = { 0 };

	(void)state;
	read_tables(REPLY(TABLE("<item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock></item>"
				"<item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId></item>"
				ROUTE("10.0.0.0/16", "<gatewayId>local</gatewayId>"), "")), &found);
	assert_int_equal(found.items[0].route_count, 1);
	assert_int_equal(found.items[0].entry_count, 2);
}

static void a_table_serves_the_subnets_that_it_still_names(void **state)
{
	CLEANUP(ec2_route_tables_done) struct ec2_route_tables found = { 0 };

	(void)state;
	read_tables(REPLY(
		TABLE("", "<associationSet><item><main>false</main><subnetId>subnet-1</subnetId><associationState>"
		      "<state>associated</state></associationState></item><item><main>false</main><subnetId>subnet-2</subnetId>"
		      "<associationState><state>disassociated</state></associationState></item><item><main>false</main>"
		      "<gatewayId>igw-1</gatewayId></item></associationSet><tagSet><item><key>cygnet:mesh</key>"
		      "<value>prod</value></item></tagSet>")
		TABLE("", "<associationSet><item><main>true</main></item></associationSet>")), &found);
	assert_int_equal(found.count, 2);
	assert_false(found.items[0].main);
	assert_int_equal(found.items[0].subnets.count, 1);
	assert_string_equal(found.items[0].subnets.items[0], "subnet-1");
	assert_string_equal(found.items[0].mesh, "prod");
	assert_true(found.items[1].main);
	assert_null(found.items[1].mesh);
}

static void assert_refused(const char *body, const char *cause)
{
	struct ec2_route_tables found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ec2_route_tables_read(canned.aws, "us-east-1", "vpc-1", &found, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_int_equal(found.count, 0);
}

static void an_odd_member_is_named(void **state)
{
	(void)state;
	assert_refused(REPLY("<item/>"), ASKED "'routeTableId' is missing");
	assert_refused(REPLY(TABLE("<item/>", "")), ASKED "'rtb-1': 'destinationCidrBlock' is missing");
	assert_refused(REPLY(TABLE(ROUTE("10.0.0.0/33", ""), "")),
		       ASKED "'rtb-1': 'destinationCidrBlock' is no IPv4 range: '10.0.0.0/33'");
	assert_refused(REPLY(TABLE(ROUTE("10.0.0.0/8", "<gatewayId>igw 1</gatewayId>"), "")),
		       ASKED "'rtb-1': 'gatewayId' is no id");
	assert_refused(REPLY(TABLE("", "<associationSet><item><main>yes</main></item></associationSet>")),
		       ASKED "'rtb-1': 'main' is neither true nor false: 'yes'");
	assert_refused(REPLY(TABLE("", "<tagSet><item><key>cygnet:mesh</key><value>a&#10;b</value></item></tagSet>")),
		       ASKED "'rtb-1': 'value' has control characters");
}

static void too_many_routes_are_refused(void **state)
{
	AUTO_BUF struct buf body = { 0 };

	(void)state;
	buf_adds(&body, "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet>");
	for (int i = 0; i < 10001; i++)
		buf_adds(&body, ROUTE("10.0.0.0/8", ""));
	buf_adds(&body, "</routeSet></item></routeTableSet></DescribeRouteTablesResponse>");
	assert_refused(buf_str(&body), ASKED "'rtb-1': more than 10000 routes");
}

static void a_route_is_created_replaced_and_deleted(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<CreateRouteResponse/>" }, { 200, "<ReplaceRouteResponse/>" },
	       { 200, "<DeleteRouteResponse/>" });

	(void)state;
	assert_int_equal(ec2_route_create(canned.aws, "us-east-1", "rtb-1", range, "eni-1", false, &e), 0);
	assert_asked(&canned, "Action=CreateRoute&Version=2016-11-15&RouteTableId=rtb-1&"
		     "DestinationCidrBlock=10.1.0.0%2F16&NetworkInterfaceId=eni-1");
	assert_int_equal(ec2_route_replace(canned.aws, "us-east-1", "rtb-1", range, "eni-1", false, &e), 0);
	assert_asked(&canned, "Action=ReplaceRoute&Version=2016-11-15&RouteTableId=rtb-1&"
		     "DestinationCidrBlock=10.1.0.0%2F16&NetworkInterfaceId=eni-1");
	assert_int_equal(ec2_route_delete(canned.aws, "us-east-1", "rtb-1", range, false, &e), 0);
	assert_asked(&canned, "Action=DeleteRoute&Version=2016-11-15&RouteTableId=rtb-1&DestinationCidrBlock=10.1.0.0%2F16");
}

static void a_route_that_has_just_been_made_is_judged_again_later(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("RouteAlreadyExists", "m") });

	(void)state;
	assert_int_equal(ec2_route_create(canned.aws, "us-east-1", "rtb-1", range, "eni-1", false, &e), -1);
	assert_error(&e, EXIT_AGAIN, "ec2:CreateRoute on 'rtb-1' in 'us-east-1': "
		     "the route to '10.1.0.0/16' has just been made", "");
}

static void a_route_that_has_just_been_removed_is_judged_again_later(void **state)
{
	static const struct canned_reply replies[] = {
		{ 400, FAULT("InvalidRoute.NotFound", "m") },
		{ 400, FAULT("InvalidParameterValue", "There is no route defined for '10.1.0.0/16' in the route table. "
			     "Use CreateRoute instead.") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(replies); i++) {
		struct err e = ERR_INIT;
		CANNED(canned, replies[i]);

		assert_int_equal(ec2_route_replace(canned.aws, "us-east-1", "rtb-1", range, "eni-1", false, &e), -1);
		assert_error(&e, EXIT_AGAIN, "ec2:ReplaceRoute on 'rtb-1' in 'us-east-1': "
			     "the route to '10.1.0.0/16' has just been removed", "");
	}
}

static void another_invalid_parameter_is_no_race(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidParameterValue", "other networks") });

	(void)state;
	assert_int_equal(ec2_route_replace(canned.aws, "us-east-1", "rtb-1", range, "eni-1", false, &e), -1);
	assert_error(&e, EXIT_STEP, "ec2:ReplaceRoute on 'rtb-1' in 'us-east-1': InvalidParameterValue: other networks", "");
}

static void a_route_that_is_gone_is_deleted(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidRoute.NotFound", "m") }, { 400, FAULT("InvalidRouteTableID.NotFound", "m") });

	(void)state;
	assert_int_equal(ec2_route_delete(canned.aws, "us-east-1", "rtb-1", range, false, &e), 0);
	assert_int_equal(ec2_route_delete(canned.aws, "us-east-1", "rtb-1", range, false, &e), -1);
	assert_error(&e, EXIT_MISSING, "ec2:DeleteRoute on 'rtb-1' in 'us-east-1': InvalidRouteTableID.NotFound: m", "");
}

static void a_dry_run_tells_of_permissions_alone(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("RouteAlreadyExists", "m") });

	(void)state;
	assert_int_equal(ec2_route_create(canned.aws, "us-east-1", "rtb-1", range, "eni-1", true, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_route_leads_to_is_found_under_every_name),
		cmocka_unit_test(routes_that_are_gone_or_propagated_are_known),
		cmocka_unit_test(ipv6_is_skipped_and_prefix_lists_count),
		cmocka_unit_test(a_table_serves_the_subnets_that_it_still_names),
		cmocka_unit_test(an_odd_member_is_named),
		cmocka_unit_test(too_many_routes_are_refused),
		cmocka_unit_test(a_route_is_created_replaced_and_deleted),
		cmocka_unit_test(a_route_that_has_just_been_made_is_judged_again_later),
		cmocka_unit_test(a_route_that_has_just_been_removed_is_judged_again_later),
		cmocka_unit_test(another_invalid_parameter_is_no_race),
		cmocka_unit_test(a_route_that_is_gone_is_deleted),
		cmocka_unit_test(a_dry_run_tells_of_permissions_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
