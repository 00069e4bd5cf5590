/*
 * claim: who has the site when several write its record at once, and what a run that ends halfway
 * leaves.
 */
#include "bootstrap/claim.h"
#include "tests/unit/session_bench.h"

#define LESSER "i-0000000000000000a"
#define GREATER "i-0ffffffffffffffff"

/* An instance that has never filled the site. */
static int fresh_make(void **state)
{
	struct bench *bench;

	bench_make(state);
	bench = *state;
	bench->own.generation = 1;
	return 0;
}

#define FRESH_TEST(name) cmocka_unit_test_setup_teardown(name, fresh_make, bench_free)

/* The record as this instance would write it. */
static char *record_of(const char *instance, int64_t generation)
{
	CLEANUP(site_done) struct site site = site_example();
	struct err e = ERR_INIT;
	char *text;

	free(site.instance);
	site.instance = mem_strdup(instance);
	site.generation = generation;
	assert_int_equal(record_text(&site, &text, &e), 0);
	return text;
}

static void intruder_add(struct parameters *writes, const char *instance, int64_t generation)
{
	*MEM_GROW(writes->items, writes->count) =
		(struct parameter){ mem_strdup(RECORD), record_of(instance, generation), 0 };
}

static void registry_read(const struct bench *bench, bool *ret_is_found, struct site *ret_site)
{
	struct err e = ERR_INIT;

	assert_int_equal(exchange_record(&bench->session.registry, "frankfurt", ret_is_found, ret_site, &e), 0);
}

/* The site is filled by this instance, and the run has read that. */
static void site_is_of(struct bench *bench, const char *instance, int64_t generation)
{
	AUTO_FREE char *text = record_of(instance, generation);

	fake_ssm_set(&bench->ssm, RECORD, text, 7);
	registry_read(bench, &bench->is_found, &bench->found);
	bench->own.generation = generation + 1;
}

static int claim(struct bench *bench, struct err *e)
{
	return claim_make(&bench->session, bench->is_found ? &bench->found : NULL, &bench->own, e);
}

static void claim_well(struct bench *bench)
{
	struct err e = ERR_INIT;

	if (claim(bench, &e) < 0)
		fail_msg("%s", e.cause);
}

static void assert_record(const struct bench *bench, const char *instance, int64_t generation,
			  int64_t version)
{
	CLEANUP(site_done) struct site site = { 0 };
	bool is_found;

	registry_read(bench, &is_found, &site);
	assert_true(is_found);
	assert_string_equal(site.instance, instance);
	assert_int_equal(site.generation, generation);
	assert_int_equal(site.version, version);
}

static size_t puts_made(const struct bench *bench)
{
	size_t count = 0;

	for (size_t i = 0; i < bench->ssm.calls.count; i++)
		count += strcmp(bench->ssm.calls.items[i], "PutParameter " RECORD) == 0;
	return count;
}

static void first_gateway_claims_what_peers_would_use(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	struct bench *bench = *state;
	bool is_found;

	claim_well(bench);
	assert_record(bench, OURS, 1, 1);
	registry_read(bench, &is_found, &site);
	assert_true(site.empty);
	assert_int_equal(bench->own.version, 1);
}

/* Its tunnels carry on until the successor has put its own. */
static void claim_takes_the_predecessor_s_key_and_address_away(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	struct bench *bench = *state;
	bool is_found;

	site_is_of(bench, LESSER, 3);
	bench->own.address++;
	claim_well(bench);
	registry_read(bench, &is_found, &site);
	assert_string_equal(site.instance, OURS);
	assert_int_equal(site.generation, 4);
	assert_int_equal(site.address, bench->found.address);
	assert_string_equal(site_active_key(&site)->id, KEY_A_ID);
}

static void claim_is_forgotten_when_the_run_is_killed(void **state)
{
	CLEANUP(state_done) struct state kept = { 0 };
	AUTO_FREE char *aside = NULL;
	struct bench *bench = *state;
	struct err e = ERR_INIT;

	bench->session.claim = true;
	bench->session.state.duty = DUTY_LEFT;
	site_is_of(bench, LESSER, 3);
	claim_well(bench);
	assert_int_equal(state_load(bench->root, OURS, &kept, &aside, &e), 0);
	assert_int_equal(kept.generation, 4);
	assert_int_equal(kept.duty, DUTY_SERVES);
	assert_true(kept.pending);
	assert_false(bench->session.claim);
}

