/*
 * ipsec: a peer as a conn section, and the own key as a secret. Every option stands in the section,
 * as the machine's own ipsec.conf may have a `conn %default`, which starter applies to every conn,
 * also to those it includes. It knows no path: keys are named as strongSwan finds them.
 */
#include "render/ipsec.h"

#include "keys/keyring.h"
#include "render/connection.h"

struct option {
	const char *key, *value;
};

static const struct option conn_options[] = {
	{ "keyexchange", "ikev2" },
	{ "type", "tunnel" },
	{ "fragmentation", "yes" },
	{ "forceencaps", "yes" },	/* behind 1:1 NAT, and only UDP then needs a rule */
	{ "mobike", "no" },		/* a gateway's address changes through its record */
	{ "keyingtries", "%forever" },
	{ "dpddelay", "10s" },
	{ "closeaction", "none" },	/* as with swanctl */
	{ "reauth", "no" },
	{ "rekey", "yes" },
	{ "ikelifetime", "4h" },
	{ "lifetime", "66m" },
	{ "margintime", "6m" },
	{ "rekeyfuzz", "100%" },
	{ "inactivity", "0s" },
	{ "compress", "no" },
	{ "installpolicy", "yes" },
	{ "mark", "" },
};

/*
 * What a `conn %default` may have that would break a section, which takes it back by naming it
 * without a value. The article's has rsasigkey: an alias of sigkey, and the inherited one wins.
 */
static const char *const end_resets[] = {
	"rsasigkey", "cert", "certpolicy", "ca", "groups", "auth2", "protoport", "sourceip",
};

static void option_add(struct buf *out, const char *key, const char *value)
{
	buf_addf(out, "    %s=%s\n", key, value);
}

/* Without the '!' charon adds its own, weaker proposals. */
static void proposals_add(struct buf *out, const char *key, const struct strings *proposals)
{
	AUTO_FREE char *joined = strings_join(proposals, ",");

	buf_addf(out, "    %s=%s!\n", key, joined);
}

/* side: "left" is always the own one. site_key: NULL for none. */
static void end_render(const char *side, const char *address, const struct site *site,
		       const struct public_key *site_key, struct buf *out)
{
	AUTO_FREE char *key = site_key ? keyring_public_name(site->name, site_key) : mem_strdup("");
	AUTO_FREE char *subnets = cidrs_join(&site->subnets, ",");
	char id[ADDRESS_TEXT];

	address_format(site->address, id);
	buf_addf(out, "    %s=%s\n", side, address ? address : id);
	buf_addf(out, "    %sid=%s\n", side, id);
	buf_addf(out, "    %sauth=pubkey\n", side);
	buf_addf(out, "    %ssigkey=%s\n", side, key);
	buf_addf(out, "    %ssendcert=never\n", side);
	buf_addf(out, "    %ssubnet=%s\n", side, subnets);
	for (size_t i = 0; i < COUNT_OF(end_resets); i++)
		buf_addf(out, "    %s%s=\n", side, end_resets[i]);
}

/* A peer's conn and who it is between. */
struct conn {
	const struct config *config;
	const struct site *own, *peer;
	const struct public_key *own_key, *peer_key;
	uint32_t reqid;
	bool initiates;
};

static void conn_render(const struct conn *conn, const char *name, struct buf *out)
{
	buf_addf(out, "conn %s\n", name);
	for (size_t i = 0; i < COUNT_OF(conn_options); i++)
		option_add(out, conn_options[i].key, conn_options[i].value);
	proposals_add(out, "ike", &conn->config->ike_proposals);
	proposals_add(out, "esp", &conn->config->esp_proposals);
	buf_addf(out, "    reqid=%u\n", conn->reqid);
	end_render("left", "%any", conn->own, conn->own_key, out);
	end_render("right", NULL, conn->peer, conn->peer_key, out);
	option_add(out, "dpdaction", conn->initiates ? "restart" : "clear");
	option_add(out, "auto", conn->initiates ? "route" : "add");
}

void ipsec_render(const struct config *config, const struct site *own,
		  const struct public_key *signing, const struct site *peer, uint32_t reqid,
		  struct buf *out)
{
	AUTO_FREE char *name = connection_name(peer->name);
	AUTO_FREE char *next_name = connection_next_name(peer->name);
	struct conn conn = {
		.config = config, .own = own, .peer = peer, .own_key = signing,
		.peer_key = site_active_key(peer), .reqid = reqid,
		.initiates = connection_initiates(own, peer),
	};

	conn_render(&conn, name, out);
	conn.peer_key = site_next_key(peer);
	conn.initiates = false;
	if (conn.peer_key == NULL)
		return;
	buf_adds(out, "\n");
	conn_render(&conn, next_name, out);
}

static struct site end_site(const char *address)
{
	struct site site = { 0 };
	struct cidr range;

	address_parse(address, &site.address);
	cidr_parse(address, &range);
	cidrs_add(&site.subnets, range);
	return site;
}

/* The second is kept for documentation (RFC 5737). */
void ipsec_last_ends(struct site *ret_own, struct site *ret_peer)
{
	*ret_own = end_site("127.0.0.1");
	*ret_peer = end_site("192.0.2.1");
}

void ipsec_last_render(const char *name, struct buf *out)
{
	CLEANUP(site_done) struct site own = { 0 };
	CLEANUP(site_done) struct site peer = { 0 };

	ipsec_last_ends(&own, &peer);
	buf_addf(out, "conn %s\n", name);
	for (size_t i = 0; i < COUNT_OF(conn_options); i++)
		option_add(out, conn_options[i].key, conn_options[i].value);
	end_render("left", NULL, &own, NULL, out);
	end_render("right", NULL, &peer, NULL, out);
	option_add(out, "dpdaction", "none");
	option_add(out, "auto", "add");
}

void ipsec_secrets_render(const struct site *own, struct buf *out)
{
	char id[ADDRESS_TEXT];

	address_format(own->address, id);
	for (size_t i = 0; i < own->key_count; i++) {
		AUTO_FREE char *key = keyring_private_name(&own->keys[i].key);

		buf_addf(out, "%s : RSA %s\n", id, key);
	}
}
