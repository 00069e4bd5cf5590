/*
 * values: the grammar of each kind of setting. A row is a text and what becomes of it.
 */
#include "tests/unit/support.h"

#include "base/cidr.h"
#include "base/mem.h"
#include "metadata/config.h"
#include "metadata/values.h"

struct refusal {
	const char *text, *cause, *remedy;
};

static void check_refusals(value_parser *parse, struct value value, const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char result[64] = { 0 };	/* of whatever type: it must stay untouched */
		static const unsigned char untouched[sizeof result];
		struct err e = ERR_INIT;

		value.text = rows[i].text;
		assert_int_equal(parse(&value, result, &e), -1);
		assert_error(&e, EXIT_CONFIG, rows[i].cause, rows[i].remedy ? rows[i].remedy : "");
		assert_memory_equal(result, untouched, sizeof result);
	}
}

#define CHECK_REFUSALS(parse, rows, ...) \
	check_refusals(parse, (struct value){ __VA_ARGS__ }, rows, COUNT_OF(rows))

static void text_is(value_parser *parse, const char *text, const char *expected)
{
	struct value value = { .text = text };
	AUTO_FREE char *result = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(parse(&value, &result, &e), 0);
	assert_string_equal(result, expected);
}

static void label_that_would_break_a_path(void **state)
{
	static const struct refusal rows[] = {
		{ "Prod", "value 'Prod' is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either end", NULL },
		{ "a/b", "value 'a/b' is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either end", NULL },
		{ "-a", "value '-a' is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either end", NULL },
	};

	(void)state;
	text_is(value_label, "us-east-1", "us-east-1");
	CHECK_REFUSALS(value_label, rows, .text = NULL);
}

static void prefix_that_ssm_reserves_or_refuses(void **state)
{
	static const struct refusal rows[] = {
		{ "a/b", "value 'a/b' is not 1 to 64 letters, digits, '_', '.' and '-'", NULL },
		{ "123456789-123456789-123456789-123456789-123456789-123456789-12345",
		  "value '123456789-123456789-123456789-123456789-123456789-123456789-12345' is not 1 to 64 letters, "
		  "digits, '_', '.' and '-'", NULL },
		{ "aws", "value 'aws' begins with 'aws' or 'ssm', which Parameter Store reserves", NULL },
		{ "SSM-mesh", "value 'SSM-mesh' begins with 'aws' or 'ssm', which Parameter Store reserves", NULL },
	};

	(void)state;
	text_is(value_prefix, "Net.work_1-a", "Net.work_1-a");
	text_is(value_prefix, "my-aws", "my-aws");
	CHECK_REFUSALS(value_prefix, rows, .text = NULL);
}

static void ranges_in_any_order_and_separation(void **state)
{
	static const struct { const char *text, *ranges; } rows[] = {
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "172.16.0.0/12, 10.0.0.0/8", "10.0.0.0/8 172.16.0.0/12" },
		{ "  10.2.0.0/16 10.1.0.0/16,\t10.3.0.1,", "10.1.0.0/16 10.2.0.0/16 10.3.0.1/32" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct value value = { .text = rows[i].text };
		struct cidrs ranges = { 0 };
		AUTO_FREE char *joined = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(value_ranges(&value, &ranges, &e), 0);
		joined = cidrs_join(&ranges, " ");
		assert_string_equal(joined, rows[i].ranges);
		cidrs_done(&ranges);
	}
}

