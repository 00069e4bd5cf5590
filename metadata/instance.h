/* instance: the EC2 instance we run on, as IMDS tells it. */
#ifndef CYGNET_METADATA_INSTANCE_H
#define CYGNET_METADATA_INSTANCE_H

#include "aws/imds.h"
#include "base/cidr.h"

struct instance {
	char *id;		/* "i-…" */
	char *region, *zone;	/* "us-east-1", "us-east-1a" */
	char *account;		/* 12 digits */
	char *partition;	/* "aws", "aws-cn", … */
	char *domain;		/* "amazonaws.com": where the partition's endpoints are */
	char *interface;	/* "eni-…": the primary network interface */
	char *mac;
	char *vpc, *subnet;	/* "vpc-…", "subnet-…" */
	uint32_t private_address;	/* primary, host byte order */
	uint32_t public_address;	/* 0: none */
	struct cidrs vpc_ranges;	/* IPv4, sorted */
	struct cidrs subnet_ranges;
};

/*
 * Read all of it from the primary interface. Each field is checked for its shape; a missing or odd one is EXIT_CONFIG
 * naming the IMDS path and the rule. IMDS errors as imds_get. The result is yours to instance_done.
 */
int instance_read(struct imds *imds, struct instance *ret_instance, struct err *e);
void instance_done(struct instance *instance);

#endif
