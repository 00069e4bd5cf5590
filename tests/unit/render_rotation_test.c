/* rotation: its steps, in each phase. */
#include "tests/unit/keys_support.h"
#include "tests/unit/rotation_support.h"

/* --- WANTED --- */

static void a_rotation_that_is_only_wanted_goes_anywhere(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key old = key_of(OLD);

	(void)state;
	tunnels_up(&r);
	rotation_want(&r.state, &old, false);
	assert_false(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_WANTED);
	assert_string_equal(r.state.rotation.from, OLD);
	assert_string_equal(r.state.rotation.to, "");
	assert_planned(&r, "");
}

static void a_key_is_made_when_there_is_one(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct keyring keyring = { 0 };
	const struct public_key old = key_of(OLD), new = key_of(NEW);

	(void)state;
	assert_false(rotation_lacks_key(&r.state, &keyring));
	rotation_want(&r.state, &old, false);
	assert_false(rotation_lacks_key(&r.state, &keyring));
	keyring = (struct keyring){ .present = true, .active = old };
	assert_true(rotation_lacks_key(&r.state, &keyring));
	rotation_offer(&r.state, &old, &new);
	assert_true(rotation_lacks_key(&r.state, &keyring));
	keyring.next = new;
	assert_false(rotation_lacks_key(&r.state, &keyring));
	r.state.rotation.phase = ROTATION_SWITCHING;
	keyring.next = (struct public_key){ 0 };
	assert_false(rotation_lacks_key(&r.state, &keyring));
}

static void a_key_that_a_killed_run_has_not_stored_stays_offered(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key old = key_of(OLD), later = key_of(LATER);
	struct keyring_ids ids;

	(void)state;
	rotating_offer(&r);
	rotation_offer(&r.state, &old, &later);
	ids = state_key_ids(&r.state);
	assert_string_equal(ids.active, OLD);
	assert_string_equal(ids.next, LATER);
	assert_true(r.state.pending);
}

/* --- OFFERED --- */

static void keys_are_switched_before_a_peer_has_the_next_one(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	rotating_offer(&r);
	assert_false(rotating_pass(&r));
	ack_add(&r, "a", NEW, NULL);
	assert_false(rotating_pass(&r));
	assert_stances(&r, STANCE_READY, STANCE_AWAITED);
	ack_add(&r, "z", LATER, NULL);
	assert_false(rotating_pass(&r));
	strings_add(&r.acks.items[1].keys, NEW);
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_SWITCHING);
}

static void acks_that_were_not_read_count_as_given(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_offer(&r);
	r.acks_unread = true;
	assert_false(rotating_pass(&r));
	r.acks_unread = false;
	assert_true(rotating_pass(&r));
}

static void acks_are_waited_for_while_nobody_can_read_the_record(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_offer(&r);
	r.state.pending = true;
	assert_false(rotating_pass(&r));
	assert_false(rotation_wants_acks(&r.state));
	r.state.pending = false;
	assert_true(rotation_wants_acks(&r.state));
	assert_true(rotating_pass(&r));
}

static void what_is_old_is_not_known_once_keys_are_switched(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_add(&r, "a", 3, -1, NULL);
	assert_int_equal(r.state.rotation.sa_count, 2);
	assert_int_equal(r.state.rotation.sas[0], 1);
	assert_int_equal(r.state.rotation.sas[1], 2);
	assert_string_equal(r.state.rotation.boot, BOOT);
	assert_int_equal(r.state.rotation.since_ms, START_MS);
}

static void the_record_shows_another_key_than_signs(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct keyring keyring = {
		.present = true,
		.active = public_key_of_text(KEY_A_ID, KEY_A_SPKI),
		.next = public_key_of_text(KEY_B_ID, KEY_B_SPKI),
	};

	(void)state;
	rotation_want(&r.state, &keyring.active, false);
	rotation_offer(&r.state, &keyring.active, &keyring.next);
	rotation_show(&r.state, &keyring, &r.own);
	assert_int_equal(r.own.key_count, 2);
	assert_string_equal(site_active_key(&r.own)->id, KEY_A_ID);
	assert_string_equal(site_next_key(&r.own)->id, KEY_B_ID);
	assert_string_equal(rotation_signing(&r.state, &r.own)->id, KEY_A_ID);
	r.state.rotation.phase = ROTATION_SWITCHING;
	assert_string_equal(rotation_signing(&r.state, &r.own)->id, KEY_B_ID);
	r.state.rotation.phase = ROTATION_RETIRING;
	assert_string_equal(rotation_signing(&r.state, &r.own)->id, KEY_A_ID);
	keyring_done(&keyring);
}

