/* pass: who may change the machine, one run at a time, and what the process ends with. */
#include <unistd.h>

#include "bootstrap/pass.h"
#include "tests/unit/session_support.h"

#define LOCK "/run/cygnet/lock"

static bool lock_is_free(const struct lab *lab)
{
	AUTO_CLOSE int lock = -1;
	struct err e = ERR_INIT;

	return file_lock(lab->root, LOCK, 0, &lock, &e) == 0;
}

static int pass_under_lock(struct session *session, struct outcome *outcome, struct err *e)
{
	AUTO_CLOSE int lock = -1;
	struct err busy = ERR_INIT;

	(void)e;
	assert_int_equal(file_lock(session->options->root, LOCK, 0, &lock, &busy), -1);
	assert_int_equal(busy.code, EXIT_AGAIN);
	outcome->changed = true;
	return 0;
}

static void other_run_goes_on_during_a_pass(void **state)
{
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.live = true;
	assert_int_equal(pass_run(&lab.session, pass_under_lock, 0, &outcome, &e), 0);
	assert_true(outcome.changed);
	assert_true(lock_is_free(&lab));
}

static int pass_never(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)session;
	(void)outcome;
	(void)e;
	fail_msg("there is a pass");
	return 0;
}

static void pass_goes_on_beside_another_run(void **state)
{
	AUTO_CLOSE int held = -1;
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.live = true;
	assert_int_equal(file_lock(lab.root, LOCK, 0, &held, &e), 0);
	assert_int_equal(pass_run(&lab.session, pass_never, 200, &outcome, &e), -1);
	assert_error(&e, EXIT_AGAIN, "another run of cygnet holds '" LOCK "'", "");
}

static int pass_failing(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)session;
	(void)outcome;
	return err_set(e, EXIT_STEP, "no luck");
}

static void failed_pass_keeps_the_lock(void **state)
{
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.live = true;
	assert_int_equal(pass_run(&lab.session, pass_failing, 0, &outcome, &e), -1);
	assert_error(&e, EXIT_STEP, "no luck", "");
	assert_true(lock_is_free(&lab));
}

/* Below another root there is nobody to be kept out, and nothing of this machine to be touched. */
static void lock_is_left_below_another_root(void **state)
{
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	assert_int_equal(pass_run(&lab.session, pass_failing, 0, &outcome, &e), -1);
	assert_false(file_exists(lab.root, LOCK));
}

/* What another run has written while this one waited counts. */
static int pass_remembering(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	(void)e;
	assert_int_equal(session->state.generation, 9);
	return 0;
}

static void pass_decides_from_what_was_before(void **state)
{
	struct state written = { .instance = (char *)INSTANCE, .generation = 9 };
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.state.generation = 1;
	assert_int_equal(state_save(lab.root, &written, &e), 0);
	assert_int_equal(pass_run(&lab.session, pass_remembering, 0, &outcome, &e), 0);
}

static void damaged_state_is_passed_over(void **state)
{
	struct outcome outcome = { 0 };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	root_write(lab.root, STATE_FILE, "{", 0600);
	assert_int_equal(pass_run(&lab.session, pass_never, 0, &outcome, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_string_equal(lab.session.step, "state");
}

static void somebody_else_than_root_changes_the_machine(void **state)
{
	struct session machine = { .live = true }, elsewhere = { .live = false };
	uid_t before = geteuid();
	struct err e = ERR_INIT;

	(void)state;
	if (before == 0) {
		assert_int_equal(pass_allowed(&machine, &e), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	assert_int_equal(pass_allowed(&elsewhere, &e), 0);
	assert_int_equal(pass_allowed(&machine, &e), -1);
	assert_int_equal(seteuid(before), 0);
	assert_error(&e, EXIT_DENIED, "only root can change this machine", "");
}

static void exit_code_is_another_one(void **state)
{
	static const struct {
		size_t peers, up;
		enum exit_code setback, expected;
	} cases[] = {
		{ 0, 0, EXIT_DONE, EXIT_DONE },
		{ 2, 2, EXIT_DONE, EXIT_DONE },
		{ 2, 1, EXIT_DONE, EXIT_SOME_DOWN },
		{ 2, 0, EXIT_DONE, EXIT_ALL_DOWN },
		{ 1, 0, EXIT_DONE, EXIT_ALL_DOWN },
		{ 2, 2, EXIT_AGAIN, EXIT_AGAIN },
		{ 2, 1, EXIT_DENIED, EXIT_DENIED },
		{ 0, 0, EXIT_STEP, EXIT_STEP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct session session = { .setback = { .code = cases[i].setback } };
		const struct outcome outcome = { .peers = cases[i].peers, .up = cases[i].up };

		assert_int_equal(pass_code(&session, &outcome), cases[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_run_goes_on_during_a_pass),
		cmocka_unit_test(pass_goes_on_beside_another_run),
		cmocka_unit_test(failed_pass_keeps_the_lock),
		cmocka_unit_test(lock_is_left_below_another_root),
		cmocka_unit_test(pass_decides_from_what_was_before),
		cmocka_unit_test(damaged_state_is_passed_over),
		cmocka_unit_test(somebody_else_than_root_changes_the_machine),
		cmocka_unit_test(exit_code_is_another_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
