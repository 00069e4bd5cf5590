/*
 * query: one call of the query protocol, which EC2, Auto Scaling and STS speak: a form out, XML
 * back.
 */
#ifndef CYGNET_AWS_QUERY_H
#define CYGNET_AWS_QUERY_H

#include "aws/request.h"
#include "aws/xml.h"

struct query {
	struct aws *aws;
	const char *service;		/* as in struct aws_request, with the rest below */
	const char *version;		/* of the service's API: "2016-11-15" */
	const char *region;
	const char *action;
	const char *resource;
	const char *remedy;
	const struct aws_answer *answers;
	size_t answer_count;
};

/* Zeroed is empty. */
struct query_reply {
	const struct aws_answer *answer;	/* which of the query's it is; NULL: document */
	struct xml *document;			/* its root is named after the action */
};

/* Call with what form_add put into fields. Another document than the action's is EXIT_CONFIG. */
int query_call(const struct query *query, const struct buf *fields, struct query_reply *ret_reply,
	       struct err *e);
void query_reply_done(struct query_reply *reply);

/* err_wrap with what was asked: "ec2:CreateRoute on 'rtb-1' in 'us-east-1'". Returns -1. */
int query_wrap(const struct query *query, struct err *e);

#endif