static void a_compromised_key_is_shown_beside_the_next(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct keyring keyring = {
		.present = true,
		.active = public_key_of_text(KEY_A_ID, KEY_A_SPKI),
		.next = public_key_of_text(KEY_B_ID, KEY_B_SPKI),
	};

	(void)state;
	strings_add(&r.state.revoked, LATER);
	rotation_want(&r.state, &keyring.active, true);
	rotation_offer(&r.state, &keyring.active, &keyring.next);
	rotation_show(&r.state, &keyring, &r.own);
	assert_int_equal(r.own.key_count, 1);
	assert_string_equal(site_active_key(&r.own)->id, KEY_A_ID);
	assert_true(strings_has(&r.own.revoked, LATER));
	assert_false(r.state.pending);
	keyring_done(&keyring);
}

static void site_without_a_key_signs(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	assert_null(rotation_signing(&r.state, &r.own));
	r.state.rotation.phase = ROTATION_SWITCHING;
	assert_null(rotation_signing(&r.state, &r.own));
}

/* --- SWITCHING --- */

static void the_old_key_goes_while_a_tunnel_is_its(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	assert_false(rotating_pass(&r));
	sa_add(&r, "a", 3, 0, "INSTALLED");
	sa_remove(&r, 1);
	assert_false(rotating_pass(&r));
	assert_stances(&r, STANCE_SWITCHED, STANCE_QUEUED);
	sa_add(&r, "z", 4, 0, "INSTALLED");
	assert_false(rotating_pass(&r));
	sa_remove(&r, 2);
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(r.state.key, NEW);
	assert_true(r.state.pending);
	assert_int_equal(r.state.key_made_s, WALL_S);
	assert_int_equal(r.state.revoked.count, 0);
}

static void a_reboot_leaves_sas_that_the_old_key_has_signed(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	r.boot = OTHER_BOOT;
	r.now_ms = 5000;
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(r.state.rotation.boot, OTHER_BOOT);
	assert_int_equal(r.state.rotation.since_ms, 5000);
}

/* Charon counts from 1 again. */
static void an_sa_of_a_charon_that_was_restarted_is_taken_for_an_old_one(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sas_clear(&r);
	sa_add(&r, "a", 2, 3, "INSTALLED");
	sa_add(&r, "z", 1, 2, "INSTALLED");
	r.now_ms += 15000;
	assert_true(rotating_pass(&r));
	assert_stances(&r, STANCE_SWITCHED, STANCE_SWITCHED);
}

/* The younger of these was established after the switch, as far as its age in minutes tells. */
static void an_age_that_is_told_in_minutes_passes_for_a_younger_sa(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	r.now_ms += 170 * 1000;
	r.tunnels.sas[0].established_s = 120;
	r.tunnels.sas[1].established_s = 3600;
	assert_false(rotating_pass(&r));
	assert_int_equal(r.state.rotation.sa_count, 2);
	r.tunnels.sas[0].established_s = 60;
	assert_false(rotating_pass(&r));
	assert_int_equal(r.state.rotation.sa_count, 1);
	assert_int_equal(r.state.rotation.sas[0], 2);
}

/* --- RETIRING --- */

static void a_key_is_gone_for_good_before_peers_can_read_of_it(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct keyring_ids ids;

	(void)state;
	rotating_switch(&r);
	sas_clear(&r);
	assert_true(rotating_pass(&r));
	ids = state_key_ids(&r.state);
	assert_string_equal(ids.active, NEW);
	assert_string_equal(ids.retired, OLD);
	assert_false(rotating_pass(&r));
	r.state.pending = false;
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_NONE);
	assert_string_equal(r.state.rotation.from, "");
	assert_string_equal(r.state.key, "");
	assert_int_equal(r.state.rotation.sa_count, 0);
}

