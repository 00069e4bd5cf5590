/* The one error value: whose words survive, and what happens at its bounds. */
#include <string.h>

#include "tests/unit/support.h"

#include "base/mem.h"

/* Text of that many characters; yours to free. */
static char *text_of(size_t len)
{
	char *text = mem_calloc(len + 1, 1);

	memset(text, 'x', len);
	return text;
}

static void second_error_hides_the_first(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, EXIT_MISSING, "no '%s'", "file"), -1);
	assert_int_equal(err_set(&e, EXIT_STEP, "and then this"), -1);
	assert_error(&e, EXIT_MISSING, "no 'file'", "");
}

static void second_remedy_hides_the_first(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, EXIT_CONFIG, "bad value");
	assert_int_equal(err_remedy(&e, "write %d", 7), -1);
	assert_int_equal(err_remedy(&e, "give up"), -1);
	assert_error(&e, EXIT_CONFIG, "bad value", "write 7");
}

static void wrapped_cause_loses_its_reason(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, EXIT_AGAIN, "no answer");
	err_remedy(&e, "wait");
	assert_int_equal(err_wrap(&e, "reading '%s'", "a"), -1);
	assert_int_equal(err_wrap(&e, "step 100%%"), -1);
	assert_error(&e, EXIT_AGAIN, "step 100%: reading 'a': no answer", "wait");
}

static void cleared_error_keeps_a_word(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, EXIT_STEP, "old");
	err_remedy(&e, "old");
	err_clear(&e);
	assert_int_equal(e.code, EXIT_DONE);
	err_set(&e, EXIT_USAGE, "new");
	assert_error(&e, EXIT_USAGE, "new", "");
}

static void text_that_is_too_long_runs_over(void **state)
{
	AUTO_FREE char *longer = text_of(sizeof(struct err));
	struct err e = ERR_INIT;

	(void)state;
	err_set(&e, EXIT_STEP, "%s", longer);
	err_remedy(&e, "%s", longer);
	assert_int_equal(strlen(e.cause), sizeof e.cause - 1);
	assert_int_equal(strlen(e.remedy), sizeof e.remedy - 1);
}

/* Whatever the lengths: the reason comes first, and what does not fit is cut off the end. */
static void wrapping_at_any_length_runs_over(void **state)
{
	static const size_t lengths[] = { 0, 1, 500, 507, 508, 509, 511, 1010, 1021, 1022, 1023 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++)
		for (size_t j = 0; j < COUNT_OF(lengths); j++) {
			AUTO_FREE char *cause = text_of(lengths[i]), *why = text_of(lengths[j]);
			size_t kept = lengths[j] < 509 ? lengths[j] : 509;
			size_t whole = kept + 2 + lengths[i];
			struct err e = ERR_INIT;

			err_set(&e, EXIT_STEP, "%s", cause);
			err_wrap(&e, "%s", why);
			assert_int_equal(strlen(e.cause), whole < 1023 ? whole : 1023);
			assert_int_equal(strcspn(e.cause, ":"), kept);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_error_hides_the_first),
		cmocka_unit_test(second_remedy_hides_the_first),
		cmocka_unit_test(wrapped_cause_loses_its_reason),
		cmocka_unit_test(cleared_error_keeps_a_word),
		cmocka_unit_test(text_that_is_too_long_runs_over),
		cmocka_unit_test(wrapping_at_any_length_runs_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
