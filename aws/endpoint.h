/* endpoint: where a service of a region answers. Pure. */
#ifndef CYGNET_AWS_ENDPOINT_H
#define CYGNET_AWS_ENDPOINT_H

#include <stdbool.h>

#include "aws/environment.h"

/* A region as AWS writes them ("eu-west-1"), safe inside a host name. */
bool region_valid(const char *region);

/*
 * The domain of the partition that a region is in, from its name alone, for where IMDS cannot be
 * asked: "amazonaws.com" unless the name is one of another partition's. Static. Source: botocore's
 * partitions.
 */
const char *endpoint_domain(const char *region);

/*
 * The URL, ending in '/', for service ("ssm", "ec2") in region; yours to free. An endpoint of the
 * environment goes first, the service's own before the general one. domain is the partition's
 * ("amazonaws.com"). Fails with EXIT_CONFIG for what is no region or domain, and for FIPS or
 * dual-stack where there is none. Source: the endpoint rule sets of botocore.
 */
int endpoint_url(const struct aws_environment *environment, const char *service, const char *region,
		 const char *domain, char **ret_url, struct err *e);

#endif
