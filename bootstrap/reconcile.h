/* reconcile: one pass from what is observed to a gateway that shows it. */
#ifndef CYGNET_BOOTSTRAP_RECONCILE_H
#define CYGNET_BOOTSTRAP_RECONCILE_H

#include "bootstrap/session.h"
#include "bootstrap/tunnels.h"
#include "keys/mesh.h"
#include "render/plan.h"

/* What a pass decides from. Everything in it is owned. Zeroed is nothing seen yet. */
struct picture {
	struct listing listing;
	bool listed;			/* the registry could be read */
	struct statics statics;
	struct mesh mesh;
	struct site own;		/* as it is to be published */
	bool check_on;			/* the source/dest check of the primary interface */
	bool key_missing;		/* own has a placeholder for its key */
	bool publish;			/* own is to be put into the registry */
};

void picture_done(struct picture *picture);

/*
 * Observe the static peers' files, the cloud and the registry. Where one of the latter fails it is a setback: the peers
 * last applied stay.
 */
int picture_observe(struct session *session, struct picture *picture, struct err *e);

/*
 * Pure: the own site and its peers from what was observed. Without a key own gets a placeholder, whose id is all zeros.
 * A record of the own name from another VPC is EXIT_CONFIG, and so is an own site that no record can hold.
 */
int picture_decide(struct session *session, struct picture *picture, struct err *e);

/*
 * The plan of a picture: its target and what has to be done on this host and in the cloud. It warns of what was refused
 * of the mesh, and changes nothing.
 */
int picture_plan(struct session *session, const struct picture *picture, struct target *ret_target,
		 struct plan *ret_plan, struct err *e);

/* Everything: units, key, cloud, registry, files, services, record, tunnels. The lock is held by the caller. */
int reconcile_full(struct session *session, struct outcome *outcome, struct err *e);

/*
 * What the timer does: a single look at the epoch and at charon while nothing is due, everything otherwise.
 * The lock is held by the caller.
 */
int reconcile_due(struct session *session, struct outcome *outcome, struct err *e);

/* Charon alone, with the peers last applied; no call leaves the machine. The lock is held by the caller. */
int reconcile_tunnels(struct session *session, struct outcome *outcome, struct err *e);

#endif
