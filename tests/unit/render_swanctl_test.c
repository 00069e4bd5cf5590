/* swanctl: names, roles, keys and reqids; whole files are among those of render_tree_test. */
#include <string.h>

#include "render/swanctl.h"
#include "tests/unit/render_support.h"

static void connection_of_somebody_else_is_taken_for_ours(void **state)
{
	AUTO_FREE char *name = swanctl_name("us-east-1");

	(void)state;
	assert_string_equal(name, "cygnet-us-east-1");
	assert_string_equal(swanctl_peer(name), "us-east-1");
	assert_null(swanctl_peer("office"));
	assert_null(swanctl_peer("cygnet"));
	assert_null(swanctl_peer("Cygnet-us-east-1"));
}

static void both_ends_initiate_or_none(void **state)
{
	(void)state;
	assert_true(swanctl_initiates("a", "b"));
	assert_false(swanctl_initiates("b", "a"));
	assert_true(swanctl_initiates("us-east", "us-east-1"));
	assert_false(swanctl_initiates("us-east-1", "us-east"));
}

/* The lines of a peer's connection that name keys. */
static char *key_lines(const struct scene *scene, const struct site *peer)
{
	struct buf out = { 0 }, lines = { 0 };
	char *rest, *line;

	swanctl_render(&scene->config, &scene->own, peer, 1, &out);
	rest = buf_take(&out);
	for (char *at = rest; (line = strsep(&at, "\n")) != NULL;)
		if (strstr(line, "pubkeys = ") != NULL)
			buf_addf(&lines, "%s\n", line + strspn(line, "\t"));
	free(rest);
	return buf_take(&lines);
}

static void peer_s_next_key_is_refused(void **state)
{
	AUTO_SCENE scene;
	AUTO_FREE char *lines = NULL;

	(void)state;
	scene_init(&scene);
	scene_key_add(&scene.peers.items[0], KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	lines = key_lines(&scene, &scene.peers.items[0]);
	assert_string_equal(lines,
			    "pubkeys = \"cygnet-us-east-1-8979b8f51ae63b98.pub\"\n"
			    "pubkeys = \"cygnet-eu-west-1-c15e7d8557478a49.pub, "
			    "cygnet-eu-west-1-399e4f65dfedbaed.pub\"\n");
}

static void own_next_key_is_signed_with(void **state)
{
	AUTO_SCENE scene;
	AUTO_FREE char *lines = NULL;

	(void)state;
	scene_init(&scene);
	scene_key_add(&scene.own, KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	lines = key_lines(&scene, &scene.peers.items[0]);
	assert_string_equal(lines,
			    "pubkeys = \"cygnet-us-east-1-8979b8f51ae63b98.pub\"\n"
			    "pubkeys = \"cygnet-eu-west-1-c15e7d8557478a49.pub\"\n");
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
	swanctl_reqids(&peers, reqids);
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

static void section_that_no_daemon_reads_is_written(void **state)
{
	static const char *const sections[] = { "charon", NULL };
	struct buf out = { 0 };

	(void)state;
	strongswan_render(sections, &out);
	assert_string_equal(buf_str(&out),
			    "# A silent peer is given up after 2 + 3 + 4.5 + 6.75 + 10.125 = 26 s.\n"
			    "charon {\n"
			    "\tmake_before_break = yes\n"
			    "\tretransmit_timeout = 2.0\n"
			    "\tretransmit_base = 1.5\n"
			    "\tretransmit_tries = 4\n"
			    "}\n");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connection_of_somebody_else_is_taken_for_ours),
		cmocka_unit_test(both_ends_initiate_or_none),
		cmocka_unit_test(peer_s_next_key_is_refused),
		cmocka_unit_test(own_next_key_is_signed_with),
		cmocka_unit_test(reqid_changes_when_another_site_joins),
		cmocka_unit_test(two_peers_share_a_reqid),
		cmocka_unit_test(section_that_no_daemon_reads_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
