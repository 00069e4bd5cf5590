/* tree: every file of a gateway, whole, as they lie below expected/render/gateway. */
#include <dirent.h>
#include <string.h>

#include "render/tree.h"
#include "tests/unit/render_support.h"

#define AUTO_TREE CLEANUP(tree_done) struct tree

static void file_differs(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	tree_all(&scene.inputs, &tree);
	for (size_t i = 0; i < tree.count; i++) {
		AUTO_FREE char *path = mem_printf("/gateway%s", tree.files[i].path);

		assert_expected(&tree.files[i].content, path);
		assert_int_equal(tree.files[i].mode, 0644);
	}
}

/* The files below a folder, or one for a file. */
static size_t files_at(const char *path)
{
	DIR *folder = opendir(path);
	size_t files = 0;

	if (folder == NULL)
		return 1;
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		AUTO_FREE char *below = mem_printf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.')
			files += files_at(below);
	}
	closedir(folder);
	return files;
}

static void file_is_missing(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	tree_all(&scene.inputs, &tree);
	assert_int_equal(tree.count, files_at(EXPECTED "/gateway"));
}

static void assert_concern(const struct tree *tree, const char *path, enum concern concern)
{
	const struct tree_file *file = tree_find(tree, path);

	assert_non_null(file);
	assert_int_equal(file->concern, concern);
}

static void change_is_told_to_somebody_else(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	tree_all(&scene.inputs, &tree);
	assert_concern(&tree, "/etc/systemd/system/cygnet.service", CONCERN_UNITS);
	assert_concern(&tree, "/etc/systemd/system/cygnet-firewall.service", CONCERN_UNITS);
	assert_concern(&tree, "/etc/sysctl.d/99-zz-cygnet.conf", CONCERN_SYSCTL);
	assert_concern(&tree, "/etc/chrony/sources.d/cygnet.sources", CONCERN_TIME);
	assert_concern(&tree, "/etc/cygnet/cygnet.nft", CONCERN_FIREWALL);
	assert_concern(&tree, "/etc/strongswan.d/cygnet.conf", CONCERN_STRONGSWAN);
	assert_concern(&tree, "/etc/swanctl/conf.d/cygnet-us-east-2.conf", CONCERN_CHARON);
	assert_concern(&tree, "/etc/swanctl/pubkey/cygnet-us-east-1-8979b8f51ae63b98.pub",
		       CONCERN_CHARON);
}

static size_t files_below(const struct tree *tree, const char *folder)
{
	size_t found = 0;

	for (size_t i = 0; i < tree->count; i++)
		found += strncmp(tree->files[i].path, folder, strlen(folder)) == 0;
	return found;
}

static void units_hide_those_of_a_package(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	scene.host.packaged = true;
	tree_all(&scene.inputs, &tree);
	assert_int_equal(files_below(&tree, "/etc/systemd/"), 0);
}

static void assert_runs_packaged(const struct tree *tree, const char *path)
{
	const struct tree_file *file = tree_find(tree, path);

	assert_non_null(file);
	assert_non_null(strstr(buf_str(&file->content), "\nExecStart=/usr/bin/cygnet "));
}

/*
 * Of the package's units the two with a deadline, and not the timer nor the rule set's, are other
 * ones here.
 */
static void package_takes_a_setting_away(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	scene.host.packaged = true;
	scene.config.timeout_s = 600;
	tree_all(&scene.inputs, &tree);
	assert_int_equal(files_below(&tree, "/etc/systemd/"), 2);
	assert_runs_packaged(&tree, "/etc/systemd/system/cygnet.service");
	assert_runs_packaged(&tree, "/etc/systemd/system/cygnet-sync.service");
}

static void machine_has_no_time_daemon(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	scene.host.time = NULL;
	tree_all(&scene.inputs, &tree);
	assert_int_equal(files_below(&tree, "/etc/chrony/"), 0);
	assert_int_equal(files_below(&tree, "/etc/cygnet/"), 1);
}

static void assert_edit(const struct time_source *time, enum edit edit)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;
	const struct tree_file *file;

	scene_init(&scene);
	scene.host.time = time;
	tree_all(&scene.inputs, &tree);
	file = tree_find(&tree, time->file);
	assert_non_null(file);
	assert_int_equal(file->edit, edit);
	assert_int_equal(file->mode, 0);
	assert_int_equal(file->concern, CONCERN_TIME);
	assert_string_equal(buf_str(&file->content),
			    "server 169.254.169.123 prefer iburst\n"
			    "server 0.amazon.pool.ntp.org iburst\n"
			    "server 1.amazon.pool.ntp.org iburst\n");
}

static void file_of_a_time_daemon_is_replaced_whole(void **state)
{
	(void)state;
	assert_edit(&(struct time_source){ .daemon = TIME_CHRONY, .file = "/etc/chrony.conf",
					   .foreign = true }, EDIT_BLOCK);
	assert_edit(&(struct time_source){ .daemon = TIME_NTPD, .file = "/etc/ntp.conf",
					   .foreign = true }, EDIT_SERVERS);
}

