/* publish: when a record has to be put, in which order, and what a run that ends halfway leaves. */
#include "bootstrap/publish.h"
#include "tests/unit/session_bench.h"

#define EPOCH "/cygnet/prod/epoch"

/* What a run that begins now would remember. */
static struct state remembered(const struct bench *bench)
{
	AUTO_FREE char *aside = NULL;
	struct state state;
	struct err e = ERR_INIT;

	assert_int_equal(state_load(bench->root, OURS, &state, &aside, &e), 0);
	assert_null(aside);
	return state;
}

static bool pending_on_disk(const struct bench *bench)
{
	CLEANUP(state_done) struct state state = remembered(bench);

	return state.pending;
}

static struct epoch epoch_now(const struct bench *bench)
{
	struct policy policy;
	struct epoch epoch;
	struct err e = ERR_INIT;

	assert_int_equal(exchange_epoch(&bench->session.registry, &epoch, &policy, &e), 0);
	policy_done(&policy);
	return epoch;
}

/* Publish, and say whether others have announced since. */
static bool publish(struct bench *bench)
{
	struct err e = ERR_INIT;
	bool behind;

	if (publish_record(&bench->session, &bench->own, &behind, &e) < 0)
		fail_msg("%s", e.cause);
	return behind;
}

static bool due_beside(struct bench *bench, const struct site *published)
{
	CLEANUP(listing_done) struct listing listing = { 0 };
	struct site copy;

	site_copy(published, &copy);
	sites_add(&listing.sites, &copy);
	return publish_due(&bench->session, &listing, &bench->own);
}

static void record_that_is_there_is_put_again(void **state)
{
	struct bench *bench = *state;

	assert_false(due_beside(bench, &bench->own));
}

static void pending_announcement_is_forgotten(void **state)
{
	struct bench *bench = *state;

	bench->session.state.pending = true;
	assert_true(due_beside(bench, &bench->own));
}

static void record_that_is_gone_or_another_one_stays(void **state)
{
	CLEANUP(site_done) struct site other = site_example();
	const struct listing none = { 0 };
	struct bench *bench = *state;

	assert_true(publish_due(&bench->session, &none, &bench->own));
	other.address++;
	assert_true(due_beside(bench, &other));
	other.address--;
	other.subnets.count--;
	assert_true(due_beside(bench, &other));
	other.subnets.count++;
	assert_false(due_beside(bench, &other));
	other.name[0] = 'F';
	assert_true(due_beside(bench, &other));
}

static void epoch_moves_before_the_record(void **state)
{
	AUTO_FREE char *calls = NULL, *text = NULL;
	struct bench *bench = *state;
	struct err e = ERR_INIT;

	assert_false(publish(bench));
	calls = strings_join(&bench->ssm.calls, "\n");
	assert_string_equal(calls, "PutParameter " RECORD "\nPutParameter " EPOCH);
	assert_int_equal(record_text(&bench->own, &text, &e), 0);
	assert_string_equal(fake_ssm_find(&bench->ssm, RECORD)->value, text);
	assert_false(pending_on_disk(bench));
}

/* What was just published is no news to who published it. */
static void own_announcement_is_taken_for_another_s(void **state)
{
	CLEANUP(state_done) struct state kept = { 0 };
	struct bench *bench = *state;
	struct epoch epoch;

	assert_false(publish(bench));
	epoch = epoch_now(bench);
	assert_int_equal(epoch.version, 1);
	assert_int_equal(strlen(epoch.token), EPOCH_TOKEN_SIZE - 1);
	assert_true(epoch_equal(&bench->session.state.applied, &epoch));
	kept = remembered(bench);
	assert_true(epoch_equal(&kept.applied, &epoch));
	assert_int_equal(kept.generation, bench->own.generation);
}

