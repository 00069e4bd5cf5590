/*
 * exchange_changes: when the epoch's history may be trusted to tell all that has changed, and what
 * is read of it then.
 */
#include "tests/unit/keys_support.h"

#include "keys/exchange_changes.h"
#include "tests/unit/ssm_bench.h"

#define EPOCH "/cygnet/prod/epoch"
#define POLICY "/cygnet/prod/policy"
#define SITES "/cygnet/prod/sites/"
#define TOMBSTONE "{\"schema\":1,\"generation\":1,\"site\":\"%s\",\"left\":true}"

/* --- what the history tells --- */

/* 32 digits that are not the same for two epochs. Yours to free. */
static char *token_of(int64_t seed)
{
	return mem_printf("%032llx", (long long)seed);
}

static char *announcement_text(const char *site, int64_t record, const char *token)
{
	return mem_printf("{\"site\":\"%s\",\"version\":%lld,\"random\":\"%s\"}", site,
			  (long long)record, token);
}

/*
 * A history is written "version=site@record …"; "!" behind the record is an announcement that the
 * epoch of another life made, and "?" in the place of the site one that nobody can read.
 */
static void entry_add(struct parameters *history, const char *word)
{
	char site[64];
	long long version, record = 1;
	bool other = strchr(word, '!') != NULL;
	AUTO_FREE char *token = NULL;

	assert_true(sscanf(word, "%lld=%63[^@]@%lld", &version, site, &record) >= 2);
	token = token_of(version + (other ? 1000 : 0));
	*MEM_GROW(history->items, history->count) = (struct parameter){
		mem_strdup(EPOCH),
		*site == '?' ? mem_strdup("{}") : announcement_text(site, record, token), version,
	};
}

static void history_of_text(const char *text, struct parameters *history)
{
	AUTO_FREE char *copy = mem_strdup(text);
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			entry_add(history, word);
}

static struct epoch epoch_of(int64_t version)
{
	struct epoch epoch = { .version = version };
	AUTO_FREE char *token = token_of(version);

	if (version > 0)
		memcpy(epoch.token, token, EPOCH_TOKEN_SIZE);
	return epoch;
}

/* "epoch: site@record …". Yours to free. */
static char *changes_text(const struct changes *changes)
{
	struct buf text = { 0 };

	buf_addf(&text, "%lld:", (long long)changes->epoch.version);
	for (size_t i = 0; i < changes->count; i++)
		buf_addf(&text, " %s@%lld", changes->items[i].site,
			 (long long)changes->items[i].version);
	return buf_take(&text);
}

struct row {
	const char *history;
	int64_t applied;
	const char *changes;		/* NULL: the history does not tell */
};

static void assert_judged(const struct row *row)
{
	CLEANUP(parameters_done) struct parameters history = { 0 };
	CLEANUP(changes_done) struct changes changes = { 0 };
	const struct epoch applied = epoch_of(row->applied);
	AUTO_FREE char *text = NULL;
	struct epoch last;

	history_of_text(row->history, &history);
	assert_int_equal(changes_judge(&history, &applied, &changes), row->changes != NULL);
	if (row->changes == NULL) {
		assert_null(changes.items);
		return;
	}
	text = changes_text(&changes);
	last = epoch_of(changes.epoch.version);
	assert_string_equal(text, row->changes);
	assert_true(epoch_equal(&changes.epoch, &last));
}

#define ASSERT_ROWS(rows) do { \
	for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) \
		assert_judged(&(rows)[row_]); \
} while (0)

