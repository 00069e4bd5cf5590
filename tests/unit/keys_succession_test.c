/*
 * succession: who fills a site, a sentence of the README's about it at a time. A case is what this
 * instance remembers, what the registry has, and what it makes of that.
 */
#include "tests/unit/keys_support.h"

#include "keys/succession.h"

#define FORMER "i-00000000000000001"
#define MINE "i-00000000000000005"
#define NEWER "i-00000000000000009"

enum listed { NONE, TOMBSTONE, EMPTY, KEY_A, KEY_B, KEY_B_AND_A };

static const char *const tenure_names[] = {
	[TENURE_CLAIM] = "claim", [TENURE_HELD] = "held", [TENURE_SUPERSEDED] = "superseded",
	[TENURE_LEFT] = "left",
};

/* We are MINE, and our key is A. */
struct row {
	struct { int64_t generation; enum duty duty; } state;
	struct { enum listed listed; int64_t generation; const char *instance; } found;
	enum tenure tenure;
	int64_t generation;	/* of TENURE_CLAIM and TENURE_HELD */
	bool over;
	bool claim;
	int64_t refused;	/* generation that a record tells which could not be used; 0: none is there */
};

static void site_key_add(struct site *site, enum key_state state, const char *id, const char *spki)
{
	*MEM_GROW(site->keys, site->key_count) =
		(struct site_key){ state, public_key_of_text(id, spki) };
}

/* The record that a case has found; *ret_site is empty for none. */
static void site_of_row(const struct row *row, struct site *ret_site)
{
	*ret_site = (struct site){ 0 };
	if (row->found.listed == NONE)
		return;
	*ret_site = (struct site){
		.name = mem_strdup("frankfurt"),
		.generation = row->found.generation,
		.instance = mem_strdup(row->found.instance),
		.left = row->found.listed == TOMBSTONE,
		.empty = row->found.listed == EMPTY,
	};
	if (row->found.listed == KEY_A)
		site_key_add(ret_site, KEY_ACTIVE, KEY_A_ID, KEY_A_SPKI);
	if (row->found.listed >= KEY_B)
		site_key_add(ret_site, KEY_ACTIVE, KEY_B_ID, KEY_B_SPKI);
	if (row->found.listed == KEY_B_AND_A)
		site_key_add(ret_site, KEY_NEXT, KEY_A_ID, KEY_A_SPKI);
}

static void assert_row(const struct row *row, size_t number)
{
	const struct state state = {
		.generation = row->state.generation, .duty = row->state.duty,
	};
	CLEANUP(public_key_done) struct public_key key = public_key_of_text(KEY_A_ID, KEY_A_SPKI);
	const struct refusal refused = { .generation = row->refused };
	CLEANUP(site_done) struct site found;
	struct succession succession;
	bool counted = row->tenure == TENURE_CLAIM || row->tenure == TENURE_HELD;

	site_of_row(row, &found);
	succession_judge(&(struct succession_inputs){
		.found = found.name != NULL ? &found : NULL,
		.refused = row->refused != 0 ? &refused : NULL,
		.instance = MINE,
		.state = &state,
		.key = &key,
		.claim = row->claim,
	}, &succession);
	if (succession.tenure != row->tenure)
		fail_msg("case %zu: '%s' is expected, not '%s'", number + 1,
			 tenure_names[row->tenure], tenure_names[succession.tenure]);
	if (counted && succession.generation != row->generation)
		fail_msg("case %zu: generation %lld is expected, not %lld", number + 1,
			 (long long)row->generation, (long long)succession.generation);
	if (succession.over != row->over)
		fail_msg("case %zu: it is %sover", number + 1, row->over ? "" : "not ");
}

#define ASSERT_ROWS(rows) do { \
	for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) \
		assert_row(&(rows)[row_], row_); \
} while (0)

