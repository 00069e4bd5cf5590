/* cloud_address: whose Elastic IP it is, and from whom it may be taken. */
#include "tests/unit/cloud_support.h"

static void choose(struct vpc *vpc, enum address_kind kind)
{
	vpc_init(vpc);
	vpc->config.address.kind = kind;
}

/* The address that the site is to have, and what is done for it. */
static void assert_address(const struct vpc *vpc, const char *address, const char *actions)
{
	const struct ec2_address *elastic;
	struct err e = ERR_INIT;
	uint32_t found;

	assert_int_equal(cloud_address(&vpc->inputs, &found, &elastic, &e), 0);
	assert_int_equal(found, address_of(address));
	assert_cloud(vpc, actions, "");
}

/* Refused with this message; and then nothing is planned either. */
static void assert_refused(const struct vpc *vpc, enum exit_code code, const char *cause,
			   const char *remedy)
{
	const struct ec2_address *elastic = NULL;
	struct err e = ERR_INIT;
	uint32_t found = 0;

	assert_int_equal(cloud_address(&vpc->inputs, &found, &elastic, &e), -1);
	assert_error(&e, code, cause, remedy);
	assert_int_equal(found, 0);
	assert_cloud(vpc, "", "");
}

#define REMEDY "disassociate it there, or set 'address' to another"

static void instances_own_address_needs_an_elastic_ip(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_INSTANCE);
	vpc.cloud.known[CLOUD_ADDRESSES] = false;
	assert_address(&vpc, "203.0.113.10", "");
}

static void free_address_is_taken_from_somebody(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", NULL);
	assert_address(&vpc, "203.0.113.77",
		       "ec2:AssociateAddress eipalloc-a (203.0.113.77) → eni-a AllowReassociation=false\n");
}

static void other_address_of_the_interface_stands_in_the_way(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", NULL);
	vpc.cloud.interface.allocation = mem_strdup("eipalloc-before");
	assert_address(&vpc, "203.0.113.77",
		       "ec2:AssociateAddress eipalloc-a (203.0.113.77) → eni-a AllowReassociation=true\n");
}

static void own_address_is_associated_again(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_TAG);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "a");
	assert_address(&vpc, "203.0.113.77", "");
}

static void predecessor_keeps_the_address(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_TAG);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "old");
	strings_add(&vpc.state.predecessors, "i-older");
	strings_add(&vpc.state.predecessors, "i-old");
	assert_address(&vpc, "203.0.113.77",
		       "ec2:AssociateAddress eipalloc-a (203.0.113.77) → eni-a AllowReassociation=true\n");
}

static void stranger_loses_the_address(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_TAG);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "web");
	assert_refused(&vpc, EXIT_CONFIG, "Elastic IP 'eipalloc-a' (203.0.113.77) is associated with 'i-web', which "
		       "never filled site 'a'", REMEDY);
	free(vpc.cloud.addresses.items[0].instance);
	vpc.cloud.addresses.items[0].instance = NULL;
	assert_refused(&vpc, EXIT_CONFIG, "Elastic IP 'eipalloc-a' (203.0.113.77) is associated with 'eni-web', which "
		       "never filled site 'a'", REMEDY);
}

static void gateway_of_another_site_loses_the_address(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "c");
	vpc_neighbour(&vpc, "c", "us-east-1b");
	strings_add(&vpc.state.predecessors, "i-c");	/* that it filled this site once is no excuse */
	assert_refused(&vpc, EXIT_CONFIG, "Elastic IP 'eipalloc-a' (203.0.113.77) is that of site 'c', and not of site "
		       "'a'", REMEDY);
}

static void address_that_another_site_publishes_is_taken_while_it_is_free(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	PEER(&vpc, "b", "203.0.113.77", "10.20.0.0/16");
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", NULL);
	assert_refused(&vpc, EXIT_CONFIG, "Elastic IP 'eipalloc-a' (203.0.113.77) is that of site 'b', and not of site "
		       "'a'", REMEDY);
}

