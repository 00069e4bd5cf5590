/*
 * mesh while keys are replaced: next and revoked ones, records that are read once more, and the
 * gateways of the own VPC.
 */
#include "tests/unit/keys_mesh_support.h"

static void key_that_its_site_has_revoked(void **state)
{
	static const struct row rows[] = {
		{ "ohio " A " k1!k0 10.1.0.0/16", "", "ohio 10.1.0.0/16", "" },
		{ "ohio " A " k1+k2!k0 10.1.0.0/16", "ohio " A " k1 10.1.0.0/16", "ohio 10.1.0.0/16",
		  "" },
		{ "ohio " A " k1!k0!k1 10.1.0.0/16", "", "",
		  "site 'ohio': its active key is one that it has revoked" },
		/* also with what was applied before: it is not to be trusted any more */
		{ "ohio " A " k1!k1 10.1.0.0/16", "ohio " A " k1 10.1.0.0/16", "",
		  "site 'ohio': its active key is one that it has revoked" },
		{ "ohio " A " k1+k2!k2 10.1.0.0/16", "", "ohio 10.1.0.0/16",
		  "site 'ohio': its next key is one that it has revoked" },
		{ "ohio " A " k1+k2!k1!k2 10.1.0.0/16", "", "",
		  "site 'ohio': its active key is one that it has revoked\n"
		  "site 'ohio': its next key is one that it has revoked" },
		/* what one site revokes is its own */
		{ "ohio " A " k1!k2 10.1.0.0/16;paris " B " k2 10.2.0.0/16", "",
		  "ohio 10.1.0.0/16; paris 10.2.0.0/16", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

#define OUTDATED \
	"site 'ohio': its active key is one that it had revoked before: what its record says now"

/* A read is not always of the newest: a stolen key would be let in again. */
static void record_of_before_the_revocation(void **state)
{
	static const struct row rows[] = {
		{ "ohio " A " k1 10.3.0.0/16", "ohio " A " k2!k1 10.1.0.0/16", "ohio 10.1.0.0/16",
		  OUTDATED },
		{ "ohio " A " k1+k2 10.3.0.0/16", "ohio " A " k2!k1 10.1.0.0/16",
		  "ohio 10.1.0.0/16", OUTDATED },
		/* every peer has dealt with it, and it is listed no more */
		{ "ohio " A " k2 10.3.0.0/16", "ohio " A " k2!k1 10.1.0.0/16", "ohio 10.3.0.0/16", "" },
		{ "ohio " A " k3 10.3.0.0/16", "ohio " A " k2!k1 10.1.0.0/16", "ohio 10.3.0.0/16", "" },
		{ "+ohio", "ohio " A " k2!k1 10.1.0.0/16", "", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void select_of_text(const char *listed, const char *applied, struct mesh *ret_mesh)
{
	char own_text[] = "mine 203.0.113.100 own 10.0.0.0/16";
	CLEANUP(site_done) struct site own = site_of_text(own_text);
	CLEANUP(listing_done) struct listing listing = { 0 };
	CLEANUP(sites_done) struct sites before = { 0 };
	struct cidr allowed = { 0x0a000000, 8 };

	free(own.vpc);
	own.vpc = mem_strdup("vpc-mine");
	sites_of_text(listed, &listing.sites);
	sites_of_text(applied, &before);
	mesh_select(&(struct mesh_inputs){
		.listing = &listing,
		.applied = &before,
		.own = &own,
		.allow_subnets = &(struct cidrs){ &allowed, 1 },
	}, ret_mesh);
}

static void assert_keys(const char *listed, const char *active, const char *next,
			const char *revoked)
{
	CLEANUP(mesh_done) struct mesh mesh = { 0 };
	AUTO_FREE char *ids = NULL;
	const struct site *peer;

	select_of_text(listed, "", &mesh);
	assert_int_equal(mesh.peers.count, 1);
	peer = &mesh.peers.items[0];
	ids = strings_join(&peer->revoked, " ");
	assert_string_equal(site_active_key(peer)->id, active);
	assert_string_equal(site_next_key(peer) ? site_next_key(peer)->id : "", next);
	assert_string_equal(ids, revoked);
}

static void peer_loses_its_next_key(void **state)
{
	(void)state;
	assert_keys("ohio " A " k1 10.1.0.0/16", "k1", "", "");
	assert_keys("ohio " A " k1+k2 10.1.0.0/16", "k1", "k2", "");
	assert_keys("ohio " A " k1+k2!k0 10.1.0.0/16", "k1", "k2", "k0");
	assert_keys("ohio " A " k1+k2!k0!k2 10.1.0.0/16", "k1", "", "k0 k2");
}

static void assert_neighbours(const char *listed, const char *expected)
{
	CLEANUP(mesh_done) struct mesh mesh = { 0 };
	AUTO_FREE char *neighbours = NULL;

	select_of_text(listed, "paris " B " kb 10.2.0.0/16", &mesh);
	neighbours = peers_text(&mesh.neighbours);
	assert_string_equal(neighbours, expected);
}

static void neighbour_is_taken_for_a_peer(void **state)
{
	(void)state;
	assert_neighbours("", "");
	assert_neighbours("ohio " A " ka 10.1.0.0/16", "");
	assert_neighbours("~zone-c " C " kc 10.0.2.0/24;ohio " A " ka 10.1.0.0/16;"
			  "~zone-b " B " kb 10.0.1.0/24",
			  "zone-b 10.0.1.0/24; zone-c 10.0.2.0/24");
	assert_neighbours("~mine 203.0.113.100 own 10.0.0.0/16;~zone-c " C " kc 10.0.2.0/24",
			  "zone-c 10.0.2.0/24");
	assert_neighbours("+zone-c", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_that_its_site_has_revoked),
		cmocka_unit_test(record_of_before_the_revocation),
		cmocka_unit_test(peer_loses_its_next_key),
		cmocka_unit_test(neighbour_is_taken_for_a_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
