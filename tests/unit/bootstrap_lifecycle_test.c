/* lifecycle: what a launch hook hears of a run. */
#include "tests/unit/support.h"

#include "bootstrap/lifecycle.h"

static const enum exit_code codes[] = {
	EXIT_DONE, EXIT_STEP, EXIT_SOME_DOWN, EXIT_ALL_DOWN, EXIT_CONFIG, EXIT_MISSING, EXIT_AGAIN, EXIT_DENIED,
};

static bool is_local(enum exit_code code)
{
	return code == EXIT_STEP || code == EXIT_CONFIG || code == EXIT_MISSING;
}

/* Tunnels that are down, a permission that an optional part lacks: the gateway is there. */
static void gateway_that_serves_is_held_back(void **unused)
{
	const struct state serving = { .generation = 1 };

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		assert_int_equal(lifecycle_judge(&serving, codes[i], false), VERDICT_CONTINUE);
}

/* The registry may answer the next run. */
static void passing_trouble_ends_an_instance(void **unused)
{
	const struct state fresh = { 0 }, unannounced = { .generation = 1, .pending = true };

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		enum verdict verdict = is_local(codes[i]) ? VERDICT_ABANDON : VERDICT_WAIT;

		assert_int_equal(lifecycle_judge(&fresh, codes[i], false), verdict);
		assert_int_equal(lifecycle_judge(&unannounced, codes[i], false), verdict);
	}
}

static void run_that_failed_is_taken_for_a_gateway(void **unused)
{
	const struct state serving = { .generation = 1 };

	(void)unused;
	for (size_t i = 1; i < COUNT_OF(codes); i++)
		assert_int_equal(lifecycle_judge(&serving, codes[i], true),
				 is_local(codes[i]) ? VERDICT_ABANDON : VERDICT_WAIT);
}

/* It is no fault of this machine, and another one would fare no better. */
static void superseded_instance_is_judged(void **unused)
{
	static const enum duty ended[] = { DUTY_SUPERSEDED, DUTY_LEAVES, DUTY_RELEASES, DUTY_LEFT };

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(ended); i++) {
		const struct state state = { .generation = 1, .duty = ended[i] };

		for (size_t j = 0; j < COUNT_OF(codes); j++) {
			assert_int_equal(lifecycle_judge(&state, codes[j], false), VERDICT_WAIT);
			assert_int_equal(lifecycle_judge(&state, codes[j], true), VERDICT_WAIT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateway_that_serves_is_held_back),
		cmocka_unit_test(passing_trouble_ends_an_instance),
		cmocka_unit_test(run_that_failed_is_taken_for_a_gateway),
		cmocka_unit_test(superseded_instance_is_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
