/* quote: what may stand in strongSwan's files. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "render/quote.h"
#include "tests/unit/support.h"

static void text_that_ends_its_quotes_does_not_fit(void **state)
{
	static const char *const unfit[] = {
		"a\"b", "a\\", "a\nb", "a\rb", "\t", "\x7f", "caf\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unfit); i++)
		if (quote_fits(unfit[i]))
			fail_msg("'%s' fits", unfit[i]);
}

static void text_that_means_something_unquoted_is_quoted(void **state)
{
	struct buf out = { 0 };

	(void)state;
	quote_add(&out, "a # {b} = %any, ~");
	quote_add(&out, "");
	assert_string_equal(buf_str(&out), "\"a # {b} = %any, ~\"\"\"");
	buf_done(&out);
}

static void text_that_does_not_fit_goes_no_further(void **state)
{
	struct buf out = { 0 };
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		assert_non_null(freopen("/dev/null", "w", stderr));
		quote_add(&out, "a\"b");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_ends_its_quotes_does_not_fit),
		cmocka_unit_test(text_that_means_something_unquoted_is_quoted),
		cmocka_unit_test(text_that_does_not_fit_goes_no_further),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
