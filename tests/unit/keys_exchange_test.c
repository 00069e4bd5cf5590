/*
 * exchange: where documents are, in which order they are read, and what one bad parameter costs.
 */
#include "tests/unit/keys_support.h"

#include "keys/exchange.h"
#include "tests/unit/ssm_bench.h"

#define SITES "/cygnet/prod/sites/"
#define EPOCH "/cygnet/prod/epoch"
#define POLICY "/cygnet/prod/policy"
#define FRANKFURT SITES "b/frankfurt"
#define TOKEN "0123456789abcdef0123456789abcdef"
#define TOMBSTONE(site) "{\"schema\":1,\"generation\":1,\"site\":\"" site "\",\"left\":true}"

static void assert_sites(const struct listing *listing, const char *expected)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	AUTO_FREE char *joined = NULL;

	for (size_t i = 0; i < listing->sites.count; i++)
		strings_add(&names, listing->sites.items[i].name);
	joined = strings_join(&names, " ");
	assert_string_equal(joined, expected);
}

/* A tombstone is the shortest record. */
static void tombstone_set(struct bench *bench, const char *site)
{
	AUTO_FREE char *path = exchange_record_path(&bench->registry, site);
	AUTO_FREE char *text =
		mem_printf("{\"schema\":1,\"generation\":1,\"site\":\"%s\",\"left\":true}", site);

	fake_ssm_set(&bench->ssm, path, text, 1);
}

/* The digits are what "printf %s NAME | sha256sum" begins with. */
static void shard_is_the_first_digit_of_the_hash(void **state)
{
	static const struct {
		const char *site, *path;
	} rows[] = {
		{ "us-east-1", SITES "4/us-east-1" },
		{ "eu-west-1", SITES "d/eu-west-1" },
		{ "frankfurt", SITES "b/frankfurt" },
	};
	const struct bench *bench = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *path = exchange_record_path(&bench->registry, rows[i].site);

		assert_string_equal(path, rows[i].path);
	}
}

static void epoch_is_read_before_the_records(void **state)
{
	struct bench *bench = *state;
	CLEANUP(listing_done) struct listing listing = { 0 };
	struct err e = ERR_INIT;

	fake_ssm_set(&bench->ssm, EPOCH,
		     "{\"site\":\"paris\",\"version\":7,\"random\":\"" TOKEN "\"}", 42);
	tombstone_set(bench, "us-east-1");
	tombstone_set(bench, "eu-west-1");
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_true(epoch_equal(&listing.epoch, &(struct epoch){ 42, TOKEN }));
	assert_sites(&listing, "eu-west-1 us-east-1");
	assert_int_equal(listing.sites.items[1].version, 1);
	assert_int_equal(listing.refusal_count, 0);
	assert_int_equal(listing.policy.hash, 0);
	assert_calls(bench, "GetParameters " EPOCH "\nGetParametersByPath /cygnet/prod/sites");
}

static void empty_registry(void **state)
{
	struct bench *bench = *state;
	CLEANUP(listing_done) struct listing listing = { .epoch = { 9, TOKEN } };
	struct err e = ERR_INIT;

	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_true(epoch_equal(&listing.epoch, &(struct epoch){ 0 }));
	assert_int_equal(listing.sites.count, 0);
	assert_int_equal(listing.refusal_count, 0);
}

static void malformed_epoch(void **state)
{
	static const char *const rows[] = {
		"by hand",
		"[]",
		"{\"random\":7}",
		"{\"random\":\"0123\"}",
		"{\"random\":\"0123456789ABCDEF0123456789ABCDEF\"}",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(policy_done) struct policy policy = { 0 };
		struct epoch epoch = { 0 };
		struct err e = ERR_INIT;

		parameters_done(&bench->ssm.parameters);
		fake_ssm_set(&bench->ssm, EPOCH, rows[i], 42);
		assert_int_equal(exchange_epoch(&bench->registry, &epoch, &policy, &e), 0);
		assert_true(epoch_equal(&epoch, &(struct epoch){ 42, "" }));
	}
}

