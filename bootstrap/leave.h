/* leave: taking the own site out of the mesh. */
#ifndef CYGNET_BOOTSTRAP_LEAVE_H
#define CYGNET_BOOTSTRAP_LEAVE_H

#include "bootstrap/tunnels.h"

/* Whether one was begun, and is to be finished. */
bool leave_is_on(const struct session *session);

/*
 * A pass that goes on with a `leave` that was killed, or that a registry or EC2 which did not
 * answer has kept from its end. What is done already is not done again. The lock is held by the
 * caller.
 */
int leave_finish(struct session *session, struct outcome *outcome, struct err *e);

#endif
