/* picture: what a pass decides from, and what it decides. */
#ifndef CYGNET_BOOTSTRAP_PICTURE_H
#define CYGNET_BOOTSTRAP_PICTURE_H

#include "bootstrap/session.h"
#include "keys/mesh.h"
#include "keys/succession.h"
#include "render/cloud.h"
#include "render/plan.h"
#include "render/tree.h"

/* Everything in it is owned. Zeroed is nothing seen yet. */
struct picture {
	/* observed */
	struct statics statics;
	struct cloud cloud;
	struct err no_subnets;		/* why the own zone's could not be read */
	struct listing listing;
	bool news;			/* what was not announced is known, and need not be read */
	bool listed;			/* the registry could be read */
	bool licensed;			/* and the own record, if any: it and EC2 may be written */
	/* decided */
	struct site own;		/* to be published; version is that of the record found */
	bool key_missing;		/* own has a placeholder for its key */
	struct succession succession;	/* borrows from listing; without one, what is remembered */
	bool claims;			/* first of all, own's name goes over the record found */
	bool publish;			/* own is to be put into the registry */
	struct mesh mesh;
};

void picture_done(struct picture *picture);

/* The own site's record in the registry; borrowed, NULL: none. */
const struct site *picture_found(const struct picture *picture);

/* Whether the site is another instance's by now, or nobody's. */
bool picture_ended(const struct picture *picture);

/*
 * What render/cloud goes by; borrowed. Of what is not the site's to have nothing is known: neither
 * is what it may write.
 */
struct cloud_inputs picture_cloud_inputs(const struct session *session,
					 const struct picture *picture);

/*
 * Observe the static peers' files, the VPC and the registry. Where one of the latter fails it is a
 * setback: what was applied last stays.
 */
int picture_observe(struct session *session, struct picture *picture, struct err *e);

/* The registry alone. */
void picture_observe_registry(struct session *session, struct picture *picture);

/* --- picture_decide.c --- */

/*
 * Decide who fills the site, and so own and its peers; no peers once that has ended. Without a key
 * own gets a placeholder, whose id is all zeros. An 'address' that cannot be had is a setback: own
 * keeps the one that it had; an own record that cannot be understood is one, and may be a
 * successor's: only a claim goes over it. A record of the own name from another VPC is EXIT_CONFIG,
 * and so is an own site that no record can hold.
 */
int picture_decide(struct session *session, struct picture *picture, struct err *e);

/* The same of who fills the site, and nothing else. */
int picture_judge(struct session *session, struct picture *picture, struct err *e);

/* The own site as it was applied last: what there is to go by until the next picture. */
void picture_remember(struct session *session, struct site *ret_own);

/* --- picture_plan.c --- */

/* Inputs that stay borrowed. own and peers as for tree_units and tree_all. */
struct tree_inputs picture_tree_inputs(const struct session *session, const struct site *own,
				       const struct sites *peers);

/*
 * The plan of a picture: its target and what has to be done, on this host, to the record and in the
 * VPC. It warns of what was refused of the mesh and of what is amiss in the VPC, and changes
 * nothing.
 */
int picture_plan(struct session *session, const struct picture *picture, struct target *ret_target,
		 struct plan *ret_plan, struct err *e);

/* The routes that are cygnet's once this picture's plan is done, as cloud_routes_made. */
void picture_routes(const struct session *session, const struct picture *picture,
		    struct made_route **ret_routes, size_t *ret_count);

#endif
