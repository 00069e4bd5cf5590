/*
 * policy: the operator's document, and each slip in it that must open nothing.
 */
#include "tests/unit/keys_support.h"

#include "keys/policy.h"

static void assert_fault(const char *text, const char *fault)
{
	CLEANUP(policy_done) struct policy policy = { .freeze = true };

	policy_parse(text, &policy);
	assert_non_null(policy.fault);
	assert_string_equal(policy.fault, fault);
	assert_int_not_equal(policy.hash, 0);
	assert_false(policy.freeze);
	assert_false(policy.closed);
	assert_int_equal(policy.site_count, 0);
}

static void what_it_says_is_lost(void **state)
{
	CLEANUP(policy_done) struct policy policy = { 0 };
	const struct policy_site *ohio, *paris, *rome;
	AUTO_FREE char *subnets = NULL;

	(void)state;
	policy_parse("{\"schema\": 1, \"freeze\": true, \"sites\": {\"ohio\": {}, \"rome\": {\"subnets\": []},"
		     " \"paris\": {\"subnets\": [\"10.3.0.0/16\", \"10.2.0.0/16\"]}}}", &policy);
	assert_null(policy.fault);
	assert_true(policy.freeze);
	assert_true(policy.closed);
	assert_int_equal(policy.site_count, 3);
	ohio = policy_site(&policy, "ohio");
	paris = policy_site(&policy, "paris");
	rome = policy_site(&policy, "rome");
	assert_false(ohio->limited);
	assert_true(paris->limited);
	subnets = cidrs_join(&paris->subnets, " ");
	assert_string_equal(subnets, "10.2.0.0/16 10.3.0.0/16");
	assert_true(rome->limited);
	assert_int_equal(rome->subnets.count, 0);
	assert_null(policy_site(&policy, "london"));
}

static void what_it_does_not_say_is_assumed(void **state)
{
	CLEANUP(policy_done) struct policy least = { 0 }, closed = { 0 };

	(void)state;
	policy_parse("{\"schema\":1}", &least);
	assert_null(least.fault);
	assert_false(least.freeze);
	assert_false(least.closed);
	policy_parse("{\"schema\":1,\"sites\":{}}", &closed);
	assert_null(closed.fault);
	assert_true(closed.closed);
	assert_int_equal(closed.site_count, 0);
}

static void slip_opens_something(void **state)
{
	static const struct {
		const char *text, *fault;
	} rows[] = {
		{ "", "not valid JSON at line 1, column 0" },
		{ "[]", "not a JSON object" },
		{ "{}", "'schema' is missing" },
		{ "{\"schema\":2}", "'schema' is 2, and this version of cygnet reads 1" },
		{ "{\"schema\":1,\"freze\":true}",
		  "'freze' is not one of 'schema', 'freeze' and 'sites'" },
		{ "{\"schema\":1,\"freeze\":\"yes\"}", "'freeze' is not true or false" },
		{ "{\"schema\":1,\"sites\":null}", "'sites' is not an object" },
		{ "{\"schema\":1,\"sites\":[\"ohio\"]}", "'sites' is not an object" },
		{ "{\"schema\":1,\"freeze\":true,\"sites\":{\"Ohio\":{}}}",
		  "'sites' member 'Ohio': no site can have this name" },
		{ "{\"schema\":1,\"sites\":{\"ohio\":{},\"paris\":true}}",
		  "'sites' member 'paris': not an object" },
		{ "{\"schema\":1,\"sites\":{\"ohio\":{\"subnet\":[]}}}",
		  "'sites' member 'ohio': 'subnet' is not one of 'subnets'" },
		{ "{\"schema\":1,\"sites\":{\"ohio\":{\"subnets\":null}}}",
		  "'sites' member 'ohio': 'subnets' is not an array" },
		{ "{\"schema\":1,\"sites\":{\"ohio\":{\"subnets\":[\"10.1.0.0/16\",\"10.1.2.3/16\"]}}}",
		  "'sites' member 'ohio': 'subnets' element 2 is not a canonical IPv4 range" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_fault(rows[i].text, rows[i].fault);
}

static void change_goes_unnoticed(void **state)
{
	static const char *const texts[] = {
		"{\"schema\":1}", "{\"schema\":1,\"freeze\":true}", "{\"schema\":1,\"sites\":{}}", "damaged",
		"damaged otherwise",
	};
	CLEANUP(policy_done) struct policy again = { 0 };
	uint32_t hashes[COUNT_OF(texts)];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		CLEANUP(policy_done) struct policy policy = { 0 };

		policy_parse(texts[i], &policy);
		hashes[i] = policy.hash;
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(hashes[i], hashes[j]);
	}
	policy_parse(texts[0], &again);
	assert_int_equal(again.hash, hashes[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_is_lost),
		cmocka_unit_test(what_it_does_not_say_is_assumed),
		cmocka_unit_test(slip_opens_something),
		cmocka_unit_test(change_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
