/* duty: which runs are refused once an instance has stopped, and which claim. */
#include "bootstrap/duty.h"
#include "tests/unit/session_support.h"

static void stopped_instance_goes_on_or_a_serving_one_stops(void **state)
{
	static const struct {
		enum duty duty;
		bool complete, claim, refused;
	} cases[] = {
		{ DUTY_SERVES, false, false, false },
		{ DUTY_SERVES, true, false, false },
		/* Its tunnels are left to it until its successor has published a key. */
		{ DUTY_SUPERSEDED, true, false, false },
		{ DUTY_SUPERSEDED, false, false, true },
		{ DUTY_SUPERSEDED, false, true, false },
		{ DUTY_LEAVES, true, false, false },
		{ DUTY_LEAVES, false, false, false },
		{ DUTY_RELEASES, true, false, false },
		{ DUTY_LEFT, true, false, true },
		{ DUTY_LEFT, false, false, true },
		{ DUTY_LEFT, false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct session session = { .claim = cases[i].claim };
		struct err e = ERR_INIT;

		session.state.duty = cases[i].duty;
		session.state.complete = cases[i].complete;
		session.state.identity.site = (char *)"frankfurt";
		assert_int_equal(duty_check(&session, &e), cases[i].refused ? -1 : 0);
		assert_int_equal(e.code, cases[i].refused ? EXIT_CONFIG : EXIT_DONE);
	}
}

static void way_back_is_not_told(void **state)
{
	struct session session = { .state.identity.site = (char *)"frankfurt" };
	struct err e = ERR_INIT;

	(void)state;
	session.state.duty = DUTY_SUPERSEDED;
	assert_int_equal(duty_refuse(&session, &e), -1);
	assert_error(&e, EXIT_CONFIG, "another instance fills site 'frankfurt', and this one does not serve it any more",
		     "'cygnet bootstrap --claim' takes the site back");
	session.state.duty = DUTY_LEFT;
	assert_int_equal(duty_refuse(&session, &e), -1);
	assert_error(&e, EXIT_CONFIG, "site 'frankfurt' was taken out of the mesh, and this instance does not serve it "
		     "any more", "'cygnet bootstrap' takes it in again");
}

static void bootstrap_claims_a_site_that_others_fill(void **state)
{
	static const struct {
		enum duty duty;
		bool told, claims;
	} cases[] = {
		{ DUTY_SERVES, false, false }, { DUTY_SUPERSEDED, false, false }, { DUTY_LEAVES, false, false },
		{ DUTY_RELEASES, false, false },
		{ DUTY_LEFT, false, true }, { DUTY_SERVES, true, true }, { DUTY_SUPERSEDED, true, true },
		{ DUTY_LEAVES, true, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_LAB lab;

		lab_init(&lab);
		lab.options.claim = cases[i].told;
		lab.session.state.duty = cases[i].duty;
		identity_make(&lab.session.config, &lab.session.state.identity);
		duty_resume(&lab.session);
		assert_int_equal(lab.session.claim, cases[i].claims);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped_instance_goes_on_or_a_serving_one_stops),
		cmocka_unit_test(way_back_is_not_told),
		cmocka_unit_test(bootstrap_claims_a_site_that_others_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
