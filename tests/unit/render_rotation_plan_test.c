/* rotation_plan: who is asked when, and what goes. */
#include "tests/unit/rotation_support.h"

static void peers_are_asked_all_at_once(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-a");
	rotating_later(&r, 200);
	assert_planned(&r, "");
	sa_add(&r, "a", 3, 0, "INSTALLED");
	rotating_later(&r, 200);
	assert_planned(&r, "terminate cygnet-a #1: the key that has signed it goes\ninitiate cygnet-z");
}

static void a_peer_that_refuses_keeps_the_others_waiting(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-a");
	rotating_later(&r, 2000);
	assert_planned(&r, "initiate cygnet-z");
}

static void a_peer_that_refuses_is_asked_again_and_again(void **state)
{
	static const int64_t patience_s[] = { 8, 15, 30, 60, 120, 240, 300, 300 };
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	strings_add(&r.state.rotation.skip, "z");
	rotating_pass(&r);
	for (size_t i = 0; i < COUNT_OF(patience_s); i++) {
		rotating_later(&r, patience_s[i] * 1000 - 1000);
		assert_planned(&r, "");
		rotating_later(&r, 1000);
		assert_planned(&r, "initiate cygnet-a");
	}
}

/* Starter has a conn for each of a peer's two keys, and the peer signs with one of them. */
static void the_peer_s_other_key_is_never_tried(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	strings_add(&r.state.rotation.skip, "z");
	*MEM_GROW(r.tunnels.connections, r.tunnels.connection_count) =
		(struct connection){ .name = connection_next_name("a") };
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-a");
	rotating_later(&r, 1000);
	assert_planned(&r, "initiate cygnet-a.next");
	rotating_later(&r, 2000);
	assert_int_equal(r.reports[0].stance, STANCE_REFUSES);
	assert_planned(&r, "");
	rotating_later(&r, 6000);
	assert_planned(&r, "initiate cygnet-a");
	assert_int_equal(recent_follower(&r.recent, "a")->tries, 3);
}

static void an_old_sa_goes_before_the_new_one_is_up(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_add(&r, "a", 3, -1, NULL);
	sa_add(&r, "z", 4, 0, "INSTALLING");
	rotating_later(&r, 2000);
	for (size_t i = 0; i < r.plan.count; i++)
		assert_int_not_equal(r.plan.actions[i].kind, ACTION_TERMINATE);
}

/* Charon would try for ever. */
static void a_try_that_nobody_answers_makes_a_second_tunnel_one_day(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	sa_add(&r, "a", 3, -1, NULL);
	rotating_later(&r, 4000);
	assert_planned(&r, "");
	rotating_later(&r, 1000);
	assert_planned(&r, "terminate cygnet-a #3: nobody answers\ninitiate cygnet-z");
}

static void a_try_outlives_what_it_was_for(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	sa_add(&r, "a", 3, -1, NULL);
	strings_add(&r.state.rotation.skip, "a");
	rotating_later(&r, 1000);
	assert_planned(&r, "terminate cygnet-a #3: nobody answers\ninitiate cygnet-z");
}

static void a_tunnel_that_comes_up_just_now_is_ended(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_remove(&r, 1);
	sa_add(&r, "a", 3, -1, NULL);
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-z");
}

static void a_skipped_peer_is_asked(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	strings_add(&r.state.rotation.skip, "a");
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-z");
}

/*
 * Both replace their keys: "a" asks first, as it does for every tunnel with "m", and "m" asks "z".
 */
static void two_ends_ask_each_other_in_the_same_moment(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	for (size_t i = 0; i < r.peers.count; i++) {
		struct site *peer = &r.peers.items[i];

		*MEM_GROW(peer->keys, peer->key_count) = (struct site_key){ KEY_NEXT, key_of(LATER) };
	}
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-z");
	sa_add(&r, "z", 3, 0, "INSTALLED");
	sa_remove(&r, 2);
	rotating_later(&r, 9000);
	assert_planned(&r, "");
	rotating_later(&r, 1000);
	assert_planned(&r, "initiate cygnet-a");
}

static void nothing_is_done_before_keys_are_switched(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	rotating_pass(&r);
	assert_planned(&r, "");
}

static void tries_are_counted_for_the_wrong_peer(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	assert_int_equal(recent_follower(&r.recent, "a")->tries, 1);
	assert_int_equal(recent_follower(&r.recent, "a")->tried_ms, START_MS);
	assert_int_equal(recent_follower(&r.recent, "z")->tries, 0);
	assert_int_equal(recent_follower(&r.recent, "z")->live_ms, START_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_are_asked_all_at_once),
		cmocka_unit_test(a_peer_that_refuses_keeps_the_others_waiting),
		cmocka_unit_test(a_peer_that_refuses_is_asked_again_and_again),
		cmocka_unit_test(the_peer_s_other_key_is_never_tried),
		cmocka_unit_test(an_old_sa_goes_before_the_new_one_is_up),
		cmocka_unit_test(a_try_that_nobody_answers_makes_a_second_tunnel_one_day),
		cmocka_unit_test(a_try_outlives_what_it_was_for),
		cmocka_unit_test(a_tunnel_that_comes_up_just_now_is_ended),
		cmocka_unit_test(a_skipped_peer_is_asked),
		cmocka_unit_test(two_ends_ask_each_other_in_the_same_moment),
		cmocka_unit_test(nothing_is_done_before_keys_are_switched),
		cmocka_unit_test(tries_are_counted_for_the_wrong_peer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
