/* Commands with a verdict: what is sent, and what each verdict means. */
#include "tests/unit/fake_charon.h"

#include "bootstrap/charon/charon.h"

static void fake_verdict(struct fake_charon *fake, const char *verdict)
{
	fake_listen(fake);
	fake_packet(fake_turn(fake, AT_ONCE), RESPONSE, NULL, verdict);
	fake_start(fake);
}

static void assert_received(struct fake_charon *fake, const char *expected, size_t len)
{
	fake_stop(fake);
	assert_int_equal(fake->received.len, len);
	assert_memory_equal(fake->received.data, expected, len);
}

static void initiate_names_the_child_below_its_connection_and_does_not_wait(void **state)
{
	static const char expected[] = "\0\0\0\63" "\0\10initiate" "\3\3ike\0\6cygnet" "\3\5child\0\6cygnet"
				       "\3\7timeout\0\2-1";
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=yes");
	assert_int_equal(charon_initiate(&fake_at(fake.root), "cygnet", &e), 0);
	assert_received(&fake, expected, sizeof expected - 1);
}

static void a_refused_initiate_gives_charons_reason(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=no errmsg=not-found");
	assert_int_equal(charon_initiate(&fake_at(fake.root), "cygnet-b", &e), -1);
	assert_error(&e, EXIT_STEP, "'cygnet-b': charon refuses to 'initiate': not-found", "");
}

static void a_verdict_that_is_missing_is_a_refusal(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "");
	assert_int_equal(charon_initiate(&fake_at(fake.root), "cygnet-b", &e), -1);
	assert_error(&e, EXIT_STEP, "'cygnet-b': charon refuses to 'initiate': no reason given", "");
}

static void terminate_is_by_id_unforced_and_does_not_wait(void **state)
{
	static const char expected[] = "\0\0\0\67" "\0\11terminate" "\3\6ike-id\0\0124294967295" "\3\5force\0\2no"
				       "\3\7timeout\0\2-1";
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=yes matches=1 terminated=1");
	assert_int_equal(charon_terminate(&fake_at(fake.root), "cygnet-b", UINT32_MAX, false, &e), 0);
	assert_received(&fake, expected, sizeof expected - 1);
}

static void charon_waits_for_a_peer_that_is_gone(void **state)
{
	static const char expected[] = "\0\0\0\57" "\0\11terminate" "\3\6ike-id\0\0017" "\3\5force\0\3yes"
				       "\3\7timeout\0\2-1";
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=yes matches=1 terminated=1");
	assert_int_equal(charon_terminate(&fake_at(fake.root), "cygnet-b", 7, true, &e), 0);
	assert_received(&fake, expected, sizeof expected - 1);
}

static void whole_sa_goes_with_one_of_its_children(void **state)
{
	static const char expected[] = "\0\0\0\60" "\0\11terminate" "\3\10child-id\0\0017" "\3\5force\0\2no"
				       "\3\7timeout\0\2-1";
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=yes matches=1 terminated=1");
	assert_int_equal(charon_terminate_child(&fake_at(fake.root), "cygnet-b", 7, &e), 0);
	assert_received(&fake, expected, sizeof expected - 1);
}

static void an_sa_that_is_gone_is_terminated(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=no matches=0 terminated=0 errmsg=none");
	assert_int_equal(charon_terminate(&fake_at(fake.root), "cygnet-b", 7, false, &e), 0);
}

static void an_sa_that_charon_keeps_is_an_error(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=no matches=1 terminated=0 errmsg=busy");
	assert_int_equal(charon_terminate(&fake_at(fake.root), "cygnet-b", 7, false, &e), -1);
	assert_error(&e, EXIT_STEP, "SA 7: charon refuses to 'terminate': busy", "");
}

static void child_that_charon_keeps_is_an_error(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&fake, "success=no matches=1 terminated=0 errmsg=busy");
	assert_int_equal(charon_terminate_child(&fake_at(fake.root), "cygnet-b", 7, &e), -1);
	assert_error(&e, EXIT_STEP, "child 7 of 'cygnet-b': charon refuses to 'terminate': busy", "");
}

static void settings_are_reloaded_or_the_reason_given(void **state)
{
	static const char expected[] = "\0\0\0\21" "\0\17reload-settings";
	CLEANUP(fake_done) struct fake_charon good, bad;
	struct err e = ERR_INIT;

	(void)state;
	fake_verdict(&good, "success=yes");
	fake_verdict(&bad, "success=no errmsg=unreadable");
	assert_int_equal(charon_reload_settings(&fake_at(good.root), &e), 0);
	assert_received(&good, expected, sizeof expected - 1);
	assert_int_equal(charon_reload_settings(&fake_at(bad.root), &e), -1);
	assert_error(&e, EXIT_STEP, "charon refuses to 'reload-settings': unreadable", "");
}

static void no_charon_means_try_again(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(charon_initiate(&fake_at("/nowhere"), "cygnet-b", &e), -1);
	assert_error(&e, EXIT_AGAIN,
		     "'cygnet-b': charon does not listen at '/run/charon.vici': No such file or directory", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initiate_names_the_child_below_its_connection_and_does_not_wait),
		cmocka_unit_test(a_refused_initiate_gives_charons_reason),
		cmocka_unit_test(a_verdict_that_is_missing_is_a_refusal),
		cmocka_unit_test(terminate_is_by_id_unforced_and_does_not_wait),
		cmocka_unit_test(charon_waits_for_a_peer_that_is_gone),
		cmocka_unit_test(whole_sa_goes_with_one_of_its_children),
		cmocka_unit_test(an_sa_that_is_gone_is_terminated),
		cmocka_unit_test(an_sa_that_charon_keeps_is_an_error),
		cmocka_unit_test(child_that_charon_keeps_is_an_error),
		cmocka_unit_test(settings_are_reloaded_or_the_reason_given),
		cmocka_unit_test(no_charon_means_try_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
