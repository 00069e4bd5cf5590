/* target: what the gateway should be, decided from what was observed of the world. Pure. */
#ifndef CYGNET_RENDER_TARGET_H
#define CYGNET_RENDER_TARGET_H

#include "metadata/tunnels.h"
#include "render/sysctl.h"
#include "render/tree.h"

/* A unit of systemd and how it should be. */
struct wanted_unit {
	const char *name;		/* static */
	enum concern concern;		/* whose step starts it */
	bool own;			/* one of cygnet's */
	bool enabled, active;		/* both false: it must be off */
};

/* What has to get its SELinux label when files of a concern were written. */
struct wanted_label {
	char *path;			/* a file, or a folder with all that is in it */
	enum concern concern;
};

struct target {
	struct tree tree;
	struct owned_pattern *patterns;	/* where files of an earlier run may lie */
	size_t pattern_count;
	struct kernel_settings kernel;
	struct wanted_unit *units;
	size_t unit_count;
	const char *load;		/* static; what loading charon is called */
	struct wanted_label *labels;	/* none where files have no labels */
	size_t label_count;
	struct connection *connections;	/* what charon should have loaded, sorted by name */
	size_t connection_count;
};

/* inputs as for tree_all. The result is yours to target_done. */
void target_make(const struct tree_inputs *inputs, struct target *ret_target);

/* Only cygnet's own units: what stands before any remote call. inputs as for tree_units. */
void target_units(const struct tree_inputs *inputs, struct target *ret_target);

void target_done(struct target *target);

#endif
