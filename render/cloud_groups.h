/* cloud_groups: what each security group of the mesh misses or has too much of, for this room. */
#ifndef CYGNET_RENDER_CLOUD_GROUPS_H
#define CYGNET_RENDER_CLOUD_GROUPS_H

#include "render/cloud.h"
#include "render/rules.h"

/* A security group. */
struct cloud_group {
	const struct ec2_group *seen;	/* borrowed */
	bool attached;			/* to our interface: together these let in what any does */
	bool managed;			/* what is missing is added, and its excess removed */
	size_t counted;			/* rules that count against its quota */
	const struct rules *want;	/* borrowed from the list */
	struct rules missing;		/* wanted, and let in by nothing that stays */
	struct rules excess;		/* its own ones that are not wanted */
};

struct cloud_groups {
	struct cloud_group *items;	/* in the order of the groups */
	size_t count;
	/* What they want: the gateway's group, tagged ones of the VPC, the rest. */
	struct rules gateway, others, nothing;
	struct rules egress_missing;	/* what no attached group lets out */
};

/*
 * Judge the groups, whose interface and rules are known; groups is zeroed, and stays where it is. A
 * gateway whose group cannot be told is a warning, and none of those attached is managed.
 */
void groups_make(const struct cloud_inputs *inputs, struct cloud_groups *groups,
		 struct strings *warnings);
void groups_done(struct cloud_groups *groups);

/* The attached ones, for a message: "sg-1', 'sg-2". Yours to free. */
char *groups_attached(const struct cloud_groups *groups);

/* Warn of rules of attached groups that let the whole world in by SSH. */
void groups_ssh_warn(const struct cloud_groups *groups, struct strings *warnings);

/* What the site's rules are described as. Yours to free. */
char *groups_description(const struct config *config);
bool rule_is_own(const struct ec2_rule *rule, const char *description);

#endif
