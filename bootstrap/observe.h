/* observe: looking at the host, for the plan to compare with the target. */
#ifndef CYGNET_BOOTSTRAP_OBSERVE_H
#define CYGNET_BOOTSTRAP_OBSERVE_H

#include "bootstrap/session.h"
#include "render/plan.h"

/*
 * Read what target speaks of: its files and the stale ones, kernel settings, units, the rule set,
 * and charon. Below a root that is not the machine's, units count as absent and charon as silent.
 * Nothing is changed.
 */
int observe_host(const struct session *session, const struct target *target,
		 struct observation *ret_observation, struct err *e);

#endif
