/*
 * iptables: the rule set as text, in chains of its own, so that loading it again replaces them and
 * touches no other. They are in the table mangle, as filter sees nothing behind the routing, where
 * a packet has its policy. How they are jumped to is systemd's unit's.
 */
#include "render/iptables.h"

#define CLAMP "cygnet-clamp"
#define SEAL "cygnet-seal"

const struct iptables_chain iptables_chains[] = {
	{ CLAMP, "FORWARD" },
	{ SEAL, "POSTROUTING" },
	{ NULL, NULL },
};

static void clamp_render(const struct firewall_rules *rules, struct buf *out)
{
	static const char *const directions[] = { "-d", "-s" };
	char range[CIDR_TEXT];

	for (size_t i = 0; i < rules->ranges.count * COUNT_OF(directions); i++) {
		cidr_format(rules->ranges.items[i / COUNT_OF(directions)], range);
		buf_addf(out,
			 "-A " CLAMP " %s %s -p tcp -m tcp --tcp-flags SYN,RST SYN"
			 " -m tcpmss --mss %u:65535 -j TCPMSS --set-mss %u\n",
			 directions[i % COUNT_OF(directions)], range, rules->mss + 1, rules->mss);
	}
}

static void seal_render(const struct firewall_rules *rules, struct buf *out)
{
	char range[CIDR_TEXT];

	for (size_t i = 0; i < rules->gateways.count; i++) {
		cidr_format(rules->gateways.items[i], range);
		buf_addf(out, "-A " SEAL " -d %s -p udp -m multiport --dports 500,4500"
			 " -j RETURN\n", range);
	}
	for (size_t i = 0; i < rules->ranges.count; i++) {
		cidr_format(rules->ranges.items[i], range);
		buf_addf(out, "-A " SEAL " -d %s ! -o ipsec+ -m policy --dir out --pol none"
			 " -j DROP\n", range);
	}
}

void iptables_render(const struct firewall_rules *rules, struct buf *out)
{
	buf_adds(out, "*mangle\n"
		      "# A chain that is declared is emptied.\n");
	for (size_t i = 0; iptables_chains[i].name != NULL; i++)
		buf_addf(out, ":%s - [0:0]\n", iptables_chains[i].name);
	if (rules->mss > 0) {
		buf_adds(out, "# A host's MSS fits its VPC's jumbo frames, not the tunnel. "
			      "Only lowered.\n");
		clamp_render(rules, out);
	}
	buf_adds(out,
		 "# Packets for a peer, forwarded or own, leave through an IPsec policy or\n"
		 "# charon's tun device, or not at all. IKE and encapsulated ESP pass, should\n"
		 "# a gateway's address lie in a range.\n");
	seal_render(rules, out);
	buf_adds(out, "COMMIT\n");
}
