/* IPv4 ranges: what is one, which contain which, and lists of them. */
#include <string.h>

#include "tests/unit/support.h"

#include "base/cidr.h"
#include "base/mem.h"

static struct cidr range_of(const char *text)
{
	struct cidr range;

	if (!cidr_parse(text, &range))
		fail_msg("'%s' is no range", text);
	return range;
}

/* Blank-separated. */
static struct cidrs ranges_of(const char *texts)
{
	AUTO_FREE char *copy = mem_strdup(texts);
	struct cidrs list = { 0 };
	char *rest = NULL;

	for (char *text = strtok_r(copy, " ", &rest); text != NULL;
	     text = strtok_r(NULL, " ", &rest))
		cidrs_add(&list, range_of(text));
	return list;
}

static void assert_ranges(const struct cidrs *list, const char *expected)
{
	AUTO_FREE char *text = cidrs_join(list, " ");

	assert_string_equal(text, expected);
}

static void canonical_text_does_not_come_back_as_it_was(void **state)
{
	static const char *const texts[] = {
		"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.1.0/24", "10.1.2.3/32",
		"255.255.255.255/32", "128.0.0.0/1", "0.0.0.0/32",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char text[CIDR_TEXT];

		cidr_format(range_of(texts[i]), text);
		assert_string_equal(text, texts[i]);
	}
}

static void bare_address_is_not_a_single_one(void **state)
{
	struct cidr range = range_of("10.1.2.3");

	(void)state;
	assert_int_equal(range.address, 0x0a010203);
	assert_int_equal(range.length, 32);
}

