/* cloud: what EC2 says of the VPC around the gateway, as observed. */
#ifndef CYGNET_METADATA_CLOUD_H
#define CYGNET_METADATA_CLOUD_H

#include "aws/ec2.h"
#include "metadata/config.h"

/* Parts of the VPC; each is read by itself: a missing permission costs only what needs it. */
enum cloud_part {
	CLOUD_INTERFACE,	/* the primary network interface */
	CLOUD_ADDRESSES,	/* Elastic IPs that 'address' means */
	CLOUD_SUBNETS,		/* of the VPC */
	CLOUD_TABLES,		/* route tables of the VPC */
	CLOUD_GROUPS,		/* security groups: the interface's, and the mesh's by tag */
	CLOUD_PARTS
};

/* Zeroed is nothing read. */
struct cloud {
	bool known[CLOUD_PARTS];	/* what could be read */
	struct ec2_interface interface;
	struct ec2_addresses addresses;
	struct ec2_subnets subnets;
	struct ec2_route_tables tables;
	struct ec2_groups groups;
};

/* Whether the settings need this part. The groups need the interface to be known. */
bool cloud_wants(const struct config *config, enum cloud_part part);

/* What a run calls the part: "source/dest check", "address", "subnets", …. Static. */
const char *cloud_part_name(enum cloud_part part);

/*
 * Read a part, again or for the first time; cloud->known tells of it afterwards. Errors as for ec2;
 * the groups of an interface that is not known are EXIT_MISSING.
 */
int cloud_read(struct aws *aws, const struct instance *instance, const struct config *config,
	       enum cloud_part part, struct cloud *cloud, struct err *e);
void cloud_done(struct cloud *cloud);

#endif
