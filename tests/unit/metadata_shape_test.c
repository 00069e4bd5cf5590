/*
 * shape: which text is taken for a name or an id, one row a case.
 */
#include "tests/unit/support.h"

#include "base/mem.h"
#include "metadata/shape.h"

#define LABEL_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

struct row {
	const char *text;
	bool good;
};

static void check(const struct row *rows, size_t count, bool (*shape)(const char *))
{
	for (size_t i = 0; i < count; i++)
		if (shape(rows[i].text) != rows[i].good)
			fail_msg("'%s' is taken for the %s", rows[i].text, rows[i].good ? "wrong" : "right");
}

static void label_with_capitals_dashes_at_an_end_or_64_bytes(void **state)
{
	static const struct row rows[] = {
		{ "us-east-1", true }, { "a", true }, { "0", true }, { LABEL_63, true },
		{ "", false }, { LABEL_63 "4", false }, { "-a", false }, { "a-", false }, { "-", false },
		{ "Prod", false }, { "a_b", false }, { "a.b", false }, { "a b", false }, { "a\n", false },
		{ "\xc3\xa4", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), shape_label);
}

static void domain_with_an_empty_label_or_254_bytes(void **state)
{
	static const struct row rows[] = {
		{ "amazonaws.com", true }, { "amazonaws.com.cn", true }, { "localhost", true },
		{ "169.254.169.123", true }, { LABEL_63 "." LABEL_63 "." LABEL_63 "." "a." LABEL_63, false },
		{ LABEL_63 "." LABEL_63 "." LABEL_63, true },
		{ "", false }, { ".com", false }, { "com.", false }, { "a..b", false }, { "a.-b", false },
		{ "a/b", false }, { "a:b", false }, { "Amazonaws.com", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), shape_domain);
}

static bool vpc_id(const char *text)
{
	return shape_resource(text, "vpc-");
}

static void resource_of_another_kind_or_length(void **state)
{
	static const struct row rows[] = {
		{ "vpc-0123456789abcdef0", true }, { "vpc-1a2b3c4d", true },
		{ "", false }, { "vpc-", false }, { "subnet-1a2b3c4d", false }, { "vpc-1a2b3c4", false },
		{ "vpc-1a2b3c4d5", false }, { "vpc-0123456789abcdef01", false }, { "vpc-1A2B3C4D", false },
		{ "vpc-1a2b3c4g", false }, { "vpc-1a2b3c4d ", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), vpc_id);
}

static void account_of_11_or_13_digits(void **state)
{
	static const struct row rows[] = {
		{ "123456789012", true }, { "000000000000", true },
		{ "", false }, { "12345678901", false }, { "1234567890123", false }, { "12345678901a", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), shape_account);
}

static void mac_with_other_digits_or_separators(void **state)
{
	static const struct row rows[] = {
		{ "0e:1f:22:9a:00:ff", true },
		{ "", false }, { "0E:1F:22:9A:00:FF", false }, { "0e-1f-22-9a-00-ff", false },
		{ "0e:1f:22:9a:00", false }, { "0e:1f:22:9a:00:ff/", false }, { "0e:1f:22:9a:00:fg", false },
		{ "0e1:f:22:9a:00:ff", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), shape_mac);
}

#define ROLE "arn:aws:iam::123456789012:role/"
#define NAME_64 "Mesh_+=,.@-9-123456789-123456789-123456789-123456789-123456789-1"

static void role_of_another_service_or_without_a_name(void **state)
{
	static const struct row rows[] = {
		{ ROLE "mesh", true }, { ROLE NAME_64, true }, { ROLE "a/b%/mesh", true },
		{ "arn:aws-us-gov:iam::123456789012:role/mesh", true },
		{ "", false }, { ROLE, false }, { ROLE "a/", false }, { ROLE NAME_64 "2", false },
		{ ROLE "me sh", false }, { ROLE "a b/mesh", false }, { ROLE "m\xc3\xa9sh", false },
		{ ROLE "mesh:x", false }, { "arn:aws:iam::12345678901:role/mesh", false },
		{ "arn:aws:iam:us-east-1:123456789012:role/mesh", false },
		{ "arn:aws:iam::123456789012:roles/mesh", false }, { "arn::iam::123456789012:role/mesh", false },
		{ "arn:aws:sts::123456789012:assumed-role/mesh/x", false }, { "arn", false }, { "arn:", false },
		{ "arn:aws", false }, { "arn:AWS:iam::123456789012:role/mesh", false },
	};

	(void)state;
	check(rows, COUNT_OF(rows), shape_role);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(label_with_capitals_dashes_at_an_end_or_64_bytes),
		cmocka_unit_test(domain_with_an_empty_label_or_254_bytes),
		cmocka_unit_test(resource_of_another_kind_or_length),
		cmocka_unit_test(account_of_11_or_13_digits),
		cmocka_unit_test(mac_with_other_digits_or_separators),
		cmocka_unit_test(role_of_another_service_or_without_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
