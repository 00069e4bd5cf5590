/* tunnels: tending what charon has established, and how a pass ended. */
#ifndef CYGNET_BOOTSTRAP_TUNNELS_H
#define CYGNET_BOOTSTRAP_TUNNELS_H

#include "bootstrap/session.h"

/* How a pass ended. Zeroed is a mesh without peers. */
struct outcome {
	size_t peers, up;
	bool changed;			/* anything was written, called or published */
	bool behind;			/* the registry or EC2 has news that this pass has not read */
	bool ended;			/* the site is not this instance's any more */
	struct strings lines;		/* one a tunnel, in the order of the peers */
};

void outcome_done(struct outcome *outcome);

/* Whether charon answers at all. */
bool tunnels_observable(const struct session *session);

/*
 * These peers have another gateway: what charon has established with the one before is no tunnel any more, though its
 * address may be the same, and would look like one until charon gives it up. The lock is held.
 */
int tunnels_renew(struct session *session, const struct strings *peers, struct err *e);

/* Judge every tunnel, initiate and terminate what has to be, and say in outcome how they are. The lock is held. */
int tunnels_tend(struct session *session, const struct site *own, const struct sites *peers, struct outcome *outcome,
		 struct err *e);

#endif
