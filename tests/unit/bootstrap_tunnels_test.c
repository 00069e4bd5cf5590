/* tunnels: what is done about SAs with a peer whose site another instance fills. */
#include "bootstrap/tunnels.h"
#include "tests/unit/fake_charon.h"
#include "tests/unit/keys_support.h"

#define SA(name, id) \
	name " {uniqueid=" id " state=ESTABLISHED remote-host=192.0.2.2 local-id=192.0.2.1 remote-id=192.0.2.2 " \
	"established=5 child-sas {}}"

static bool received(const struct fake_charon *fake, const char *bytes, size_t len)
{
	return memmem(buf_str(&fake->received), fake->received.len, bytes, len) != NULL;
}

static void fake_probe(struct fake_charon *fake)
{
	static const char *const sas[] = { SA("cygnet-a", "1111"), SA("cygnet-b", "2222") };

	fake_packet(fake_turn(fake, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_stream(fake, "list-conn", NULL, 0);
	fake_stream(fake, "list-sa", sas, COUNT_OF(sas));
}

static void site_add(struct sites *sites, const char *name, const char *instance, const char *key)
{
	struct site site = {
		.name = mem_strdup(name), .instance = mem_strdup(instance), .address = 0xc0000202,
		.keys = mem_calloc(1, sizeof *site.keys), .key_count = 1,
	};

	snprintf(site.keys[0].key.id, KEY_ID_SIZE, "%s", key);
	sites_add(sites, &site);
}

/*
 * Site m has an SA with a, which has changed nothing, and with b, which has now this instance and
 * key.
 */
static void tend(struct fake_charon *fake, const char *instance, const char *key)
{
	const struct log log = { .out = stderr, .level = LOG_LEVEL_QUIET };
	struct site own = { .name = (char *)"m", .address = 0xc0000201 };
	CLEANUP(replaced_done) struct replaced replaced = { 0 };
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	CLEANUP(sites_done) struct sites peers = { 0 };
	struct options options = { .root = fake->root };
	struct session session;
	struct err e = ERR_INIT;

	fake_start(fake);
	session_init(&session, &options, &log);
	session.host.flavour = &fake_flavour;
	session.config.interval_s = 15;
	session.state.generation = 1;
	site_add(&session.state.peers, "a", "i-1", KEY_A_ID);
	site_add(&session.state.peers, "b", "i-2", KEY_A_ID);
	site_add(&peers, "a", "i-1", KEY_A_ID);
	site_add(&peers, "b", instance, key);
	tunnels_replaced(&session, &peers, &replaced);
	assert_int_equal(tunnels_tend(&session, &own, &peers, &replaced, &outcome, &e), 0);
	assert_int_equal(session.setback.code, EXIT_DONE);
	session_close(&session);
	fake_stop(fake);
}

static void tunnel_with_an_instance_that_is_gone_waits_for_charon(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;

	(void)state;
	fake_listen(&fake);
	fake_probe(&fake);
	fake_probe(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "success=yes matches=1 terminated=1");
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "success=yes");
	tend(&fake, "i-3", KEY_B_ID);
	assert_true(received(&fake, "2222\3\5force\0\3yes", 15));
	assert_true(received(&fake, "\10initiate\3\3ike\0\10cygnet-b", 24));
	assert_false(received(&fake, "1111", 4));
}

static void tunnel_goes_with_a_claim_or_a_new_key(void **state)
{
	static const struct {
		const char *instance, *key;
	} cases[] = {
		{ "i-2", KEY_A_ID },
		{ "i-2", KEY_B_ID },
		{ "i-3", KEY_A_ID },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(fake_done) struct fake_charon fake;

		fake_listen(&fake);
		fake_probe(&fake);
		tend(&fake, cases[i].instance, cases[i].key);
		assert_false(received(&fake, "terminate", 9));
		assert_false(received(&fake, "initiate", 8));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnel_with_an_instance_that_is_gone_waits_for_charon),
		cmocka_unit_test(tunnel_goes_with_a_claim_or_a_new_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