static void other_spellings_are_taken(void **state)
{
	static const char *const texts[] = {
		"", " ", "/", "/8", "10", "10.0.0", "10.0.0/8", "10.0.0.0.0/8", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0.0/032", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/+8",
		"10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/8x", "010.0.0.0/8",
		"00.0.0.0/0", "10.0.0.256/32", "10.0.0.-1/32", "10..0.0/8", "10.0.0.0/4294967304",
		"4294967306.0.0.0/8", "99999999999999999999.0.0.0/0", "10.0.0.1/8", "11.0.0.0/7",
		"0.0.0.1/0", "128.0.0.0/0", "0x0a.0.0.0/8", "::/0", "10,0,0,0/8", "10.0.0.0/8\n",
		"10.0.0.0/\t8",
	};
	struct cidr range = { 1, 2 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (cidr_parse(texts[i], &range))
			fail_msg("'%s' is taken", texts[i]);
	assert_int_equal(range.address, 1);
	assert_int_equal(range.length, 2);
}

static void address_takes_what_is_none(void **state)
{
	static const char *const texts[] = {
		"", "10.0.0", "10.0.0.1/32", "10.0.0.1 ", "01.0.0.1", "a.b.c.d",
	};
	char text[ADDRESS_TEXT];
	uint32_t address = 7;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_false(address_parse(texts[i], &address));
	assert_int_equal(address, 7);
	assert_true(address_parse("203.0.113.255", &address));
	assert_int_equal(address, 0xcb0071ff);
	address_format(UINT32_MAX, text);
	assert_string_equal(text, "255.255.255.255");
	address_format(0, text);
	assert_string_equal(text, "0.0.0.0");
}

static void address_that_no_gateway_has_is_plausible(void **state)
{
	static const struct {
		const char *text;
		bool plausible;
	} cases[] = {
		{ "0.0.0.0", false }, { "0.255.255.255", false }, { "1.0.0.0", true },
		{ "126.255.255.255", true }, { "127.0.0.1", false }, { "127.255.255.255", false },
		{ "128.0.0.0", true }, { "169.253.255.255", true }, { "169.254.0.0", false },
		{ "169.254.169.254", false }, { "169.255.0.0", true }, { "223.255.255.255", true },
		{ "224.0.0.0", false }, { "240.0.0.1", false }, { "255.255.255.255", false },
		{ "10.0.0.1", true }, { "100.64.0.1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (address_plausible(range_of(cases[i].text).address) != cases[i].plausible)
			fail_msg("'%s'", cases[i].text);
}

static void ranges_meet_that_are_apart(void **state)
{
	static const struct {
		const char *a, *b;
		bool a_within_b, b_within_a;
	} cases[] = {
		{ "10.0.0.0/8", "10.0.0.0/8", true, true },
		{ "10.1.0.0/16", "10.0.0.0/8", true, false },
		{ "10.0.0.0/8", "0.0.0.0/0", true, false },
		{ "0.0.0.0/0", "0.0.0.0/0", true, true },
		{ "255.255.255.255/32", "0.0.0.0/0", true, false },
		{ "10.0.0.0/9", "10.128.0.0/9", false, false },
		{ "10.0.0.0/8", "11.0.0.0/8", false, false },
		{ "10.0.0.0/16", "10.1.0.0/24", false, false },
		{ "0.0.0.0/1", "128.0.0.0/1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct cidr a = range_of(cases[i].a), b = range_of(cases[i].b);
		bool any = cases[i].a_within_b || cases[i].b_within_a;

		assert_int_equal(cidr_within(a, b), cases[i].a_within_b);
		assert_int_equal(cidr_within(b, a), cases[i].b_within_a);
		assert_int_equal(cidr_overlaps(a, b), any);
		assert_int_equal(cidr_overlaps(b, a), any);
		assert_int_equal(cidr_equal(a, b), cases[i].a_within_b && cases[i].b_within_a);
	}
}

static void neighbours_together_cover_a_range(void **state)
{
	CLEANUP(cidrs_done) struct cidrs list = ranges_of("10.0.0.0/9 10.128.0.0/9 192.168.0.0/16");
	const struct cidrs none = { 0 };

	(void)state;
	assert_true(cidrs_cover(&list, range_of("10.1.0.0/16")));
	assert_true(cidrs_cover(&list, range_of("192.168.0.0/16")));
	assert_false(cidrs_cover(&list, range_of("10.0.0.0/8")));
	assert_false(cidrs_cover(&none, range_of("10.0.0.0/8")));
}

static void overlap_is_another_one_than_the_first(void **state)
{
	CLEANUP(cidrs_done) struct cidrs list = ranges_of("192.168.0.0/16 10.1.0.0/16 10.2.0.0/16");

	(void)state;
	assert_ptr_equal(cidrs_overlap(&list, range_of("10.0.0.0/8")), &list.items[1]);
	assert_ptr_equal(cidrs_overlap(&list, range_of("10.2.3.4")), &list.items[2]);
	assert_null(cidrs_overlap(&list, range_of("10.3.0.0/16")));
}

static void order_of_a_list_counts(void **state)
{
	CLEANUP(cidrs_done) struct cidrs list = ranges_of("10.1.0.0/16 10.2.0.0/16");
	CLEANUP(cidrs_done) struct cidrs turned = ranges_of("10.2.0.0/16 10.1.0.0/16");
	CLEANUP(cidrs_done) struct cidrs wider = ranges_of("10.1.0.0/16 10.2.0.0/15");
	CLEANUP(cidrs_done) struct cidrs shorter = ranges_of("10.1.0.0/16");
	const struct cidrs none = { 0 };

	(void)state;
	assert_true(cidrs_equal(&list, &turned));
	assert_false(cidrs_equal(&list, &wider));
	assert_false(cidrs_equal(&list, &shorter));
	assert_false(cidrs_equal(&shorter, &list));
	assert_true(cidrs_equal(&none, &none));
}

/* What charon makes of a list of selectors, so that loaded and wanted can be compared. */
static void sorted_list_keeps_what_another_range_covers(void **state)
{
	static const struct {
		const char *given, *sorted;
	} cases[] = {
		{ "", "" },
		{ "10.1.0.0/16", "10.1.0.0/16" },
		{ "192.168.0.0/16 10.0.0.0/8", "10.0.0.0/8 192.168.0.0/16" },
		{ "10.1.0.0/16 10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.0/8 10.0.0.0/8", "10.0.0.0/8" },
		{ "10.0.0.0/24 10.0.0.0/8 10.9.0.0/16 11.0.0.0/8", "10.0.0.0/8 11.0.0.0/8" },
		{ "10.0.0.0/9 10.128.0.0/9", "10.0.0.0/9 10.128.0.0/9" },
		{ "255.255.255.255 0.0.0.0/1 1.2.3.4", "0.0.0.0/1 255.255.255.255/32" },
		{ "10.0.0.0/8 0.0.0.0/0", "0.0.0.0/0" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(cidrs_done) struct cidrs list = ranges_of(cases[i].given);

		cidrs_sort(&list);
		assert_ranges(&list, cases[i].sorted);
	}
}

static void copied_list_shares_its_items(void **state)
{
	CLEANUP(cidrs_done) struct cidrs list = ranges_of("10.1.0.0/16 10.2.0.0/16"), copy;

	(void)state;
	cidrs_copy(&list, &copy);
	list.items[0] = range_of("10.9.0.0/16");
	assert_ranges(&copy, "10.1.0.0/16 10.2.0.0/16");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical_text_does_not_come_back_as_it_was),
		cmocka_unit_test(bare_address_is_not_a_single_one),
		cmocka_unit_test(other_spellings_are_taken),
		cmocka_unit_test(address_takes_what_is_none),
		cmocka_unit_test(address_that_no_gateway_has_is_plausible),
		cmocka_unit_test(ranges_meet_that_are_apart),
		cmocka_unit_test(neighbours_together_cover_a_range),
		cmocka_unit_test(overlap_is_another_one_than_the_first),
		cmocka_unit_test(order_of_a_list_counts),
		cmocka_unit_test(sorted_list_keeps_what_another_range_covers),
		cmocka_unit_test(copied_list_shares_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
