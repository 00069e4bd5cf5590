/* cloud: which part of the VPC is read for which settings, and what EC2 is asked for it. */
#include "tests/unit/canned_aws.h"

#include "metadata/cloud.h"

#define VERSION "&Version=2016-11-15"
#define FILTER(number, name, value) "&Filter." number ".Name=" name "&Filter." number ".Value.1=" value
#define NO_ADDRESSES \
	"<DescribeAddressesResponse><addressesSet></addressesSet></DescribeAddressesResponse>"
#define ADDRESS									\
	"<DescribeAddressesResponse><addressesSet><item><publicIp>192.0.2.1</publicIp>"	\
	"<allocationId>eipalloc-1</allocationId></item></addressesSet></DescribeAddressesResponse>"
#define FAULT \
	"<Response><Errors><Error><Code>InternalError</Code><Message>m</Message></Error></Errors></Response>"

static const struct instance instance = {
	.region = (char *)"us-east-1", .interface = (char *)"eni-1", .vpc = (char *)"vpc-1",
};

static void part_is_read_for_nothing_or_missed(void **state)
{
	static const struct {
		struct config config;
		bool wanted[CLOUD_PARTS];
	} rows[] = {
		{ { .routes = ROUTES_NONE }, { [CLOUD_INTERFACE] = true } },
		{ { .address.kind = ADDRESS_TAG }, { [CLOUD_INTERFACE] = true, [CLOUD_ADDRESSES] = true } },
		{ { .scope = SCOPE_AZ }, { [CLOUD_INTERFACE] = true, [CLOUD_SUBNETS] = true } },
		{ { .routes = ROUTES_TAGGED }, { [CLOUD_INTERFACE] = true, [CLOUD_TABLES] = true } },
		{ { .security = SECURITY_AUDIT }, { [CLOUD_INTERFACE] = true, [CLOUD_GROUPS] = true } },
		{ { .address.kind = ADDRESS_LITERAL, .scope = SCOPE_AZ, .routes = ROUTES_ALL,
		    .security = SECURITY_MANAGE }, { true, true, true, true, true } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (unsigned part = 0; part < CLOUD_PARTS; part++)
			if (cloud_wants(&rows[i].config, part) != rows[i].wanted[part])
				fail_msg("row %zu: '%s'", i + 1, cloud_part_name(part));
}

static void address_of_another_site_is_asked_for(void **state)
{
	static const struct {
		struct address_choice choice;
		const char *filters;
	} rows[] = {
		{ { .kind = ADDRESS_ALLOCATION, .allocation = (char *)"eipalloc-1" },
		  FILTER("1", "allocation-id", "eipalloc-1") },
		{ { .kind = ADDRESS_LITERAL, .literal = 0xc0000201 }, FILTER("1", "public-ip", "192.0.2.1") },
		{ { .kind = ADDRESS_TAG },
		  FILTER("1", "tag%3Acygnet%3Amesh", "prod") FILTER("2", "tag%3Acygnet%3Asite", "ohio") },
	};
	CANNED(canned, { 200, NO_ADDRESSES });

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(cloud_done) struct cloud cloud = { 0 };
		const struct config config = {
			.mesh = (char *)"prod", .site = (char *)"ohio", .address = rows[i].choice,
		};
		AUTO_FREE char *form = mem_printf("Action=DescribeAddresses" VERSION "%s", rows[i].filters);
		struct err e = ERR_INIT;

		assert_int_equal(cloud_read(canned.aws, &instance, &config, CLOUD_ADDRESSES, &cloud, &e), 0);
		assert_asked(&canned, form);
		assert_true(cloud.known[CLOUD_ADDRESSES]);
		assert_int_equal(cloud.addresses.count, 0);
	}
}

/* What was read before is not what is. */
static void part_that_cannot_be_read_again_stays_known(void **state)
{
	CLEANUP(cloud_done) struct cloud cloud = { 0 };
	const struct config config = { .mesh = (char *)"prod", .site = (char *)"ohio",
				       .address.kind = ADDRESS_TAG };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, ADDRESS }, { 200, ADDRESS }, { 500, FAULT });

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(cloud_read(canned.aws, &instance, &config, CLOUD_ADDRESSES, &cloud, &e), 0);
		assert_true(cloud.known[CLOUD_ADDRESSES]);
		assert_int_equal(cloud.addresses.count, 1);
	}
	assert_int_equal(cloud_read(canned.aws, &instance, &config, CLOUD_ADDRESSES, &cloud, &e), -1);
	assert_int_equal(e.code, EXIT_AGAIN);
	assert_false(cloud.known[CLOUD_ADDRESSES]);
}

