/* ipsec: starter's files of a gateway, whole, as they lie below expected/render/ipsec. */
#include <string.h>

#include "render/ipsec.h"
#include "tests/unit/render_support.h"

#define AUTO_TREE CLEANUP(tree_done) struct tree

static const struct flavour scene_starter = {
	.backend = BACKEND_IPSEC,
	.ipsec_folder = "/etc",
	.keys_folder = "/etc/ipsec.d/private",
	.certs_folder = "/etc/ipsec.d/certs",
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan-starter.service",
	.charon_sections = { "charon" },
};

static void starter_tree(struct scene *scene, struct tree *ret_tree)
{
	scene_init(scene);
	scene->host.flavour = &scene_starter;
	tree_all(&scene->inputs, ret_tree);
}

static void file_differs(void **state)
{
	static const struct {
		const char *path;
		mode_t mode;
		enum edit edit;
	} expected[] = {
		{ "/etc/ipsec.conf", 0644, EDIT_BLOCK },
		{ "/etc/ipsec.secrets", 0600, EDIT_BLOCK },
		{ "/etc/ipsec.d/cygnet.secrets", 0600, EDIT_WHOLE },
		{ "/etc/ipsec.d/cygnet.conf", 0644, EDIT_WHOLE },
		{ "/etc/ipsec.d/cygnet-eu-west-1.conf", 0644, EDIT_WHOLE },
		{ "/etc/ipsec.d/cygnet-us-east-2.conf", 0644, EDIT_WHOLE },
		{ "/etc/ipsec.d/certs/cygnet-us-east-1-8979b8f51ae63b98.pub", 0644, EDIT_WHOLE },
		{ "/etc/strongswan.d/cygnet.conf", 0644, EDIT_WHOLE },
	};
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	starter_tree(&scene, &tree);
	for (size_t i = 0; i < COUNT_OF(expected); i++) {
		const struct tree_file *file = tree_find(&tree, expected[i].path);
		AUTO_FREE char *path = mem_printf("/ipsec%s", expected[i].path);

		assert_non_null(file);
		assert_expected(&file->content, path);
		assert_int_equal(file->mode, expected[i].mode);
		assert_int_equal(file->edit, expected[i].edit);
	}
}

static void swanctl_is_given_files_that_nobody_reads(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	starter_tree(&scene, &tree);
	for (size_t i = 0; i < tree.count; i++)
		assert_null(strstr(tree.files[i].path, "swanctl"));
}

static void starter_includes_a_secret_of_no_key(void **state)
{
	CLEANUP(tree_done) struct tree tree = { 0 };
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	scene.host.flavour = &scene_starter;
	site_done(&scene.own);
	scene.own = scene_site("us-east-1", "203.0.113.1", "172.16.0.0/16");
	tree_all(&scene.inputs, &tree);
	assert_null(tree_find(&tree, "/etc/ipsec.d/cygnet.secrets"));
	assert_null(tree_find(&tree, "/etc/ipsec.conf"));
	assert_null(tree_find(&tree, "/etc/ipsec.secrets"));
}

static void file_of_a_peer_outlives_it(void **state)
{
	AUTO_SCENE scene;
	struct owned_pattern *patterns;
	size_t count;

	(void)state;
	scene_init(&scene);
	scene.host.flavour = &scene_starter;
	tree_owned(&scene.host, &patterns, &count);
	assert_true(count >= 2);
	assert_string_equal(patterns[0].folder, "/etc/ipsec.d");
	assert_string_equal(patterns[0].prefix, "cygnet-");
	assert_string_equal(patterns[0].suffix, ".conf");
	assert_string_equal(patterns[1].folder, "/etc/ipsec.d/certs");
	assert_string_equal(patterns[1].suffix, ".pub");
	owned_patterns_done(patterns, count);
}

/*
 * The lines of the conns to a peer that tell them apart: their names, and what follows any of these
 * keys.
 */
static char *conn_lines(const struct scene *scene, const struct public_key *signing)
{
	static const char *const told[] = { "conn ", "leftsigkey=", "rightsigkey=", "dpdaction=", "auto=", "reqid=" };
	struct buf out = { 0 }, lines = { 0 };
	AUTO_FREE char *text = NULL;
	char *at, *line;

	ipsec_render(&scene->config, &scene->own, signing, &scene->peers.items[1], 1, &out);
	at = text = buf_take(&out);
	while ((line = strsep(&at, "\n")) != NULL)
		for (size_t i = 0; i < COUNT_OF(told); i++)
			if (strncmp(line + strspn(line, " "), told[i], strlen(told[i])) == 0)
				buf_addf(&lines, "%s\n", line + strspn(line, " "));
	return buf_take(&lines);
}

static void peer_s_next_key_is_refused(void **state)
{
	AUTO_SCENE scene;
	AUTO_FREE char *lines = NULL;

	(void)state;
	scene_init(&scene);
	scene_key_add(&scene.peers.items[1], KEY_NEXT, KEY_B_ID, KEY_B_SPKI);
	lines = conn_lines(&scene, site_active_key(&scene.own));
	assert_string_equal(lines,
			    "conn cygnet-us-east-2\n"
			    "reqid=1\n"
			    "leftsigkey=cygnet-us-east-1-8979b8f51ae63b98.pub\n"
			    "rightsigkey=cygnet-us-east-2-399e4f65dfedbaed.pub\n"
			    "dpdaction=restart\n"
			    "auto=route\n"
			    "conn cygnet-us-east-2.next\n"
			    "reqid=1\n"
			    "leftsigkey=cygnet-us-east-1-8979b8f51ae63b98.pub\n"
			    "rightsigkey=cygnet-us-east-2-c15e7d8557478a49.pub\n"
			    "dpdaction=clear\n"
			    "auto=add\n");
}

static void own_other_key_is_signed_with(void **state)
{
	AUTO_SCENE scene;
	AUTO_BUF struct buf secrets = { 0 };
	AUTO_FREE char *lines = NULL;

	(void)state;
	scene_init(&scene);
	scene_key_add(&scene.own, KEY_NEXT, KEY_B_ID, KEY_B_SPKI);
	lines = conn_lines(&scene, site_next_key(&scene.own));
	assert_non_null(strstr(lines, "leftsigkey=cygnet-us-east-1-c15e7d8557478a49.pub\n"));
	assert_null(strstr(lines, "8979b8f51ae63b98"));
	ipsec_secrets_render(&scene.own, &secrets);
	assert_string_equal(buf_str(&secrets),
			    "203.0.113.1 : RSA cygnet-8979b8f51ae63b98.key\n"
			    "203.0.113.1 : RSA cygnet-c15e7d8557478a49.key\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_differs),
		cmocka_unit_test(swanctl_is_given_files_that_nobody_reads),
		cmocka_unit_test(starter_includes_a_secret_of_no_key),
		cmocka_unit_test(file_of_a_peer_outlives_it),
		cmocka_unit_test(peer_s_next_key_is_refused),
		cmocka_unit_test(own_other_key_is_signed_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
