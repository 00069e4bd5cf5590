/*
 * Observing charon: what strongSwan 5.9.8 really said, and what must not be believed or must not
 * stop the rest.
 */
#include "tests/unit/fake_charon.h"

#include "base/mem.h"
#include "bootstrap/charon/charon.h"

static const char real_connection[] =
	"cygnet-b {local_addrs=[%any] remote_addrs=[192.0.2.2] version=IKEv2 reauth_time=0 rekey_time=14400 "
	"unique=UNIQUE_REPLACE dpd_delay=10 local-1 {id=192.0.2.1 class=pubkey groups=[] cert_policy=[] "
	"certs=[192.0.2.1] cacerts=[]} remote-1 {id=192.0.2.2 class=pubkey groups=[] cert_policy=[] "
	"certs=[192.0.2.2] cacerts=[]} children {cygnet-b {mode=TUNNEL rekey_time=3600 rekey_bytes=0 "
	"rekey_packets=0 dpd_action=none close_action=none local-ts=[172.16.0.0/16 10.1.2.0/24] "
	"remote-ts=[172.31.0.0/16]}}}";

static const char real_sa[] =
	"cygnet-b {uniqueid=1 version=2 state=ESTABLISHED local-host=192.0.2.1 local-port=4500 local-id=192.0.2.1 "
	"remote-host=192.0.2.2 remote-port=4500 remote-id=192.0.2.2 initiator=yes initiator-spi=0ef9ec37e9166d63 "
	"responder-spi=c73dc182e8f4f8a5 nat-remote=yes nat-any=yes encr-alg=AES_GCM_16 encr-keysize=256 "
	"prf-alg=PRF_HMAC_SHA2_384 dh-group=ECP_384 established=265 rekey-time=13462 child-sas {cygnet-b-3 "
	"{name=cygnet-b uniqueid=3 reqid=77 state=INSTALLED mode=TUNNEL protocol=ESP encap=yes spi-in=7464fc94 "
	"spi-out=60fd3d3f encr-alg=AES_GCM_16 encr-keysize=256 dh-group=ECP_384 bytes-in=168 packets-in=2 "
	"bytes-out=18446744073709551615 packets-out=2 rekey-time=3362 life-time=3960 install-time=0 "
	"local-ts=[172.16.0.0/16 10.1.2.0/24] remote-ts=[172.31.0.0/16]}}}";

static const char real_connecting[] =
	"cygnet-dead {uniqueid=3 version=2 state=CONNECTING local-host=192.0.2.1 local-port=500 local-id=%any "
	"remote-host=192.0.2.77 remote-port=500 remote-id=%any initiator=yes initiator-spi=bdf8a3e2a3e10375 "
	"responder-spi=0000000000000000 tasks-active=[IKE_VENDOR IKE_INIT IKE_AUTH] child-sas {}}";

struct script {
	const char *connections[4], *sas[4];	/* NULL-terminated */
};

static size_t texts_count(const char *const texts[])
{
	size_t count = 0;

	while (texts[count] != NULL)
		count++;
	return count;
}

static int probe(const struct script *script, struct tunnels *ret_tunnels, struct err *e)
{
	CLEANUP(fake_done) struct fake_charon fake;

	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "daemon=charon-systemd version=5.9.8 sysname=Linux");
	fake_stream(&fake, "list-conn", script->connections, texts_count(script->connections));
	fake_stream(&fake, "list-sa", script->sas, texts_count(script->sas));
	fake_start(&fake);
	return charon_probe(&fake_at(fake.root), ret_tunnels, e);
}

static void probe_well(const struct script *script, struct tunnels *ret_tunnels)
{
	struct err e = ERR_INIT;
	int result = probe(script, ret_tunnels, &e);

	assert_string_equal(e.cause, "");
	assert_int_equal(result, 0);
}

static void assert_subnets(const struct cidrs *subnets, const char *expected)
{
	AUTO_FREE char *text = cidrs_join(subnets, " ");

	assert_string_equal(text, expected);
}

static void a_real_connection_is_read(void **state)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	const struct connection *connection;

	(void)state;
	probe_well(&(struct script){ .connections = { real_connection } }, &tunnels);
	assert_string_equal(tunnels.version, "5.9.8");
	assert_int_equal(tunnels.connection_count, 1);
	connection = tunnels.connections;
	assert_string_equal(connection->name, "cygnet-b");
	assert_string_equal(connection->remote_address, "192.0.2.2");
	assert_string_equal(connection->local_id, "192.0.2.1");
	assert_string_equal(connection->remote_id, "192.0.2.2");
	assert_string_equal(connection->child, "cygnet-b");
	assert_subnets(&connection->local_subnets, "10.1.2.0/24 172.16.0.0/16");
	assert_subnets(&connection->remote_subnets, "172.31.0.0/16");
}

