/* swanctl: which keys stand where; whole files are among those of render_tree_test. */
#include <string.h>

#include "render/swanctl.h"
#include "tests/unit/render_support.h"

/* The lines of a peer's connection that name keys. */
static char *key_lines(const struct scene *scene, const struct public_key *signing,
		       const struct site *peer)
{
	struct buf out = { 0 }, lines = { 0 };
	char *rest, *line;

	swanctl_render(&scene->config, &scene->own, signing, peer, 1, &out);
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
	lines = key_lines(&scene, site_active_key(&scene.own), &scene.peers.items[0]);
	assert_string_equal(lines,
			    "pubkeys = \"cygnet-us-east-1-8979b8f51ae63b98.pub\"\n"
			    "pubkeys = \"cygnet-eu-west-1-c15e7d8557478a49.pub, "
			    "cygnet-eu-west-1-399e4f65dfedbaed.pub\"\n");
}

static void own_other_key_is_signed_with(void **state)
{
	AUTO_SCENE scene;
	AUTO_FREE char *lines = NULL;

	(void)state;
	scene_init(&scene);
	scene_key_add(&scene.own, KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	lines = key_lines(&scene, site_next_key(&scene.own), &scene.peers.items[0]);
	assert_string_equal(lines,
			    "pubkeys = \"cygnet-us-east-1-399e4f65dfedbaed.pub\"\n"
			    "pubkeys = \"cygnet-eu-west-1-c15e7d8557478a49.pub\"\n");
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
		cmocka_unit_test(peer_s_next_key_is_refused),
		cmocka_unit_test(own_other_key_is_signed_with),
		cmocka_unit_test(section_that_no_daemon_reads_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
