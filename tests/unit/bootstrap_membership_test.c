/* membership: what becomes of a gateway whose settings begin to name another site. */
#include "bootstrap/membership.h"
#include "tests/unit/session_support.h"

#define OTHER "site 'berlin' of mesh 'prod', whose registry is '/net' in 'eu-west-1'"
#define NAMED "site 'frankfurt' of mesh 'lab', whose registry is '/cygnet' in 'us-east-1'"

#define MOVE \
	"put the settings back, or move: 'cygnet leave', which takes it out of that mesh, and " \
	"then 'cygnet bootstrap'; or 'cygnet bootstrap --claim', which leaves its record behind"

/* A gateway of another site than its settings name. */
static void moved_init(struct lab *lab)
{
	struct state *state = &lab->session.state;

	lab_init(lab);
	state->instance = mem_strdup(INSTANCE);
	state->generation = 3;
	state->complete = true;
	state->identity = (struct identity){
		.registry = mem_strdup("eu-west-1"), .prefix = mem_strdup("net"),
		.mesh = mem_strdup("prod"), .site = mem_strdup("berlin"),
	};
	*MEM_GROW(state->routes, state->route_count) =
		(struct made_route){ mem_strdup("rtb-0123456789abcdef0"), { 0x0a000000, 8 } };
}

static void another_site_is_served_at_once(void **state)
{
	static const enum duty duties[] = { DUTY_SERVES, DUTY_SUPERSEDED };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(duties); i++) {
		struct err e = ERR_INIT;
		AUTO_LAB lab;

		moved_init(&lab);
		lab.session.state.duty = duties[i];
		assert_int_equal(membership_settle(&lab.session, &e), -1);
		assert_error(&e, EXIT_CONFIG,
			     "this instance is " OTHER ", and the settings name " NAMED,
			     i == 0 ? MOVE : "put the settings back, or begin anew: "
					     "'cygnet bootstrap --claim'");
		assert_string_equal(lab.session.state.identity.site, "berlin");
	}
}

static void single_setting_that_changes_is_overlooked(void **state)
{
	static const size_t members[] = {
		offsetof(struct config, registry), offsetof(struct config, prefix),
		offsetof(struct config, mesh), offsetof(struct config, site),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		struct err e = ERR_INIT;
		char **member;
		AUTO_LAB lab;

		lab_init(&lab);
		lab.session.state.generation = 1;
		identity_make(&lab.session.config, &lab.session.state.identity);
		assert_int_equal(membership_settle(&lab.session, &e), 0);
		assert_false(membership_renew(&lab.session));
		member = (char **)(void *)((char *)&lab.session.config + members[i]);
		free(*member);
		*member = mem_strdup("another");
		assert_int_equal(membership_settle(&lab.session, &e), -1);
	}
}

static void state_of_an_earlier_version_is_refused(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	moved_init(&lab);
	identity_done(&lab.session.state.identity);
	assert_int_equal(membership_settle(&lab.session, &e), 0);
	assert_int_equal(lab.session.state.generation, 3);
	assert_string_equal(lab.session.state.identity.mesh, "lab");
	assert_string_equal(lab.session.state.identity.site, "frankfurt");
}

static void site_that_was_never_filled_cannot_be_renamed(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	moved_init(&lab);
	lab.session.state.generation = 0;
	assert_int_equal(membership_settle(&lab.session, &e), 0);
	assert_null(lab.session.state.instance);
	assert_string_equal(lab.session.state.identity.site, "frankfurt");
	assert_true(lab.session.fresh);
}

/* By hand, or by the timer what was begun: under the settings of now, whose registry it is not. */
static void other_mesh_is_left(void **state)
{
	static const struct {
		enum duty duty;
		bool by_hand;
	} cases[] = {
		{ DUTY_SERVES, true }, { DUTY_LEAVES, false }, { DUTY_RELEASES, false },
		{ DUTY_LEFT, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e = ERR_INIT;
		AUTO_LAB lab;

		moved_init(&lab);
		lab.session.state.duty = cases[i].duty;
		lab.session.leaves = cases[i].by_hand;
		assert_int_equal(membership_settle(&lab.session, &e), 0);
		assert_int_equal(lab.session.state.duty, cases[i].duty);
		assert_string_equal(lab.session.config.site, "berlin");
		assert_string_equal(lab.session.config.mesh, "prod");
		assert_string_equal(lab.session.registry.mesh, "prod");
		assert_string_equal(lab.session.registry.prefix, "net");
		assert_string_equal(lab.session.registry.region, "eu-west-1");
		assert_string_equal(lab.logged,
				    "this is about " OTHER ", which this instance is\n");
	}
}

static void site_that_was_named_is_not_the_one_that_leaves(void **state)
{
	static const struct {
		const char *site;
		int result;
	} cases[] = { { "berlin", 0 }, { "frankfurt", -1 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e = ERR_INIT;
		AUTO_LAB lab;

		moved_init(&lab);
		lab.session.leaves = true;
		lab.options.settings[SETTING_SITE] = cases[i].site;
		assert_int_equal(membership_settle(&lab.session, &e), cases[i].result);
		assert_string_equal(lab.session.state.identity.site, "berlin");
	}
}

static void what_is_left_behind_is_kept(void **state)
{
	static const struct {
		enum duty duty;
		const char *told;
	} cases[] = {
		{ DUTY_SERVES, "beginning anew: record and rules of " OTHER " stay as they are\n" },
		{ DUTY_LEFT, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct err e = ERR_INIT;
		AUTO_LAB lab;

		moved_init(&lab);
		lab.options.claim = cases[i].duty == DUTY_SERVES;
		lab.session.state.duty = cases[i].duty;
		assert_int_equal(membership_settle(&lab.session, &e), 0);
		assert_int_equal(lab.session.state.generation, 3);
		assert_true(membership_renew(&lab.session));
		assert_string_equal(lab.logged != NULL ? lab.logged : "", cases[i].told);
		assert_null(lab.session.state.instance);
		assert_int_equal(lab.session.state.generation, 0);
		assert_int_equal(lab.session.state.duty, DUTY_SERVES);
		assert_string_equal(lab.session.state.identity.mesh, "lab");
		assert_true(lab.session.fresh);
	}
}

/* Else they lead to a gateway without a tunnel for them, and nobody knows who made them. */
static void routes_of_the_other_mesh_are_forgotten(void **state)
{
	AUTO_LAB lab;

	(void)state;
	moved_init(&lab);
	assert_true(membership_renew(&lab.session));
	assert_int_equal(lab.session.state.route_count, 1);
	assert_string_equal(lab.session.state.routes[0].table, "rtb-0123456789abcdef0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_site_is_served_at_once),
		cmocka_unit_test(single_setting_that_changes_is_overlooked),
		cmocka_unit_test(state_of_an_earlier_version_is_refused),
		cmocka_unit_test(site_that_was_never_filled_cannot_be_renamed),
		cmocka_unit_test(other_mesh_is_left),
		cmocka_unit_test(site_that_was_named_is_not_the_one_that_leaves),
		cmocka_unit_test(what_is_left_behind_is_kept),
		cmocka_unit_test(routes_of_the_other_mesh_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
