/*
 * ec2_subnet: the subnets of a VPC. Which of them a site serves it does not know.
 */
#include "aws/ec2.h"

#include <stdlib.h>

#include "aws/ec2_call.h"

#define PAGE 400		/* a subnet may have 50 tags, and a reply 100,000 elements */

static void subnet_done(struct ec2_subnet *subnet)
{
	free(subnet->id);
	free(subnet->zone);
}

void ec2_subnets_done(struct ec2_subnets *subnets)
{
	for (size_t i = 0; i < subnets->count; i++)
		subnet_done(&subnets->items[i]);
	free(subnets->items);
	*subnets = (struct ec2_subnets){ 0 };
}

/* A subnet of IPv6 alone has no IPv4 range. */
static int subnet_read(const struct xml *item, void *list, struct err *e)
{
	CLEANUP(subnet_done) struct ec2_subnet subnet = { 0 };
	struct ec2_subnets *subnets = list;
	bool native;

	if (xml_get_id(item, "subnetId", &subnet.id, e) < 0)
		return -1;
	if (xml_get_bool_or(item, "ipv6Native", false, &native, e) < 0)
		return err_wrap(e, "'%s'", subnet.id);
	if (native)
		return 0;
	if (xml_get_id(item, "availabilityZone", &subnet.zone, e) < 0 ||
	    xml_get_range(item, "cidrBlock", &subnet.range, e) < 0)
		return err_wrap(e, "'%s'", subnet.id);
	*MEM_GROW(subnets->items, subnets->count) = subnet;
	subnet = (struct ec2_subnet){ 0 };
	return 0;
}

int ec2_subnets_read(struct aws *aws, const char *region, const char *vpc,
		     struct ec2_subnets *ret_subnets, struct err *e)
{
	CLEANUP(ec2_subnets_done) struct ec2_subnets subnets = { 0 };
	AUTO_EC2_CALL struct ec2_call call = ec2_call(aws, region, "DescribeSubnets", vpc);

	ec2_call_filter_one(&call, "vpc-id", vpc);
	if (ec2_call_list(&call, "subnetSet", PAGE, subnet_read, &subnets, e) < 0)
		return -1;
	*ret_subnets = subnets;
	subnets = (struct ec2_subnets){ 0 };
	return 0;
}
