/* membership: an instance is one site, and stays it when the settings begin to name another. */
#ifndef CYGNET_BOOTSTRAP_MEMBERSHIP_H
#define CYGNET_BOOTSTRAP_MEMBERSHIP_H

#include "bootstrap/session.h"

/*
 * State and settings are read: see that both are about the same site. What is not said on disk yet
 * is what the settings name. Where they name another one than this instance has filled, and not
 * left,
 * - a `leave` that was begun, or is now, is about the one on disk, and the settings are made so;
 * - `bootstrap --claim` goes on, and its membership_renew leaves that behind;
 * - any other run is EXIT_CONFIG, with the ways out.
 * One that was never filled is forgotten: it was a slip.
 */
int membership_settle(struct session *session, struct err *e);

/*
 * A run that is to make this instance a gateway begins. True: as a fresh one of another site than
 * it was. Nothing of the state is kept then but the routes that were made, so that those which the
 * new site does not need go.
 */
bool membership_renew(struct session *session);

#endif
