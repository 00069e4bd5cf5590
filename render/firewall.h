/* nftables: the table "cygnet": MSS clamp, and nothing to a peer in the clear. */
#ifndef CYGNET_RENDER_FIREWALL_H
#define CYGNET_RENDER_FIREWALL_H

#include "base/buf.h"
#include "keys/record.h"

#define NFTABLES_FILE "/etc/cygnet/cygnet.nft"
#define NFTABLES_TABLE "ip cygnet"	/* family and name, for nft(8) */

/*
 * The whole table, replacing what was there in one transaction when `nft -f` loads it. mss 0 leaves the clamp out.
 * Traffic for a peer's range, forwarded or own, passes only where an IPsec policy or charon's tun device takes it.
 * Without peers the table's sets are empty.
 */
void nftables_render(unsigned mss, const struct sites *peers, struct buf *out);

#endif
