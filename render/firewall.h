/* firewall: MSS clamp, and nothing to a peer in the clear, in the words of the host's firewall. */
#ifndef CYGNET_RENDER_FIREWALL_H
#define CYGNET_RENDER_FIREWALL_H

#include "base/buf.h"
#include "keys/record.h"
#include "metadata/distro.h"

#define FIREWALL_FOLDER "/etc/cygnet"

/* What both kinds are rendered from. */
struct firewall_rules {
	unsigned mss;			/* 0: no clamp */
	struct cidrs ranges;		/* of all peers; sorted, none within another */
	struct cidrs gateways;		/* the peers' addresses as /32, likewise */
};

/* The file of a kind, in FIREWALL_FOLDER. Static. */
const char *firewall_file(enum firewall_kind kind);

/*
 * The file's text. Loading it replaces what an earlier one said in one transaction. mss 0 leaves
 * the clamp out. Traffic for a peer's range, forwarded or own, passes only where an IPsec policy or
 * charon's tun device takes it.
 */
void firewall_render(enum firewall_kind kind, unsigned mss, const struct sites *peers,
		     struct buf *out);

#endif
