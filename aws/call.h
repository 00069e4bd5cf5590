/* call: signed requests to AWS services: credentials, endpoint, retries and error replies. */
#ifndef CYGNET_AWS_CALL_H
#define CYGNET_AWS_CALL_H

#include "aws/environment.h"
#include "aws/imds.h"
#include "base/log.h"

struct aws;		/* what every call needs; safe to use from several threads at once */

struct aws_options {
	const struct aws_environment *environment;	/* borrowed */
	struct imds *imds;	/* borrowed; where role credentials come from; used under the aws's own lock */
	const char *domain;	/* "amazonaws.com", as IMDS services/domain says; borrowed */
	const struct log *log;	/* borrowed; calls are details, never with headers, bodies or credentials */
};

/* Never contacts anything. */
struct aws *aws_new(const struct aws_options *options);
void aws_free(struct aws *aws);

#endif
