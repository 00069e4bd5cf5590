/*
 * nftables: the rule set as text. All of it is in one table of its own, so that loading it again
 * replaces it and touches no other.
 */
#include "render/nftables.h"

static void set_render(const char *name, const struct cidrs *elements, struct buf *out)
{
	AUTO_FREE char *joined = cidrs_join(elements, ",\n\t\t\t");

	buf_addf(out, "\tset %s {\n\t\ttype ipv4_addr\n\t\tflags interval\n", name);
	if (elements->count > 0)
		buf_addf(out, "\t\telements = {\n\t\t\t%s\n\t\t}\n", joined);
	buf_adds(out, "\t}\n\n");
}

static void clamp_render(unsigned mss, struct buf *out)
{
	static const char *const directions[] = { "daddr", "saddr" };

	buf_adds(out,
		 "\t# A host's MSS fits its VPC's jumbo frames, not the tunnel. Only lowered.\n"
		 "\tchain clamp {\n"
		 "\t\ttype filter hook forward priority mangle; policy accept;\n");
	for (size_t i = 0; i < COUNT_OF(directions); i++)
		buf_addf(out,
			 "\t\tip %s @ranges tcp flags & (syn | rst) == syn"
			 " tcp option maxseg size > %u tcp option maxseg size set %u\n",
			 directions[i], mss, mss);
	buf_adds(out, "\t}\n\n");
}

/*
 * A rule a range and no set of them: with the rules a set is replaced as well, and whoever looks it
 * up in that moment finds nothing. The set of gateways only says what passes.
 */
static void seal_render(const struct cidrs *ranges, struct buf *out)
{
	char range[CIDR_TEXT];

	buf_adds(out,
		 "\t# Packets for a peer, forwarded or own, leave through an IPsec policy or\n"
		 "\t# charon's tun device, or not at all. IKE and encapsulated ESP pass, should\n"
		 "\t# a gateway's address lie in a range.\n"
		 "\tchain seal {\n"
		 "\t\ttype filter hook postrouting priority filter; policy accept;\n"
		 "\t\tip daddr @gateways udp dport { 500, 4500 } accept\n"
		 "\t\trt ipsec exists accept\n"
		 "\t\toifname \"ipsec*\" accept\n");
	for (size_t i = 0; i < ranges->count; i++) {
		cidr_format(ranges->items[i], range);
		buf_addf(out, "\t\tip daddr %s counter drop\n", range);
	}
	buf_adds(out, "\t}\n");
}

void nftables_render(const struct firewall_rules *rules, struct buf *out)
{
	buf_adds(out, "# Declared before it is deleted, so that the first load does not fail.\n"
		      "table " NFTABLES_TABLE "\n"
		      "delete table " NFTABLES_TABLE "\n\n"
		      "table " NFTABLES_TABLE " {\n");
	set_render("ranges", &rules->ranges, out);
	set_render("gateways", &rules->gateways, out);
	if (rules->mss > 0)
		clamp_render(rules->mss, out);
	seal_render(&rules->ranges, out);
	buf_adds(out, "}\n");
}
