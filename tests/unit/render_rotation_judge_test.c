/* rotation_judge: who holds a rotation up, for how long, and what is said of it. */
#include "tests/unit/rotation_support.h"

/* --- OFFERED --- */

static void a_peer_without_a_tunnel_holds_it_up(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	sa_add(&r, "a", 1, 60, "INSTALLED");
	sa_add(&r, "z", 2, -1, NULL);
	rotating_offer(&r);
	ack_add(&r, "a", NEW, NULL);
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_READY, STANCE_ABSENT);
}

static void a_peer_whose_tunnel_falls_over_is_forgotten_at_once(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	ack_add(&r, "a", NEW, NULL);
	sa_remove(&r, 2);
	assert_false(rotating_later(&r, 299000));
	assert_stances(&r, STANCE_READY, STANCE_AWAITED);
	assert_true(rotating_later(&r, 1000));
	assert_stances(&r, STANCE_READY, STANCE_ABSENT);
}

static void a_skipped_peer_is_waited_for(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	ack_add(&r, "a", NEW, NULL);
	strings_add(&r.state.rotation.skip, "z");
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_READY, STANCE_SKIPPED);
}

/* Whether or not its tunnel is up just now: it would never read of the key. */
static void a_static_peer_loses_its_tunnel_for_good(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct site *manual = peer_of(&r, "z");

	(void)state;
	manual->manual = true;
	rotating_offer(&r);
	ack_add(&r, "z", NEW, NULL);
	assert_false(rotating_pass(&r));
	assert_stances(&r, STANCE_ABSENT, STANCE_AWAITED);
	strings_add(&manual->acks, OLD);
	assert_false(rotating_pass(&r));
	strings_add(&manual->acks, NEW);
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_ABSENT, STANCE_READY);
}

static bool is_overdue(const struct rotating *r)
{
	const struct rotation_inputs inputs = rotating_inputs(r);

	return rotation_is_overdue(&r->state, &inputs, r->reports);
}

static void a_peer_is_said_to_be_late_before_its_time(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	assert_false(rotating_later(&r, 299000));
	assert_false(is_overdue(&r));
	rotating_later(&r, 1000);
	assert_true(is_overdue(&r));
	r.state.rotation.wait_s = 600;
	rotating_later(&r, 0);
	assert_false(is_overdue(&r));
}

static void a_record_that_is_not_out_makes_peers_late(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	r.state.pending = true;
	rotating_later(&r, 600000);
	assert_false(is_overdue(&r));
	r.state.pending = false;
	rotating_later(&r, 299000);
	assert_false(is_overdue(&r));
	rotating_later(&r, 1000);
	assert_true(is_overdue(&r));
}

static void an_operator_waits_five_minutes_for_a_file_of_his_own(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	peer_of(&r, "z")->manual = true;
	rotating_offer(&r);
	rotating_pass(&r);
	assert_false(is_overdue(&r));
	ack_add(&r, "a", NEW, NULL);
	rotating_pass(&r);
	assert_true(is_overdue(&r));
}

static void a_reboot_uses_up_the_time_of_peers(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	r.boot = OTHER_BOOT;
	r.now_ms = 9000000;
	rotating_pass(&r);
	assert_false(is_overdue(&r));
	rotating_later(&r, 300000);
	assert_true(is_overdue(&r));
}

static void a_large_mesh_gets_no_more_time_than_a_small_one(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct sites many = { .count = 1000 };

	(void)state;
	assert_int_equal(rotation_wait_ms(&r.state, &r.peers), 300 * 1000);
	assert_int_equal(rotation_wait_ms(&r.state, &many), 500 * 1000);
	r.state.rotation.wait_s = 7;
	assert_int_equal(rotation_wait_ms(&r.state, &many), 7 * 1000);
}

/* --- SWITCHING --- */

static void a_tunnel_that_is_not_whole_takes_the_place_of_one_that_is(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct ike_sa *sa;

	(void)state;
	rotating_switch(&r);
	sa_add(&r, "a", 3, 0, NULL);
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-a");
	sa = &r.tunnels.sas[2];
	sa->children = mem_calloc(1, sizeof *sa->children);
	sa->child_count = 1;
	sa->children[0] = (struct child_sa){ .name = mem_strdup(sa->name), .id = 3, .state = mem_strdup("INSTALLED") };
	cidrs_copy(&r.own.subnets, &sa->children[0].local_subnets);
	cidrs_add(&sa->children[0].remote_subnets, (struct cidr){ 0x0a020100, 24 });
	rotating_later(&r, 10000);
	assert_stances(&r, STANCE_REFUSES, STANCE_QUEUED);
	cidrs_done(&sa->children[0].remote_subnets);
	cidrs_copy(&r.peers.items[0].subnets, &sa->children[0].remote_subnets);
	rotating_pass(&r);
	assert_int_equal(r.reports[0].stance, STANCE_TRIED);
	assert_string_equal(r.plan.actions[0].name, "cygnet-a");
	assert_int_equal(r.plan.actions[0].kind, ACTION_TERMINATE);
}

/* What the old SA does not carry the new one need not: the peer may not have read of it yet. */
static void a_tunnel_that_is_narrowed_never_changes_its_key(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_add(&r, "a", 3, 0, "INSTALLED");
	cidrs_add(&r.peers.items[0].subnets, (struct cidr){ 0x0a640000, 16 });
	rotating_pass(&r);
	assert_stances(&r, STANCE_TRIED, STANCE_QUEUED);
}

