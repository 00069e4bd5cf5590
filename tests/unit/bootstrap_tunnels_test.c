/* tunnels: which SAs go when a peer has another gateway. */
#include "bootstrap/tunnels.h"
#include "tests/unit/fake_charon.h"

#define SA(name, id) \
	name " {uniqueid=" id " state=ESTABLISHED remote-host=192.0.2.2 local-id=192.0.2.1 remote-id=192.0.2.2 " \
	"established=5 child-sas {}}"

static bool received(const struct fake_charon *fake, const char *bytes, size_t len)
{
	return memmem(buf_str(&fake->received), fake->received.len, bytes, len) != NULL;
}

static void renew(const char *peer, const char *terminated)
{
	static const char *const sas[] = { SA("cygnet-a", "1111"), SA("cygnet-b", "2222") };
	const struct log log = { .out = stderr, .level = LOG_LEVEL_QUIET };
	CLEANUP(strings_done) struct strings peers = { 0 };
	CLEANUP(fake_done) struct fake_charon fake;
	struct options options = { 0 };
	struct session session;
	struct err e = ERR_INIT;

	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_stream(&fake, "list-conn", NULL, 0);
	fake_stream(&fake, "list-sa", sas, COUNT_OF(sas));
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "success=yes matches=1 terminated=1");
	fake_start(&fake);
	options.root = fake.root;
	session_init(&session, &options, &log);
	session.host.flavour = &fake_flavour;
	if (peer != NULL)
		strings_add(&peers, peer);
	assert_int_equal(tunnels_renew(&session, &peers, &e), 0);
	session_close(&session);
	fake_stop(&fake);
	assert_int_equal(received(&fake, "\11terminate", 10), terminated != NULL);
	assert_false(terminated != NULL && !received(&fake, terminated, strlen(terminated)));
	assert_false(terminated != NULL && !received(&fake, "\5force\0\3yes", 11));
}

static void tunnel_with_the_gateway_before_stays(void **state)
{
	(void)state;
	renew("b", "2222");
}

static void tunnel_with_a_gateway_that_is_the_same_goes(void **state)
{
	(void)state;
	renew(NULL, NULL);
	renew("c", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tunnel_with_the_gateway_before_stays),
		cmocka_unit_test(tunnel_with_a_gateway_that_is_the_same_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
