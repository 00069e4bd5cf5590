/* ipsec: strongSwan's files in starter's format. */
#ifndef CYGNET_RENDER_IPSEC_H
#define CYGNET_RENDER_IPSEC_H

#include "base/buf.h"
#include "keys/record.h"
#include "metadata/config.h"

/*
 * One peer's conn section, every option explicit; conn and child are called as in swanctl's files.
 * The peer has an active key; as a conn takes one key, its next one gets a second conn, which waits
 * for the peer. The own key that signs is given. reqid is static and unique per peer. Only options
 * that strongSwan 5.4 to 6.0 all know. Source: ipsec.conf(5).
 */
void ipsec_render(const struct config *config, const struct site *own,
		  const struct public_key *signing, const struct site *peer, uint32_t reqid,
		  struct buf *out);

/*
 * Starter loads conns one after the other, in the order of its files and in the background: that
 * all are loaded shows in one that is the last of them and has a new name. It is between the ends
 * given, of addresses that nobody comes from, and does nothing.
 */
void ipsec_last_render(const char *name, struct buf *out);
void ipsec_last_ends(struct site *ret_own, struct site *ret_peer);	/* yours to site_done */

/* The lines of ipsec.secrets that tell of own's private keys. Source: ipsec.secrets(5). */
void ipsec_secrets_render(const struct site *own, struct buf *out);

#endif
