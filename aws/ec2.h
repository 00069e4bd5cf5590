/* ec2: the EC2 calls that a gateway makes for itself. */
#ifndef CYGNET_AWS_EC2_H
#define CYGNET_AWS_EC2_H

#include <stdbool.h>

#include "aws/call.h"

/*
 * DescribeNetworkInterfaceAttribute and ModifyNetworkInterfaceAttribute, attribute sourceDestCheck.
 * The check belongs to the network interface: by instance it fails where there is more than one.
 * Errors as for ssm (EC2's RequestLimitExceeded and UnauthorizedOperation among them).
 */
int ec2_source_dest_check_get(struct aws *aws, const char *region, const char *interface, bool *ret_on,
			      struct err *e);
int ec2_source_dest_check_set(struct aws *aws, const char *region, const char *interface, bool on, struct err *e);

#endif