static void first_gateway_ever(void **state)
{
	static const struct row rows[] = {
		{ .found = { NONE }, .tenure = TENURE_CLAIM, .generation = 1 },
		/* its claim is put, and then its key */
		{ .state = { 1 }, .found = { EMPTY, 1, MINE }, .tenure = TENURE_HELD, .generation = 1 },
		{ .state = { 1 }, .found = { KEY_A, 1, MINE }, .tenure = TENURE_HELD, .generation = 1 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* Both have read nothing, and each has put its claim: the other's is there, or its own. */
static void two_fresh_ones_at_once(void **state)
{
	static const struct row rows[] = {
		{ .state = { 1 }, .found = { EMPTY, 1, NEWER }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 1 }, .found = { EMPTY, 1, FORMER }, .tenure = TENURE_HELD, .generation = 1 },
		/* the loser stops when the winner's key is there */
		{ .state = { 1, DUTY_SUPERSEDED }, .found = { KEY_B, 1, NEWER },
		  .tenure = TENURE_SUPERSEDED, .over = true },
		/* over a tombstone of generation 4 */
		{ .state = { 5 }, .found = { EMPTY, 5, NEWER }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 5 }, .found = { EMPTY, 5, FORMER }, .tenure = TENURE_HELD, .generation = 5 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void old_and_new_alive_together(void **state)
{
	static const struct row rows[] = {
		/*
		 * the new one: whatever its id, it claims what another fills, with the next
		 * generation
		 */
		{ .found = { KEY_B, 3, FORMER }, .tenure = TENURE_CLAIM, .generation = 4 },
		{ .found = { KEY_B, 3, NEWER }, .tenure = TENURE_CLAIM, .generation = 4 },
		{ .state = { 4 }, .found = { KEY_B, 4, MINE }, .tenure = TENURE_HELD, .generation = 4 },
		/* the old one has put its own once more, unaware */
		{ .state = { 4 }, .found = { KEY_B, 3, FORMER }, .tenure = TENURE_HELD, .generation = 4 },
		{ .state = { 4 }, .found = { KEY_B, 3, NEWER }, .tenure = TENURE_HELD, .generation = 4 },
		/* the old one: its tunnels carry on while its key is listed, and no longer */
		{ .state = { 3 }, .found = { KEY_A, 4, FORMER }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 3 }, .found = { KEY_B_AND_A, 4, NEWER }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 3 }, .found = { KEY_B, 4, FORMER }, .tenure = TENURE_SUPERSEDED, .over = true },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void superseded_one_is_rebooted(void **state)
{
	static const struct row rows[] = {
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { KEY_B, 4, NEWER },
		  .tenure = TENURE_SUPERSEDED, .over = true },
		/* and stays ended whatever has become of its successor */
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { NONE }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { TOMBSTONE, 5, NEWER },
		  .tenure = TENURE_SUPERSEDED, .over = true },
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { EMPTY, 6, FORMER },
		  .tenure = TENURE_SUPERSEDED, .over = true },
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { KEY_B, 1, FORMER },
		  .tenure = TENURE_SUPERSEDED, .over = true },
		/* until it is told to claim */
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { KEY_B, 4, NEWER }, .claim = true,
		  .tenure = TENURE_CLAIM, .generation = 5 },
		{ .state = { 3, DUTY_SUPERSEDED }, .found = { NONE }, .claim = true,
		  .tenure = TENURE_CLAIM, .generation = 4 },
		/*
		 * which a gateway that serves, or is superseded this very moment, may be told too
		 */
		{ .state = { 3 }, .found = { KEY_A, 3, MINE }, .claim = true,
		  .tenure = TENURE_HELD, .generation = 3 },
		{ .state = { 3 }, .found = { KEY_B, 4, NEWER }, .claim = true,
		  .tenure = TENURE_CLAIM, .generation = 5 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* What the image's gateway remembered is set aside by its id: nothing is remembered. */
static void image_baked_from_a_gateway(void **state)
{
	static const struct row row = {
		.found = { KEY_A, 7, FORMER }, .tenure = TENURE_CLAIM, .generation = 8,
	};
	AUTO_ROOT char *root = root_new();
	struct state written = { .instance = (char *)FORMER, .generation = 7 };
	CLEANUP(state_done) struct state loaded = { .generation = 9 };
	AUTO_FREE char *aside = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(state_save(root, &written, &e), 0);
	assert_int_equal(state_load(root, MINE, &loaded, &aside, &e), 0);
	assert_non_null(aside);
	assert_int_equal(loaded.generation, 0);
	assert_int_equal(loaded.duty, DUTY_SERVES);
	assert_row(&row, 0);
}

static void registry_is_wiped(void **state)
{
	static const struct row rows[] = {
		{ .state = { 3 }, .found = { NONE }, .tenure = TENURE_HELD, .generation = 3 },
		/* a fresh instance was faster: it reads the greater one when that is put again */
		{ .state = { 3 }, .found = { EMPTY, 1, NEWER }, .tenure = TENURE_HELD, .generation = 3 },
		{ .state = { 1 }, .found = { KEY_B, 3, FORMER }, .tenure = TENURE_SUPERSEDED, .over = true },
		/*
		 * of the same generation: peers keep us until the winner's key is there, so do we
		 */
		{ .state = { 1 }, .found = { EMPTY, 1, NEWER }, .tenure = TENURE_SUPERSEDED },
		{ .state = { 1 }, .found = { KEY_B, 1, NEWER }, .tenure = TENURE_SUPERSEDED, .over = true },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void leave_and_join_again(void **state)
{
	static const struct row rows[] = {
		/* somebody's `forget`, or our own `leave`; also when it was killed half way */
		{ .state = { 3 }, .found = { TOMBSTONE, 4, MINE }, .tenure = TENURE_LEFT, .over = true },
		{ .state = { 3, DUTY_LEAVES }, .found = { KEY_A, 3, MINE }, .tenure = TENURE_LEFT,
		  .over = true },
		{ .state = { 3, DUTY_LEFT }, .found = { TOMBSTONE, 4, MINE }, .tenure = TENURE_LEFT,
		  .over = true },
		{ .state = { 3, DUTY_LEFT }, .found = { NONE }, .tenure = TENURE_LEFT, .over = true },
		/* a tombstone that does not know of our claim is no greater than it */
		{ .state = { 4 }, .found = { TOMBSTONE, 4, FORMER }, .tenure = TENURE_HELD, .generation = 4 },
		{ .state = { 4 }, .found = { TOMBSTONE, 4, NEWER }, .tenure = TENURE_HELD, .generation = 4 },
		/* a later run by hand claims anew, and so does a fresh instance */
		{ .state = { 3, DUTY_LEFT }, .found = { TOMBSTONE, 4, MINE }, .claim = true,
		  .tenure = TENURE_CLAIM, .generation = 5 },
		{ .state = { 3, DUTY_LEAVES }, .found = { KEY_A, 3, MINE }, .claim = true,
		  .tenure = TENURE_CLAIM, .generation = 4 },
		{ .found = { TOMBSTONE, 4, FORMER }, .tenure = TENURE_CLAIM, .generation = 5 },
		{ .found = { TOMBSTONE, 4, NULL }, .tenure = TENURE_CLAIM, .generation = 5 },
		{ .found = { TOMBSTONE, 4, MINE }, .tenure = TENURE_CLAIM, .generation = 5 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* The disk was emptied, or a run ended between a Put and what it wrote of it. */
static void own_record_whose_state_was_lost(void **state)
{
	static const struct row rows[] = {
		{ .found = { KEY_B, 6, MINE }, .tenure = TENURE_HELD, .generation = 6 },
		{ .found = { EMPTY, 6, MINE }, .tenure = TENURE_HELD, .generation = 6 },
		{ .state = { 5 }, .found = { KEY_A, 6, MINE }, .tenure = TENURE_HELD, .generation = 6 },
		{ .state = { 6 }, .found = { KEY_A, 5, MINE }, .tenure = TENURE_HELD, .generation = 6 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void superseded_before_it_has_a_key(void **state)
{
	CLEANUP(site_done) struct site found = site_example();
	const struct state remembered = { .generation = 2 };
	struct succession succession;

	(void)state;
	succession_judge(&(struct succession_inputs){
		.found = &found, .instance = MINE, .state = &remembered,
	}, &succession);
	assert_int_equal(succession.tenure, TENURE_SUPERSEDED);
	assert_ptr_equal(succession.by, &found);
	assert_true(succession.over);
}

static void successor_that_is_no_other_instance(void **state)
{
	CLEANUP(site_done) struct site found = site_example();
	const struct state remembered = { .generation = 2, .duty = DUTY_SUPERSEDED };
	struct succession succession;

	(void)state;
	succession_judge(&(struct succession_inputs){
		.found = &found, .instance = found.instance, .state = &remembered,
	}, &succession);
	assert_int_equal(succession.tenure, TENURE_SUPERSEDED);
	assert_null(succession.by);
}

/* --- what is put --- */

static struct site own_example(void)
{
	struct site own = site_example();

	free(own.instance);
	own.instance = mem_strdup(MINE);
	own.generation = 8;
	own.address++;
	own.probe++;
	return own;
}

static void assert_text(const struct site *site, const char *expected)
{
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(record_text(site, &text, &e), 0);
	assert_string_equal(text, expected);
}

/* The key that peers know is listed until the successor can put its own. */
/* It may be the record of a successor that is of a later version. */
static void claim_is_lost_to_a_record_that_nobody_could_use(void **state)
{
	static const struct row rows[] = {
		{ .state = { 3 }, .claim = true, .refused = 7, .tenure = TENURE_CLAIM, .generation = 8 },
		{ .state = { 3 }, .claim = true, .refused = 2, .tenure = TENURE_CLAIM, .generation = 4 },
		{ .claim = true, .refused = 7, .tenure = TENURE_CLAIM, .generation = 8 },
		{ .state = { 3, DUTY_SUPERSEDED }, .claim = true, .refused = 7, .tenure = TENURE_CLAIM,
		  .generation = 8 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* What follows the last one would be refused by everybody: whoever claims has to see that. */
static void claim_over_the_last_generation_is_one_of_many(void **state)
{
	static const struct row rows[] = {
		{ .found = { KEY_B, GENERATION_MAX, NEWER }, .tenure = TENURE_CLAIM,
		  .generation = GENERATION_MAX + 1 },
		{ .found = { TOMBSTONE, GENERATION_MAX, NEWER }, .tenure = TENURE_CLAIM,
		  .generation = GENERATION_MAX + 1 },
		{ .found = { KEY_B, GENERATION_MAX - 1, NEWER }, .tenure = TENURE_CLAIM,
		  .generation = GENERATION_MAX },
		{ .state = { GENERATION_MAX }, .found = { KEY_A, GENERATION_MAX, MINE },
		  .tenure = TENURE_HELD, .generation = GENERATION_MAX },
		/* its parameter was deleted */
		{ .state = { GENERATION_MAX, DUTY_LEFT }, .claim = true, .tenure = TENURE_CLAIM,
		  .generation = GENERATION_MAX },
		{ .state = { GENERATION_MAX, DUTY_LEFT }, .claim = true, .refused = 1,
		  .tenure = TENURE_CLAIM, .generation = GENERATION_MAX + 1 },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void tombstone_over_the_last_generation_is_refused(void **state)
{
	CLEANUP(site_done) struct site last = site_example();
	CLEANUP(site_done) struct site tombstone = { 0 };
	CLEANUP(site_done) struct site read = { 0 };
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	(void)state;
	last.generation = GENERATION_MAX;
	succession_tombstone(&last, &tombstone);
	assert_int_equal(record_text(&tombstone, &text, &e), 0);
	assert_int_equal(record_parse(text, last.name, &read, &e), 0);
	assert_true(read.left);
	assert_int_equal(read.generation, GENERATION_MAX);
}

static void claim_takes_the_predecessors_key_away(void **state)
{
	CLEANUP(site_done) struct site found = site_example();
	CLEANUP(site_done) struct site expected = site_example();
	CLEANUP(site_done) struct site own = own_example();
	CLEANUP(site_done) struct site claim = { 0 };
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	(void)state;
	found.version = 12;
	succession_claim(&found, &own, &claim);
	free(expected.instance);
	expected.instance = mem_strdup(MINE);
	expected.generation = 8;
	assert_int_equal(record_text(&expected, &text, &e), 0);
	assert_text(&claim, text);
	assert_int_equal(claim.version, 0);
}

static void claim_over_nothing_offers_something(void **state)
{
	static const char expected[] =
		"{\"account\":\"123456789012\",\"generation\":8,\"instance\":\"" MINE "\",\"keys\":[],"
		"\"left\":false,\"region\":\"eu-central-1\",\"schema\":1,\"site\":\"frankfurt\","
		"\"vpc\":\"vpc-0123456789abcdef0\",\"zone\":\"eu-central-1a\"}";
	CLEANUP(site_done) struct site own = own_example();
	CLEANUP(site_done) struct site none = { 0 }, tombstone = { 0 }, empty = { 0 };
	struct site left = { .name = (char *)"frankfurt", .generation = 7, .left = true };

	(void)state;
	succession_claim(NULL, &own, &none);
	assert_text(&none, expected);
	assert_true(none.empty);
	succession_claim(&left, &own, &tombstone);
	assert_text(&tombstone, expected);
	succession_claim(&none, &own, &empty);
	assert_text(&empty, expected);
}

static void tombstone_forgets_who_filled_the_site(void **state)
{
	CLEANUP(site_done) struct site last = site_example();
	CLEANUP(site_done) struct site tombstone = { 0 };

	(void)state;
	succession_tombstone(&last, &tombstone);
	assert_true(tombstone.left);
	assert_text(&tombstone,
		    "{\"account\":\"123456789012\",\"generation\":4,\"instance\":\"i-0fedcba9876543210\","
		    "\"left\":true,\"region\":\"eu-central-1\",\"schema\":1,\"site\":\"frankfurt\","
		    "\"vpc\":\"vpc-0123456789abcdef0\",\"zone\":\"eu-central-1a\"}");
}

/* --- from where it may be filled --- */

static void successor_of_elsewhere(void **state)
{
	static const char vpc_remedy[] = "give this VPC a name of its own: tag the instance cygnet:site";
	CLEANUP(site_done) struct site found = site_example();
	struct site own = found, tombstone = { .name = found.name, .generation = 4, .left = true };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(succession_check(NULL, &own, SCOPE_AZ, &e), 0);
	assert_int_equal(succession_check(&found, &own, SCOPE_AZ, &e), 0);
	own.zone = (char *)"eu-central-1b";
	assert_int_equal(succession_check(&found, &own, SCOPE_VPC, &e), 0);
	assert_int_equal(succession_check(&found, &own, SCOPE_AZ, &e), -1);
	assert_error(&e, EXIT_CONFIG, "site 'frankfurt' is filled in zone 'eu-central-1a'; this instance "
		     "is in zone 'eu-central-1b'",
		     "give this zone a name of its own: tag the instance cygnet:site");
	own.vpc = (char *)"vpc-0fedcba9876543210";
	assert_int_equal(succession_check(&tombstone, &own, SCOPE_AZ, &e), 0);
	assert_int_equal(succession_check(&found, &own, SCOPE_VPC, &e), -1);
	assert_error(&e, EXIT_CONFIG, "site 'frankfurt' is filled by 'vpc-0123456789abcdef0' of account "
		     "123456789012; this instance is in 'vpc-0fedcba9876543210' of account 123456789012",
		     vpc_remedy);
	own = found;
	own.account = (char *)"210987654321";
	assert_int_equal(succession_check(&found, &own, SCOPE_VPC, &e), -1);
	assert_error(&e, EXIT_CONFIG, "site 'frankfurt' is filled by 'vpc-0123456789abcdef0' of account "
		     "123456789012; this instance is in 'vpc-0123456789abcdef0' of account 210987654321",
		     vpc_remedy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_gateway_ever),
		cmocka_unit_test(two_fresh_ones_at_once),
		cmocka_unit_test(old_and_new_alive_together),
		cmocka_unit_test(superseded_one_is_rebooted),
		cmocka_unit_test(image_baked_from_a_gateway),
		cmocka_unit_test(registry_is_wiped),
		cmocka_unit_test(leave_and_join_again),
		cmocka_unit_test(own_record_whose_state_was_lost),
		cmocka_unit_test(superseded_before_it_has_a_key),
		cmocka_unit_test(successor_that_is_no_other_instance),
		cmocka_unit_test(claim_is_lost_to_a_record_that_nobody_could_use),
		cmocka_unit_test(claim_over_the_last_generation_is_one_of_many),
		cmocka_unit_test(tombstone_over_the_last_generation_is_refused),
		cmocka_unit_test(claim_takes_the_predecessors_key_away),
		cmocka_unit_test(claim_over_nothing_offers_something),
		cmocka_unit_test(tombstone_forgets_who_filled_the_site),
		cmocka_unit_test(successor_of_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
