/* registry: what is read of it for news, and when that will not do. */
#include "tests/unit/keys_support.h"

#include "bootstrap/registry.h"
#include "tests/unit/fake_ssm.h"

#define EPOCH "/cygnet/prod/epoch"
#define POLICY "/cygnet/prod/policy"
#define TOMBSTONE "{\"schema\":1,\"generation\":1,\"site\":\"%s\",\"left\":true}"
#define OLD_TOKEN "00000000000000000000000000000001"
#define NEW_TOKEN "00000000000000000000000000000002"
#define NEWS "GetParameterHistory " EPOCH "\nGetParameters " POLICY
#define EVERYTHING "GetParameters " EPOCH "\nGetParametersByPath /cygnet/prod/sites"

/* Gateway "m", which knows of the peer "a" and the neighbour "n"; "b" was announced since. */
struct bench {
	struct fake_ssm ssm;
	struct options options;
	struct log log;
	struct session session;
	struct listing listing;
};

static void record_set(struct bench *b, const char *site)
{
	AUTO_FREE char *path = exchange_record_path(&b->session.registry, site);
	AUTO_FREE char *text = mem_printf(TOMBSTONE, site);

	fake_ssm_set(&b->ssm, path, text, 1);
}

static void site_know(struct sites *sites, const char *name)
{
	struct site site = site_example();

	free(site.name);
	site.name = mem_strdup(name);
	sites_add(sites, &site);
}

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .options.root = "", .log.out = fopen("/dev/null", "w") };
	fake_ssm_start(&b->ssm);
	session_init(&b->session, &b->options, &b->log);
	b->session.config.site = mem_strdup("m");
	b->session.registry = (struct registry){ b->ssm.aws, "us-east-1", "cygnet", "prod" };
	b->session.state.complete = true;
	b->session.state.applied = (struct epoch){ 1, OLD_TOKEN };
	site_know(&b->session.state.peers, "a");
	site_know(&b->session.state.neighbours, "n");
	fake_ssm_write(&b->ssm, EPOCH, "{\"site\":\"a\",\"version\":1,\"random\":\"" OLD_TOKEN "\"}");
	fake_ssm_write(&b->ssm, EPOCH, "{\"site\":\"b\",\"version\":1,\"random\":\"" NEW_TOKEN "\"}");
	record_set(b, "a");
	record_set(b, "b");
	record_set(b, "c");
}

static void bench_done(struct bench *b)
{
	listing_done(&b->listing);
	session_close(&b->session);
	fake_ssm_stop(&b->ssm);
	fclose(b->log.out);
}

#define AUTO_BENCH CLEANUP(bench_done) struct bench

/* sites: what is listed then, one after the other. */
static void assert_read(struct bench *b, bool news, const char *calls, const char *sites)
{
	AUTO_FREE char *made = NULL;
	AUTO_BUF struct buf names = { 0 };
	struct err e = ERR_INIT;

	if (registry_read(&b->session, news, &b->listing, &e) < 0)
		fail_msg("%s", e.cause);
	for (size_t i = 0; i < b->listing.sites.count; i++)
		buf_addf(&names, "%s%s", i > 0 ? " " : "", b->listing.sites.items[i].name);
	made = strings_join(&b->ssm.calls, "\n");
	assert_string_equal(made, calls);
	assert_string_equal(buf_str(&names), sites);
}

static void everything_is_read_for_one_announcement(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	assert_read(&b, true, NEWS, "a b n");
	assert_int_equal(b.listing.epoch.version, 2);
	assert_false(sites_find(&b.listing.sites, "a")->left);
}

static void a_pass_that_looks_at_everything_reads_the_news(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	assert_read(&b, false, EVERYTHING, "a b c n");
	assert_true(sites_find(&b.listing.sites, "a")->left);
}

static void a_refusal_is_never_looked_at_again(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.session.state.refused = true;
	assert_read(&b, true, EVERYTHING, "a b c n");
}

static void a_gateway_that_has_never_read_it_reads_the_news(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.session.state.complete = false;
	assert_read(&b, true, EVERYTHING, "a b c n");
}

static void another_policy_decides_on_the_news_alone(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	fake_ssm_set(&b.ssm, POLICY, "{\"schema\":1,\"freeze\":true}", 1);
	assert_read(&b, true, NEWS "\n" EVERYTHING, "a b c n");
	assert_true(b.listing.policy.freeze);
}

static void an_epoch_made_anew_tells_of_no_news(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.session.state.applied.token[0] = 'f';
	assert_read(&b, true, "GetParameterHistory " EPOCH "\n" EVERYTHING, "a b c n");
}

static void a_history_that_is_denied_costs_the_records(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.ssm.failing = "GetParameterHistory";
	assert_read(&b, true, "GetParameterHistory " EPOCH "\n" EVERYTHING, "a b c n");
	assert_int_equal(b.session.setback.code, EXIT_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read_for_one_announcement),
		cmocka_unit_test(a_pass_that_looks_at_everything_reads_the_news),
		cmocka_unit_test(a_refusal_is_never_looked_at_again),
		cmocka_unit_test(a_gateway_that_has_never_read_it_reads_the_news),
		cmocka_unit_test(another_policy_decides_on_the_news_alone),
		cmocka_unit_test(an_epoch_made_anew_tells_of_no_news),
		cmocka_unit_test(a_history_that_is_denied_costs_the_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
