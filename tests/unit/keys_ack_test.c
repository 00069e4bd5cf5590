/*
 * ack: what a gateway says of its peers' keys, how it is read by those that wait for it, and that a
 * stranger's document costs nobody but its site.
 */
#include "tests/unit/keys_support.h"

#include "keys/ack.h"
#include "tests/unit/ssm_bench.h"

#define ACKS "/cygnet/prod/acks/"
#define ACK(site, keys, revoked) \
	"{\"keys\":[" keys "],\"revoked\":[" revoked "],\"schema\":1,\"site\":\"" site "\"}"
#define A "\"" KEY_A_ID "\""
#define B "\"" KEY_B_ID "\""

/* --- what there is to say --- */

/* "name" with key A, and what of it is to be acknowledged: a next key, revoked ones, or NULL. */
static void peer_add(struct sites *peers, const char *name, const char *next, const char *revoked)
{
	struct site site = site_example();

	free(site.name);
	site.name = mem_strdup(name);
	if (next != NULL) {
		site.keys[1] = (struct site_key){ KEY_NEXT, public_key_of_text(next, KEY_B_SPKI) };
		site.key_count = 2;
	}
	if (revoked != NULL)
		strings_add(&site.revoked, revoked);
	sites_add(peers, &site);
}

static void assert_ack(const struct sites *peers, const struct revocations *dealt,
		       const char *expected)
{
	CLEANUP(ack_done) struct ack ack = { 0 };
	AUTO_FREE char *text = NULL;

	assert_true(ack_make("ohio", peers, dealt, &ack));
	text = ack_text(&ack);
	assert_string_equal(text, expected);
}

static void peers_that_replace_no_key_are_answered(void **state)
{
	CLEANUP(sites_done) struct sites peers = { 0 };
	CLEANUP(revocations_done) struct revocations dealt = { 0 };
	struct ack ack = { 0 };

	(void)state;
	assert_false(ack_make("ohio", &peers, &dealt, &ack));
	peer_add(&peers, "frankfurt", NULL, NULL);
	revocations_add(&dealt, "frankfurt", KEY_A_ID);
	assert_false(ack_make("ohio", &peers, &dealt, &ack));
	assert_null(ack.site);
}

static void key_is_left_out(void **state)
{
	CLEANUP(sites_done) struct sites peers = { 0 };
	CLEANUP(revocations_done) struct revocations dealt = { 0 };

	(void)state;
	peer_add(&peers, "frankfurt", KEY_B_ID, NULL);
	peer_add(&peers, "paris", NULL, NULL);
	assert_ack(&peers, &dealt, ACK("ohio", B, ""));
	peer_add(&peers, "rome", KEY_A_ID, NULL);
	assert_ack(&peers, &dealt, ACK("ohio", B "," A, ""));
}

static void revoked_key_is_acknowledged_before_it_was_dealt_with(void **state)
{
	CLEANUP(sites_done) struct sites peers = { 0 };
	CLEANUP(revocations_done) struct revocations dealt = { 0 };

	(void)state;
	peer_add(&peers, "frankfurt", NULL, KEY_B_ID);
	revocations_add(&dealt, "paris", KEY_B_ID);
	assert_ack(&peers, &dealt, ACK("ohio", "", ""));
	revocations_add(&dealt, "frankfurt", KEY_B_ID);
	assert_ack(&peers, &dealt, ACK("ohio", "", B));
}

/* Their operators say in their files what they have loaded. */
static void static_peers_are_answered(void **state)
{
	CLEANUP(sites_done) struct sites peers = { 0 };
	CLEANUP(revocations_done) struct revocations dealt = { 0 };
	struct ack ack = { 0 };

	(void)state;
	peer_add(&peers, "office", KEY_B_ID, NULL);
	peers.items[0].manual = true;
	assert_false(ack_make("ohio", &peers, &dealt, &ack));
	peer_add(&peers, "paris", KEY_A_ID, NULL);
	assert_ack(&peers, &dealt, ACK("ohio", A, ""));
}