static void rotation_goes_on_after_its_end(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	tunnels_up(&r);
	assert_false(rotating_pass(&r));
	assert_false(rotating_later(&r, 15000));
	assert_int_equal(r.state.rotation.phase, ROTATION_NONE);
	assert_planned(&r, "");
}

/* --- a compromised key --- */

/* It is revoked, and nobody can read so yet. */
static void compromised_key_goes(struct rotating *r)
{
	const struct public_key old = key_of(OLD), new = key_of(NEW);

	tunnels_up(r);
	rotation_want(&r->state, &old, true);
	rotation_offer(&r->state, &old, &new);
	assert_true(rotating_pass(r));
	assert_int_equal(r->state.rotation.phase, ROTATION_RETIRING);
}

static void peers_are_waited_for_while_a_key_is_in_other_hands(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	compromised_key_goes(&r);
	assert_string_equal(r.state.key, NEW);
	assert_true(strings_has(&r.state.revoked, OLD));
	assert_true(r.state.pending);
	assert_int_equal(r.state.rotation.sa_count, 2);
}

static void a_compromised_key_keeps_its_tunnels(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	compromised_key_goes(&r);
	rotating_later(&r, 60000);
	assert_planned(&r, "");
	r.state.pending = false;
	assert_false(rotating_later(&r, 14000));
	assert_planned(&r, "");
	assert_false(rotating_later(&r, 1000));
	assert_planned(&r, "terminate cygnet-a #1: the key that has signed it goes\n"
			   "terminate cygnet-z #2: the key that has signed it goes");
	sas_clear(&r);
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_NONE);
	assert_true(strings_has(&r.state.revoked, OLD));
}

static void a_revoked_key_leaves_the_record_before_peers_have_dealt_with_it(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct rotation_inputs inputs;

	(void)state;
	tunnels_up(&r);
	strings_add(&r.state.revoked, OLD);
	strings_add(&r.state.revoked, LATER);
	inputs = rotating_inputs(&r);
	assert_true(rotation_wants_acks(&r.state));
	ack_add(&r, "a", NULL, OLD);
	assert_false(rotation_forgive(&inputs, &r.state));
	ack_add(&r, "z", NULL, OLD);
	inputs.acks = NULL;
	assert_false(rotation_forgive(&inputs, &r.state));
	inputs.acks = &r.acks;
	assert_true(rotation_forgive(&inputs, &r.state));
	assert_int_equal(r.state.revoked.count, 1);
	assert_string_equal(r.state.revoked.items[0], LATER);
	assert_true(r.state.pending);
	assert_false(rotation_forgive(&inputs, &r.state));
}

/* Their tunnels have just been torn down: that none is live says nothing. */
static void a_revoked_key_leaves_the_record_when_nobody_answers(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct rotation_inputs inputs;

	(void)state;
	strings_add(&r.state.revoked, OLD);
	inputs = rotating_inputs(&r);
	assert_false(rotation_forgive(&inputs, &r.state));
	ack_add(&r, "a", NULL, OLD);
	assert_true(rotation_forgive(&inputs, &r.state));
}

static void a_revoked_key_waits_for_a_peer_that_was_set_up_by_hand(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct rotation_inputs inputs;

	(void)state;
	tunnels_up(&r);
	strings_add(&r.state.revoked, OLD);
	peer_of(&r, "z")->manual = true;
	inputs = rotating_inputs(&r);
	assert_false(rotation_forgive(&inputs, &r.state));
	ack_add(&r, "a", NULL, OLD);
	assert_true(rotation_forgive(&inputs, &r.state));
}

/* --- back --- */

static bool rotating_abort(struct rotating *r)
{
	const struct rotation_inputs inputs = rotating_inputs(r);

	return rotation_abort(&inputs, &r->state);
}

