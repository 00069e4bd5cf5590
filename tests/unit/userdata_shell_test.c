/* shell: words that stay words. */
#include "tests/unit/support.h"

#include "userdata/shell.h"

static void word_becomes_code(void **state)
{
	static const struct { const char *text, *quoted; } cases[] = {
		{ "", "''" }, { "a", "'a'" }, { "$(reboot) `reboot` \\ \" ! * ~", "'$(reboot) `reboot` \\ \" ! * ~'" },
		{ "it's", "'it'\\''s'" }, { "'", "''\\'''" }, { "a\nb", "'a\nb'" }, { "-n", "'-n'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf out = { 0 };

		shell_quote(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].quoted);
	}
}

static void architecture_is_not_filled_in(void **state)
{
	static const struct { const char *text, *quoted; } cases[] = {
		{ "a/{arch}/b", "'a/'\"$arch\"'/b'" }, { "{arch}", "''\"$arch\"" }, { "a{arch}{arch}", "'a'\"$arch\"''\"$arch\"" },
		{ "it's{arch}$", "'it'\\''s'\"$arch\"'$'" }, { "{os}", "'{os}'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_BUF struct buf out = { 0 };

		shell_quote_arch(&out, cases[i].text);
		assert_string_equal(buf_str(&out), cases[i].quoted);
	}
}

static void line_of_a_file_ends_the_command(void **state)
{
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	shell_write(&out, "/etc/a b", "one\n\n'two' \\\nEOF\n");
	assert_string_equal(buf_str(&out), "printf '%s\\n' >'/etc/a b' \\\n\t'one' \\\n\t'' \\\n\t''\\''two'\\'' \\' \\\n\t'EOF'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(word_becomes_code),
		cmocka_unit_test(architecture_is_not_filled_in),
		cmocka_unit_test(line_of_a_file_ends_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