static void two_announcements_look_the_same(void **state)
{
	struct bench *bench = *state;
	struct epoch first, second;

	publish(bench);
	first = epoch_now(bench);
	publish(bench);
	second = epoch_now(bench);
	assert_int_equal(second.version, first.version + 1);
	assert_string_not_equal(second.token, first.token);
}

/* Theirs lies between what was read and what was announced: it has to be read yet. */
static void announcement_of_others_is_skipped(void **state)
{
	CLEANUP(state_done) struct state kept = { 0 };
	struct bench *bench = *state;

	fake_ssm_set(&bench->ssm, EPOCH, "{}", 8);
	bench->session.state.applied.version = 7;
	assert_true(publish(bench));
	assert_int_equal(bench->session.state.applied.version, 7);
	kept = remembered(bench);
	assert_int_equal(kept.applied.version, 7);
	assert_false(kept.pending);
}

/* An instance that has taken the site is seen only by who looks again. */
static void record_of_another_is_written_over_unnoticed(void **state)
{
	struct bench *bench = *state;

	fake_ssm_set(&bench->ssm, RECORD, "{}", 4);
	bench->own.version = 3;
	assert_true(publish(bench));
	bench->own.version = 5;
	bench->session.state.applied = epoch_now(bench);
	assert_false(publish(bench));
}

/* Whichever of the two fails, or is never reached: the next run announces. */
static void run_that_ends_halfway_leaves_no_trace(void **state)
{
	static const char *const failing[] = { "PutParameter " RECORD, "PutParameter " EPOCH };
	static const char *const why[] = {
		"publish the record of site 'frankfurt': ",
		"announce the record of site 'frankfurt': ",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT_OF(failing); i++) {
		struct err e = ERR_INIT;
		bool behind = true;

		bench->session.state.pending = false;
		bench->ssm.failing = failing[i];
		assert_int_equal(publish_record(&bench->session, &bench->own, &behind, &e), -1);
		assert_int_equal(e.code, EXIT_DENIED);
		assert_memory_equal(e.cause, why[i], strlen(why[i]));
		assert_true(behind);
		assert_true(pending_on_disk(bench));
		assert_true(due_beside(bench, &bench->own));
		assert_int_equal(bench->ssm.calls.count, 1 + 2 * i);
	}
	bench->ssm.failing = NULL;
	publish(bench);
	assert_false(pending_on_disk(bench));
}

/* A record that others could see before this gateway can remember it is never announced. */
static void state_that_cannot_be_kept_is_published(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;
	bool behind;

	root_write(bench->root, "/var/lib/cygnet", "in the way", 0644);
	assert_int_equal(publish_record(&bench->session, &bench->own, &behind, &e), -1);
	assert_int_equal(e.code, EXIT_STEP);
	assert_int_equal(bench->ssm.calls.count, 0);
}

static void record_that_is_too_long_is_put(void **state)
{
	struct bench *bench = *state;
	struct err e = ERR_INIT;
	bool behind;

	for (uint32_t i = 0; i < 200; i++)
		cidrs_add(&bench->own.subnets, (struct cidr){ 0x0b000000 + (i << 8), 24 });
	assert_true(due_beside(bench, &bench->own));
	assert_int_equal(publish_record(&bench->session, &bench->own, &behind, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_int_equal(bench->ssm.calls.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(record_that_is_there_is_put_again),
		BENCH_TEST(pending_announcement_is_forgotten),
		BENCH_TEST(record_that_is_gone_or_another_one_stays),
		BENCH_TEST(epoch_moves_before_the_record),
		BENCH_TEST(own_announcement_is_taken_for_another_s),
		BENCH_TEST(two_announcements_look_the_same),
		BENCH_TEST(announcement_of_others_is_skipped),
		BENCH_TEST(record_of_another_is_written_over_unnoticed),
		BENCH_TEST(run_that_ends_halfway_leaves_no_trace),
		BENCH_TEST(state_that_cannot_be_kept_is_published),
		BENCH_TEST(record_that_is_too_long_is_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