static void own_address_is_lost_to_whoever_publishes_it(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	PEER(&vpc, "b", "203.0.113.77", "10.20.0.0/16");
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "a");
	assert_address(&vpc, "203.0.113.77", "");
}

static void no_address_is_found_and_nothing_is_said(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	assert_refused(&vpc, EXIT_CONFIG, "'address' is 'eipalloc-a', and no Elastic IP in 'us-east-1' is that",
		       "set 'address' to an Elastic IP of this account and region");
}

static void one_of_two_tagged_addresses_is_picked(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_TAG);
	free(vpc.config.values[SETTING_ADDRESS]);
	vpc.config.values[SETTING_ADDRESS] = mem_strdup("tag");
	vpc_elastic(&vpc, "eipalloc-1", "203.0.113.77", NULL);
	vpc_elastic(&vpc, "eipalloc-2", "203.0.113.78", NULL);
	assert_refused(&vpc, EXIT_CONFIG, "'address' is 'tag', and 2 Elastic IPs in 'us-east-1' are that: "
		       "'eipalloc-1' and 'eipalloc-2'", "tag the site's Elastic IP, and no other, cygnet:mesh=lab and cygnet:site=a");
}

static void unread_addresses_pass_for_none(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_LITERAL);
	vpc.cloud.known[CLOUD_ADDRESSES] = false;
	assert_refused(&vpc, EXIT_MISSING, "'address' is 'eipalloc-a', and the Elastic IPs in 'us-east-1' could not be "
		       "read", "");
	vpc.config.address.literal = vpc.instance.public_address;
	assert_address(&vpc, "203.0.113.10", "");
}

static void run_without_the_registry_writes_more_than_its_own_check(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", NULL);
	vpc.cloud.interface.check_on = true;
	vpc.inputs.listed = NULL;
	assert_cloud(&vpc, "ec2:ModifyNetworkInterfaceAttribute eni-a SourceDestCheck=false\n", "");
	vpc.cloud.known[CLOUD_INTERFACE] = false;
	assert_cloud(&vpc, "", "");
}

static void leaving_site_gives_the_wrong_address(void **state)
{
	AUTO_VPC vpc;

	(void)state;
	choose(&vpc, ADDRESS_ALLOCATION);
	vpc_elastic(&vpc, "eipalloc-x", "203.0.113.76", "web");
	vpc_elastic(&vpc, "eipalloc-a", "203.0.113.77", "a");
	assert_leave(&vpc, "ec2:DisassociateAddress eipassoc-a (203.0.113.77)\n", "");
	vpc.cloud.known[CLOUD_ADDRESSES] = false;
	ec2_addresses_done(&vpc.cloud.addresses);
	assert_leave(&vpc, "",
		     "the Elastic IPs in 'us-east-1' were not read, and 'i-a' keeps its own\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_own_address_needs_an_elastic_ip),
		cmocka_unit_test(free_address_is_taken_from_somebody),
		cmocka_unit_test(other_address_of_the_interface_stands_in_the_way),
		cmocka_unit_test(own_address_is_associated_again),
		cmocka_unit_test(predecessor_keeps_the_address),
		cmocka_unit_test(stranger_loses_the_address),
		cmocka_unit_test(gateway_of_another_site_loses_the_address),
		cmocka_unit_test(address_that_another_site_publishes_is_taken_while_it_is_free),
		cmocka_unit_test(own_address_is_lost_to_whoever_publishes_it),
		cmocka_unit_test(no_address_is_found_and_nothing_is_said),
		cmocka_unit_test(one_of_two_tagged_addresses_is_picked),
		cmocka_unit_test(unread_addresses_pass_for_none),
		cmocka_unit_test(run_without_the_registry_writes_more_than_its_own_check),
		cmocka_unit_test(leaving_site_gives_the_wrong_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