/* Whichever of the two comes first, and whether the other one is there. */
static void policy_is_taken_for_the_epoch(void **state)
{
	static const char text[] = "{\"schema\":1,\"random\":\"" TOKEN "\"}";
	struct bench *bench = *state;
	CLEANUP(policy_done) struct policy alone = { 0 }, first = { 0 };
	CLEANUP(listing_done) struct listing listing = { 0 };
	struct epoch epoch = { 9, TOKEN };
	struct err e = ERR_INIT;

	fake_ssm_set(&bench->ssm, POLICY, text, 7);
	assert_int_equal(exchange_epoch(&bench->registry, &epoch, &alone, &e), 0);
	assert_true(epoch_equal(&epoch, &(struct epoch){ 0 }));
	assert_string_equal(alone.fault, "'random' is not one of 'schema', 'freeze' and 'sites'");
	fake_ssm_set(&bench->ssm, EPOCH, text, 42);
	assert_int_equal(exchange_epoch(&bench->registry, &epoch, &first, &e), 0);
	assert_true(epoch_equal(&epoch, &(struct epoch){ 42, TOKEN }));
	assert_int_equal(first.hash, alone.hash);
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_int_equal(listing.policy.hash, alone.hash);
	assert_calls(bench, "GetParameters " EPOCH "\nGetParameters " EPOCH "\nGetParameters " EPOCH
		     "\nGetParametersByPath /cygnet/prod/sites");
}

static int string_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first page is not enough: every shard is listed from its beginning. */
static void assert_sharded(struct bench *bench, const char *sites)
{
	CLEANUP(listing_done) struct listing listing = { 0 };
	CLEANUP(strings_done) struct strings expected = { 0 };
	struct strings shards;
	struct err e = ERR_INIT;

	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_sites(&listing, sites);
	for (const char *digit = "0123456789abcdef"; *digit != '\0'; digit++)
		strings_addf(&expected, "GetParametersByPath /cygnet/prod/sites/%c", *digit);
	assert_in_range(bench->ssm.calls.count, 2 + expected.count, 2 + 2 * expected.count);
	assert_string_equal(bench->ssm.calls.items[1], "GetParametersByPath /cygnet/prod/sites");
	shards = (struct strings){ bench->ssm.calls.items + 2, bench->ssm.calls.count - 2 };
	qsort(shards.items, shards.count, sizeof *shards.items, string_compare);
	for (size_t i = 0; i < expected.count; i++)
		assert_true(strings_has(&shards, expected.items[i]));
}

static void listing_of_several_pages(void **state)
{
	struct bench *bench = *state;

	for (char letter = 'a'; letter < 'a' + FAKE_SSM_PAGE + 1; letter++) {
		char name[] = { letter, '\0' };

		tombstone_set(bench, name);
	}
	assert_sharded(bench, "a b c d e f g h i j k");
}

static void empty_page_with_a_token(void **state)
{
	struct bench *bench = *state;

	bench->ssm.empty_page = true;
	tombstone_set(bench, "paris");
	assert_sharded(bench, "paris");
}

static void one_bad_parameter_costs_only_itself(void **state)
{
	static const struct {
		const char *name, *value, *site, *rule;
		bool in_place;
		int64_t generation;
	} rows[] = {
		{ SITES "4/us-east-1", TOMBSTONE("eu-west-1"), "us-east-1",
		  "'site' is 'eu-west-1', and the parameter is called 'us-east-1'", true, 1 },
		{ SITES "b/frankfurt", "no JSON", "frankfurt",
		  "not valid JSON at line 1, column 2", true, 0 },
		{ SITES "a/tokyo", "{\"schema\":2,\"generation\":7}", "tokyo",
		  "'schema' is 2, and this version of cygnet reads 1", true, 7 },
		{ SITES "4/eu-west-1", TOMBSTONE("eu-west-1"), "eu-west-1",
		  "its record is below the wrong shard", false, 0 },
		{ SITES "dd/eu-west-1", TOMBSTONE("eu-west-1"), "eu-west-1",
		  "its record is below the wrong shard", false, 0 },
		{ SITES "4/Ohio", TOMBSTONE("Ohio"), "4/Ohio", "no site can have this name", false, 0 },
		{ SITES "d/eu-west-1/old", TOMBSTONE("old"), "d/eu-west-1/old",
		  "no site can have this name", false, 0 },
		{ SITES "readme", "not a record", "readme", "no site can have this name", false, 0 },
	};
	struct bench *bench = *state;
	CLEANUP(listing_done) struct listing listing = { 0 };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		fake_ssm_set(&bench->ssm, rows[i].name, rows[i].value, 1);
	tombstone_set(bench, "paris");
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_sites(&listing, "paris");
	assert_ptr_equal(listing_refusal(&listing, "frankfurt"), &listing.refusals[1]);
	assert_null(listing_refusal(&listing, "eu-west-1"));
	assert_int_equal(listing.refusal_count, COUNT_OF(rows));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_string_equal(listing.refusals[i].site, rows[i].site);
		assert_string_equal(listing.refusals[i].rule, rows[i].rule);
		assert_int_equal(listing.refusals[i].in_place, rows[i].in_place);
		assert_int_equal(listing.refusals[i].generation, rows[i].generation);
	}
}

