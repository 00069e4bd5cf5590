/* plan: foreign files are edited and not replaced, and labels follow what was written. */
#include <string.h>

#include "render/plan.h"
#include "tests/unit/support.h"

#define LINE "include /etc/ipsec.d/cygnet-*.conf\n"
#define BLOCK "# cygnet begins; what stands up to its end is overwritten\n" LINE "# cygnet ends\n"

/* One file wanted and found, and one label of its concern. */
struct scene {
	struct target target;
	struct observation seen;
	struct plan plan;
};

static void scene_done(struct scene *scene)
{
	target_done(&scene->target);
	observation_done(&scene->seen);
	plan_done(&scene->plan);
}

#define AUTO_SCENE CLEANUP(scene_done) struct scene

static void scene_want(struct scene *scene, enum edit edit, const char *content, mode_t mode,
		       enum concern concern)
{
	struct buf wanted = { 0 };

	buf_adds(&wanted, content);
	tree_edit(&scene->target.tree, "/etc/file", edit, &wanted, mode, concern);
	*MEM_GROW(scene->target.labels, scene->target.label_count) =
		(struct wanted_label){ mem_strdup("/etc/labelled"), concern };
}

/* NULL: it is not there. */
static void scene_find(struct scene *scene, const char *content, mode_t mode)
{
	struct observed_file *file = MEM_GROW(scene->seen.files, scene->seen.file_count);

	*file = (struct observed_file){ .path = mem_strdup("/etc/file"), .present = content != NULL };
	if (content == NULL)
		return;
	buf_adds(&file->content, content);
	file->mode = mode;
}

static void scene_plan(struct scene *scene, enum concern concern)
{
	plan_make(&scene->target, &scene->seen, 1u << concern, NULL, &scene->plan);
}

static void assert_action(const struct scene *scene, size_t i, const char *text)
{
	AUTO_FREE char *is = NULL;

	assert_true(i < scene->plan.count);
	is = action_text(&scene->plan.actions[i]);
	assert_string_equal(is, text);
}

static void edited_file_loses_its_mode_or_what_was_in_it(void **state)
{
	AUTO_SCENE scene = { 0 };
	const struct action *action;

	(void)state;
	scene_want(&scene, EDIT_BLOCK, LINE, 0600, CONCERN_TIME);
	scene_find(&scene, "config setup\n", 0640);
	scene_plan(&scene, CONCERN_TIME);
	assert_int_equal(scene.plan.count, 2);
	action = &scene.plan.actions[0];
	assert_int_equal(action->kind, ACTION_WRITE);
	assert_int_equal(action->file.mode, 0640);
	assert_string_equal(buf_str(&action->file.content), "config setup\n" BLOCK);
	assert_int_equal(action->file.before_mode, 0640);
	assert_string_equal(buf_str(&action->file.before), "config setup\n");
	assert_action(&scene, 1, "restorecon -R /etc/labelled");
}

static void file_that_is_as_wanted_is_written(void **state)
{
	static const struct { enum edit edit; const char *wanted, *found; mode_t mode; } cases[] = {
		{ EDIT_BLOCK, LINE, "config setup\n" BLOCK, 0640 },
		{ EDIT_BLOCK, LINE, BLOCK "config setup", 0600 },
		{ EDIT_SERVERS, LINE, BLOCK, 0644 },
		{ EDIT_WHOLE, LINE, LINE, 0600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_SCENE scene = { 0 };

		scene_want(&scene, cases[i].edit, cases[i].wanted, 0600, CONCERN_TIME);
		scene_find(&scene, cases[i].found, cases[i].mode);
		scene_plan(&scene, CONCERN_TIME);
		assert_int_equal(scene.plan.count, 0);
	}
}

static void own_file_keeps_a_mode_or_content_of_others(void **state)
{
	static const struct { const char *content; mode_t mode; } cases[] = {
		{ LINE, 0644 }, { "x", 0600 }, { LINE "x\n", 0600 }, { NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_SCENE scene = { 0 };

		scene_want(&scene, EDIT_WHOLE, LINE, 0600, CONCERN_TIME);
		scene_find(&scene, cases[i].content, cases[i].mode);
		scene_plan(&scene, CONCERN_TIME);
		assert_action(&scene, 0, cases[i].content == NULL ? "create /etc/file (35 bytes, mode 0600)" :
								    "change /etc/file (35 bytes, mode 0600)");
		assert_string_equal(buf_str(&scene.plan.actions[0].file.content), LINE);
	}
}

static void file_to_be_edited_is_not_there(void **state)
{
	AUTO_SCENE made = { 0 }, missed = { 0 };

	(void)state;
	scene_want(&made, EDIT_BLOCK, LINE, 0600, CONCERN_TIME);
	scene_find(&made, NULL, 0);
	scene_plan(&made, CONCERN_TIME);
	assert_int_equal(made.plan.actions[0].file.mode, 0600);
	assert_int_equal(made.plan.actions[0].file.before_mode, 0);
	assert_string_equal(buf_str(&made.plan.actions[0].file.content), BLOCK);
	scene_want(&missed, EDIT_SERVERS, LINE, 0, CONCERN_TIME);
	scene_find(&missed, NULL, 0);
	scene_plan(&missed, CONCERN_TIME);
	assert_int_equal(missed.plan.actions[0].file.mode, 0);
	assert_action(&missed, 0, "change /etc/file, which is not there");
}

/* The load that failed may have failed for want of them. */
static void charon_loads_keys_before_they_are_labelled(void **state)
{
	AUTO_SCENE changed = { 0 }, same = { 0 };

	(void)state;
	scene_want(&changed, EDIT_WHOLE, LINE, 0600, CONCERN_CHARON);
	scene_find(&changed, NULL, 0);
	scene_plan(&changed, CONCERN_CHARON);
	assert_int_equal(changed.plan.count, 3);
	assert_action(&changed, 1, "restorecon -R /etc/labelled");
	assert_int_equal(changed.plan.actions[2].kind, ACTION_LOAD);
	scene_want(&same, EDIT_WHOLE, LINE, 0600, CONCERN_CHARON);
	scene_find(&same, LINE, 0600);
	scene_plan(&same, CONCERN_CHARON);
	assert_int_equal(same.plan.count, 2);
	assert_action(&same, 0, "restorecon -R /etc/labelled");
	assert_int_equal(same.plan.actions[1].kind, ACTION_LOAD);
}

static void label_is_restored_for_a_file_of_another_concern(void **state)
{
	AUTO_SCENE scene = { 0 };

	(void)state;
	scene_want(&scene, EDIT_WHOLE, LINE, 0600, CONCERN_TIME);
	scene_find(&scene, NULL, 0);
	scene.target.labels[0].concern = CONCERN_CHARON;
	scene_plan(&scene, CONCERN_TIME);
	assert_int_equal(scene.plan.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edited_file_loses_its_mode_or_what_was_in_it),
		cmocka_unit_test(file_that_is_as_wanted_is_written),
		cmocka_unit_test(own_file_keeps_a_mode_or_content_of_others),
		cmocka_unit_test(file_to_be_edited_is_not_there),
		cmocka_unit_test(charon_loads_keys_before_they_are_labelled),
		cmocka_unit_test(label_is_restored_for_a_file_of_another_concern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
