/* request: what the files of each service hand to call.c, and what they get back. */
#ifndef CYGNET_AWS_REQUEST_H
#define CYGNET_AWS_REQUEST_H

#include "aws/call.h"
#include "base/buf.h"

/* A fault that answers the call instead of failing it: what was to go is gone, say. */
struct aws_answer {
	const char *code;		/* "InvalidRoute.NotFound" */
	const char *message;		/* a part of AWS's message; NULL: whatever it says */
};

struct aws_request {
	const char *service;		/* in the host name, signature and IAM action: "ssm" */
	const char *region;
	const char *action;		/* "PutParameter" */
	const char *resource;		/* what it is done to, for messages and remedies */
	const char *remedy;		/* when denied; NULL: to grant the action on the resource */
	const char *content_type;
	const char *target;		/* X-Amz-Target; NULL for the query protocol */
	const char *body;
	const struct aws_answer *answers;
	size_t answer_count;
};

/* Zeroed is empty. */
struct aws_reply {
	const struct aws_answer *answer;	/* which of the request's it is; NULL: status 200 */
	struct buf body;			/* of status 200 */
};

/*
 * Sign, send, and try again as retry.h says, within the environment's attempts. Errors carry
 * action, resource, region, AWS's code and message, and a remedy where there is one.
 */
int aws_call(struct aws *aws, const struct aws_request *request, struct aws_reply *ret_reply,
	     struct err *e);
void aws_reply_done(struct aws_reply *reply);	/* wipes: it may hold credentials */

#endif