static void parameter_of_another_mesh(void **state)
{
	const struct bench *bench = *state;
	struct parameter parameter = { (char *)"/cygnet/prod/sitesque/d/eu-west-1",
				       (char *)TOMBSTONE("eu-west-1"), 1 };
	CLEANUP(listing_done) struct listing listing = { 0 };

	listing_fill(&listing, &bench->registry, &(struct parameters){ &parameter, 1 });
	assert_int_equal(listing.sites.count, 0);
	assert_int_equal(listing.refusal_count, 0);
}

static void record_then_announcement(void **state)
{
	struct bench *bench = *state;
	CLEANUP(site_done) struct site site = site_example();
	CLEANUP(listing_done) struct listing listing = { 0 };
	struct epoch epoch = { 0 };
	struct err e = ERR_INIT;
	int64_t version = 0;

	fake_ssm_set(&bench->ssm, SITES "b/frankfurt", TOMBSTONE("frankfurt"), 6);
	assert_int_equal(exchange_put_record(&bench->registry, &site, &version, &e), 0);
	assert_int_equal(version, 7);
	assert_int_equal(
		exchange_put_epoch(&bench->registry, "frankfurt", version, TOKEN, &epoch, &e), 0);
	assert_true(epoch_equal(&epoch, &(struct epoch){ 1, TOKEN }));
	assert_calls(bench, "PutParameter " SITES "b/frankfurt\nPutParameter " EPOCH);
	assert_string_equal(fake_ssm_find(&bench->ssm, EPOCH)->value,
			    "{\"random\":\"" TOKEN "\",\"site\":\"frankfurt\",\"version\":7}");
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), 0);
	assert_true(epoch_equal(&listing.epoch, &epoch));
	assert_sites(&listing, "frankfurt");
	assert_string_equal(site_active_key(&listing.sites.items[0])->id, KEY_A_ID);
}

