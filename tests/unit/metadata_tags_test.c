/*
 * tags: which keys of IMDS's listing are cygnet's, and which listings are refused.
 */
#include "tests/unit/support.h"

#include "base/mem.h"
#include "metadata/tags.h"

static void other_tags_are_left_alone(void **state)
{
	static const struct { const char *listing, *keys; } rows[] = {
		{ "Name\ncygnet:mesh\naws:autoscaling:groupName\ncygnet:tunnel-wait", "cygnet:mesh cygnet:tunnel-wait" },
		{ "Cygnet:mesh\ncygnet\nmycygnet:mesh", "" },
		{ "cygnet:", "cygnet:" },
		{ "with space\n\xc3\xa4", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct strings keys = { 0 };
		AUTO_FREE char *joined = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(tags_listed(rows[i].listing, &keys, &e), 0);
		joined = strings_join(&keys, " ");
		assert_string_equal(joined, rows[i].keys);
		strings_done(&keys);
	}
}

static void key_that_is_no_path_element(void **state)
{
	struct strings keys = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(tags_listed("Name\ncygnet:../mac", &keys, &e), -1);
	assert_error(&e, EXIT_CONFIG, "IMDS path 'meta-data/tags/instance': 'cygnet:../mac' is not 1 to 128 letters, "
		     "digits and '+-=.,_:@'", "");
	assert_int_equal(keys.count, 0);
}

static void tag_number_101(void **state)
{
	struct strings tags = { 0 }, keys = { 0 };
	AUTO_FREE char *listing = NULL, *more = NULL;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 100; i++)
		strings_addf(&tags, "tag%d", i);
	listing = strings_join(&tags, "\n");
	more = mem_printf("%s\ntag", listing);
	assert_int_equal(tags_listed(listing, &keys, &e), 0);
	assert_int_equal(tags_listed(more, &keys, &e), -1);
	assert_error(&e, EXIT_CONFIG, "IMDS path 'meta-data/tags/instance': more than 100 tags", "");
	strings_done(&tags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_tags_are_left_alone),
		cmocka_unit_test(key_that_is_no_path_element),
		cmocka_unit_test(tag_number_101),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
