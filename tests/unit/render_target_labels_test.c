/* target: units that stand in a daemon's way, and labels, as far as the host has them. */
#include <string.h>

#include "render/target.h"
#include "tests/unit/render_support.h"

static const struct time_source ntpd = {
	.daemon = TIME_NTPD,
	.unit = "ntpd.service",
	.file = "/etc/ntp.conf",
	.foreign = true,
	.other_units = { "chronyd.service" },
};

static size_t unit_place(const struct target *target, const char *name)
{
	for (size_t i = 0; i < target->unit_count; i++)
		if (strcmp(target->units[i].name, name) == 0)
			return i;
	fail_msg("'%s' is not wanted", name);
	return 0;
}

static void other_time_daemon_is_stopped_after_the_wanted_one(void **state)
{
	AUTO_SCENE scene;
	CLEANUP(target_done) struct target target;
	size_t off, on;

	(void)state;
	scene_init(&scene);
	scene.host.time = &ntpd;
	target_make(&scene.inputs, &target);
	off = unit_place(&target, "chronyd.service");
	on = unit_place(&target, "ntpd.service");
	assert_true(off < on);
	assert_false(target.units[off].enabled || target.units[off].active);
	assert_true(target.units[on].enabled && target.units[on].active);
	assert_int_equal(target.units[off].concern, CONCERN_TIME);
}

static void host_without_labels_restores_them(void **state)
{
	AUTO_SCENE scene;
	CLEANUP(target_done) struct target target;

	(void)state;
	scene_init(&scene);
	target_make(&scene.inputs, &target);
	assert_int_equal(target.label_count, 0);
}

static void assert_label(const struct target *target, size_t i, const char *path,
			 enum concern concern)
{
	assert_true(i < target->label_count);
	assert_string_equal(target->labels[i].path, path);
	assert_int_equal(target->labels[i].concern, concern);
}

static void foreign_files_and_folders_of_keys_keep_a_wrong_label(void **state)
{
	AUTO_SCENE scene;
	CLEANUP(target_done) struct target target;

	(void)state;
	scene_init(&scene);
	scene.host.time = &ntpd;
	scene.host.restorecon = "/usr/sbin/restorecon";
	target_make(&scene.inputs, &target);
	assert_int_equal(target.label_count, 3);
	assert_label(&target, 0, "/etc/ntp.conf", CONCERN_TIME);
	assert_label(&target, 1, "/etc/swanctl/private", CONCERN_CHARON);
	assert_label(&target, 2, "/etc/swanctl/pubkey", CONCERN_CHARON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_time_daemon_is_stopped_after_the_wanted_one),
		cmocka_unit_test(host_without_labels_restores_them),
		cmocka_unit_test(foreign_files_and_folders_of_keys_keep_a_wrong_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
