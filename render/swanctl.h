/* swanctl: strongSwan's files in swanctl's format. */
#ifndef CYGNET_RENDER_SWANCTL_H
#define CYGNET_RENDER_SWANCTL_H

#include "base/buf.h"
#include "keys/record.h"
#include "metadata/distro.h"

/* The connection to a peer and its one child are both called "cygnet-<peer>". Yours to free. */
char *swanctl_name(const char *peer);

/* The site of a connection name, borrowed from it; NULL when it is not one of ours. */
const char *swanctl_peer(const char *connection);

/* Of two sites the one with the smaller name initiates. */
bool swanctl_initiates(const char *own, const char *peer);

/*
 * One peer's conf.d file, every option explicit. Both sites have an active key. reqid is static and unique per peer.
 * Only options that strongSwan 5.6 to 6.0 all know, as others make them discard the connection.
 * Source: swanctl.conf(5).
 */
void swanctl_render(const struct config *config, const struct site *own, const struct site *peer, uint32_t reqid,
		    struct buf *out);

/*
 * Reqids for peers sorted by name: from the name's hash, the next free one for the later of two that collide.
 * All are in 2^30..2^31-1; charon numbers other connections' from 1 up.
 */
void swanctl_reqids(const struct sites *peers, uint32_t *ret_reqids);

/*
 * The strongswan.conf drop-in: make-before-break and retransmission, in each section that this daemon reads.
 * sections ends with NULL. Source: strongswan.conf(5).
 */
void strongswan_render(const char *const sections[], struct buf *out);

#endif
