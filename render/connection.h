/* connection: what strongSwan is told of a peer in either of its formats alike. */
#ifndef CYGNET_RENDER_CONNECTION_H
#define CYGNET_RENDER_CONNECTION_H

#include "keys/record.h"

/* The connection to a peer and its one child are both called "cygnet-<peer>". Yours to free. */
char *connection_name(const char *peer);

/* The site of a connection name, borrowed from it; NULL when it is not one of ours. */
const char *connection_peer(const char *connection);

/*
 * Of two sites the one with the smaller name initiates; a static peer, which may know nothing of
 * that, always does.
 */
bool connection_initiates(const struct site *own, const struct site *peer);

/*
 * Reqids for peers sorted by name: from the name's hash, the next free one for the later of two that
 * collide. All are in 2^30..2^31-1; charon numbers other connections' from 1 up.
 */
void connection_reqids(const struct sites *peers, uint32_t *ret_reqids);

#endif
