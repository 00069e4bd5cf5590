/* Waiting for charon, and swanctl as the loader. */
#include "tests/unit/fake_charon.h"

#include "base/file.h"
#include "bootstrap/charon/charon.h"

static void a_charon_that_answers_is_waited_for_no_longer(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_start(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), start + 2 * PATIENCE_MS, &e), 0);
	assert_in_range(clock_boot_ms() - start, 0, PATIENCE_MS);
}

static void a_charon_that_hangs_up_at_first_is_asked_again(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_turn(&fake, AND_CLOSE);
	fake_turn(&fake, AND_CLOSE);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_start(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), clock_boot_ms() + 10000, &e), 0);
}

static void a_charon_that_never_answers_is_waited_for_up_to_the_deadline(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_stop(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), start + 300, &e), -1);
	assert_in_range(clock_boot_ms() - start, 300, PATIENCE_MS);
	assert_error(&e, EXIT_AGAIN, "charon does not listen at '/run/charon.vici': Connection refused", "");
}

static void a_charon_that_hangs_is_waited_for_up_to_the_deadline(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	fake_turn(&fake, AT_ONCE);
	fake_start(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), start + 300, &e), -1);
	assert_in_range(clock_boot_ms() - start, 300, PATIENCE_MS);
	assert_int_equal(e.code, EXIT_AGAIN);
}

static void something_else_at_the_socket_is_not_waited_for(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	buf_adds(fake_turn(&fake, AT_ONCE), "220 ready\r\n");
	fake_start(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), start + 2 * PATIENCE_MS, &e), -1);
	assert_in_range(clock_boot_ms() - start, 0, PATIENCE_MS);
	assert_int_equal(e.code, EXIT_STEP);
}

/* Load with a program of this text; the root it is in is gone afterwards. */
static int load_with(const char *program, char **ret_complaints, struct err *e)
{
	char root[] = ROOT_TEMPLATE;
	AUTO_FREE char *path = mem_printf("%s/swanctl", root_make(root));
	const struct flavour flavour = { .backend = BACKEND_SWANCTL, .swanctl = path };
	int result;

	if (program != NULL)
		assert_int_equal(file_replace(root, "/swanctl", program, strlen(program), 0755, e), 0);
	result = charon_load(&(struct charon){ root, &flavour }, ret_complaints, e);
	root_remove(root);
	return result;
}

static void swanctl_is_told_to_load_all_and_never_to_ask(void **state)
{
	AUTO_FREE char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(load_with("#!/bin/sh\necho \"$*\" >&2\n", &complaints, &e), 0);
	assert_string_equal(complaints, "--load-all --noprompt\n");
}

static void a_status_of_swanctl_is_no_failure_and_its_complaints_are_kept(void **state)
{
	AUTO_FREE char *complaints = NULL, *quiet = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(load_with("#!/bin/sh\necho loaded\necho one >&2\necho two >&2\nexit 22\n", &complaints, &e), 0);
	assert_string_equal(complaints, "one\ntwo\n");
	assert_int_equal(load_with("#!/bin/sh\necho loaded\n", &quiet, &e), 0);
	assert_string_equal(quiet, "");
}

static void a_key_that_is_not_taken_passes_for_the_one_before(void **state)
{
	static const char program[] =
		"#!/bin/sh\n"
		"echo \"loading connection 'office' failed: no such file\" >&2\n"
		"echo \"loading connection 'cygnet-us-east-2' failed: invalid value for: pubkeys\" >&2\n"
		"echo 'loaded 1 of 3 connections' >&2\n"
		"exit 22\n";
	char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(load_with(program, &complaints, &e), -1);
	assert_error(&e, EXIT_STEP, "swanctl says: loading connection 'cygnet-us-east-2' failed: invalid value for: "
		     "pubkeys", "");
	assert_null(complaints);
}

static void a_swanctl_that_is_not_there_is_an_error(void **state)
{
	char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(load_with(NULL, &complaints, &e), -1);
	assert_int_equal(e.code, EXIT_MISSING);
	assert_null(complaints);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_charon_that_answers_is_waited_for_no_longer),
		cmocka_unit_test(a_charon_that_hangs_up_at_first_is_asked_again),
		cmocka_unit_test(a_charon_that_never_answers_is_waited_for_up_to_the_deadline),
		cmocka_unit_test(a_charon_that_hangs_is_waited_for_up_to_the_deadline),
		cmocka_unit_test(something_else_at_the_socket_is_not_waited_for),
		cmocka_unit_test(swanctl_is_told_to_load_all_and_never_to_ask),
		cmocka_unit_test(a_status_of_swanctl_is_no_failure_and_its_complaints_are_kept),
		cmocka_unit_test(a_key_that_is_not_taken_passes_for_the_one_before),
		cmocka_unit_test(a_swanctl_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