static void a_real_sa_is_read(void **state)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	const struct ike_sa *sa;

	(void)state;
	probe_well(&(struct script){ .sas = { real_sa, real_connecting } }, &tunnels);
	assert_int_equal(tunnels.sa_count, 2);
	sa = tunnels.sas;
	assert_string_equal(sa->name, "cygnet-b");
	assert_int_equal(sa->id, 1);
	assert_string_equal(sa->state, "ESTABLISHED");
	assert_string_equal(sa->remote_address, "192.0.2.2");
	assert_string_equal(sa->local_id, "192.0.2.1");
	assert_string_equal(sa->remote_id, "192.0.2.2");
	assert_int_equal(sa->established_s, 265);
	assert_int_equal(sa->child_count, 1);
	assert_string_equal(sa->children->name, "cygnet-b");
	assert_int_equal(sa->children->id, 3);
	assert_string_equal(sa->children->state, "INSTALLED");
	assert_true(sa->children->bytes_in == 168 && sa->children->bytes_out == UINT64_MAX);
	assert_subnets(&sa->children->local_subnets, "10.1.2.0/24 172.16.0.0/16");
	assert_subnets(&sa->children->remote_subnets, "172.31.0.0/16");
}

static void an_sa_that_connects_is_not_established(void **state)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&(struct script){ .sas = { real_connecting } }, &tunnels);
	assert_string_equal(tunnels.sas->state, "CONNECTING");
	assert_string_equal(tunnels.sas->remote_id, "%any");
	assert_true(tunnels.sas->established_s == -1);
	assert_int_equal(tunnels.sas->child_count, 0);
}

static void what_is_not_cygnets_is_passed_over_unread(void **state)
{
	static const struct script script = {
		.connections = { "office {remote_addrs=[192.0.2.9] children {cygnet-b {local-ts=[10.0.0.0/8]}}}",
				 real_connection, "cygnet {remote_addrs=[192.0.2.9]}" },
		.sas = { "office {uniqueid=none child-sas {cygnet-b {bytes-in=none}}}", "(unnamed) {state=CONNECTING}" },
	};
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&script, &tunnels);
	assert_int_equal(tunnels.connection_count, 1);
	assert_string_equal(tunnels.connections->name, "cygnet-b");
	assert_subnets(&tunnels.connections->local_subnets, "10.1.2.0/24 172.16.0.0/16");
	assert_int_equal(tunnels.sa_count, 0);
}

static void connections_come_sorted(void **state)
{
	static const struct script script = { .connections = { "cygnet-c {}", "cygnet-a {} cygnet-d {}", "cygnet-b {}" } };
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&script, &tunnels);
	assert_int_equal(tunnels.connection_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(tunnels.connections[i].name[7], "abcd"[i]);
}

static void of_several_remote_addresses_the_first_is_taken(void **state)
{
	static const struct script script = { .connections = { "cygnet-b {remote_addrs=[192.0.2.2 192.0.2.3]}" } };
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&script, &tunnels);
	assert_string_equal(tunnels.connections->remote_address, "192.0.2.2");
	assert_null(tunnels.connections->local_id);
	assert_null(tunnels.connections->child);
}

static void a_connection_with_two_children_has_no_one_child(void **state)
{
	static const struct script script = {
		.connections = { "cygnet-b {children {cygnet-b {local-ts=[10.0.0.0/8] remote-ts=[10.1.0.0/16]} "
				 "extra {local-ts=[10.2.0.0/16] remote-ts=[10.3.0.0/16]}}}" },
	};
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&script, &tunnels);
	assert_null(tunnels.connections->child);
	assert_int_equal(tunnels.connections->local_subnets.count, 0);
	assert_int_equal(tunnels.connections->remote_subnets.count, 0);
}

static void a_selector_that_is_no_range_equals_no_range_and_fails_nothing(void **state)
{
	static const char *const selectors[] = {
		"dynamic", "10.0.0.0/8[tcp/80]", "10.0.0.5..10.0.0.77", "fd00::/64", "10.0.0.1/8", "0.0.0.0/0[udp]",
	};
	static const struct cidr any = { 0, 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(selectors); i++) {
		AUTO_FREE char *text = mem_printf("cygnet-b {uniqueid=1 state=ESTABLISHED remote-host=a local-id=b "
						  "remote-id=c child-sas {x-1 {name=x state=INSTALLED local-ts=[%s]}}}",
						  selectors[i]);
		CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
		const struct cidrs *subnets;
		struct cidr range;

		probe_well(&(struct script){ .sas = { text } }, &tunnels);
		subnets = &tunnels.sas->children->local_subnets;
		assert_int_equal(subnets->count, 1);
		assert_false(cidr_equal(subnets->items[0], any));
		assert_false(cidr_parse("255.255.255.255/0", &range));
		assert_subnets(subnets, "255.255.255.255/0");
	}
}