/* As many peers as there may be sites rotate at once; the first of them come to their end. */
static void ack_that_no_parameter_holds(void **state)
{
	CLEANUP(sites_done) struct sites peers = { 0 };
	CLEANUP(revocations_done) struct revocations dealt = { 0 };
	CLEANUP(ack_done) struct ack ack = { 0 }, again = { 0 };
	char name[64], id[KEY_ID_SIZE], longest[64];
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	(void)state;
	memset(longest, 'x', 63);
	longest[63] = '\0';
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "site-%d", i);
		snprintf(id, sizeof id, "%064d", i);
		peer_add(&peers, name, id, i >= 90 ? id : NULL);
		revocations_add(&dealt, name, id);
	}
	assert_true(ack_make(longest, &peers, &dealt, &ack));
	assert_int_equal(ack.revoked.count, 10);
	assert_int_equal(ack.keys.count, ACK_IDS_MAX - 10);
	text = ack_text(&ack);
	assert_in_range(strlen(text), 1, RECORD_MAX);
	assert_int_equal(ack_parse(text, longest, &again, &e), 0);
}

/* --- what is read --- */

static void what_is_written_is_read_as_something_else(void **state)
{
	static const char text[] = ACK("ohio", A, B);
	CLEANUP(ack_done) struct ack ack = { 0 };
	AUTO_FREE char *again = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(ack_parse(text, "ohio", &ack, &e), 0);
	again = ack_text(&ack);
	assert_string_equal(again, text);
}

static void members_of_a_later_version_are_damage(void **state)
{
	CLEANUP(ack_done) struct ack ack = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(ack_parse("{\"schema\":1,\"site\":\"ohio\",\"since\":7}", "ohio", &ack, &e),
			 0);
	assert_int_equal(ack.keys.count + ack.revoked.count, 0);
}

