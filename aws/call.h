/* call: signed requests to AWS services: credentials, endpoint, retries and error replies. */
#ifndef CYGNET_AWS_CALL_H
#define CYGNET_AWS_CALL_H

#include "aws/environment.h"
#include "aws/imds.h"
#include "base/log.h"

struct aws;		/* what every call needs; safe to use from several threads at once */

struct aws_options {
	const struct aws_environment *environment;	/* borrowed */
	struct imds *imds;	/* borrowed; gives role credentials; used under the aws's lock */
	const char *domain;	/* "amazonaws.com", as IMDS services/domain says; borrowed */
	const struct log *log;	/* borrowed; calls are details; no headers, bodies or credentials */
};

/* Never contacts anything. */
struct aws *aws_new(const struct aws_options *options);
void aws_free(struct aws *aws);

/*
 * Another aws, whose calls are signed with the credentials of a role that base's may assume: asked
 * for on first use and again before they expire. base, role, region (of the STS endpoint) and
 * session are borrowed and outlive it.
 */
struct aws *aws_new_assuming(struct aws *base, const char *role, const char *region,
			     const char *session);

/*
 * Connections that are kept for the next call are closed, base's and those of what assumes with it:
 * they are of an address that this machine has no more.
 */
void aws_reconnect(struct aws *aws);

#endif
