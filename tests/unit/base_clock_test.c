/* Clocks that go on, and a sleep that nothing cuts short. */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "tests/unit/support.h"

#include "base/clock.h"

static volatile sig_atomic_t interruptions;

static void interrupted(int signal_number)
{
	(void)signal_number;
	interruptions++;
}

static void sleep_ends_at_a_signal(void **state)
{
	const struct sigaction action = { .sa_handler = interrupted };
	const struct itimerval every_10_ms = { { 0, 10000 }, { 0, 10000 } }, never = { 0 };
	int64_t began_ms;

	(void)state;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every_10_ms, NULL);
	began_ms = clock_boot_ms();
	clock_sleep_ms(150);
	setitimer(ITIMER_REAL, &never, NULL);
	assert_true(interruptions > 0);
	assert_true(clock_boot_ms() - began_ms >= 149);
}

static void sleep_of_no_time_takes_some(void **state)
{
	int64_t began_ms = clock_boot_ms();

	(void)state;
	clock_sleep_ms(0);
	clock_sleep_ms(-1);
	clock_sleep_ms(INT64_MIN);
	assert_true(clock_boot_ms() - began_ms < 1000);
}

static void clock_is_in_another_unit(void **state)
{
	struct timespec boot;

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &boot);
	assert_in_range(clock_boot_ms(), boot.tv_sec * 1000, boot.tv_sec * 1000 + 60000);
	assert_in_range(clock_wall_s(), time(NULL) - 1, time(NULL) + 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sleep_ends_at_a_signal),
		cmocka_unit_test(sleep_of_no_time_takes_some),
		cmocka_unit_test(clock_is_in_another_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
