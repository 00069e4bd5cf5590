/* imds: reading the instance metadata service, version 2 only. */
#ifndef CYGNET_AWS_IMDS_H
#define CYGNET_AWS_IMDS_H

#include <stddef.h>

#include "aws/environment.h"
#include "base/err.h"

struct imds;		/* the endpoint, its session token and a connection; one thread at a time */

/* Never contacts anything. environment is borrowed for as long as the imds lives. */
struct imds *imds_new(const struct aws_environment *environment);
void imds_free(struct imds *imds);

/*
 * Read "/latest/<path>", for instance "meta-data/mac", into ret_text (yours to free; at most max
 * bytes, no NUL). The session token is made on first use and again after a 401; connection errors
 * and 5xx are tried again with backoff. Fails with EXIT_MISSING on 404, EXIT_AGAIN when IMDS does
 * not answer, EXIT_CONFIG when it is off (403) or disabled by AWS_EC2_METADATA_DISABLED. There is
 * no fallback to version 1.
 * Source: EC2 User Guide, "Use the Instance Metadata Service to access instance metadata".
 */
int imds_get(struct imds *imds, const char *path, size_t max, char **ret_text, struct err *e);

#endif
