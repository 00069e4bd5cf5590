/* tree: every file a gateway should have, as bytes. Pure: no network, clock, root or disk. */
#ifndef CYGNET_RENDER_TREE_H
#define CYGNET_RENDER_TREE_H

#include <sys/types.h>

#include "base/buf.h"
#include "keys/record.h"
#include "metadata/host.h"
#include "render/concern.h"
#include "render/edit.h"

struct tree_file {
	char *path;
	enum edit edit;
	struct buf content;	/* the whole of it, or the lines that an edit is about */
	mode_t mode;		/* of an edit: of a file to be made; 0: it has to be there */
	enum concern concern;
};

/* Sorted by path; paths are unique. Zeroed is empty. */
struct tree {
	struct tree_file *files;
	size_t count;
};

/* All borrowed. */
struct tree_inputs {
	const struct host *host;
	const struct config *config;
	const struct site *own;		/* as it is to be published: name, address, subnets, keys */
	const struct public_key *signing;	/* which of own's keys signs; NULL: the active */
	const struct sites *peers;	/* sorted by name */
	const char *interface;		/* kernel name of the primary interface, "ens5" */
	const char *program;		/* absolute path of cygnet itself, for the units */
};

/*
 * cygnet's own units; of those that a package has put there, only one that has to differ on this
 * host. Needs no peers and no keys (own and peers may be NULL).
 */
void tree_units(const struct tree_inputs *inputs, struct tree *ret_tree);

/*
 * Everything, units included. Own without an active key, as in a plan before it is made: no
 * connections yet, nor the peers' keys.
 */
void tree_all(const struct tree_inputs *inputs, struct tree *ret_tree);

/* With starter, the connection that is loaded last of the tree's; else NULL. Yours to free. */
char *tree_last_connection(const struct tree_inputs *inputs, const struct tree *tree);

/*
 * Where files may lie that an earlier run wrote and this one no longer wants: names in folder
 * beginning and ending so are cygnet's own. Private keys are not among them.
 */
struct owned_pattern {
	char *folder;
	const char *prefix, *suffix;	/* static; suffix NULL: the prefix is the whole name */
	const char *opening;		/* static; others' files begin otherwise; NULL: no others */
	enum concern concern;
};

/* Fill ret_patterns (yours to owned_patterns_done); those of units are among tree_owned's. */
void tree_units_owned(const struct host *host, struct owned_pattern **ret_patterns,
		      size_t *ret_count);
void tree_owned(const struct host *host, struct owned_pattern **ret_patterns, size_t *ret_count);
void owned_patterns_done(struct owned_pattern *patterns, size_t count);

/* For the renderers: add a file to the tree, taking what *content holds. */
void tree_add(struct tree *tree, const char *path, struct buf *content, mode_t mode,
	      enum concern concern);
/* Likewise, lines that should stand in a file which the distribution owns; it keeps its mode. */
void tree_edit(struct tree *tree, const char *path, enum edit edit, struct buf *lines, mode_t mode,
	       enum concern concern);
/* Borrowed, or NULL. */
const struct tree_file *tree_find(const struct tree *tree, const char *path);
void tree_done(struct tree *tree);

#endif
