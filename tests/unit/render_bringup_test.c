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

/* Starter has it in a second conn. */
static void tunnel_of_a_peer_s_next_key_is_a_stranger_s(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");
	struct ike_sa *sa;

	(void)unused;
	sa = sa_add(&scene, "cygnet-b.next", PEER_ADDRESS, true);
	child_add(sa, "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
}

static void peer_s_other_key_is_never_tried(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	*MEM_GROW(scene.tunnels.connections, scene.tunnels.connection_count) =
		(struct connection){ .name = mem_strdup("cygnet-b.next") };
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
	scene_later(&scene, INTERVAL_MS);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b.next");
	scene_later(&scene, INTERVAL_MS);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
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

/* Passes that look at nothing but tunnels load no key. */
static void turn_is_lost_to_a_pass_without_the_own_key(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");
	struct site_key *key = MEM_GROW(scene.own.keys, scene.own.key_count);

	(void)unused;
	*key = (struct site_key){ .state = KEY_ACTIVE, .key.id = "0123" };
	scene_judge(&scene);
	memset(key->key.id, '0', KEY_ID_SIZE - 1);
	scene_later(&scene, INTERVAL_MS);
	snprintf(key->key.id, KEY_ID_SIZE, "0123");
	scene_later(&scene, INTERVAL_MS);
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

static void sa_that_charon_takes_down_is_up_or_terminated_again(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");
	struct ike_sa *sa = sa_add(&scene, "cygnet-b", PEER_ADDRESS, true);

	(void)unused;
	child_add(sa, "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	free(sa->state);
	sa->state = mem_strdup("DELETING");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
	free(sa->remote_address);
	sa->remote_address = mem_strdup("203.0.113.99");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
}

/*
 * The peer's site has another instance, and before its key was loaded there was the SA with this
 * id.
 */
static void scene_replace(struct scene *scene, const char *peer, uint32_t id)
{
	*MEM_GROW(scene->replaced.before.sas, scene->replaced.before.sa_count) = (struct ike_sa){ .id = id };
	strings_add(&scene->replaced.sites, peer);
}

#define FORMER "terminate cygnet-a #7: another instance fills the site"

static void tunnel_with_a_dead_instance_is_left_to_charon(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-a", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	scene_replace(&scene, "a", 7);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, FORMER "\ninitiate cygnet-a");
	assert_true(scene.plan.actions[0].force);
	replaced_done(&scene.replaced);
	scene.replaced = (struct replaced){ 0 };
	tunnels_done(&scene.tunnels);
	scene.tunnels = (struct tunnels){ 0 };
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
}

/* Charon was trying to reach the one that is gone, with what it had loaded before. */
static void try_to_reach_a_dead_instance_goes_on(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	sa_add(&scene, "cygnet-a", PEER_ADDRESS, false);
	scene_replace(&scene, "a", 7);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, FORMER "\ninitiate cygnet-a");
}

/* The newcomer may come between the loading of its key and the look at the SAs. */
static void newcomers_tunnel_is_terminated(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	sa_add(&scene, "cygnet-a", PEER_ADDRESS, true);
	child_add(sa_add(&scene, "cygnet-a", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene.tunnels.sas[1].id = 8;
	scene_replace(&scene, "a", 7);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, FORMER);
}

static void superseded_instance_goes_to_a_newcomer(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene.passive = true;
	scene_replace(&scene, "b", 7);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
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
		cmocka_unit_test(tunnel_of_a_peer_s_next_key_is_a_stranger_s),
		cmocka_unit_test(peer_s_other_key_is_never_tried),
		cmocka_unit_test(greater_name_steps_in_after_two_intervals),
		cmocka_unit_test(turn_is_lost_to_a_pass_without_the_own_key),
		cmocka_unit_test(charon_at_it_is_not_disturbed),
		cmocka_unit_test(established_without_child_is_down),
		cmocka_unit_test(planned_selectors_are_up_and_forget_the_wait),
		cmocka_unit_test(narrowed_selectors_are_up_and_said),
		cmocka_unit_test(foreign_selectors_are_down),
		cmocka_unit_test(former_address_is_terminated),
		cmocka_unit_test(sa_that_charon_takes_down_is_up_or_terminated_again),
		cmocka_unit_test(tunnel_with_a_dead_instance_is_left_to_charon),
		cmocka_unit_test(try_to_reach_a_dead_instance_goes_on),
		cmocka_unit_test(newcomers_tunnel_is_terminated),
		cmocka_unit_test(superseded_instance_goes_to_a_newcomer),
		cmocka_unit_test(site_that_left_is_terminated),
		cmocka_unit_test(wait_of_a_site_that_left_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
