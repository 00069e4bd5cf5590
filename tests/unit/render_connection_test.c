/* connection: names, roles and reqids. */
#include "render/connection.h"

#include "tests/unit/keys_support.h"

static void connection_of_somebody_else_is_taken_for_ours(void **state)
{
	AUTO_FREE char *name = connection_name("us-east-1");

	(void)state;
	assert_string_equal(name, "cygnet-us-east-1");
	assert_true(connection_is_ours(name));
	assert_false(connection_is_ours("office"));
	assert_false(connection_is_ours("cygnet"));
	assert_false(connection_is_ours("Cygnet-us-east-1"));
}

static void tunnel_of_a_next_key_is_nobody_s(void **state)
{
	AUTO_FREE char *name = connection_next_name("us-east-1");
	CLEANUP(sites_done) struct sites peers = { 0 };
	static const char *const names[] = { "us-east", "us-east-1", "us-east-1a" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++)
		sites_add(&peers, &(struct site){ .name = mem_strdup(names[i]) });
	assert_string_equal(name, "cygnet-us-east-1.next");
	assert_ptr_equal(connection_peer(name, &peers), &peers.items[1]);
	assert_ptr_equal(connection_peer("cygnet-us-east-1a", &peers), &peers.items[2]);
	assert_null(connection_peer("cygnet-us-east-1.other", &peers));
	assert_null(connection_peer("us-east-1", &peers));
	assert_true(connection_is_of(name, "us-east-1"));
	assert_false(connection_is_of(name, "us-east"));
}

static void assert_initiates(const char *own_name, const char *peer_name, bool manual,
			     bool expected)
{
	const struct site own = { .name = (char *)own_name };
	const struct site peer = { .name = (char *)peer_name, .manual = manual };

	assert_int_equal(connection_initiates(&own, &peer), expected);
}

static void both_ends_initiate_or_none(void **state)
{
	(void)state;
	assert_initiates("a", "b", false, true);
	assert_initiates("b", "a", false, false);
	assert_initiates("us-east", "us-east-1", false, true);
	assert_initiates("us-east-1", "us-east", false, false);
}

static void static_peer_waits_for_us(void **state)
{
	(void)state;
	assert_initiates("a", "b", true, false);
	assert_initiates("b", "a", true, false);
}

static void peers_named(const char *const names[], size_t count, struct sites *peers)
{
	*peers = (struct sites){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct site site = { .name = mem_strdup(names[i]) };

		sites_add(peers, &site);
	}
}

static void assert_reqids(const char *const names[], size_t count, const uint32_t expected[])
{
	AUTO_FREE uint32_t *reqids = mem_calloc(count, sizeof *reqids);
	struct sites peers;

	peers_named(names, count, &peers);
	connection_reqids(&peers, reqids);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(reqids[i], expected[i]);
	sites_done(&peers);
}

static void reqid_changes_when_another_site_joins(void **state)
{
	static const char *const names[] = { "eu-west-1", "us-east-1", "us-east-2" };
	static const uint32_t expected[] = { 1346204939, 1671737671, 1688515290 };

	(void)state;
	assert_reqids(names, 3, expected);
	assert_reqids(names + 1, 2, expected + 1);
	assert_reqids(names + 2, 1, expected + 2);
}

/* Pairs of names with the same hash: somewhere, and at the end of the range of reqids. */
static void two_peers_share_a_reqid(void **state)
{
	static const char *const middle[] = { "6l5kko", "ffmgh4" };
	static const char *const end[] = { "a1nbovk", "a81vmwr" };
	static const uint32_t after_each_other[] = { 1259423673, 1259423674 };
	static const uint32_t from_the_start[] = { 2147483647, 1073741824 };

	(void)state;
	assert_reqids(middle, 2, after_each_other);
	assert_reqids(end, 2, from_the_start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_of_somebody_else_is_taken_for_ours),
		cmocka_unit_test(tunnel_of_a_next_key_is_nobody_s),
		cmocka_unit_test(both_ends_initiate_or_none),
		cmocka_unit_test(static_peer_waits_for_us),
		cmocka_unit_test(reqid_changes_when_another_site_joins),
		cmocka_unit_test(two_peers_share_a_reqid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
