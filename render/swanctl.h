/* swanctl: strongSwan's files in swanctl's format. */
#ifndef CYGNET_RENDER_SWANCTL_H
#define CYGNET_RENDER_SWANCTL_H

#include "base/buf.h"
#include "keys/record.h"
#include "metadata/distro.h"

/*
 * One peer's conf.d file, every option explicit. The peer has an active key, and both its keys are
 * accepted; the own one that signs is given. reqid is static and unique per peer. Only options that
 * strongSwan 5.6 to 6.0 all know, as others make them discard the connection.
 * Source: swanctl.conf(5).
 */
void swanctl_render(const struct config *config, const struct site *own,
		    const struct public_key *signing, const struct site *peer, uint32_t reqid,
		    struct buf *out);

/*
 * The strongswan.conf drop-in: make-before-break and retransmission, in each section that this
 * daemon reads. sections ends with NULL. Source: strongswan.conf(5).
 */
void strongswan_render(const char *const sections[], struct buf *out);

#endif
