/* Elastic IPs: who has them, and that they are taken away from nobody by accident. */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"

#define REPLY(items) \
	"<DescribeAddressesResponse><addressesSet>" items "</addressesSet></DescribeAddressesResponse>"
#define ITEM(rest) \
	"<item><publicIp>192.0.2.1</publicIp><allocationId>eipalloc-1</allocationId>" rest "</item>"
#define FAULT(code) "<Response><Errors><Error><Code>" code "</Code><Message>m</Message></Error></Errors></Response>"
#define ASKED "ec2:DescribeAddresses on 'allocation-id=eipalloc-1' in 'us-east-1': "

static const char *const by_id[] = { "allocation-id", "eipalloc-1", NULL };

static void the_filters_are_all_sent(void **state)
{
	CLEANUP(ec2_addresses_done) struct ec2_addresses found = { 0 };
	const char *const filters[] = { "tag:cygnet:mesh", "prod", "tag:cygnet:site", "a b", NULL };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY("") });

	(void)state;
	assert_int_equal(ec2_addresses_read(canned.aws, "us-east-1", filters, &found, &e), 0);
	assert_int_equal(found.count, 0);
	assert_asked(&canned, "Action=DescribeAddresses&Version=2016-11-15&Filter.1.Name=tag%3Acygnet%3Amesh&"
		     "Filter.1.Value.1=prod&Filter.2.Name=tag%3Acygnet%3Asite&Filter.2.Value.1=a%20b");
}

static void a_free_address_has_nobody(void **state)
{
	CLEANUP(ec2_addresses_done) struct ec2_addresses found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("<instanceId/><domain>vpc</domain>")) });

	(void)state;
	assert_int_equal(ec2_addresses_read(canned.aws, "us-east-1", by_id, &found, &e), 0);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].allocation, "eipalloc-1");
	assert_int_equal(found.items[0].address, 0xc0000201);
	assert_null(found.items[0].association);
	assert_null(found.items[0].interface);
	assert_null(found.items[0].instance);
}

static void an_address_of_an_interface_without_instance_has_no_instance(void **state)
{
	CLEANUP(ec2_addresses_done) struct ec2_addresses found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(ITEM("<associationId>eipassoc-1</associationId>"
					 "<networkInterfaceId>eni-1</networkInterfaceId>")
				    ITEM("<associationId>eipassoc-2</associationId><networkInterfaceId>eni-2"
					 "</networkInterfaceId><instanceId>i-2</instanceId>")) });

	(void)state;
	assert_int_equal(ec2_addresses_read(canned.aws, "us-east-1", by_id, &found, &e), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].association, "eipassoc-1");
	assert_string_equal(found.items[0].interface, "eni-1");
	assert_null(found.items[0].instance);
	assert_string_equal(found.items[1].instance, "i-2");
}

static void assert_refused(const char *body, const char *cause)
{
	struct ec2_addresses found = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(ec2_addresses_read(canned.aws, "us-east-1", by_id, &found, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_int_equal(found.count, 0);
}

static void an_odd_member_is_named(void **state)
{
	(void)state;
	assert_refused(REPLY(ITEM("") "<item><publicIp>192.0.2.2</publicIp></item>"), ASKED "'allocationId' is missing");
	assert_refused(REPLY("<item><allocationId>eipalloc-1</allocationId></item>"),
		       ASKED "'eipalloc-1': 'publicIp' is missing");
	assert_refused(REPLY(ITEM("<associationId>eipassoc-1</associationId>")),
		       ASKED "'eipalloc-1': 'networkInterfaceId' is missing");
}

static void an_address_is_taken_away_only_if_told(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<AssociateAddressResponse/>" });

	(void)state;
	assert_int_equal(ec2_address_associate(canned.aws, "us-east-1", "eipalloc-1", "eni-1", false, false, &e), 0);
	assert_asked(&canned, "Action=AssociateAddress&Version=2016-11-15&AllocationId=eipalloc-1&"
		     "NetworkInterfaceId=eni-1&AllowReassociation=false");
	assert_int_equal(ec2_address_associate(canned.aws, "us-east-1", "eipalloc-1", "eni-1", true, false, &e), 0);
	assert_asked(&canned, "Action=AssociateAddress&Version=2016-11-15&AllocationId=eipalloc-1&"
		     "NetworkInterfaceId=eni-1&AllowReassociation=true");
}

static void an_address_that_somebody_has_stays_theirs(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("Resource.AlreadyAssociated") });

	(void)state;
	assert_int_equal(ec2_address_associate(canned.aws, "us-east-1", "eipalloc-1", "eni-1", false, false, &e), -1);
	assert_error(&e, EXIT_STEP, "ec2:AssociateAddress on 'eipalloc-1' in 'us-east-1': Resource.AlreadyAssociated: m",
		     "");
}

static void an_association_that_is_gone_needs_no_end(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 400, FAULT("InvalidAssociationID.NotFound") }, { 400, FAULT("InvalidAssociationID.Malformed") });

	(void)state;
	assert_int_equal(ec2_address_disassociate(canned.aws, "us-east-1", "eipassoc-1", false, &e), 0);
	assert_asked(&canned, "Action=DisassociateAddress&Version=2016-11-15&AssociationId=eipassoc-1");
	assert_int_equal(ec2_address_disassociate(canned.aws, "us-east-1", "eipassoc-1", false, &e), -1);
	assert_error(&e, EXIT_STEP, "ec2:DisassociateAddress on 'eipassoc-1' in 'us-east-1': "
		     "InvalidAssociationID.Malformed: m", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filters_are_all_sent),
		cmocka_unit_test(a_free_address_has_nobody),
		cmocka_unit_test(an_address_of_an_interface_without_instance_has_no_instance),
		cmocka_unit_test(an_odd_member_is_named),
		cmocka_unit_test(an_address_is_taken_away_only_if_told),
		cmocka_unit_test(an_address_that_somebody_has_stays_theirs),
		cmocka_unit_test(an_association_that_is_gone_needs_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
