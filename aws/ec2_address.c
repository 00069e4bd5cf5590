/*
 * ec2_address: Elastic IPs of EC2. Whose an address should be it does not know.
 */
#include "aws/ec2.h"

#include <stdlib.h>

#include "aws/ec2_call.h"

static void address_done(struct ec2_address *address)
{
	free(address->allocation);
	free(address->association);
	free(address->interface);
	free(address->instance);
}

void ec2_addresses_done(struct ec2_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		address_done(&addresses->items[i]);
	free(addresses->items);
	*addresses = (struct ec2_addresses){ 0 };
}

/* Who has it. */
static int holder_parse(const struct xml *item, struct ec2_address *address, struct err *e)
{
	if (xml_get_id_or(item, "associationId", NULL, &address->association, e) < 0)
		return -1;
	if (address->association == NULL)
		return 0;
	if (xml_get_id(item, "networkInterfaceId", &address->interface, e) < 0)
		return -1;
	return xml_get_id_or(item, "instanceId", NULL, &address->instance, e);
}

static int address_read(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(address_done) struct ec2_address address = { 0 };
	struct ec2_addresses *addresses = list;

	if (xml_get_id(item, "allocationId", &address.allocation, e) < 0)
		return -1;
	if (xml_get_address(item, "publicIp", &address.address, e) < 0 ||
	    holder_parse(item, &address, e) < 0)
		return err_wrap(e, "'%s'", address.allocation);
	*MEM_GROW(addresses->items, addresses->count) = address;
	address = (struct ec2_address){ 0 };
	return 0;
}

/* What the filters look for, for messages: a list of their values. */
static char *filters_resource(const char *const filters[])
{
	AUTO_BUF struct buf text = { 0 };

	for (; *filters != NULL; filters += 2)
		buf_addf(&text, "%s%s=%s", text.len > 0 ? ", " : "", filters[0], filters[1]);
	return buf_take(&text);
}

int ec2_addresses_read(struct aws *aws, const char *region, const char *const filters[],
		       struct ec2_addresses *ret_addresses, struct err *e)
{
	CLEANUP(ec2_addresses_done) struct ec2_addresses addresses = { 0 };
	AUTO_FREE char *resource = filters_resource(filters);
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DescribeAddresses", resource);

	for (; *filters != NULL; filters += 2)
		ec2_call_filter_one(&call, filters[0], filters[1]);
	if (ec2_call_list(&call, "addressesSet", 0, address_read, &addresses, e) < 0)
		return -1;
	*ret_addresses = addresses;
	addresses = (struct ec2_addresses){ 0 };
	return 0;
}

int ec2_address_associate(struct aws *aws, const char *region, const char *allocation,
			  const char *interface, bool reassociate, bool dry, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "AssociateAddress", allocation);

	form_add(&call.form, "AllocationId", allocation);
	form_add(&call.form, "NetworkInterfaceId", interface);
	form_add(&call.form, "AllowReassociation", reassociate ? "true" : "false");
	return ec2_call_change(&call, dry, NULL, e);
}

int ec2_address_disassociate(struct aws *aws, const char *region, const char *association, bool dry,
			     struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(aws, region, "DisassociateAddress", association);

	form_add(&call.form, "AssociationId", association);
	ec2_call_accept(&call, "InvalidAssociationID.NotFound", NULL);
	return ec2_call_change(&call, dry, NULL, e);
}
