/*
 * firewall: what the rules are about, and which file holds them. How they are written is the
 * business of a renderer each.
 */
#include "render/firewall.h"

#include "render/iptables.h"
#include "render/nftables.h"

const char *firewall_file(enum firewall_kind kind)
{
	static const char *const files[] = {
		[FIREWALL_NFT] = FIREWALL_FOLDER "/cygnet.nft",
		[FIREWALL_IPTABLES] = FIREWALL_FOLDER "/cygnet.iptables",
	};

	return files[kind];
}

/* Sorted, and so without ranges within others, with which nft refuses a set. */
static void ranges_collect(const struct sites *peers, struct cidrs *ret_ranges)
{
	struct cidrs ranges = { 0 };

	for (size_t i = 0; i < peers->count; i++)
		for (size_t k = 0; k < peers->items[i].subnets.count; k++)
			cidrs_add(&ranges, peers->items[i].subnets.items[k]);
	cidrs_sort(&ranges);
	*ret_ranges = ranges;
}

static void gateways_collect(const struct sites *peers, struct cidrs *ret_gateways)
{
	struct cidrs gateways = { 0 };

	for (size_t i = 0; i < peers->count; i++)
		cidrs_add(&gateways, (struct cidr){ peers->items[i].address, 32 });
	cidrs_sort(&gateways);
	*ret_gateways = gateways;
}

void firewall_render(enum firewall_kind kind, unsigned mss, const struct sites *peers,
		     struct buf *out)
{
	static void (*const renderers[])(const struct firewall_rules *rules, struct buf *out) = {
		[FIREWALL_NFT] = nftables_render,
		[FIREWALL_IPTABLES] = iptables_render,
	};
	struct firewall_rules rules = { .mss = mss };

	ranges_collect(peers, &rules.ranges);
	gateways_collect(peers, &rules.gateways);
	renderers[kind](&rules, out);
	cidrs_done(&rules.ranges);
	cidrs_done(&rules.gateways);
}