static void aborting_makes_a_key(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key old = key_of(OLD);

	(void)state;
	assert_false(rotating_abort(&r));
	rotation_want(&r.state, &old, false);
	assert_true(rotating_abort(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_NONE);
	assert_false(r.state.pending);
}

static void aborting_what_was_offered_leaves_the_next_key(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_offer(&r);
	r.state.key_made_s = 7;
	assert_true(rotating_abort(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(r.state.rotation.from, NEW);
	assert_string_equal(r.state.rotation.to, OLD);
	assert_string_equal(r.state.key, OLD);
	assert_true(r.state.pending);
	assert_int_equal(r.state.key_made_s, 7);
}

static void aborting_what_was_switched_leaves_tunnels_of_the_next_key(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sa_remove(&r, 1);
	sa_add(&r, "a", 3, 0, "INSTALLED");
	rotating_pass(&r);
	strings_add(&r.state.rotation.skip, "z");
	assert_true(rotating_abort(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_SWITCHING);
	assert_string_equal(r.state.rotation.to, OLD);
	assert_string_equal(r.state.key, OLD);
	assert_false(r.state.pending);
	recent_followers_drop(&r.recent);
	rotating_pass(&r);
	assert_stances(&r, STANCE_QUEUED, STANCE_SWITCHED);
	assert_false(rotating_abort(&r));
	sas_clear(&r);
	assert_true(rotating_pass(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(r.state.rotation.from, NEW);
}

static void aborting_brings_a_key_back_that_is_about_to_be_wiped(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	sas_clear(&r);
	rotating_pass(&r);
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_false(rotating_abort(&r));
	assert_string_equal(r.state.rotation.from, OLD);
}

static bool rotating_compromise(struct rotating *r)
{
	const struct rotation_inputs inputs = rotating_inputs(r);

	return rotation_compromise(&inputs, &r->state);
}

static void a_key_found_compromised_half_way_is_waited_with(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	assert_false(rotating_compromise(&r));
	rotating_switch(&r);
	assert_true(rotating_compromise(&r));
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(r.state.key, NEW);
	assert_true(strings_has(&r.state.revoked, OLD));
	assert_false(rotating_compromise(&r));
}

static void the_key_that_stays_is_revoked(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_switch(&r);
	assert_true(rotating_abort(&r));
	assert_false(rotating_compromise(&r));
	assert_int_equal(r.state.revoked.count, 0);
}

/* --- keys that are gone --- */

static void a_key_in_place_of_lost_ones_is_a_stranger(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key later = key_of(LATER);

	(void)state;
	rotating_offer(&r);
	r.state.key_made_s = 7;
	rotation_restart(&r.state, &later);
	assert_int_equal(r.state.rotation.phase, ROTATION_NONE);
	assert_string_equal(state_key_ids(&r.state).active, "");
	assert_int_equal(r.state.key_made_s, 0);
}

static void a_lost_key_leaves_the_one_that_was_to_be_wiped(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const struct public_key later = key_of(LATER);

	(void)state;
	rotating_switch(&r);
	sas_clear(&r);
	rotating_pass(&r);
	rotation_restart(&r.state, &later);
	assert_int_equal(r.state.rotation.phase, ROTATION_RETIRING);
	assert_string_equal(state_key_ids(&r.state).active, LATER);
	assert_string_equal(state_key_ids(&r.state).retired, OLD);
}

/* --- by age --- */

static void a_young_key_is_replaced(void **state)
{
	AUTO_ROTATING r = rotating_new();
	const int64_t after_s = 90 * 86400;

	(void)state;
	assert_false(rotation_is_due(&r.state, "m", after_s, WALL_S));
	r.state.key_made_s = WALL_S;
	assert_false(rotation_is_due(&r.state, "m", after_s, WALL_S + after_s - after_s / 10));
	assert_true(rotation_is_due(&r.state, "m", after_s, WALL_S + after_s));
	assert_false(rotation_is_due(&r.state, "m", 0, WALL_S + after_s));
}

/* "m" and "n" have different hashes: each is due at its own time. */
static void all_sites_replace_their_keys_at_once(void **state)
{
	const struct state young = { .key_made_s = WALL_S };
	const int64_t after_s = 90 * 86400;
	int64_t first = WALL_S;

	(void)state;
	while (!rotation_is_due(&young, "m", after_s, first) && !rotation_is_due(&young, "n", after_s, first))
		first += 60;
	assert_true(first > WALL_S + after_s - after_s / 10);
	assert_true(rotation_is_due(&young, "m", after_s, first) != rotation_is_due(&young, "n", after_s, first));
}

static void a_second_site_replaces_its_key_meanwhile(void **state)
{
	AUTO_ROTATING r = rotating_new();
	struct site other = rotating_site("other", 9);

	(void)state;
	r.state.key_made_s = 1;
	*MEM_GROW(other.keys, other.key_count) = (struct site_key){ KEY_NEXT, key_of(NEW) };
	sites_add(&r.state.peers, &other);
	assert_false(rotation_is_due(&r.state, "m", 60, WALL_S));
	r.state.peers.items[0].manual = true;
	assert_true(rotation_is_due(&r.state, "m", 60, WALL_S));
	r.state.peers.items[0].manual = false;
	r.state.neighbours = r.state.peers;
	r.state.peers = (struct sites){ 0 };
	assert_false(rotation_is_due(&r.state, "m", 60, WALL_S));
}

static void a_rotation_begins_in_the_middle_of_one(void **state)
{
	AUTO_ROTATING r = rotating_new();

	(void)state;
	rotating_offer(&r);
	r.state.key_made_s = 1;
	assert_false(rotation_is_due(&r.state, "m", 60, WALL_S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rotation_that_is_only_wanted_goes_anywhere),
		cmocka_unit_test(a_key_is_made_when_there_is_one),
		cmocka_unit_test(a_key_that_a_killed_run_has_not_stored_stays_offered),
		cmocka_unit_test(keys_are_switched_before_a_peer_has_the_next_one),
		cmocka_unit_test(acks_that_were_not_read_count_as_given),
		cmocka_unit_test(acks_are_waited_for_while_nobody_can_read_the_record),
		cmocka_unit_test(what_is_old_is_not_known_once_keys_are_switched),
		cmocka_unit_test(the_record_shows_another_key_than_signs),
		cmocka_unit_test(a_compromised_key_is_shown_beside_the_next),
		cmocka_unit_test(site_without_a_key_signs),
		cmocka_unit_test(the_old_key_goes_while_a_tunnel_is_its),
		cmocka_unit_test(a_reboot_leaves_sas_that_the_old_key_has_signed),
		cmocka_unit_test(an_sa_of_a_charon_that_was_restarted_is_taken_for_an_old_one),
		cmocka_unit_test(an_age_that_is_told_in_minutes_passes_for_a_younger_sa),
		cmocka_unit_test(a_key_is_gone_for_good_before_peers_can_read_of_it),
		cmocka_unit_test(rotation_goes_on_after_its_end),
		cmocka_unit_test(peers_are_waited_for_while_a_key_is_in_other_hands),
		cmocka_unit_test(a_compromised_key_keeps_its_tunnels),
		cmocka_unit_test(a_revoked_key_leaves_the_record_before_peers_have_dealt_with_it),
		cmocka_unit_test(a_revoked_key_leaves_the_record_when_nobody_answers),
		cmocka_unit_test(a_revoked_key_waits_for_a_peer_that_was_set_up_by_hand),
		cmocka_unit_test(aborting_makes_a_key),
		cmocka_unit_test(aborting_what_was_offered_leaves_the_next_key),
		cmocka_unit_test(aborting_what_was_switched_leaves_tunnels_of_the_next_key),
		cmocka_unit_test(aborting_brings_a_key_back_that_is_about_to_be_wiped),
		cmocka_unit_test(a_key_found_compromised_half_way_is_waited_with),
		cmocka_unit_test(the_key_that_stays_is_revoked),
		cmocka_unit_test(a_key_in_place_of_lost_ones_is_a_stranger),
		cmocka_unit_test(a_lost_key_leaves_the_one_that_was_to_be_wiped),
		cmocka_unit_test(a_young_key_is_replaced),
		cmocka_unit_test(all_sites_replace_their_keys_at_once),
		cmocka_unit_test(a_second_site_replaces_its_key_meanwhile),
		cmocka_unit_test(a_rotation_begins_in_the_middle_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
