/* cloud_walls: the security groups of the mesh, and what each lacks or has too many, for this room's use. */
#ifndef CYGNET_RENDER_CLOUD_WALLS_H
#define CYGNET_RENDER_CLOUD_WALLS_H

#include "render/cloud.h"
#include "render/rules.h"

/* A security group. */
struct wall {
	const struct ec2_group *group;	/* borrowed */
	bool worn;			/* by the gateway's interface: these let in together what any of them lets in */
	bool managed;			/* what it lacks is added, and its excess removed */
	size_t holds;			/* rules that count against its quota */
	const struct rules *want;	/* borrowed from the walls */
	struct rules lack;		/* wanted, and let in by nothing that stays */
	struct rules excess;		/* its own ones that are not wanted */
};

struct walls {
	struct wall *items;		/* in the order of the groups */
	size_t count;
	struct rules gateway, others, nothing;	/* what they want: the gateway's group, tagged ones of the VPC */
	struct rules egress_lack;	/* what no worn group lets out */
};

/*
 * Judge the groups, whose interface and rules are known; walls is zeroed, and stays where it is. A gateway whose group
 * cannot be told is a warning, and none of those that it wears is managed.
 */
void walls_make(const struct cloud_inputs *inputs, struct walls *walls, struct strings *warnings);
void walls_done(struct walls *walls);

/* The worn ones, for a message: "sg-1', 'sg-2". Yours to free. */
char *walls_worn(const struct walls *walls);

/* Warn of rules of worn groups that let the whole world in by SSH. */
void walls_ssh_warn(const struct walls *walls, struct strings *warnings);

/* What the site's rules are described as. Yours to free. */
char *walls_description(const struct config *config);
bool rule_is_own(const struct ec2_rule *rule, const char *description);

#endif
