/* Other programs, played by shell scripts: what they get, what comes back, and their bounds. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "base/clock.h"
#include "base/run.h"

#define AUTO_RESULT CLEANUP(run_result_done) struct run_result

static struct run_result script_run(const char *text)
{
	const char *const argv[] = { "/bin/sh", "-c", text, "sh", NULL };
	struct run_result result;
	struct err e = ERR_INIT;

	if (run_capture(argv, PATIENCE_MS, &result, &e) < 0)
		fail_msg("%s: %s", text, e.cause);
	return result;
}

static void status_is_another_one(void **state)
{
	AUTO_RESULT good = script_run("exit 0"), bad = script_run("exit 22");
	AUTO_RESULT killed = script_run("kill -KILL $$");

	(void)state;
	assert_int_equal(good.status, 0);
	assert_int_equal(bad.status, 22);
	assert_int_equal(killed.status, 128 + SIGKILL);
}

static void outputs_are_mixed_up(void **state)
{
	AUTO_RESULT result = script_run("echo out; echo errors >&2; printf 'a\\0b'");

	(void)state;
	assert_int_equal(result.out.len, 7);
	assert_memory_equal(result.out.data, "out\na\0b", 7);
	assert_string_equal(buf_str(&result.errors), "errors\n");
}

/* More than a pipe holds, on both, in whatever order. */
static void chatty_program_blocks(void **state)
{
	AUTO_RESULT result = script_run("head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero;"
					"head -c 300000 /dev/zero >&2");

	(void)state;
	assert_int_equal(result.status, 0);
	assert_int_equal(result.out.len, 300000);
	assert_false(result.truncated);
	assert_int_equal(result.errors.len, 600000);
}

static void output_is_kept_without_bound(void **state)
{
	AUTO_RESULT result = script_run("head -c 5000000 /dev/zero; exit 3");

	(void)state;
	assert_int_equal(result.status, 3);
	assert_in_range(result.out.len, 1024 * 1024 - 8192, 1024 * 1024);
	assert_true(result.truncated);
}

/*
 * Of a block that would go beyond nothing is kept, so what is kept may be less than is said, and
 * less than the bound.
 */
static void output_that_lacks_its_end_is_taken_for_all(void **state)
{
	AUTO_RESULT whole = script_run("head -c 1048576 /dev/zero");
	AUTO_RESULT more = script_run("head -c 1048577 /dev/zero");
	AUTO_RESULT errors = script_run("head -c 1048577 /dev/zero >&2");

	(void)state;
	assert_false(whole.truncated);
	assert_int_equal(whole.out.len, 1048576);
	assert_true(more.truncated);
	assert_true(errors.truncated);
}

/* Nothing but what cygnet decided; PWD, _ and the like are the shell's own. */
static void program_sees_the_environment_of_cygnet(void **state)
{
	AUTO_RESULT result = script_run("env | grep -v -e ^PWD= -e ^OLDPWD= -e ^SHLVL= -e ^_=");

	(void)state;
	assert_string_equal(buf_str(&result.out),
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
			    "LC_ALL=C\n");
}

static void program_reads_the_input_of_cygnet(void **state)
{
	int before = dup(STDIN_FILENO), input[2];
	AUTO_RESULT result;

	(void)state;
	assert_int_equal(pipe(input), 0);
	assert_int_equal(write(input[1], "not for it\n", 11), 11);
	dup2(input[0], STDIN_FILENO);
	result = script_run("cat; echo end");
	dup2(before, STDIN_FILENO);
	close(before);
	close(input[0]);
	close(input[1]);
	assert_string_equal(buf_str(&result.out), "end\n");
}

static void argument_is_read_by_a_shell(void **state)
{
	const char *const argv[] = { "/bin/echo", "$HOME; `id` *", "", "'", NULL };
	AUTO_RESULT result = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(run_capture(argv, PATIENCE_MS, &result, &e), 0);
	assert_string_equal(buf_str(&result.out), "$HOME; `id` *  '\n");
}

static void missing_program_is_a_failed_one(void **state)
{
	const char *const missing[] = { "/nowhere/nft", NULL }, *const folder[] = { "/tmp", NULL };
	struct run_result result = { .status = 77 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(run_capture(missing, PATIENCE_MS, &result, &e), -1);
	assert_error(&e, EXIT_MISSING, "cannot run '/nowhere/nft': No such file or directory", "");
	assert_int_equal(run_capture(folder, PATIENCE_MS, &result, &e), -1);
	assert_error(&e, EXIT_MISSING, "cannot run '/tmp': Permission denied", "");
	assert_int_equal(result.status, 77);
}

static void assert_given_up(const char *text)
{
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };
	int64_t began_ms = clock_boot_ms();
	struct run_result result;
	struct err e = ERR_INIT;

	assert_int_equal(run_capture(argv, 1000, &result, &e), -1);
	assert_error(&e, EXIT_AGAIN, "'/bin/sh' did not end within 1 s", "");
	assert_in_range(clock_boot_ms() - began_ms, 1000, PATIENCE_MS);
}

static void program_that_hangs_holds_the_run(void **state)
{
	(void)state;
	assert_given_up("exec sleep 600");
	assert_given_up("trap '' TERM; exec >&- 2>&-; exec sleep 600");
}

/* There is always more to read: the time is up all the same. */
static void program_that_never_stops_talking_holds_the_run(void **state)
{
	(void)state;
	alarm(30);
	assert_given_up("cat /dev/zero & cat /dev/zero >&2 & exec cat /dev/zero");
	alarm(0);
}

static void daemon_that_keeps_the_pipes_holds_the_run(void **state)
{
	int64_t began_ms = clock_boot_ms();
	AUTO_RESULT result = script_run("sleep 60 & echo $!");

	(void)state;
	assert_true(clock_boot_ms() - began_ms < PATIENCE_MS);
	assert_int_equal(result.status, 0);
	kill((pid_t)atoi(buf_str(&result.out)), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_another_one),
		cmocka_unit_test(outputs_are_mixed_up),
		cmocka_unit_test(chatty_program_blocks),
		cmocka_unit_test(output_is_kept_without_bound),
		cmocka_unit_test(output_that_lacks_its_end_is_taken_for_all),
		cmocka_unit_test(program_sees_the_environment_of_cygnet),
		cmocka_unit_test(program_reads_the_input_of_cygnet),
		cmocka_unit_test(argument_is_read_by_a_shell),
		cmocka_unit_test(missing_program_is_a_failed_one),
		cmocka_unit_test(program_that_hangs_holds_the_run),
		cmocka_unit_test(program_that_never_stops_talking_holds_the_run),
		cmocka_unit_test(daemon_that_keeps_the_pipes_holds_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