/* Ours came last: whoever wrote in between reads it and yields. */
static void claim_over_an_unread_one_is_made_twice(void **state)
{
	struct bench *bench = *state;

	site_is_of(bench, LESSER, 3);
	intruder_add(&bench->ssm.before, GREATER, 4);
	claim_well(bench);
	assert_int_equal(puts_made(bench), 1);
	assert_record(bench, OURS, 4, 9);
	assert_int_equal(bench->own.version, 9);
}

static void lesser_one_that_came_last_keeps_the_site(void **state)
{
	struct bench *bench = *state;

	site_is_of(bench, "i-00000000", 3);
	intruder_add(&bench->ssm.before, LESSER, 4);
	intruder_add(&bench->ssm.after, LESSER, 4);
	claim_well(bench);
	assert_int_equal(puts_made(bench), 2);
	assert_record(bench, OURS, 4, 11);
}

static void greater_one_that_came_last_is_written_over(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;

	site_is_of(bench, LESSER, 3);
	intruder_add(&bench->ssm.before, LESSER, 4);
	intruder_add(&bench->ssm.after, GREATER, 4);
	assert_int_equal(claim(bench, &e), -1);
	assert_error(&e, EXIT_AGAIN, "instance '" GREATER "' has taken site 'frankfurt' in the same moment", "");
	assert_int_equal(puts_made(bench), 1);
	assert_record(bench, GREATER, 4, 10);
}

static void two_instances_write_over_each_other_for_ever(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;

	site_is_of(bench, LESSER, 3);
	for (int i = 0; i < 2 * CLAIM_TRIES; i++) {
		intruder_add(&bench->ssm.before, LESSER, 4);
		intruder_add(&bench->ssm.after, LESSER, 4);
	}
	assert_int_equal(claim(bench, &e), -1);
	assert_error(&e, EXIT_AGAIN, "the record of site 'frankfurt' is written by others again and again", "");
	assert_int_equal(puts_made(bench), CLAIM_TRIES);
}

static void refused_claim_is_remembered(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;

	bench->ssm.failing = "PutParameter " RECORD;
	assert_int_equal(claim(bench, &e), -1);
	assert_int_equal(e.code, EXIT_DENIED);
	assert_int_equal(bench->session.state.generation, 0);
	assert_false(bench->session.state.pending);
}

static bool confirm(struct bench *bench)
{
	struct err e = ERR_INIT;
	bool ours;

	if (claim_confirm(&bench->session, &ours, &e) < 0)
		fail_msg("%s", e.cause);
	return ours;
}

static void site_of_another_is_written_to(void **state)
{
	static const struct {
		const char *instance;	/* NULL: the record is gone */
		int64_t generation;
		bool ours;
	} cases[] = {
		{ OURS, 4, true },
		{ NULL, 0, true },
		{ GREATER, 4, false },
		{ LESSER, 5, false },
		/* Ours to take back, but not before that is done. */
		{ LESSER, 4, false },
	};
	struct bench *bench = *state;

	bench->session.state.generation = 4;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		parameters_done(&bench->ssm.parameters);
		site_done(&bench->found);
		if (cases[i].instance != NULL)
			site_is_of(bench, cases[i].instance, cases[i].generation);
		assert_int_equal(confirm(bench), cases[i].ours);
	}
}

static void site_that_was_taken_out_is_written_to(void **state)
{
	struct bench *bench = *state;

	bench->session.state.generation = 4;
	fake_ssm_set(&bench->ssm, RECORD,
		     "{\"schema\":1,\"generation\":5,\"site\":\"frankfurt\",\"left\":true,\"instance\":\"" OURS "\"}", 9);
	assert_false(confirm(bench));
}

static void unreadable_record_counts_as_ours(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;
	bool ours = false;

	bench->ssm.failing = "GetParameters";
	assert_int_equal(claim_confirm(&bench->session, &ours, &e), -1);
	assert_int_equal(e.code, EXIT_DENIED);
	assert_false(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH_TEST(first_gateway_claims_what_peers_would_use),
		FRESH_TEST(claim_takes_the_predecessor_s_key_and_address_away),
		FRESH_TEST(claim_is_forgotten_when_the_run_is_killed),
		FRESH_TEST(claim_over_an_unread_one_is_made_twice),
		FRESH_TEST(lesser_one_that_came_last_keeps_the_site),
		FRESH_TEST(greater_one_that_came_last_is_written_over),
		FRESH_TEST(two_instances_write_over_each_other_for_ever),
		FRESH_TEST(refused_claim_is_remembered),
		FRESH_TEST(site_of_another_is_written_to),
		FRESH_TEST(site_that_was_taken_out_is_written_to),
		FRESH_TEST(unreadable_record_counts_as_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