static void a_child_without_an_own_name_is_called_as_its_section(void **state)
{
	static const struct script script = {
		.sas = { "cygnet-b {uniqueid=1 state=ESTABLISHED remote-host=a local-id=b remote-id=c "
			 "child-sas {cygnet-b {state=INSTALLED}}}" },
	};
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };

	(void)state;
	probe_well(&script, &tunnels);
	assert_string_equal(tunnels.sas->children->name, "cygnet-b");
}

static void an_sa_that_lacks_a_member_is_an_error(void **state)
{
	static const char *const cases[][2] = {
		{ "state=x remote-host=a local-id=b remote-id=c", "an SA of 'cygnet-b' without 'uniqueid'" },
		{ "uniqueid=0 state=x remote-host=a local-id=b remote-id=c", "an SA of 'cygnet-b' without 'uniqueid'" },
		{ "uniqueid=1 remote-host=a local-id=b remote-id=c", "an SA of 'cygnet-b' without 'state'" },
		{ "uniqueid=1 state=x local-id=b remote-id=c", "an SA of 'cygnet-b' without 'remote-host'" },
		{ "uniqueid=1 state=x remote-host=a remote-id=c", "an SA of 'cygnet-b' without 'local-id'" },
		{ "uniqueid=1 state=x remote-host=a local-id=b", "an SA of 'cygnet-b' without 'remote-id'" },
		{ "uniqueid=1 state=x remote-host=a local-id=b remote-id=c child-sas {x {bytes-in=1}}",
		  "an SA of 'cygnet-b' without 'state'" },
		{ "uniqueid=4294967296", "'uniqueid' is '4294967296', not a number" },
		{ "uniqueid=-1", "'uniqueid' is '-1', not a number" },
		{ "uniqueid=", "'uniqueid' is '', not a number" },
		{ "uniqueid=1x", "'uniqueid' is '1x', not a number" },
		{ "established=9223372036854775808", "'established' is '9223372036854775808', not a number" },
		{ "child-sas {x {bytes-in=18446744073709551616}}",
		  "'bytes-in' is '18446744073709551616', not a number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_FREE char *text = mem_printf("cygnet-b {%s}", cases[i][0]);
		AUTO_FREE char *cause = mem_printf("charon, asked to 'list-sas': %s", cases[i][1]);
		struct tunnels tunnels = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(probe(&(struct script){ .sas = { text } }, &tunnels, &e), -1);
		assert_error(&e, EXIT_STEP, cause, "");
		assert_null(tunnels.version);
	}
}

static void more_objects_than_the_bound_are_an_error(void **state)
{
	AUTO_BUF struct buf text = { 0 };
	struct tunnels tunnels = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i <= 5000; i++)
		buf_adds(&text, "cygnet-b {}");
	assert_int_equal(probe(&(struct script){ .connections = { text.data, text.data } }, &tunnels, &e), -1);
	assert_error(&e, EXIT_STEP, "charon, asked to 'list-conns': more than 10000 objects", "");
	text.len = 0;
	buf_adds(&text, "cygnet-b {child-sas {");
	for (int i = 0; i <= 10000; i++)
		buf_adds(&text, "c {}");
	buf_adds(&text, "}}");
	assert_int_equal(probe(&(struct script){ .sas = { text.data } }, &tunnels, &e), -1);
	assert_error(&e, EXIT_STEP, "charon, asked to 'list-sas': more than 10000 objects", "");
}

static void a_charon_without_a_version_is_an_error(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct tunnels tunnels = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "daemon=charon");
	fake_start(&fake);
	assert_int_equal(charon_probe(&fake_at(fake.root), &tunnels, &e), -1);
	assert_error(&e, EXIT_STEP, "charon does not tell its version", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_connection_is_read),
		cmocka_unit_test(a_real_sa_is_read),
		cmocka_unit_test(an_sa_that_connects_is_not_established),
		cmocka_unit_test(what_is_not_cygnets_is_passed_over_unread),
		cmocka_unit_test(connections_come_sorted),
		cmocka_unit_test(of_several_remote_addresses_the_first_is_taken),
		cmocka_unit_test(a_connection_with_two_children_has_no_one_child),
		cmocka_unit_test(a_selector_that_is_no_range_equals_no_range_and_fails_nothing),
		cmocka_unit_test(a_child_without_an_own_name_is_called_as_its_section),
		cmocka_unit_test(an_sa_that_lacks_a_member_is_an_error),
		cmocka_unit_test(more_objects_than_the_bound_are_an_error),
		cmocka_unit_test(a_charon_without_a_version_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
