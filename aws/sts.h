/* sts: temporary credentials of another role. */
#ifndef CYGNET_AWS_STS_H
#define CYGNET_AWS_STS_H

#include "aws/call.h"
#include "aws/credentials.h"

/*
 * AssumeRole in region's endpoint, signed as aws signs; session names who asks in the role's logs
 * ([\w+=,.@-]{2,64}). Denied is EXIT_DENIED whose remedy names sts:AssumeRole, the role and its
 * trust policy.
 * Source: AWS STS API Reference.
 */
int sts_assume(struct aws *aws, const char *region, const char *role, const char *session,
	       struct credentials *ret_credentials, struct err *e);

#endif
