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

static void check_refusals(value_parser *parse, struct value value, const struct refusal *rows,
			   size_t count)
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
#define RULE " is not a whole number with its unit, as in 15s, 10m, 1h or 90d"
	static const struct refusal rows[] = {
		{ "15", "value '15'" RULE, NULL }, { "15 s", "value '15 s'" RULE, NULL },
		{ "s", "value 's'" RULE, NULL }, { "1.5h", "value '1.5h'" RULE, NULL },
		{ "1h30m", "value '1h30m'" RULE, NULL }, { "015s", "value '015s'" RULE, NULL },
		{ "-5s", "value '-5s'" RULE, NULL }, { "1w", "value '1w'" RULE, NULL },
		{ "4000000000s", "value '4000000000s'" RULE, NULL },
		{ "0s", "value '0s' is not between 5s and 3600s", NULL },
		{ "4s", "value '4s' is not between 5s and 3600s", NULL },
		{ "61m", "value '61m' is not between 5s and 3600s", NULL },
		{ "1d", "value '1d' is not between 5s and 3600s", NULL },
		{ "999999999d", "value '999999999d' is not between 5s and 3600s", NULL },
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

/* The enums are those of metadata/config.h, and each has as many bytes as an unsigned. */
static void word_is_taken_for_another(void **state)
{
	static const struct { value_parser *parse; const char *text; unsigned expected; } good[] = {
		{ value_scope, "vpc", SCOPE_VPC }, { value_scope, "az", SCOPE_AZ },
		{ value_routes, "none", ROUTES_NONE }, { value_routes, "tagged", ROUTES_TAGGED },
		{ value_routes, "all", ROUTES_ALL },
		{ value_security, "none", SECURITY_NONE }, { value_security, "audit", SECURITY_AUDIT },
		{ value_security, "manage", SECURITY_MANAGE },
	};
	static const struct refusal scopes[] = {
		{ "region", "value 'region' is not 'vpc' or 'az'", NULL },
		{ "AZ", "value 'AZ' is not 'vpc' or 'az'", NULL },
	};
	static const struct refusal routes[] = {
		{ "tag", "value 'tag' is not 'none', 'tagged' or 'all'", NULL },
		{ "all none", "value 'all none' is not 'none', 'tagged' or 'all'", NULL },
	};
	static const struct refusal securities[] = {
		{ "managed", "value 'managed' is not 'none', 'audit' or 'manage'", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		unsigned parsed = 99;

		assert_int_equal(good[i].parse(&(struct value){ .text = good[i].text }, &parsed, &e), 0);
		assert_int_equal(parsed, good[i].expected);
	}
	CHECK_REFUSALS(value_scope, scopes, .text = NULL);
	CHECK_REFUSALS(value_routes, routes, .text = NULL);
	CHECK_REFUSALS(value_security, securities, .text = NULL);
}

static void address_that_no_elastic_ip_has(void **state)
{
#define RULE \
	" is not an Elastic IP's allocation id ('eipalloc-' and 8 or 17 hex digits), its address, or 'tag'"
	static const struct refusal rows[] = {
		{ "none", "value 'none'" RULE, NULL }, { "eipalloc-", "value 'eipalloc-'" RULE, NULL },
		{ "eipassoc-0123456789abcdef0", "value 'eipassoc-0123456789abcdef0'" RULE, NULL },
		{ "eipalloc-0123456789ABCDEF0", "value 'eipalloc-0123456789ABCDEF0'" RULE, NULL },
		{ "198.51.100.7/32", "value '198.51.100.7/32'" RULE, NULL },
		{ "169.254.1.1", "value '169.254.1.1'" RULE, NULL }, { "0.0.0.0", "value '0.0.0.0'" RULE, NULL },
		{ "gateway.example.com", "value 'gateway.example.com'" RULE, NULL },
	};
#undef RULE
	static const struct { const char *text; bool standard; struct address_choice choice; } good[] = {
		{ "198.51.100.7", true, { .kind = ADDRESS_INSTANCE } },
		{ "198.51.100.7", false, { .kind = ADDRESS_LITERAL, .literal = 0xc6336407 } },
		{ "tag", false, { .kind = ADDRESS_TAG } },
		{ "eipalloc-0123456789abcdef0", false,
		  { .kind = ADDRESS_ALLOCATION, .allocation = (char *)"eipalloc-0123456789abcdef0" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		const struct value value = { .text = good[i].text, .standard = good[i].standard };
		struct address_choice choice = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(value_address(&value, &choice, &e), 0);
		assert_int_equal(choice.kind, good[i].choice.kind);
		assert_int_equal(choice.literal, good[i].choice.literal);
		if (choice.allocation == NULL)
			assert_null(good[i].choice.allocation);
		else
			assert_string_equal(choice.allocation, good[i].choice.allocation);
		free(choice.allocation);
	}
	CHECK_REFUSALS(value_address, rows, .text = NULL);
}

static void text_is_none(value_parser *parse)
{
	char *text = (char *)"before";
	struct err e = ERR_INIT;

	assert_int_equal(parse(&(struct value){ .text = "none" }, &text, &e), 0);
	assert_null(text);
}

static void role_that_nobody_can_assume(void **state)
{
#define RULE " is neither a role's ARN such as 'arn:aws:iam::123456789012:role/mesh' nor 'none'"
	static const struct refusal rows[] = {
		{ "mesh", "value 'mesh'" RULE, NULL },
		{ "arn:aws:iam::123456789012:user/mesh", "value 'arn:aws:iam::123456789012:user/mesh'" RULE, NULL },
	};
#undef RULE

	(void)state;
	text_is(value_role, "arn:aws-cn:iam::123456789012:role/net/mesh@1", "arn:aws-cn:iam::123456789012:role/net/mesh@1");
	text_is_none(value_role);
	CHECK_REFUSALS(value_role, rows, .text = NULL);
}

static void hook_that_no_group_can_have(void **state)
{
#define RULE " is not 1 to 255 letters, digits, '-', '_' and '/'"
#define FIFTY "0123456789-123456789_123456789/123456789A123456789"
	static const struct refusal rows[] = {
		{ "launch hook", "value 'launch hook'" RULE, NULL }, { "a.b", "value 'a.b'" RULE, NULL },
		{ FIFTY FIFTY FIFTY FIFTY FIFTY "abcdef",
		  "value '" FIFTY FIFTY FIFTY FIFTY FIFTY "abcdef'" RULE, NULL },
	};
#undef RULE

	(void)state;
	text_is(value_hook, "my/Launch_hook-1", "my/Launch_hook-1");
	text_is(value_hook, FIFTY FIFTY FIFTY FIFTY FIFTY "abcde", FIFTY FIFTY FIFTY FIFTY FIFTY "abcde");
	text_is_none(value_hook);
	CHECK_REFUSALS(value_hook, rows, .text = NULL);
#undef FIFTY
}

static void period_that_is_neither_off_nor_a_duration(void **state)
{
	static const struct refusal rows[] = {
		{ "none", "value 'none' is not a whole number with its unit, as in 15s, 10m, 1h or 90d", NULL },
		{ "0s", "value '0s' is not between 60s and 86400s", NULL },
	};
	static const struct { const char *text; int64_t seconds; } good[] = {
		{ "off", 0 }, { "5m", 300 }, { "1d", 86400 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct err e = ERR_INIT;
		int64_t seconds = 1;

		assert_int_equal(value_period(&(struct value){ .text = good[i].text, .min = 60, .max = 86400 }, &seconds, &e), 0);
		assert_int_equal(seconds, good[i].seconds);
	}
	CHECK_REFUSALS(value_period, rows, .min = 60, .max = 86400);
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
		cmocka_unit_test(word_is_taken_for_another),
		cmocka_unit_test(address_that_no_elastic_ip_has),
		cmocka_unit_test(role_that_nobody_can_assume),
		cmocka_unit_test(hook_that_no_group_can_have),
		cmocka_unit_test(period_that_is_neither_off_nor_a_duration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
