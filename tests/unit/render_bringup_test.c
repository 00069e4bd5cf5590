/* bringup: who initiates and when, what counts as up, and which SAs go. */
#include "tests/unit/bringup_support.h"

static void smaller_name_does_not_wait(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void tunnel_just_initiated_is_left_alone(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, INTERVAL_MS);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
	assert_int_equal(recent_wait(&scene.recent, "b")->tries, 2);
}

static void greater_name_steps_in_after_two_intervals(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, 2 * INTERVAL_MS - 1);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, 1);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-a");
}

static void charon_at_it_is_not_disturbed(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	sa_add(&scene, "cygnet-b", PEER_ADDRESS, false);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_CONNECTING, NULL);
}

static void established_without_child_is_down(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	sa_add(&scene, "cygnet-b", PEER_ADDRESS, true);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void planned_selectors_are_up_and_forget_the_wait(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	assert_non_null(recent_wait(&scene.recent, "b"));
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	assert_null(recent_wait(&scene.recent, "b"));
}

static void narrowed_selectors_are_up_and_said(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");
	AUTO_FREE char *text = NULL;

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.7.0/24");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
	assert_true(tunnel_is_up(&scene.reports[0]));
	text = tunnel_text(&scene.reports[0]);
	assert_string_equal(text, "tunnel b: up, narrowed, 203.0.113.20, 172.31.7.0/24, 0 bytes in, 0 bytes out");
}

static void foreign_selectors_are_down(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "10.0.0.0/8");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void former_address_is_terminated(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-a", "203.0.113.99", true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "terminate cygnet-a #7: its address or id is no longer planned");
}

static void site_that_left_is_terminated(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-a", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	sa_add(&scene, "cygnet-gone", "203.0.113.30", true);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-gone #7: the site is no peer");
}

static void wait_of_a_site_that_left_is_dropped(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	recent_wait_add(&scene.recent, "gone");
	scene_judge(&scene);
	assert_null(recent_wait(&scene.recent, "gone"));
	assert_non_null(recent_wait(&scene.recent, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smaller_name_does_not_wait),
		cmocka_unit_test(tunnel_just_initiated_is_left_alone),
		cmocka_unit_test(greater_name_steps_in_after_two_intervals),
		cmocka_unit_test(charon_at_it_is_not_disturbed),
		cmocka_unit_test(established_without_child_is_down),
		cmocka_unit_test(planned_selectors_are_up_and_forget_the_wait),
		cmocka_unit_test(narrowed_selectors_are_up_and_said),
		cmocka_unit_test(foreign_selectors_are_down),
		cmocka_unit_test(former_address_is_terminated),
		cmocka_unit_test(site_that_left_is_terminated),
		cmocka_unit_test(wait_of_a_site_that_left_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