static void damage_is_overlooked(void **state)
{
	static const struct {
		const char *text, *cause;
	} rows[] = {
		{ "", "not valid JSON at line 1, column 0" },
		{ "[]", "not a JSON object" },
		{ "{\"site\":\"ohio\"}", "'schema' is missing" },
		{ "{\"schema\":2,\"site\":\"ohio\"}",
		  "'schema' is 2, and this version of cygnet reads 1" },
		{ "{\"schema\":1}", "'site' is missing" },
		{ ACK("paris", A, ""), "'site' is 'paris', and the parameter is called 'ohio'" },
		{ ACK("ohio", "\"8979b8f51ae63b98\"", ""), "'keys' element 1 is not a key id" },
		{ ACK("ohio", A ",7", ""), "'keys' element 2 is not a key id" },
		{ ACK("ohio", "", "{}"), "'revoked' element 1 is not a key id" },
		{ "{\"schema\":1,\"site\":\"ohio\",\"keys\":\"" KEY_A_ID "\"}",
		  "'keys' is not an array" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct ack ack = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(ack_parse(rows[i].text, "ohio", &ack, &e), -1);
		assert_error(&e, EXIT_CONFIG, rows[i].cause, "");
		assert_null(ack.site);
	}
}

static void document_without_end(void **state)
{
	AUTO_FREE char *text = mem_printf("%4097s", "{}");
	struct ack ack = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(ack_parse(text, "ohio", &ack, &e), -1);
	assert_error(&e, EXIT_CONFIG, "longer than 4096 characters", "");
}

/* --- the registry --- */

static void ack_is_put_elsewhere(void **state)
{
	struct bench *bench = *state;
	CLEANUP(ack_done) struct ack ack = { .site = mem_strdup("ohio") };
	struct err e = ERR_INIT;

	strings_add(&ack.keys, KEY_A_ID);
	assert_int_equal(ack_put(&bench->registry, &ack, &e), 0);
	assert_string_equal(fake_ssm_find(&bench->ssm, ACKS "ohio")->value, ACK("ohio", A, ""));
	assert_int_equal(bench->ssm.calls.count, 1);
}

static void ack_that_is_refused_is_taken_for_put(void **state)
{
	struct bench *bench = *state;
	CLEANUP(ack_done) struct ack ack = { .site = mem_strdup("ohio") };
	struct err e = ERR_INIT;

	bench->ssm.failing = "PutParameter";
	assert_int_equal(ack_put(&bench->registry, &ack, &e), -1);
	assert_int_equal(e.code, EXIT_DENIED);
	assert_non_null(strstr(e.cause, "acknowledge the keys of mesh 'prod': "));
}

/* More of them than a page holds. */
static void one_sites_ack_is_taken_for_anothers(void **state)
{
	struct bench *bench = *state;
	CLEANUP(acks_done) struct acks acks = { 0 };
	struct err e = ERR_INIT;

	fake_ssm_set(&bench->ssm, ACKS "ohio", ACK("ohio", A, B), 1);
	for (int i = 0; i < 2 * FAKE_SSM_PAGE; i++) {
		AUTO_FREE char *path = mem_printf(ACKS "site-%d", i);
		AUTO_FREE char *text = mem_printf(ACK("site-%d", "", ""), i);

		fake_ssm_set(&bench->ssm, path, text, 1);
	}
	fake_ssm_set(&bench->ssm, ACKS "paris", ACK("paris", B, ""), 1);
	assert_int_equal(acks_list(&bench->registry, &acks, &e), 0);
	assert_int_equal(acks.count, 2 * FAKE_SSM_PAGE + 2);
	assert_int_equal(acks.warnings.count, 0);
	assert_true(acks_have_key(&acks, "ohio", KEY_A_ID));
	assert_false(acks_have_key(&acks, "ohio", KEY_B_ID));
	assert_true(acks_have_revoked(&acks, "ohio", KEY_B_ID));
	assert_false(acks_have_revoked(&acks, "ohio", KEY_A_ID));
	assert_true(acks_have_key(&acks, "paris", KEY_B_ID));
	assert_false(acks_have_key(&acks, "rome", KEY_A_ID));
}

static void parameter_beside_the_acks_is_one_of_them(void **state)
{
	static char text[] = ACK("rome", A, ""), above[] = "/cygnet/prod/acks",
		    beside[] = "/cygnet/prod/acks-of-another/rome", below[] = ACKS "rome";
	const struct registry registry = { NULL, "us-east-1", "cygnet", "prod" };
	struct parameter items[] = { { above, text, 1 }, { beside, text, 1 }, { below, text, 1 } };
	CLEANUP(acks_done) struct acks acks = { 0 };

	(void)state;
	acks_fill(&acks, &registry, &(struct parameters){ items, 2 });
	assert_int_equal(acks.count + acks.warnings.count, 0);
	acks_fill(&acks, &registry, &(struct parameters){ items, 3 });
	assert_true(acks_have_key(&acks, "rome", KEY_A_ID));
}

static void one_bad_ack_costs_the_others(void **state)
{
	struct bench *bench = *state;
	CLEANUP(acks_done) struct acks acks = { 0 };
	AUTO_FREE char *warnings = NULL;
	struct err e = ERR_INIT;

	fake_ssm_set(&bench->ssm, ACKS "ohio", "{", 1);
	fake_ssm_set(&bench->ssm, ACKS "rome", ACK("ohio", A, ""), 1);
	fake_ssm_set(&bench->ssm, ACKS "b/ohio", ACK("ohio", A, ""), 1);
	fake_ssm_set(&bench->ssm, ACKS "paris", ACK("paris", A, ""), 1);
	assert_int_equal(acks_list(&bench->registry, &acks, &e), 0);
	assert_true(acks_have_key(&acks, "paris", KEY_A_ID));
	assert_int_equal(acks.count, 1);
	warnings = strings_join(&acks.warnings, "\n");
	assert_string_equal(warnings,
			    "the ack of site 'ohio': not valid JSON at line 1, column 1\n"
			    "the ack of site 'rome': 'site' is 'ohio', and the parameter is called "
			    "'rome'\n"
			    "the ack of site 'b/ohio': no site can have this name");
}

static void acks_that_cannot_be_read_are_none(void **state)
{
	struct bench *bench = *state;
	struct acks acks = { 0 };
	struct err e = ERR_INIT;

	bench->ssm.failing = "GetParametersByPath";
	assert_int_equal(acks_list(&bench->registry, &acks, &e), -1);
	assert_int_equal(e.code, EXIT_DENIED);
	assert_non_null(strstr(e.cause, "read the acknowledgements of mesh 'prod': "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_that_replace_no_key_are_answered),
		cmocka_unit_test(key_is_left_out),
		cmocka_unit_test(revoked_key_is_acknowledged_before_it_was_dealt_with),
		cmocka_unit_test(static_peers_are_answered),
		cmocka_unit_test(ack_that_no_parameter_holds),
		cmocka_unit_test(what_is_written_is_read_as_something_else),
		cmocka_unit_test(members_of_a_later_version_are_damage),
		cmocka_unit_test(damage_is_overlooked),
		cmocka_unit_test(document_without_end),
		BENCH_TEST(ack_is_put_elsewhere),
		BENCH_TEST(ack_that_is_refused_is_taken_for_put),
		BENCH_TEST(one_sites_ack_is_taken_for_anothers),
		cmocka_unit_test(parameter_beside_the_acks_is_one_of_them),
		BENCH_TEST(one_bad_ack_costs_the_others),
		BENCH_TEST(acks_that_cannot_be_read_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