static void range_that_is_none_or_too_much(void **state)
{
	static const struct refusal rows[] = {
		{ " , ", "value ' , ' names no range", NULL },
		{ "10.0.0.0/8 ten", "'ten' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.0.0.0/33", "'10.0.0.0/33' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.0.0.0/", "'10.0.0.0/' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.0.0/8", "'10.0.0/8' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.0.0.0/8/8", "'10.0.0.0/8/8' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.01.0.0/16", "'10.01.0.0/16' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "fd00::/8", "'fd00::/8' is not an IPv4 range such as '10.1.0.0/16'", NULL },
		{ "10.1.2.3/16", "'10.1.2.3/16' has bits set beyond its length", "write '10.1.0.0/16'" },
		{ "10.1.2.3/0", "'10.1.2.3/0' has bits set beyond its length", "write '0.0.0.0/0'" },
		{ "0.0.0.0/0", "'0.0.0.0/0' is every address there is", NULL },
		{ "10.0.0.0/8, 10.1.0.0/16", "'10.1.0.0/16' overlaps '10.0.0.0/8'", NULL },
		{ "10.1.0.0/16 10.0.0.0/8", "'10.0.0.0/8' overlaps '10.1.0.0/16'", NULL },
		{ "10.1.0.0/16 10.1.0.0/16", "'10.1.0.0/16' overlaps '10.1.0.0/16'", NULL },
	};

	(void)state;
	CHECK_REFUSALS(value_ranges, rows, .text = NULL);
}

static void range_number_65(void **state)
{
	struct strings ranges = { 0 };
	AUTO_FREE char *text = NULL, *more = NULL;
	struct cidrs parsed = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		strings_addf(&ranges, "10.%d.0.0/16", i);
	text = strings_join(&ranges, " ");
	more = mem_printf("%s 10.64.0.0/16", text);
	assert_int_equal(value_ranges(&(struct value){ .text = text }, &parsed, &e), 0);
	assert_int_equal(parsed.count, 64);
	cidrs_done(&parsed);
	assert_int_equal(value_ranges(&(struct value){ .text = more }, &parsed, &e), -1);
	assert_error(&e, EXIT_CONFIG, "more than 64 ranges", "");
	strings_done(&ranges);
}

static void server_that_a_time_daemon_would_misread(void **state)
{
	static const struct refusal rows[] = {
		{ ",", "value ',' names no server", NULL },
		{ "a.example;b", "'a.example;b' is not a lower-case host name or an address", NULL },
		{ "-x", "'-x' is not a lower-case host name or an address", NULL },
		{ "time.", "'time.' is not a lower-case host name or an address", NULL },
		{ "fd00:ec2::123::", "'fd00:ec2::123::' is not a lower-case host name or an address", NULL },
		{ "a b c d e f g h i", "more than 8 servers", NULL },
	};
	struct value value = { .text = "fd00:ec2::123, time.example 192.0.2.1" };
	struct strings servers = { 0 };
	AUTO_FREE char *joined = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(value_servers(&value, &servers, &e), 0);
	joined = strings_join(&servers, " ");
	assert_string_equal(joined, "fd00:ec2::123 time.example 192.0.2.1");
	strings_done(&servers);
	CHECK_REFUSALS(value_servers, rows, .text = NULL);
}

static void key_of_odd_size(void **state)
{
#define RULE " is not a multiple of 8 between 3072 and 8192"
	static const struct refusal rows[] = {
		{ "2048", "value '2048'" RULE, NULL }, { "8200", "value '8200'" RULE, NULL },
		{ "4097", "value '4097'" RULE, NULL }, { "4096 ", "value '4096 '" RULE, NULL },
		{ "04096", "value '04096'" RULE, NULL }, { "-4096", "value '-4096'" RULE, NULL },
		{ "0x1000", "value '0x1000'" RULE, NULL }, { "4294971392", "value '4294971392'" RULE, NULL },
		{ "18446744073709555712", "value '18446744073709555712'" RULE, NULL },
	};
#undef RULE
	static const struct { const char *text; unsigned bits; } good[] = {
		{ "3072", 3072 }, { "3080", 3080 }, { "8192", 8192 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		unsigned bits = 0;

		assert_int_equal(value_bits(&(struct value){ .text = good[i].text, .min = 3072, .max = 8192 }, &bits, &e), 0);
		assert_int_equal(bits, good[i].bits);
	}
	CHECK_REFUSALS(value_bits, rows, .min = 3072, .max = 8192);
}

static void clamp_below_what_ip_guarantees(void **state)
{
#define RULE " is neither 0 nor between 536 and 1460 bytes"
	static const struct refusal rows[] = {
		{ "535", "value '535'" RULE, NULL }, { "1461", "value '1461'" RULE, NULL },
		{ "off", "value 'off'" RULE, NULL }, { "00", "value '00'" RULE, NULL },
	};
#undef RULE
	static const struct { const char *text; unsigned mss; } good[] = { { "0", 0 }, { "536", 536 }, { "1460", 1460 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		unsigned mss = 1;

		assert_int_equal(value_mss(&(struct value){ .text = good[i].text, .min = 536, .max = 1460 }, &mss, &e), 0);
		assert_int_equal(mss, good[i].mss);
	}
	CHECK_REFUSALS(value_mss, rows, .min = 536, .max = 1460);
}

static void duration_without_unit_or_out_of_bounds(void **state)
{
#define RULE " is not a whole number with its unit, as in 15s, 10m or 1h"
	static const struct refusal rows[] = {
		{ "15", "value '15'" RULE, NULL }, { "15 s", "value '15 s'" RULE, NULL },
		{ "s", "value 's'" RULE, NULL }, { "1.5h", "value '1.5h'" RULE, NULL },
		{ "1h30m", "value '1h30m'" RULE, NULL }, { "015s", "value '015s'" RULE, NULL },
		{ "-5s", "value '-5s'" RULE, NULL }, { "1d", "value '1d'" RULE, NULL },
		{ "4000000000s", "value '4000000000s'" RULE, NULL },
		{ "0s", "value '0s' is not between 5s and 3600s", NULL },
		{ "4s", "value '4s' is not between 5s and 3600s", NULL },
		{ "61m", "value '61m' is not between 5s and 3600s", NULL },
		{ "999999999h", "value '999999999h' is not between 5s and 3600s", NULL },
	};
#undef RULE
	static const struct { const char *text; int64_t seconds; } good[] = {
		{ "5s", 5 }, { "90s", 90 }, { "10m", 600 }, { "1h", 3600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		int64_t seconds = 0;

		assert_int_equal(value_duration(&(struct value){ .text = good[i].text, .min = 5, .max = 3600 }, &seconds, &e), 0);
		assert_int_equal(seconds, good[i].seconds);
	}
	CHECK_REFUSALS(value_duration, rows, .min = 5, .max = 3600);
}

static void backend_that_strongswan_has_not(void **state)
{
	static const struct { const char *text; enum backend backend; } good[] = {
		{ "detected", BACKEND_DETECTED }, { "swanctl", BACKEND_SWANCTL }, { "ipsec", BACKEND_IPSEC },
	};
#define RULE " is not 'detected', 'swanctl' or 'ipsec'"
	static const struct refusal rows[] = {
		{ "libreswan", "value 'libreswan'" RULE, NULL },
		{ "Ipsec", "value 'Ipsec'" RULE, NULL },
	};
#undef RULE

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		enum backend backend = (enum backend)-1;

		assert_int_equal(value_backend(&(struct value){ .text = good[i].text }, &backend, &e), 0);
		assert_int_equal(backend, good[i].backend);
	}
	CHECK_REFUSALS(value_backend, rows, .text = NULL);
}

static void what_this_version_cannot_do(void **state)
{
	static const struct refusal routes[] = {
		{ "all", "value 'all' is not supported by this version", NULL },
	};
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(value_standard(&(struct value){ .text = "none", .standard = "none" }, NULL, &e), 0);
	CHECK_REFUSALS(value_standard, routes, .standard = "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label_that_would_break_a_path),
		cmocka_unit_test(prefix_that_ssm_reserves_or_refuses),
		cmocka_unit_test(ranges_in_any_order_and_separation),
		cmocka_unit_test(range_that_is_none_or_too_much),
		cmocka_unit_test(range_number_65),
		cmocka_unit_test(server_that_a_time_daemon_would_misread),
		cmocka_unit_test(key_of_odd_size),
		cmocka_unit_test(clamp_below_what_ip_guarantees),
		cmocka_unit_test(duration_without_unit_or_out_of_bounds),
		cmocka_unit_test(backend_that_strongswan_has_not),
		cmocka_unit_test(what_this_version_cannot_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
