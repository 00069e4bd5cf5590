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

static void next_key_takes_the_place_of_the_active_one(void **state)
{
	AUTO_SCENE scene;
	AUTO_BUF struct buf plain = { 0 }, rotating = { 0 };

	(void)state;
	scene_init(&scene);
	ipsec_render(&scene.config, &scene.own, &scene.peers.items[0], 1, &plain);
	scene_key_add(&scene.peers.items[0], KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	scene_key_add(&scene.own, KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	ipsec_render(&scene.config, &scene.own, &scene.peers.items[0], 1, &rotating);
	assert_string_equal(buf_str(&rotating), buf_str(&plain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_differs),
		cmocka_unit_test(swanctl_is_given_files_that_nobody_reads),
		cmocka_unit_test(starter_includes_a_secret_of_no_key),
		cmocka_unit_test(file_of_a_peer_outlives_it),
		cmocka_unit_test(next_key_takes_the_place_of_the_active_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