static void groups_of_an_unknown_interface(void **state)
{
	CLEANUP(cloud_done) struct cloud cloud = { 0 };
	const struct config config = { .mesh = (char *)"prod" };
	struct err e = ERR_INIT;
	CANNED(canned, { 500, FAULT });

	(void)state;
	assert_int_equal(cloud_read(canned.aws, &instance, &config, CLOUD_GROUPS, &cloud, &e), -1);
	assert_error(&e, EXIT_MISSING, "the groups of network interface 'eni-1' are not known", "");
	assert_false(cloud.known[CLOUD_GROUPS]);
	assert_int_equal(canned.requests.count, 0);
}

static void part_of_another_vpc_is_asked_for(void **state)
{
	static const struct {
		enum cloud_part part;
		const char *reply, *form;	/* how it begins */
	} rows[] = {
		{ CLOUD_SUBNETS, "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>",
		  "Action=DescribeSubnets" VERSION FILTER("1", "vpc-id", "vpc-1") },
		{ CLOUD_TABLES, "<DescribeRouteTablesResponse><routeTableSet/></DescribeRouteTablesResponse>",
		  "Action=DescribeRouteTables" VERSION FILTER("1", "vpc-id", "vpc-1") },
	};
	const struct config config = { .mesh = (char *)"prod" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(cloud_done) struct cloud cloud = { 0 };
		struct err e = ERR_INIT;
		CANNED(canned, { 200, rows[i].reply });

		if (cloud_read(canned.aws, &instance, &config, rows[i].part, &cloud, &e) < 0)
			fail_msg("%s", e.cause);
		assert_ptr_equal(strstr(canned.requests.items[0], rows[i].form), canned.requests.items[0]);
		assert_true(cloud.known[rows[i].part]);
	}
}

#define INTERFACE								\
	"<DescribeNetworkInterfacesResponse><networkInterfaceSet><item>"		\
	"<networkInterfaceId>eni-1</networkInterfaceId><sourceDestCheck>true</sourceDestCheck>"	\
	"<groupSet><item><groupId>sg-1</groupId></item></groupSet></item></networkInterfaceSet>"	\
	"</DescribeNetworkInterfacesResponse>"
#define NO_GROUPS "<DescribeSecurityGroupsResponse><securityGroupInfo/></DescribeSecurityGroupsResponse>"

/* The interface's own, or another's that is tagged: asked for with what the interface has. */
static void groups_of_the_interface_are_missed(void **state)
{
	CLEANUP(cloud_done) struct cloud cloud = { 0 };
	static const enum cloud_part parts[] = { CLOUD_INTERFACE, CLOUD_GROUPS };
	const struct config config = { .mesh = (char *)"prod" };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, INTERFACE }, { 200, NO_GROUPS });

	(void)state;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (cloud_read(canned.aws, &instance, &config, parts[i], &cloud, &e) < 0)
			fail_msg("%s", e.cause);
	assert_true(cloud.interface.check_on);
	assert_true(cloud.known[CLOUD_GROUPS]);
	assert_non_null(strstr(canned.requests.items[1], FILTER("2", "group-id", "sg-1")));
	assert_non_null(strstr(canned.requests.items[2], FILTER("2", "tag%3Acygnet%3Amesh", "prod")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(part_is_read_for_nothing_or_missed),
		cmocka_unit_test(address_of_another_site_is_asked_for),
		cmocka_unit_test(part_that_cannot_be_read_again_stays_known),
		cmocka_unit_test(groups_of_an_unknown_interface),
		cmocka_unit_test(part_of_another_vpc_is_asked_for),
		cmocka_unit_test(groups_of_the_interface_are_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
