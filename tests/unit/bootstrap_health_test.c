/* health: when a group is asked to replace an instance, and when it is left in peace. */
#include "tests/unit/support.h"

#include "bootstrap/health.h"

#define MINUTE INT64_C(60000)
#define AFTER (5 * MINUTE)

static void charon_that_answers_is_lost(void **unused)
{
	struct recent recent = { .unhealthy_ms = 7 };

	(void)unused;
	assert_false(health_judge(&recent, true, 100 * MINUTE, AFTER));
	assert_int_equal(recent.charon_lost_ms, 0);
	assert_int_equal(recent.unhealthy_ms, 7);
}

static void short_loss_replaces_the_instance(void **unused)
{
	struct recent recent = { 0 };

	(void)unused;
	assert_false(health_judge(&recent, false, 10 * MINUTE, AFTER));
	assert_int_equal(recent.charon_lost_ms, 10 * MINUTE);
	assert_false(health_judge(&recent, false, 15 * MINUTE - 1, AFTER));
	assert_true(health_judge(&recent, false, 15 * MINUTE, AFTER));
	assert_int_equal(recent.charon_lost_ms, 10 * MINUTE);
}

/* Two short losses are no long one. */
static void losses_add_up(void **unused)
{
	struct recent recent = { 0 };

	(void)unused;
	assert_false(health_judge(&recent, false, 10 * MINUTE, AFTER));
	assert_false(health_judge(&recent, true, 14 * MINUTE, AFTER));
	assert_false(health_judge(&recent, false, 16 * MINUTE, AFTER));
	assert_int_equal(recent.charon_lost_ms, 16 * MINUTE);
}

static void group_is_told_more_than_once_an_hour(void **unused)
{
	struct recent recent = { .charon_lost_ms = MINUTE, .unhealthy_ms = 6 * MINUTE };

	(void)unused;
	assert_false(health_judge(&recent, false, 66 * MINUTE - 1, AFTER));
	assert_true(health_judge(&recent, false, 66 * MINUTE, AFTER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(charon_that_answers_is_lost),
		cmocka_unit_test(short_loss_replaces_the_instance),
		cmocka_unit_test(losses_add_up),
		cmocka_unit_test(group_is_told_more_than_once_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
