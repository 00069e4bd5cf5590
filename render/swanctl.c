/*
 * swanctl: connections and daemon settings as text. Every option stands in the file, because
 * defaults differ between versions of strongSwan and may be changed on the machine. It knows no
 * path: keys are named as swanctl finds them.
 */
#include "render/swanctl.h"

#include "keys/keyring.h"
#include "render/connection.h"
#include "render/quote.h"

struct option {
	const char *key, *value;
};

static const struct option connection_options[] = {
	{ "version", "2" },
	{ "encap", "yes" },		/* behind 1:1 NAT, and only UDP then needs a rule */
	{ "mobike", "no" },		/* a gateway's address changes through its record */
	{ "fragmentation", "yes" },
	{ "dpd_delay", "10s" },
	{ "keyingtries", "0" },
	{ "unique", "replace" },
	{ "send_certreq", "no" },	/* both ends have the other's key already */
	{ "send_cert", "never" },
	{ "reauth_time", "0s" },
	{ "rekey_time", "4h" },
	{ "over_time", "24m" },
	{ "rand_time", "24m" },
};

static const struct option child_options[] = {
	{ "mode", "tunnel" },
	{ "policies", "yes" },
	{ "ipcomp", "no" },
	{ "inactivity", "0s" },
	{ "replay_window", "32" },
	{ "tfc_padding", "0" },
	{ "rekey_time", "1h" },
	{ "life_time", "66m" },
	{ "rand_time", "6m" },
	{ "rekey_bytes", "0" },
	{ "rekey_packets", "0" },
};

/*
 * One end acts and the other waits: two that do make duplicate SAs. Neither acts when the other
 * closes a child: that is how a rotation ends its old SA, and how one no longer planned goes.
 */
static const struct option initiator_options[] = {
	{ "start_action", "trap" },
	{ "dpd_action", "restart" },
	{ "close_action", "none" },
};

static const struct option responder_options[] = {
	{ "start_action", "none" },
	{ "dpd_action", "clear" },
	{ "close_action", "none" },
};

static void indent(struct buf *out, unsigned depth)
{
	while (depth-- > 0)
		buf_adds(out, "\t");
}

static void section_open(struct buf *out, unsigned depth, const char *name)
{
	indent(out, depth);
	buf_addf(out, "%s {\n", name);
}

static void section_close(struct buf *out, unsigned depth)
{
	indent(out, depth);
	buf_adds(out, "}\n");
}

static void option_add(struct buf *out, unsigned depth, const char *key, const char *value)
{
	indent(out, depth);
	buf_addf(out, "%s = %s\n", key, value);
}

static void options_add(struct buf *out, unsigned depth, const struct option *options,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		option_add(out, depth, options[i].key, options[i].value);
}

/* One quoted value, which swanctl splits at the commas. */
static void list_add(struct buf *out, unsigned depth, const char *key, const struct strings *items)
{
	AUTO_FREE char *joined = strings_join(items, ", ");

	indent(out, depth);
	buf_addf(out, "%s = ", key);
	quote_add(out, joined);
	buf_adds(out, "\n");
}

static void subnets_add(struct buf *out, unsigned depth, const char *key,
			const struct cidrs *subnets)
{
	AUTO_FREE char *joined = cidrs_join(subnets, ", ");

	option_add(out, depth, key, joined);
}

static void end_render(const char *end, const struct site *site, const struct strings *keys,
		       struct buf *out)
{
	char address[ADDRESS_TEXT];

	address_format(site->address, address);
	section_open(out, 2, end);
	option_add(out, 3, "auth", "pubkey");
	option_add(out, 3, "id", address);
	list_add(out, 3, "pubkeys", keys);
	section_close(out, 2);
}

static void key_add(struct strings *keys, const struct site *site, const struct public_key *key)
{
	AUTO_FREE char *name = keyring_public_name(site->name, key);

	strings_add(keys, name);
}

/* Charon signs with the first local key alone, and accepts any remote one. */
static void ends_render(const struct site *own, const struct public_key *signing,
			const struct site *peer, struct buf *out)
{
	CLEANUP(strings_done) struct strings local = { 0 }, remote = { 0 };

	key_add(&local, own, signing);
	for (size_t i = 0; i < peer->key_count; i++)
		key_add(&remote, peer, &peer->keys[i].key);
	end_render("local", own, &local, out);
	end_render("remote", peer, &remote, out);
}

static void child_render(const struct config *config, const struct site *own,
			 const struct site *peer, uint32_t reqid, struct buf *out)
{
	AUTO_FREE char *name = connection_name(peer->name);
	AUTO_FREE char *number = mem_printf("%u", reqid);

	section_open(out, 2, "children");
	section_open(out, 3, name);
	subnets_add(out, 4, "local_ts", &own->subnets);
	subnets_add(out, 4, "remote_ts", &peer->subnets);
	list_add(out, 4, "esp_proposals", &config->esp_proposals);
	option_add(out, 4, "reqid", number);
	options_add(out, 4, child_options, COUNT_OF(child_options));
	if (connection_initiates(own, peer))
		options_add(out, 4, initiator_options, COUNT_OF(initiator_options));
	else
		options_add(out, 4, responder_options, COUNT_OF(responder_options));
	section_close(out, 3);
	section_close(out, 2);
}

void swanctl_render(const struct config *config, const struct site *own,
		    const struct public_key *signing, const struct site *peer, uint32_t reqid,
		    struct buf *out)
{
	AUTO_FREE char *name = connection_name(peer->name);
	char address[ADDRESS_TEXT];

	address_format(peer->address, address);
	section_open(out, 0, "connections");
	section_open(out, 1, name);
	option_add(out, 2, "local_addrs", "%any");
	option_add(out, 2, "remote_addrs", address);
	list_add(out, 2, "proposals", &config->ike_proposals);
	options_add(out, 2, connection_options, COUNT_OF(connection_options));
	ends_render(own, signing, peer, out);
	child_render(config, own, peer, reqid, out);
	section_close(out, 1);
	section_close(out, 0);
}

void strongswan_render(const char *const sections[], struct buf *out)
{
	static const struct option settings[] = {
		{ "make_before_break", "yes" },
		{ "retransmit_timeout", "2.0" },
		{ "retransmit_base", "1.5" },
		{ "retransmit_tries", "4" },
	};

	buf_adds(out, "# A silent peer is given up after 2 + 3 + 4.5 + 6.75 + 10.125 = 26 s.\n");
	for (; *sections != NULL; sections++) {
		section_open(out, 0, *sections);
		options_add(out, 1, settings, COUNT_OF(settings));
		section_close(out, 0);
	}
}