static void a_peer_that_refuses_is_called_slow(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	assert_planned(&r, "initiate cygnet-a");
	rotating_later(&r, 900);
	assert_stances(&r, STANCE_TRIED, STANCE_QUEUED);
	rotating_later(&r, 100);
	assert_stances(&r, STANCE_REFUSES, STANCE_QUEUED);
}

static void a_peer_that_is_slow_is_called_refusing(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	rotating_pass(&r);
	sa_add(&r, "a", 3, -1, NULL);
	rotating_later(&r, 4900);
	assert_stances(&r, STANCE_TRIED, STANCE_QUEUED);
	rotating_later(&r, 100);
	assert_stances(&r, STANCE_REFUSES, STANCE_QUEUED);
}

static void one_refusal_is_taken_for_the_last_word(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	strings_add(&r.state.rotation.skip, "z");
	rotating_pass(&r);
	rotating_later(&r, 2000);
	assert_stances(&r, STANCE_REFUSES, STANCE_SKIPPED);
	assert_false(is_overdue(&r));
	rotating_later(&r, 6000);
	assert_planned(&r, "initiate cygnet-a");
	rotating_later(&r, 2000);
	assert_true(is_overdue(&r));
}

static void a_peer_that_goes_away_is_waited_for(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sas_clear(&r);
	sa_add(&r, "a", 3, 0, "INSTALLED");
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_SWITCHED, STANCE_ABSENT);
}

static void an_sa_on_its_way_out_is_ended_again(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_add(&r, "a", 3, 0, "INSTALLED");
	free(r.tunnels.sas[0].state);
	r.tunnels.sas[0].state = mem_strdup("DELETING");
	rotating_pass(&r);
	assert_stances(&r, STANCE_SWITCHED, STANCE_QUEUED);
	assert_planned(&r, "initiate cygnet-z");
}

/* Starter's peers have the next key in a second conn. */
static void an_sa_of_the_second_connection_is_nobody_s(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct ike_sa *sa;

	(void)state;
	rotating_switch(&r);
	sa = sa_add(&r, "a", 3, 0, "INSTALLED");
	free(sa->name);
	sa->name = connection_next_name("a");
	sa_remove(&r, 1);
	rotating_pass(&r);
	assert_stances(&r, STANCE_SWITCHED, STANCE_QUEUED);
}

/* --- what is said --- */

static void assert_text(const struct rotating *r, size_t peer, const char *expected)
{
	AUTO_FREE char *text = rotation_text(&r->state, &r->reports[peer]);

	assert_string_equal(text, expected);
}

static void an_operator_is_not_told_what_to_add_where(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	peer_of(&r, "z")->manual = true;
	rotating_offer(&r);
	rotating_pass(&r);
	assert_text(&r, 0, "peer a: has not loaded the next key yet");
	assert_text(&r, 1, "peer z: was set up by hand: once the next key is there, add \"acks\": [\"" NEW "\"] to its "
		    "file");
	assert_true(rotation_is_held(&r.reports[1]));
}

static void peers_are_asked_for_a_compromised_key(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key old = key_of(OLD), new = key_of(NEW);

	(void)state;
	sa_add(&r, "a", 1, 60, "INSTALLED");
	rotation_want(&r.state, &old, true);
	rotation_offer(&r.state, &old, &new);
	assert_false(rotation_wants_acks(&r.state));
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_QUEUED, STANCE_ABSENT);
	assert_text(&r, 0, "peer a: has a tunnel with the key that goes");
	assert_text(&r, 1, "peer z: has no tunnel now, and reads of the new key when it returns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peer_without_a_tunnel_holds_it_up),
		cmocka_unit_test(a_peer_whose_tunnel_falls_over_is_forgotten_at_once),
		cmocka_unit_test(a_skipped_peer_is_waited_for),
		cmocka_unit_test(a_static_peer_loses_its_tunnel_for_good),
		cmocka_unit_test(a_peer_is_said_to_be_late_before_its_time),
		cmocka_unit_test(a_record_that_is_not_out_makes_peers_late),
		cmocka_unit_test(an_operator_waits_five_minutes_for_a_file_of_his_own),
		cmocka_unit_test(a_reboot_uses_up_the_time_of_peers),
		cmocka_unit_test(a_large_mesh_gets_no_more_time_than_a_small_one),
		cmocka_unit_test(a_tunnel_that_is_not_whole_takes_the_place_of_one_that_is),
		cmocka_unit_test(a_tunnel_that_is_narrowed_never_changes_its_key),
		cmocka_unit_test(a_peer_that_refuses_is_called_slow),
		cmocka_unit_test(a_peer_that_is_slow_is_called_refusing),
		cmocka_unit_test(one_refusal_is_taken_for_the_last_word),
		cmocka_unit_test(a_peer_that_goes_away_is_waited_for),
		cmocka_unit_test(an_sa_on_its_way_out_is_ended_again),
		cmocka_unit_test(an_sa_of_the_second_connection_is_nobody_s),
		cmocka_unit_test(an_operator_is_not_told_what_to_add_where),
		cmocka_unit_test(peers_are_asked_for_a_compromised_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
