/* watchdog: a run that hangs ends, and one that does not is left alone. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bootstrap/watchdog.h"
#include "tests/unit/support.h"

/* How a child ends that is watched for one second and needs ms; what it said is in ret_said. */
static int watched(int64_t ms, char *ret_said, size_t size)
{
	int status, said[2];
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(said), 0);
	child = fork();
	if (child == 0) {
		dup2(said[1], STDERR_FILENO);
		watchdog_start(1);
		clock_sleep_ms(ms);
		_exit(42);
	}
	close(said[1]);
	n = read(said[0], ret_said, size - 1);
	ret_said[n > 0 ? n : 0] = '\0';
	close(said[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void hanging_run_goes_on_or_ends_without_a_word(void **state)
{
	int64_t began_ms = clock_boot_ms();
	char said[256];

	(void)state;
	assert_int_equal(watched(60000, said, sizeof said), EXIT_AGAIN);
	assert_in_range(clock_boot_ms() - began_ms, 900, 30000);
	assert_memory_equal(said, "cygnet: the run did not end within its 'timeout'", 48);
	assert_int_equal(said[strlen(said) - 1], '\n');
}

static void run_that_is_in_time_is_stopped(void **state)
{
	char said[256];

	(void)state;
	assert_int_equal(watched(0, said, sizeof said), 42);
	assert_string_equal(said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hanging_run_goes_on_or_ends_without_a_word),
		cmocka_unit_test(run_that_is_in_time_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
