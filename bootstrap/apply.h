/* apply: carrying out a plan on the host. */
#ifndef CYGNET_BOOTSTRAP_APPLY_H
#define CYGNET_BOOTSTRAP_APPLY_H

#include "bootstrap/session.h"
#include "render/plan.h"

/*
 * Do the plan's actions on this host in order, each with a line on the log. What fails in the
 * kernel's settings or the time daemon is a setback, and the rest of that concern is skipped;
 * anything else stops the run. Loading charon is verified against target: where it shows something
 * else, the files of this plan that charon reads go back to what they were, are loaded again, and
 * the run stops with the reason. Below a root that is not the machine's only files are written.
 */
int apply_plan(struct session *session, const struct target *target, const struct plan *plan,
	       struct err *e);

/*
 * Note, until a plan's actions of the concern are done, that who has to hear of its files may
 * follow others than those on disk. It is noted before the first file is touched: should the run
 * fail or be killed then, the next plan makes up for it.
 */
int apply_behind(const struct session *session, enum concern concern, struct err *e);

/* Whether that is noted. */
bool apply_is_behind(const struct session *session, enum concern concern);

#endif
