/* plan: what has to be done so that the host observed becomes the target. Pure. */
#ifndef CYGNET_RENDER_PLAN_H
#define CYGNET_RENDER_PLAN_H

#include "aws/ec2.h"
#include "metadata/service.h"
#include "render/target.h"

/* A file as found. */
struct observed_file {
	char *path;
	bool present;
	struct buf content;
	mode_t mode;
	enum concern concern;
};

/* What was found on the host, in the order of the target that it was looked up for. */
struct observation {
	struct observed_file *files;	/* one for each of target->tree.files */
	struct observed_file *stale;	/* those the target's patterns own and its tree lacks */
	size_t file_count, stale_count;
	char **kernel;			/* one for each of target->kernel.items; NULL: unreadable */
	size_t kernel_count;
	struct service *services;	/* one for each of target->units */
	struct tunnels *charon;		/* NULL: it does not answer */
	bool behind[CONCERN_COUNT];	/* who hears of its files may follow others than on disk */
	bool charon_silent;		/* its unit runs, mute: another flavour took the socket */
};

void observed_file_done(struct observed_file *file);
void observation_done(struct observation *observation);

/* What was found of the site itself. Of the cloud around it render/cloud plans. */
struct site_observation {
	bool key_missing;		/* no key pair on disk yet */
	unsigned key_bits;		/* of the one to make */
	const struct strings *unused;	/* another instance's key files, which go; NULL: none */
	const char *record, *epoch;	/* borrowed names of parameters to publish; NULL: none */
};

enum action_kind {
	ACTION_MAKE_KEY,		/* bits */
	ACTION_WIPE_KEY,		/* name: the file */
	ACTION_SOURCE_DEST_CHECK_OFF,	/* name: the network interface */
	ACTION_WRITE,			/* file */
	ACTION_REMOVE,			/* file */
	ACTION_RELABEL,			/* name: the file, or the folder and all that is in it */
	ACTION_RELOAD_SYSTEMD,
	ACTION_ENABLE, ACTION_DISABLE,	/* name: the unit, as for the next four */
	ACTION_REENABLE,
	ACTION_START, ACTION_RESTART, ACTION_RELOAD,
	ACTION_SET_KERNEL,		/* name, value */
	ACTION_RELOAD_SETTINGS,		/* charon's */
	ACTION_LOAD,			/* credentials, connections, verified; name: command */
	ACTION_PUBLISH,			/* name: the parameter, the record's before the epoch's */
	ACTION_INITIATE,		/* name: the connection */
	ACTION_TERMINATE,		/* name: the connection; sa; value: why */
	ACTION_TERMINATE_CHILD,		/* name: the connection; sa: the child's id; value: why */
	ACTION_CLAIM,			/* name: the record's parameter */
	ACTION_ASSOCIATE,		/* name: the allocation; value: the interface; address */
	ACTION_DISASSOCIATE,		/* name: the association; address */
	ACTION_ROUTE_CREATE,		/* name: the route table; value: the interface; range */
	ACTION_ROUTE_REPLACE,		/* likewise */
	ACTION_ROUTE_DELETE,		/* name, range */
	ACTION_RULES_ADD,		/* name: the security group; rules */
	ACTION_RULES_REMOVE,
};

struct action {
	enum action_kind kind;
	enum concern concern;		/* whose step it is; of those that concern the host */
	char *name;
	char *value;
	unsigned bits;
	uint32_t sa;
	uint32_t address;
	bool reassociate;		/* of ACTION_ASSOCIATE: either end has another one */
	bool force;			/* of ACTION_TERMINATE: the peer is gone, no waiting */
	struct cidr range;
	struct ec2_rule *rules;
	size_t rule_count;
	struct {			/* of ACTION_WRITE and ACTION_REMOVE */
		struct buf content, before;	/* before: to roll back to */
		mode_t mode, before_mode;	/* 0: to be edited, and missing; before: no file */
	} file;
};

/* A pass goes through these one after the other. */
enum phase {
	PHASE_HOST,			/* key, files, units, kernel, charon, source/dest check */
	PHASE_CLAIM,
	PHASE_ADDRESS,
	PHASE_PUBLISH,
	PHASE_NETWORK,			/* routes and rules */
	PHASE_TUNNELS
};

/* In the order in which they are to be done. Zeroed is empty: nothing to do. */
struct plan {
	struct action *actions;
	size_t count;
};

/*
 * Diff the target against what was observed. concerns is a bit set (1u << CONCERN_…) of the parts
 * to plan; site may be NULL (nothing but the host).
 */
void plan_make(const struct target *target, const struct observation *observation,
	       unsigned concerns, const struct site_observation *site, struct plan *ret_plan);

/* Append an action that has a name only; value may be NULL. Both are copied. */
struct action *plan_add(struct plan *plan, enum action_kind kind, const char *name,
			const char *value);

/* When an action's turn is, in a pass that gets there. */
enum phase action_phase(const struct action *action);
/* Put actions of several makers into the order of their phases; those of one phase keep theirs. */
void plan_sort(struct plan *plan);

/* Append the actions of another plan, which is empty after it. */
void plan_append(struct plan *plan, struct plan *taken);

/* One line that says what an action does, in the words of the tool it uses. Yours to free. */
char *action_text(const struct action *action);
/* Whether it concerns a file; the others are calls. */
bool action_is_file(const struct action *action);

void plan_done(struct plan *plan);

#endif
