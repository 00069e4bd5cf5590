/* connection: what strongSwan is told of a peer in either of its formats alike. */
#ifndef CYGNET_RENDER_CONNECTION_H
#define CYGNET_RENDER_CONNECTION_H

#include "keys/record.h"
#include "metadata/tunnels.h"

/* The connection to a peer and its one child are both called "cygnet-<peer>". Yours to free. */
char *connection_name(const char *peer);

/*
 * "cygnet-<peer>.next": where a connection takes one key only, a second one to the same peer, for
 * the key that it is about to use. Yours to free.
 */
char *connection_next_name(const char *peer);

/*
 * "cygnet.files-<hash>": where files are loaded in the background, the one that is loaded last, and
 * that is called otherwise whenever they have changed. Yours to free.
 */
char *connection_last_name(uint32_t hash);

bool connection_is_ours(const char *connection);

/*
 * Whether charon has loaded a second connection to the peer: while it signs with one of two keys,
 * only one of the connections can be initiated.
 */
bool connection_is_twofold(const struct tunnels *tunnels, const char *peer);

/* The connection to initiate after so many tries: of two, they take turns. Yours to free. */
char *connection_tried(const struct tunnels *tunnels, const char *peer, int64_t tries);

/* Whether it is either of the peer's. */
bool connection_is_of(const char *connection, const char *peer);

/* Whose it is; borrowed, NULL: none of theirs. */
const struct site *connection_peer(const char *connection, const struct sites *peers);

/*
 * Of two sites the one with the smaller name initiates; a static peer, which may know nothing of
 * that, always does.
 */
bool connection_initiates(const struct site *own, const struct site *peer);

/*
 * Reqids for peers sorted by name: from the name's hash, the next free one for the later of two
 * that collide. All are in 2^30..2^31-1; charon numbers other connections' from 1 up.
 */
void connection_reqids(const struct sites *peers, uint32_t *ret_reqids);

#endif