static void gateway_has_no_key_yet(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	public_key_done(&scene.own.keys[0].key);
	scene.own.key_count = 0;
	tree_all(&scene.inputs, &tree);
	assert_int_equal(files_below(&tree, "/etc/swanctl/"), 0);
	assert_int_equal(files_below(&tree, "/etc/cygnet/"), 1);
}

static void units_need_a_registry(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE whole, units;
	struct tree_inputs early;

	(void)state;
	scene_init(&scene);
	early = scene.inputs;
	early.own = NULL;
	early.peers = NULL;
	early.interface = NULL;
	tree_units(&early, &units);
	tree_all(&scene.inputs, &whole);
	assert_int_equal(units.count, 4);
	for (size_t i = 0; i < units.count; i++) {
		const struct tree_file *same = tree_find(&whole, units.files[i].path);

		assert_non_null(same);
		assert_string_equal(buf_str(&units.files[i].content), buf_str(&same->content));
	}
}

static bool owned(const struct owned_pattern *pattern, const char *path)
{
	size_t folder = strlen(pattern->folder), prefix = strlen(pattern->prefix);
	size_t suffix = pattern->suffix ? strlen(pattern->suffix) : 0, len = strlen(path);

	if (pattern->suffix == NULL && len != folder + 1 + prefix)
		return false;
	return strncmp(path, pattern->folder, folder) == 0 && path[folder] == '/' &&
	       strncmp(path + folder + 1, pattern->prefix, prefix) == 0 &&
	       len >= suffix && strcmp(path + len - suffix, pattern->suffix ? pattern->suffix : "") == 0;
}

static size_t owners(const char *path)
{
	struct owned_pattern *patterns;
	size_t count, found = 0;

	tree_owned(&(struct host){ .distro = &scene_distro, .flavour = &scene_swanctl }, &patterns, &count);
	for (size_t i = 0; i < count; i++)
		found += owned(&patterns[i], path);
	owned_patterns_done(patterns, count);
	return found;
}

static void file_outlives_its_peer_firewall_or_package(void **state)
{
	AUTO_SCENE scene;
	AUTO_TREE tree;

	(void)state;
	scene_init(&scene);
	tree_all(&scene.inputs, &tree);
	for (size_t i = 0; i < tree.count; i++)
		assert_int_equal(owners(tree.files[i].path),
				 tree.files[i].concern == CONCERN_UNITS ||
				 tree.files[i].concern == CONCERN_CHARON ||
				 tree.files[i].concern == CONCERN_FIREWALL);
	assert_int_equal(owners("/etc/cygnet/cygnet.iptables"), 1);
}

static void private_key_is_removed_as_stale(void **state)
{
	(void)state;
	assert_int_equal(owners("/etc/swanctl/private/cygnet-8979b8f51ae63b98.key"), 0);
	assert_int_equal(owners("/etc/swanctl/conf.d/office.conf"), 0);
	assert_int_equal(owners("/etc/swanctl/pubkey/office.pub"), 0);
	assert_int_equal(owners("/etc/cygnet/peers.nft.d"), 0);
	assert_int_equal(owners("/etc/systemd/system/cygnet.service.d"), 0);
	assert_int_equal(owners("/etc/systemd/system/cygnet-backup.service"), 0);
}

static void add_text(struct tree *tree, const char *path, const char *text)
{
	struct buf content = { 0 };

	buf_adds(&content, text);
	tree_add(tree, path, &content, 0644, CONCERN_CHARON);
	assert_null(content.data);
}

static void path_is_there_twice(void **state)
{
	AUTO_TREE tree = { 0 };

	(void)state;
	assert_null(tree_find(&tree, "/b"));
	add_text(&tree, "/b", "1");
	add_text(&tree, "/a", "2");
	add_text(&tree, "/c", "3");
	add_text(&tree, "/b", "4");
	assert_int_equal(tree.count, 3);
	assert_string_equal(tree.files[0].path, "/a");
	assert_string_equal(tree.files[1].path, "/b");
	assert_string_equal(tree.files[2].path, "/c");
	assert_string_equal(buf_str(&tree_find(&tree, "/b")->content), "4");
	assert_null(tree_find(&tree, "/d"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_differs),
		cmocka_unit_test(file_is_missing),
		cmocka_unit_test(change_is_told_to_somebody_else),
		cmocka_unit_test(units_hide_those_of_a_package),
		cmocka_unit_test(package_takes_a_setting_away),
		cmocka_unit_test(machine_has_no_time_daemon),
		cmocka_unit_test(file_of_a_time_daemon_is_replaced_whole),
		cmocka_unit_test(gateway_has_no_key_yet),
		cmocka_unit_test(units_need_a_registry),
		cmocka_unit_test(file_outlives_its_peer_firewall_or_package),
		cmocka_unit_test(private_key_is_removed_as_stale),
		cmocka_unit_test(path_is_there_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
