/* tunnels: tending what charon has established, and how a pass ended. */
#ifndef CYGNET_BOOTSTRAP_TUNNELS_H
#define CYGNET_BOOTSTRAP_TUNNELS_H

#include "bootstrap/session.h"
#include "render/bringup.h"

/* How a pass ended. Zeroed is a mesh without peers. */
struct outcome {
	size_t peers, up;
	bool changed;			/* anything was written, called or published */
	bool behind;			/* the registry has news that this pass has not read */
	bool ended;			/* the site is not this instance's any more */
	struct strings lines;		/* one a tunnel, in the order of the peers */
	bool moving;			/* a rotation or a revocation: another pass soon helps */
	bool overdue;			/* its holders have had all the time they get */
	struct strings rotation;	/* one line a peer on that, in their order */
	struct strings holders;		/* peers that keep it from its next step */
};

void outcome_done(struct outcome *outcome);

/* Whether charon answers at all. */
bool tunnels_observable(const struct session *session);

int tunnels_observe(const struct session *session, struct tunnels *ret_tunnels, struct err *e);

/* Do what a plan initiates and terminates. A tunnel that cannot start or stop is a setback. */
void tunnels_act(struct session *session, const struct plan *plan);

/*
 * Who of the peers was replaced since the last pass, and what charon has established by now: to be
 * asked before their keys are loaded. Yours to replaced_done.
 */
void tunnels_replaced(const struct session *session, const struct sites *peers,
		      struct replaced *ret_replaced);

/*
 * Judge every tunnel, initiate and terminate what has to be, and say in outcome how they are.
 * replaced may be NULL. The lock is held.
 */
int tunnels_tend(struct session *session, const struct site *own, const struct sites *peers,
		 const struct replaced *replaced, struct outcome *outcome, struct err *e);

#endif
