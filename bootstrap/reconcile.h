/* reconcile: one pass from what is observed to a gateway that shows it. */
#ifndef CYGNET_BOOTSTRAP_RECONCILE_H
#define CYGNET_BOOTSTRAP_RECONCILE_H

#include "bootstrap/session.h"
#include "bootstrap/tunnels.h"

/*
 * Everything: units, key, registry, VPC, files, services, claim, address, record, routes, rules,
 * tunnels; or, where the site is not this instance's any more, what ends that. The lock is held by
 * the caller.
 */
int reconcile_full(struct session *session, struct outcome *outcome, struct err *e);

/*
 * What the timer does: a single look at the epoch and at charon while nothing is due, everything
 * otherwise. The lock is held by the caller.
 */
int reconcile_due(struct session *session, struct outcome *outcome, struct err *e);

/* Charon alone, with the peers last applied; no call leaves the host. The caller holds the lock. */
int reconcile_tunnels(struct session *session, struct outcome *outcome, struct err *e);

#endif
