/*
 * ec2_interface: network interfaces of EC2. What a gateway wants of its own it does not know.
 */
#include "aws/ec2.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ec2_call.h"

void ec2_interface_done(struct ec2_interface *interface)
{
	free(interface->id);
	free(interface->allocation);
	strings_done(&interface->groups);
	*interface = (struct ec2_interface){ 0 };
}

static int groups_parse(const struct xml *item, struct strings *groups, struct err *e)
{
	XML_EACH(group, item, "groupSet/item") {
		AUTO_FREE char *id = NULL;

		if (xml_get_id(group, "groupId", &id, e) < 0)
			return -1;
		strings_add(groups, id);
	}
	return 0;
}

/* list is the one interface that was asked for; another one is odd, and so is a second. */
static int interface_parse(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(ec2_interface_done) struct ec2_interface interface = { 0 };
	struct ec2_interface *found = list;

	if (xml_get_id(item, "networkInterfaceId", &interface.id, e) < 0)
		return -1;
	if (found->id != NULL)
		return err_set(e, EXIT_CONFIG, "'%s' is there besides", interface.id);
	if (xml_get_bool(item, "sourceDestCheck", &interface.check_on, e) < 0 ||
	    xml_get_address_or(item, "association/publicIp", 0, &interface.public_address, e) < 0 ||
	    xml_get_id_or(item, "association/allocationId", NULL, &interface.allocation, e) < 0 ||
	    groups_parse(item, &interface.groups, e) < 0)
		return err_wrap(e, "'%s'", interface.id);
	*found = interface;
	interface = (struct ec2_interface){ 0 };
	return 0;
}

int ec2_interface_read(struct aws *aws, const char *region, const char *id,
		       struct ec2_interface *ret_interface, struct err *e)
{
	CLEANUP(ec2_interface_done) struct ec2_interface found = { 0 };
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DescribeNetworkInterfaces", id);

	form_add(&call.form, "NetworkInterfaceId.1", id);
	if (ec2_call_list(&call, "networkInterfaceSet", 0, interface_parse, &found, e) < 0)
		return -1;
	if (found.id == NULL || strcmp(found.id, id) != 0)
		return err_set(e, EXIT_CONFIG, "ec2:%s on '%s' in '%s': the reply is about '%s'",
			       call.action, id, region, found.id != NULL ? found.id : "");
	*ret_interface = found;
	found = (struct ec2_interface){ 0 };
	return 0;
}

int ec2_source_dest_check_set(struct aws *aws, const char *region, const char *interface, bool on,
			      bool dry, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(aws, region, "ModifyNetworkInterfaceAttribute", interface);

	form_add(&call.form, "NetworkInterfaceId", interface);
	form_add(&call.form, "SourceDestCheck.Value", on ? "true" : "false");
	return ec2_call_change(&call, dry, NULL, e);
}
