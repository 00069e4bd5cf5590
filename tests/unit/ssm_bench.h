/* ssm_bench: a Parameter Store for each test, and the registry of a mesh in it. */
#ifndef CYGNET_TESTS_UNIT_SSM_BENCH_H
#define CYGNET_TESTS_UNIT_SSM_BENCH_H

#include "keys/exchange.h"
#include "tests/unit/fake_ssm.h"

struct bench {
	struct fake_ssm ssm;
	struct registry registry;
	struct listing listing;		/* what a test has read of it, */
	bool complete;			/* and whether that is all there is to know */
};

static inline int bench_make(void **state)
{
	struct bench *bench = mem_calloc(1, sizeof *bench);

	fake_ssm_start(&bench->ssm);
	bench->registry = (struct registry){ bench->ssm.aws, "us-east-1", "cygnet", "prod" };
	*state = bench;
	return 0;
}

static inline int bench_free(void **state)
{
	struct bench *bench = *state;

	fake_ssm_stop(&bench->ssm);
	listing_done(&bench->listing);
	free(bench);
	return 0;
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_make, bench_free)

/* "Action name" of each, a line a call. */
static inline void assert_calls(const struct bench *bench, const char *expected)
{
	AUTO_FREE char *calls = strings_join(&bench->ssm.calls, "\n");

	assert_string_equal(calls, expected);
}

#endif