static void change_is_left_out(void **state)
{
	static const struct row rows[] = {
		{ "1=paris@1", 1, "1:" },
		{ "1=paris@1 2=ohio@7", 1, "2: ohio@7" },
		{ "1=paris@1 2=ohio@7 3=rome@2", 1, "3: ohio@7 rome@2" },
		{ "1=paris@1 2=ohio@7 3=rome@2", 2, "3: rome@2" },
		{ "7=paris@1 8=ohio@7", 7, "8: ohio@7" },
		/* nothing was announced when it was applied */
		{ "1=paris@1 2=ohio@7", 0, "2: paris@1 ohio@7" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* Also of a record that was deleted and made anew, whose versions begin again. */
static void earlier_announcement_of_a_site_counts(void **state)
{
	static const struct row rows[] = {
		{ "1=paris@1 2=ohio@7 3=rome@1 4=ohio@8", 1, "4: ohio@8 rome@1" },
		{ "1=paris@1 2=ohio@7 3=ohio@1", 1, "3: ohio@1" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void history_that_does_not_tell_is_trusted(void **state)
{
	static const struct row rows[] = {
		/* the epoch was deleted */
		{ "", 3, NULL },
		{ "", 0, NULL },
		/* and made anew: it has the number by now, or not yet */
		{ "1=paris@1! 2=ohio@7! 3=rome@2!", 2, NULL },
		{ "1=paris@1!", 2, NULL },
		/* more has happened than is kept */
		{ "101=paris@1 102=ohio@7", 99, NULL },
		{ "101=paris@1 102=ohio@7", 100, NULL },
		{ "101=paris@1 102=ohio@7", 0, NULL },
		/* a version is missing */
		{ "1=paris@1 3=ohio@7", 1, NULL },
		{ "2=paris@1", 0, NULL },
		/* somebody has written what is no announcement, also under what was applied */
		{ "1=paris@1 2=?", 1, NULL },
		{ "1=paris@1 2=? 3=ohio@7", 1, NULL },
		{ "1=? 2=ohio@7", 1, NULL },
		{ "1=paris@1 2=Ohio@7", 1, NULL },
		{ "1=paris@1 2=ohio@0", 1, NULL },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* Somebody put another text over the epoch that was applied; its token was no token then. */
static void epoch_without_a_token_is_found_again(void **state)
{
	CLEANUP(parameters_done) struct parameters history = { 0 };
	struct changes changes = { 0 };

	(void)state;
	history_of_text("1=paris@1 2=? 3=ohio@7", &history);
	assert_false(changes_judge(&history, &(struct epoch){ .version = 2 }, &changes));
}

/* The epoch that was read is older than the one applied: reads are not always of the newest. */
static void stale_history_goes_back(void **state)
{
	static const struct row rows[] = { { "1=paris@1 2=ohio@7", 3, NULL } };

	(void)state;
	ASSERT_ROWS(rows);
}

/* --- what is read --- */

/* What was announced before the last one is history. */
static void epoch_set(struct bench *bench, const char *text)
{
	struct parameters entries = { 0 };
	struct parameter *last;

	history_of_text(text, &entries);
	last = &entries.items[entries.count - 1];
	fake_ssm_set(&bench->ssm, EPOCH, last->value, last->version);
	free(last->name);
	free(last->value);
	entries.count--;
	parameters_move(&entries, &bench->ssm.history);
}

static char *record_set(struct bench *bench, const char *site, int64_t version)
{
	AUTO_FREE char *path = exchange_record_path(&bench->registry, site);
	AUTO_FREE char *text = mem_printf(TOMBSTONE, site);

	fake_ssm_set(&bench->ssm, path, text, version);
	return TAKE(path);
}

static void records_set(struct bench *bench, const char *site, int64_t version)
{
	free(record_set(bench, site, version));
}

static void changes_read(struct bench *bench, int64_t applied)
{
	const struct epoch epoch = epoch_of(applied);
	struct err e = ERR_INIT;

	bench->complete = false;
	assert_int_equal(exchange_changes(&bench->registry, "mine", &epoch, &bench->complete,
					  &bench->listing, &e), 0);
}

static void assert_listed(const struct bench *bench, int64_t epoch, const char *sites)
{
	const struct epoch expected = epoch_of(epoch);
	AUTO_BUF struct buf names = { 0 };

	assert_true(bench->complete);
	assert_true(bench->listing.partial);
	assert_true(epoch_equal(&bench->listing.epoch, &expected));
	for (size_t i = 0; i < bench->listing.sites.count; i++)
		buf_addf(&names, "%s%s@%lld", i > 0 ? " " : "", bench->listing.sites.items[i].name,
			 (long long)bench->listing.sites.items[i].version);
	assert_string_equal(buf_str(&names), sites);
}

static void more_is_read_than_has_changed(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=ohio@7");
	records_set(bench, "paris", 1);
	records_set(bench, "ohio", 7);
	records_set(bench, "mine", 5);
	changes_read(bench, 1);
	assert_listed(bench, 2, "mine@5 ohio@7");
	assert_int_equal(bench->listing.policy.hash, 0);
	assert_calls(bench, "GetParameterHistory " EPOCH "\nGetParameters " POLICY);
}

static void policy_is_forgotten(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=ohio@7");
	records_set(bench, "ohio", 7);
	fake_ssm_set(&bench->ssm, POLICY, "{\"schema\":1,\"freeze\":true}", 1);
	changes_read(bench, 1);
	assert_listed(bench, 2, "ohio@7");
	assert_true(bench->listing.policy.freeze);
}

static void own_announcement_asks_twice_for_the_own_record(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=mine@5");
	records_set(bench, "mine", 5);
	changes_read(bench, 1);
	assert_listed(bench, 2, "mine@5");
}

/* A later record may be there, whose announcement is on its way. */
static void record_that_is_not_as_announced(void **state)
{
	static const struct {
		int64_t version, epoch;
		const char *sites;
	} rows[] = { { 6, 1, "ohio@6" }, { 7, 2, "ohio@7" }, { 8, 2, "ohio@8" } };
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=ohio@7");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *path = record_set(bench, "ohio", 0);

		fake_ssm_find(&bench->ssm, path)->version = rows[i].version;
		changes_read(bench, 1);
		assert_listed(bench, rows[i].epoch, rows[i].sites);
		listing_done(&bench->listing);
	}
}

static void record_that_is_gone_is_taken_for_applied(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=ohio@7 3=rome@1");
	records_set(bench, "rome", 1);
	changes_read(bench, 1);
	assert_listed(bench, 1, "rome@1");
}

static void more_records_than_one_call_may_ask_for(void **state)
{
	struct bench *bench = *state;
	AUTO_BUF struct buf history = { 0 };
	AUTO_BUF struct buf calls = { 0 };

	buf_adds(&history, "1=paris@1");
	buf_adds(&calls, "GetParameterHistory " EPOCH "\nGetParameters " POLICY);
	for (int i = 2; i <= 25; i++) {
		AUTO_FREE char *site = mem_printf("site-%02d", i);
		AUTO_FREE char *path = record_set(bench, site, 3);

		buf_addf(&history, " %d=%s@3", i, site);
		if (i == 10 || i == 20)		/* behind the policy and the own record */
			buf_addf(&calls, "\nGetParameters %s", path);
	}
	epoch_set(bench, buf_str(&history));
	changes_read(bench, 1);
	assert_true(bench->complete);
	assert_int_equal(bench->listing.sites.count, 24);
	assert_int_equal(bench->listing.epoch.version, 25);
	assert_calls(bench, buf_str(&calls));
}

static void record_that_cannot_be_read_fails_the_others(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *path = exchange_record_path(&bench->registry, "ohio");

	epoch_set(bench, "1=paris@1 2=ohio@7 3=rome@1");
	fake_ssm_set(&bench->ssm, path, "{", 7);
	records_set(bench, "rome", 1);
	changes_read(bench, 1);
	assert_listed(bench, 3, "rome@1");
	assert_int_equal(bench->listing.refusal_count, 1);
	assert_string_equal(bench->listing.refusals[0].site, "ohio");
}

static void history_that_does_not_tell_is_read_from(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1! 2=ohio@7!");
	records_set(bench, "ohio", 7);
	bench->complete = true;
	changes_read(bench, 1);
	assert_false(bench->complete);
	assert_int_equal(bench->listing.sites.count, 0);
	assert_calls(bench, "GetParameterHistory " EPOCH);
}

static void assert_denied(struct bench *bench, const char *action, const char *cause)
{
	const struct epoch applied = epoch_of(1);
	struct err e = ERR_INIT;

	bench->ssm.failing = action;
	bench->complete = false;
	assert_int_equal(exchange_changes(&bench->registry, "mine", &applied, &bench->complete,
					  &bench->listing, &e), -1);
	assert_int_equal(e.code, EXIT_DENIED);
	assert_ptr_equal(strstr(e.cause, cause), e.cause);
	assert_false(bench->complete);
	assert_int_equal(bench->listing.sites.count, 0);
}

static void outage_is_taken_for_no_change(void **state)
{
	struct bench *bench = *state;

	epoch_set(bench, "1=paris@1 2=ohio@7");
	assert_denied(bench, "GetParameterHistory", "read the history of the epoch of mesh 'prod': ");
	assert_denied(bench, "GetParameters", "read the changed records of mesh 'prod': ");
}

/* --- what the listing lacks --- */

static void site_add(struct sites *sites, const char *name, int64_t generation, bool manual)
{
	struct site site = site_example();

	free(site.name);
	site.name = mem_strdup(name);
	site.generation = generation;
	site.manual = manual;
	sites_add(sites, &site);
}

static void absence_removes_somebody(void **state)
{
	CLEANUP(listing_done) struct listing listing = { .partial = true };
	CLEANUP(sites_done) struct sites remembered = { 0 };

	(void)state;
	site_add(&listing.sites, "ohio", 2, false);
	site_add(&remembered, "rome", 1, false);
	site_add(&remembered, "ohio", 1, false);
	site_add(&remembered, "office", 1, true);
	site_add(&remembered, "berlin", 1, false);
	listing_complete(&listing, &remembered);
	assert_int_equal(listing.sites.count, 3);
	assert_string_equal(listing.sites.items[0].name, "berlin");
	assert_string_equal(listing.sites.items[1].name, "ohio");
	assert_int_equal(listing.sites.items[1].generation, 2);
	assert_string_equal(listing.sites.items[2].name, "rome");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_is_left_out),
		cmocka_unit_test(earlier_announcement_of_a_site_counts),
		cmocka_unit_test(history_that_does_not_tell_is_trusted),
		cmocka_unit_test(epoch_without_a_token_is_found_again),
		cmocka_unit_test(stale_history_goes_back),
		BENCH_TEST(more_is_read_than_has_changed),
		BENCH_TEST(policy_is_forgotten),
		BENCH_TEST(own_announcement_asks_twice_for_the_own_record),
		BENCH_TEST(record_that_is_not_as_announced),
		BENCH_TEST(record_that_is_gone_is_taken_for_applied),
		BENCH_TEST(more_records_than_one_call_may_ask_for),
		BENCH_TEST(record_that_cannot_be_read_fails_the_others),
		BENCH_TEST(history_that_does_not_tell_is_read_from),
		BENCH_TEST(outage_is_taken_for_no_change),
		cmocka_unit_test(absence_removes_somebody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
