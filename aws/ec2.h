/* ec2: the EC2 calls that a gateway makes, and what they tell, as typed values. */
#ifndef CYGNET_AWS_EC2_H
#define CYGNET_AWS_EC2_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/call.h"
#include "base/cidr.h"
#include "base/mem.h"

/*
 * All calls: errors as for ssm (EC2's RequestLimitExceeded and UnauthorizedOperation among them).
 * Lists are read page by page and to the end, 10,000 items at most; an odd member of a reply is
 * EXIT_CONFIG naming action, resource and member. IPv6 is skipped. dry: ask only whether IAM would
 * allow it (DryRun); 0 when it would.
 * Source: Amazon EC2 API Reference, and botocore's model of it for shapes.
 */

/* A network interface. The source/dest check belongs to it, not to its instance. */
struct ec2_interface {
	char *id;
	bool check_on;			/* the source/dest check */
	uint32_t public_address;	/* 0: none */
	char *allocation;		/* of its Elastic IP; NULL: no address, or another kind */
	struct strings groups;		/* ids of its security groups */
};

/* DescribeNetworkInterfaces, by id. */
int ec2_interface_read(struct aws *aws, const char *region, const char *id,
		       struct ec2_interface *ret_interface, struct err *e);
/* ModifyNetworkInterfaceAttribute. */
int ec2_source_dest_check_set(struct aws *aws, const char *region, const char *interface, bool on,
			      bool dry, struct err *e);
void ec2_interface_done(struct ec2_interface *interface);

/* An Elastic IP. */
struct ec2_address {
	char *allocation;		/* "eipalloc-…" */
	uint32_t address;
	char *association;		/* NULL: it is free; then the next two are too */
	char *interface, *instance;	/* who has it; instance NULL: an interface without one */
};

struct ec2_addresses {
	struct ec2_address *items;
	size_t count;
};

/* DescribeAddresses with filters (name, value, …, NULL), as "public-ip", "tag:cygnet:mesh". */
int ec2_addresses_read(struct aws *aws, const char *region, const char *const filters[],
		       struct ec2_addresses *ret_addresses, struct err *e);
/* AssociateAddress with AllowReassociation as told: true takes it away from whoever has it. */
int ec2_address_associate(struct aws *aws, const char *region, const char *allocation,
			  const char *interface, bool reassociate, bool dry, struct err *e);
/* DisassociateAddress; one that is gone is no error. */
int ec2_address_disassociate(struct aws *aws, const char *region, const char *association, bool dry,
			     struct err *e);
void ec2_addresses_done(struct ec2_addresses *addresses);

/* A subnet of a VPC. */
struct ec2_subnet {
	char *id;
	char *zone;
	struct cidr range;
};

struct ec2_subnets {
	struct ec2_subnet *items;
	size_t count;
};

/* DescribeSubnets, those of the VPC. */
int ec2_subnets_read(struct aws *aws, const char *region, const char *vpc,
		     struct ec2_subnets *ret_subnets, struct err *e);
void ec2_subnets_done(struct ec2_subnets *subnets);

/* A route to an IPv4 range. */
struct ec2_route {
	struct cidr destination;
	char *target;		/* "eni-…", "igw-…", "local"; "" for what EC2 may add */
	char *instance;		/* of the target, when that is an instance's interface; else NULL */
	bool blackhole;		/* the target is gone */
	bool propagated;	/* by gateway or route server: not in quota, not to be replaced */
};

struct ec2_route_table {
	char *id;
	bool main;		/* of the subnets that no table names */
	struct strings subnets;	/* ids of those it names */
	char *mesh;		/* value of its tag cygnet:mesh; NULL: none */
	struct ec2_route *routes;
	size_t route_count;
	size_t entry_count;	/* of all that counts against the quota of routes, IPv4 */
};

struct ec2_route_tables {
	struct ec2_route_table *items;
	size_t count;
};

/* DescribeRouteTables, those of the VPC. */
int ec2_route_tables_read(struct aws *aws, const char *region, const char *vpc,
			  struct ec2_route_tables *ret_tables, struct err *e);
/*
 * CreateRoute, ReplaceRoute, DeleteRoute. To create one that is there, and to replace one that is
 * not, is EXIT_AGAIN: somebody else has just been at it. To delete one that is gone is no error.
 */
int ec2_route_create(struct aws *aws, const char *region, const char *table,
		     struct cidr destination, const char *interface, bool dry, struct err *e);
int ec2_route_replace(struct aws *aws, const char *region, const char *table,
		      struct cidr destination, const char *interface, bool dry, struct err *e);
int ec2_route_delete(struct aws *aws, const char *region, const char *table,
		     struct cidr destination, bool dry, struct err *e);
void ec2_route_tables_done(struct ec2_route_tables *tables);

/* A rule of a security group. */
struct ec2_rule {
	char *id;		/* "sgr-…"; NULL: it is to be made */
	bool egress;
	char *protocol;		/* "tcp", "udp", "icmp", "-1" for all, or a number */
	int64_t from, to;	/* ports; of icmp type and code; -1: all */
	bool ranged;		/* from or to an IPv4 range; else a group, a prefix list or IPv6 */
	struct cidr range;
	char *other;		/* NULL if ranged; "sg-…", "pl-…", IPv6, "" for anything new */
	char *description;	/* NULL: none */
};

struct ec2_group {
	char *id;
	char *mesh;		/* value of its tag cygnet:mesh; NULL: none */
	struct ec2_rule *rules;
	size_t rule_count;
};

struct ec2_groups {
	struct ec2_group *items;
	size_t count;
};

/*
 * DescribeSecurityGroups: those of the VPC that are among ids or whose tag cygnet:mesh is mesh; and
 * their rules by DescribeSecurityGroupRules.
 */
int ec2_groups_read(struct aws *aws, const char *region, const char *vpc, const struct strings *ids,
		    const char *mesh, struct ec2_groups *ret_groups, struct err *e);
/*
 * AuthorizeSecurityGroupIngress of rules with a range, all in one call; those that are there
 * already are no error.
 */
int ec2_rules_add(struct aws *aws, const char *region, const char *group,
		  const struct ec2_rule *rules, size_t count, bool dry, struct err *e);
/* RevokeSecurityGroupIngress, by the rules' ids; those that are gone are no error. */
int ec2_rules_remove(struct aws *aws, const char *region, const char *group,
		     const struct ec2_rule *rules, size_t count, bool dry, struct err *e);
void ec2_rule_copy(const struct ec2_rule *from, struct ec2_rule *ret_rule);
void ec2_rules_done(struct ec2_rule *rules, size_t count);	/* frees the array too */
void ec2_groups_done(struct ec2_groups *groups);

#endif