static void record_too_large_to_put(void **state)
{
	struct bench *bench = *state;
	CLEANUP(site_done) struct site site = site_example();
	struct err e = ERR_INIT;
	int64_t version = 0;

	for (uint32_t i = 0; i < 200; i++)
		cidrs_add(&site.subnets, (struct cidr){ 0x0a640000 + 512 * i, 24 });
	assert_int_equal(exchange_put_record(&bench->registry, &site, &version, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_int_equal(version, 0);
	assert_int_equal(bench->ssm.calls.count, 0);
}

static void record_by_itself(void **state)
{
	struct bench *bench = *state;
	CLEANUP(site_done) struct site site = { .generation = 9 };
	struct err e = ERR_INIT;
	bool found = true;

	assert_int_equal(exchange_record(&bench->registry, "frankfurt", &found, &site, &e), 0);
	assert_false(found);
	assert_int_equal(site.generation, 9);
	fake_ssm_set(&bench->ssm, FRANKFURT, TOMBSTONE("frankfurt"), 6);
	assert_int_equal(exchange_record(&bench->registry, "frankfurt", &found, &site, &e), 0);
	assert_true(found);
	assert_true(site.left);
	assert_int_equal(site.version, 6);
	assert_calls(bench, "GetParameters " FRANKFURT "\nGetParameters " FRANKFURT);
}

static void damaged_record_is_taken_for_none(void **state)
{
	struct bench *bench = *state;
	struct site site = { .generation = 9 };
	struct err e = ERR_INIT;
	bool found = false;

	fake_ssm_set(&bench->ssm, FRANKFURT, TOMBSTONE("paris"), 6);
	assert_int_equal(exchange_record(&bench->registry, "frankfurt", &found, &site, &e), -1);
	assert_error(&e, EXIT_CONFIG, "read the record of site 'frankfurt': 'site' is 'paris', and the "
		     "parameter is called 'frankfurt'", "");
	assert_false(found);
	assert_int_equal(site.generation, 9);
}

/* One more version of a record, by this instance. */
static void history_add(struct bench *bench, const char *instance)
{
	CLEANUP(site_done) struct site site = site_example();
	struct err e = ERR_INIT;
	int64_t version;

	free(site.instance);
	site.instance = mem_strdup(instance);
	assert_int_equal(exchange_put_record(&bench->registry, &site, &version, &e), 0);
}

static void assert_predecessors(struct bench *bench, const char *instance, const char *expected)
{
	CLEANUP(strings_done) struct strings instances = { 0 };
	AUTO_FREE char *joined = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(exchange_predecessors(&bench->registry, "frankfurt", instance, &instances, &e),
			 0);
	joined = strings_join(&instances, " ");
	assert_string_equal(joined, expected);
}

#define FIRST "i-00000000000000001"
#define SECOND "i-00000000000000002"
#define THIRD "i-00000000000000003"

static void predecessor_is_forgotten(void **state)
{
	struct bench *bench = *state;

	assert_predecessors(bench, FIRST, "");
	fake_ssm_set(&bench->ssm, FRANKFURT, "damaged", 1);
	history_add(bench, SECOND);
	history_add(bench, FIRST);
	history_add(bench, SECOND);
	history_add(bench, THIRD);
	assert_predecessors(bench, THIRD, SECOND " " FIRST);
	assert_predecessors(bench, FIRST, THIRD " " SECOND);
	/* a tombstone may name nobody */
	free(fake_ssm_find(&bench->ssm, FRANKFURT)->value);
	fake_ssm_find(&bench->ssm, FRANKFURT)->value = mem_strdup(TOMBSTONE("frankfurt"));
	assert_predecessors(bench, FIRST, SECOND);
}

static void predecessors_of_a_site_that_is_replaced_daily(void **state)
{
	struct bench *bench = *state;
	struct strings instances = { 0 };
	struct err e = ERR_INIT;

	for (int i = 1; i <= PREDECESSORS_MAX + 2; i++) {
		AUTO_FREE char *instance = mem_printf("i-%017d", i);

		history_add(bench, instance);
	}
	assert_int_equal(exchange_predecessors(&bench->registry, "frankfurt", "i-00000000000000018",
					       &instances, &e), 0);
	assert_int_equal(instances.count, PREDECESSORS_MAX);
	assert_string_equal(instances.items[0], "i-00000000000000017");
	assert_string_equal(instances.items[PREDECESSORS_MAX - 1], SECOND);
	strings_done(&instances);
}

static void assert_why(struct err *e, const char *why)
{
	assert_int_equal(e->code, EXIT_DENIED);
	assert_memory_equal(e->cause, why, strlen(why));
	err_clear(e);
}

static void refused_calls_say_what_for(void **state)
{
	struct bench *bench = *state;
	CLEANUP(site_done) struct site site = site_example();
	struct listing listing = { 0 };
	struct strings instances = { 0 };
	struct epoch epoch = { 9, TOKEN };
	struct err e = ERR_INIT;
	int64_t version = 9;
	bool found;

	bench->ssm.failing = "GetParameters";
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), -1);
	assert_why(&e, "read the epoch of mesh 'prod': ");
	assert_int_equal(exchange_record(&bench->registry, "frankfurt", &found, &site, &e), -1);
	assert_why(&e, "read the record of site 'frankfurt': ");
	bench->ssm.failing = "GetParameterHistory";
	assert_int_equal(exchange_predecessors(&bench->registry, "frankfurt", FIRST, &instances, &e),
			 -1);
	assert_why(&e, "read the history of the record of site 'frankfurt': ");
	assert_int_equal(instances.count, 0);
	bench->ssm.failing = "GetParametersByPath";
	assert_int_equal(exchange_list(&bench->registry, &listing, &e), -1);
	assert_why(&e, "read the records of mesh 'prod': ");
	bench->ssm.failing = "PutParameter";
	assert_int_equal(exchange_put_record(&bench->registry, &site, &version, &e), -1);
	assert_why(&e, "publish the record of site 'frankfurt': ");
	assert_int_equal(exchange_put_epoch(&bench->registry, "frankfurt", 1, TOKEN, &epoch, &e),
			 -1);
	assert_why(&e, "announce the record of site 'frankfurt': ");
	assert_int_equal(version, 9);
	assert_int_equal(epoch.version, 9);
	assert_int_equal(listing.epoch.version, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(shard_is_the_first_digit_of_the_hash),
		BENCH_TEST(epoch_is_read_before_the_records),
		BENCH_TEST(empty_registry),
		BENCH_TEST(malformed_epoch),
		BENCH_TEST(policy_is_taken_for_the_epoch),
		BENCH_TEST(listing_of_several_pages),
		BENCH_TEST(empty_page_with_a_token),
		BENCH_TEST(one_bad_parameter_costs_only_itself),
		BENCH_TEST(parameter_of_another_mesh),
		BENCH_TEST(record_then_announcement),
		BENCH_TEST(record_too_large_to_put),
		BENCH_TEST(record_by_itself),
		BENCH_TEST(damaged_record_is_taken_for_none),
		BENCH_TEST(predecessor_is_forgotten),
		BENCH_TEST(predecessors_of_a_site_that_is_replaced_daily),
		BENCH_TEST(refused_calls_say_what_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
