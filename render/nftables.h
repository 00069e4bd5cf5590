/* nftables: the firewall as the table "cygnet". */
#ifndef CYGNET_RENDER_NFTABLES_H
#define CYGNET_RENDER_NFTABLES_H

#include "render/firewall.h"

#define NFTABLES_TABLE "ip cygnet"	/* family and name, for nft(8) */

/*
 * The whole table, replacing what was there in one transaction when `nft -f` loads it.
 * Without peers its sets are empty.
 */
void nftables_render(const struct firewall_rules *rules, struct buf *out);

#endif
