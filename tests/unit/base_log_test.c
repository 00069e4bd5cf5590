/* Lines for people: which are shown, how they are marked, and that a text makes one line. */
#include <unistd.h>

#include "tests/unit/support.h"

#include "base/log.h"
#include "base/mem.h"

/* A line of each kind, as they are written at this level; yours to free. */
static char *lines_at(enum log_level level, bool journal)
{
	char *text = NULL;
	size_t len;
	const struct log log = {
		.out = open_memstream(&text, &len),
		.level = level,
		.journal = journal,
	};

	log_note(&log, "note %d", 1);
	log_step(&log, "step %d", 2);
	log_detail(&log, "detail %d", 3);
	log_warn(&log, "odd %d, ignoring", 4);
	log_error(&log, "end %d", 5);
	fclose(log.out);
	return text;
}

static void level_hides_or_shows_too_much(void **state)
{
	AUTO_FREE char *quiet = lines_at(LOG_LEVEL_QUIET, false);
	AUTO_FREE char *normal = lines_at(LOG_LEVEL_NORMAL, false);
	AUTO_FREE char *verbose = lines_at(LOG_LEVEL_VERBOSE, false);

	(void)state;
	assert_string_equal(quiet, "note 1\nwarning: odd 4, ignoring\nend 5\n");
	assert_string_equal(normal, "note 1\nstep 2\nwarning: odd 4, ignoring\nend 5\n");
	assert_string_equal(verbose, "note 1\nstep 2\ndetail 3\nwarning: odd 4, ignoring\nend 5\n");
}

/* Source: sd-daemon(3). The sync unit logs what is at least a notice. */
static void journal_gets_another_priority(void **state)
{
	AUTO_FREE char *text = lines_at(LOG_LEVEL_VERBOSE, true);

	(void)state;
	assert_string_equal(text, "<5>note 1\n<6>step 2\n<7>detail 3\n"
				  "<4>warning: odd 4, ignoring\n<3>end 5\n");
}

static void text_from_outside_forges_a_line(void **state)
{
	char *text = NULL;
	size_t len;
	const struct log log = { .out = open_memstream(&text, &len) };

	(void)state;
	log_note(&log, "site '%s'", "a\n<0>forged\r\x1b[2J\t\x7f\x01 Z\xc3\xbcrich");
	fclose(log.out);
	assert_string_equal(text, "site 'a?<0>forged??[2J??? Z\xc3\xbcrich'\n");
	free(text);
}

static void line_waits_in_a_buffer(void **state)
{
	char shown[32] = "";
	FILE *out = tmpfile();
	const struct log log = { .out = out };

	(void)state;
	setvbuf(out, NULL, _IOFBF, 4096);
	log_note(&log, "at once");
	assert_int_equal(pread(fileno(out), shown, sizeof shown - 1, 0), 8);
	assert_string_equal(shown, "at once\n");
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_hides_or_shows_too_much),
		cmocka_unit_test(journal_gets_another_priority),
		cmocka_unit_test(text_from_outside_forges_a_line),
		cmocka_unit_test(line_waits_in_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
