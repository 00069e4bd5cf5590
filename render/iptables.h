/* iptables: the firewall as chains of the table mangle. */
#ifndef CYGNET_RENDER_IPTABLES_H
#define CYGNET_RENDER_IPTABLES_H

#include "render/firewall.h"

/* A chain of cygnet's, and the one of the kernel's that has to jump into it. */
struct iptables_chain {
	const char *name, *from;
};

/* All of them, whatever the rules; ends with a NULL name. Static. */
extern const struct iptables_chain iptables_chains[];

/*
 * The chains, replacing what was in them in one transaction when `iptables-restore --noflush` loads
 * it. The jumps into them are no part of it. Source: iptables-extensions(8).
 */
void iptables_render(const struct firewall_rules *rules, struct buf *out);

#endif
