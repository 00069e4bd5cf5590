/*
 * ec2: requests and replies of EC2's query protocol.
 * What a gateway wants of its interface it does not know.
 */
#include "aws/ec2.h"

#include <string.h>

#include "aws/form.h"
#include "aws/request.h"
#include "aws/xml.h"

#define API_VERSION "2016-11-15"

/* Send an action on a resource with further fields (name, value, …, NULL) and parse the reply. */
static int ec2_call(struct aws *aws, const char *region, const char *action, const char *resource,
		    const char *const fields[], struct xml **ret_reply, struct err *e)
{
	AUTO_BUF struct buf form = { 0 }, reply = { 0 };
	struct aws_request request = {
		.service = "ec2",
		.region = region,
		.action = action,
		.resource = resource,
		.content_type = "application/x-www-form-urlencoded; charset=utf-8",
	};

	form_add(&form, "Action", action);
	form_add(&form, "Version", API_VERSION);
	for (; *fields != NULL; fields += 2)
		form_add(&form, fields[0], fields[1]);
	request.body = buf_str(&form);
	if (aws_call(aws, &request, &reply, e) < 0)
		return -1;
	if (xml_read(buf_str(&reply), reply.len, ret_reply, e) < 0)
		return err_wrap(e, "ec2:%s on '%s' in '%s'", action, resource, region);
	return 0;
}

int ec2_source_dest_check_get(struct aws *aws, const char *region, const char *interface,
			      bool *ret_on, struct err *e)
{
	static const char action[] = "DescribeNetworkInterfaceAttribute";
	const char *const fields[] = {
		"NetworkInterfaceId", interface,
		"Attribute", "sourceDestCheck",
		NULL,
	};
	AUTO_XML struct xml *reply = NULL;
	const char *value;

	if (ec2_call(aws, region, action, interface, fields, &reply, e) < 0)
		return -1;
	value = xml_text(reply, "sourceDestCheck/value");
	if (value == NULL || (strcmp(value, "true") != 0 && strcmp(value, "false") != 0))
		return err_set(e, EXIT_CONFIG, "ec2:%s on '%s' in '%s': "
			       "'sourceDestCheck' is neither true nor false",
			       action, interface, region);
	*ret_on = strcmp(value, "true") == 0;
	return 0;
}

int ec2_source_dest_check_set(struct aws *aws, const char *region, const char *interface, bool on,
			      struct err *e)
{
	static const char action[] = "ModifyNetworkInterfaceAttribute";
	const char *const fields[] = {
		"NetworkInterfaceId", interface,
		"SourceDestCheck.Value", on ? "true" : "false",
		NULL,
	};
	AUTO_XML struct xml *reply = NULL;

	return ec2_call(aws, region, action, interface, fields, &reply, e);
}
