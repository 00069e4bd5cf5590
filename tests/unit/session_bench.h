/* session_bench: for each test, an instance of site "frankfurt" below a root, and its registry. */
#ifndef CYGNET_TESTS_UNIT_SESSION_BENCH_H
#define CYGNET_TESTS_UNIT_SESSION_BENCH_H

#include "bootstrap/session.h"
#include "tests/unit/fake_ssm.h"
#include "tests/unit/keys_support.h"

#define RECORD "/cygnet/prod/sites/b/frankfurt"
#define OURS "i-0fedcba9876543210"

struct bench {
	struct fake_ssm ssm;
	char root[sizeof ROOT_TEMPLATE];
	struct options options;
	struct log log;
	struct session session;
	struct site own;		/* as it would be published */
	struct site found;		/* the record that a test has read, */
	bool is_found;			/* if there was one */
};

static inline int bench_make(void **state)
{
	struct bench *bench = mem_calloc(1, sizeof *bench);

	strcpy(bench->root, ROOT_TEMPLATE);
	bench->options.root = root_make(bench->root);
	bench->log.out = stderr;
	fake_ssm_start(&bench->ssm);
	session_init(&bench->session, &bench->options, &bench->log);
	bench->session.registry =
		(struct registry){ bench->ssm.aws, "us-east-1", "cygnet", "prod" };
	bench->session.instance.id = mem_strdup(OURS);
	bench->session.config.site = mem_strdup("frankfurt");
	bench->session.state.instance = mem_strdup(OURS);
	bench->own = site_example();
	*state = bench;
	return 0;
}

static inline int bench_free(void **state)
{
	struct bench *bench = *state;

	session_close(&bench->session);
	fake_ssm_stop(&bench->ssm);
	site_done(&bench->own);
	site_done(&bench->found);
	root_remove(bench->root);
	free(bench);
	return 0;
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, bench_make, bench_free)

#endif
