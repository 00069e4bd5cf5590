/* request: what ssm.c and ec2.c hand to call.c, and what they get back. */
#ifndef CYGNET_AWS_REQUEST_H
#define CYGNET_AWS_REQUEST_H

#include "aws/call.h"
#include "base/buf.h"

struct aws_request {
	const char *service;		/* in the host name, signature and IAM action: "ssm" */
	const char *region;
	const char *action;		/* "PutParameter" */
	const char *resource;		/* what it is done to, for messages and remedies */
	const char *content_type;
	const char *target;		/* X-Amz-Target; NULL for the query protocol */
	const char *body;
};

/*
 * Sign, send, and try again as retry.h says, within the environment's attempts. ret_body (empty)
 * gets the body of the reply with status 200. Errors carry action, resource, region, AWS's code and
 * message, and a remedy where there is one.
 */
int aws_call(struct aws *aws, const struct aws_request *request, struct buf *ret_body,
	     struct err *e);

#endif
