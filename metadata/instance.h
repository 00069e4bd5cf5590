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

/* What IMDS is asked, in this order: paths from INSTANCE_INTERFACE on need the mac of an answer. */
enum instance_answer {
	INSTANCE_DOCUMENT, INSTANCE_MAC, INSTANCE_DOMAIN, INSTANCE_PARTITION, INSTANCE_INTERFACE,
	INSTANCE_VPC, INSTANCE_SUBNET, INSTANCE_PRIVATE, INSTANCE_PUBLIC, INSTANCE_VPC_RANGES,
	INSTANCE_SUBNET_RANGE, INSTANCE_ANSWERS
};

/*
 * The IMDS path of an answer, as imds_get takes it; yours to free.
 * Source: EC2 User Guide, "Instance metadata categories".
 */
char *instance_path(const struct instance *instance, enum instance_answer answer);

/*
 * Pure. Check one answer's text (NULL: 404) for its shape and put its fields into instance, which
 * has none of them yet. A missing or odd one is EXIT_CONFIG naming the IMDS path and the rule.
 */
int instance_take(struct instance *instance, enum instance_answer answer, const char *text,
		  struct err *e);

/*
 * Read all of it from the primary interface. A bad answer fails as instance_take, IMDS as imds_get.
 * The result is yours to instance_done.
 */
int instance_read(struct imds *imds, struct instance *ret_instance, struct err *e);
/* Read the public address alone, which may have changed since. */
int instance_read_public(struct imds *imds, struct instance *instance, struct err *e);
void instance_done(struct instance *instance);

#endif
