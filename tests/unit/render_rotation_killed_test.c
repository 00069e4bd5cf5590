/*
 * rotation: a gateway that is killed between any two things it does, and goes on from what is on
 * disk. What it does stands here in few words, in the order in which its passes do it: nobody may
 * ever be left with a key that is not known, or without a tunnel.
 */
#include "keys/state.h"
#include "tests/unit/keys_support.h"
#include "tests/unit/rotation_support.h"

/* All that outlives a run. */
struct world {
	struct rotating r;		/* own, peers, what charon has, and the clock; not its state */
	char *root;			/* state.json is below it */
	struct strings disk;		/* ids of the private keys */
	char active[KEY_ID_SIZE], next[KEY_ID_SIZE];	/* of the record */
	struct strings revoked;				/* likewise */
	char signs[KEY_ID_SIZE];	/* as charon has loaded it */
	struct { uint32_t id; char key[KEY_ID_SIZE]; } signers[64];	/* which key has signed which SA */
	uint32_t sa_last;
	unsigned keys_made;
	int left;			/* things to do before it is killed; negative: it is not */
	bool compromised;
	bool away;			/* the registry does not answer */
};

/* Something was done: whether the run is killed right after it. */
static bool dies(struct world *w)
{
	return w->left >= 0 && w->left-- == 0;
}

static const char *signer_of(const struct world *w, uint32_t sa)
{
	return w->signers[sa % COUNT_OF(w->signers)].key;
}

static void sign(struct world *w, const char *peer)
{
	uint32_t id = ++w->sa_last;

	sa_add(&w->r, peer, id, 0, "INSTALLED");
	w->signers[id % COUNT_OF(w->signers)].id = id;
	memcpy(w->signers[id % COUNT_OF(w->signers)].key, w->signs, KEY_ID_SIZE);
}

static bool is_up(const struct world *w, const char *peer)
{
	for (size_t i = 0; i < w->r.tunnels.sa_count; i++)
		if (connection_is_of(w->r.tunnels.sas[i].name, peer))
			return true;
	return false;
}

/* --- what has to hold at any moment --- */

static void assert_sound(const struct world *w)
{
	assert_true(strings_has(&w->disk, w->signs));
	assert_true(strings_has(&w->disk, w->active));
	assert_true(w->next[0] == '\0' || strings_has(&w->disk, w->next));
	assert_true(w->disk.count <= 2);
	assert_true(w->compromised || strcmp(w->signs, w->active) == 0 || strcmp(w->signs, w->next) == 0);
	for (size_t i = 0; i < w->r.peers.count && !w->compromised; i++)
		assert_true(is_up(w, w->r.peers.items[i].name));
}

/*
 * After a reboot nothing tells which key has signed a tunnel, and peers had both: it is left as it
 * is.
 */
static void assert_settled(const struct world *w, const char *key, bool rebooted)
{
	assert_int_equal(w->disk.count, 1);
	assert_string_equal(w->disk.items[0], key);
	assert_string_equal(w->active, key);
	assert_string_equal(w->next, "");
	assert_string_equal(w->signs, key);
	for (size_t i = 0; i < w->r.peers.count; i++)
		assert_true(is_up(w, w->r.peers.items[i].name));
	for (size_t i = 0; i < w->r.tunnels.sa_count && !rebooted; i++)
		assert_string_equal(signer_of(w, w->r.tunnels.sas[i].id), key);
}

/* --- a run --- */

static void run_load(struct world *w)
{
	AUTO_FREE char *aside = NULL;
	struct err e = ERR_INIT;

	state_done(&w->r.state);
	assert_int_equal(state_load(w->root, "i-0c1d6f3a2b4e58790", &w->r.state, &aside, &e), 0);
}

static bool run_save(struct world *w)
{
	struct err e = ERR_INIT;

	assert_int_equal(state_save(w->root, &w->r.state, &e), 0);
	return dies(w);
}

static bool is_id(const char *id, const char *key)
{
	return strcmp(id, key) == 0;
}

/* As keyring_load: a key that the state does not know stops every run. */
static struct keyring run_keyring(const struct world *w)
{
	const struct keyring_ids ids = state_key_ids(&w->r.state);
	struct keyring keyring = { 0 };

	for (size_t i = 0; i < w->disk.count; i++) {
		const char *key = w->disk.items[i];

		if (is_id(ids.next, key)) {
			keyring.next = key_of(key);
		} else if (!is_id(ids.retired, key)) {
			assert_true(is_id(ids.active, key) || (ids.active[0] == '\0' && !keyring.present));
			keyring.present = true;
			keyring.active = key_of(key);
		}
	}
	assert_true(keyring.present);
	return keyring;
}

static bool run_make(struct world *w, struct keyring *keyring)
{
	char id[KEY_ID_SIZE];

	snprintf(id, sizeof id, "%064x", ++w->keys_made);
	keyring->next = key_of(id);
	rotation_offer(&w->r.state, &keyring->active, &keyring->next);
	if (run_save(w))
		return true;
	strings_add(&w->disk, id);
	return dies(w);
}

static bool run_publish(struct world *w, const struct keyring *keyring)
{
	struct site own = { 0 };
	bool dead;

	rotation_show(&w->r.state, keyring, &own);
	memcpy(w->active, site_active_key(&own)->id, KEY_ID_SIZE);
	snprintf(w->next, sizeof w->next, "%s", site_next_key(&own) ? site_next_key(&own)->id : "");
	strings_done(&w->revoked);
	strings_copy(&own.revoked, &w->revoked);
	site_done(&own);
	dead = dies(w);
	w->r.state.pending = false;
	return dead || run_save(w);
}

static void run_sign(struct world *w, const struct keyring *keyring)
{
	struct site own = { 0 };

	rotation_show(&w->r.state, keyring, &own);
	memcpy(w->signs, rotation_signing(&w->r.state, &own)->id, KEY_ID_SIZE);
	site_done(&own);
}

/* Peers accept what the record shows them. */
static bool run_act(struct world *w)
{
	for (size_t i = 0; i < w->r.plan.count; i++) {
		const struct action *action = &w->r.plan.actions[i];

		if (action->kind == ACTION_TERMINATE)
			sa_remove(&w->r, action->sa);
		else
			sign(w, connection_peer(action->name, &w->r.peers)->name);
		if (dies(w))
			return true;
	}
	return false;
}

static bool run_wipe(struct world *w)
{
	while (w->disk.count > 1) {
		size_t gone = is_id(w->disk.items[0], w->r.state.rotation.to) ? 1 : 0;

		free(w->disk.items[gone]);
		w->disk.items[gone] = w->disk.items[--w->disk.count];
		if (dies(w))
			return true;
	}
	return false;
}

/* True: it was killed. */
static bool run_pass(struct world *w)
{
	struct rotation_inputs inputs;
	struct keyring keyring;
	bool refreshed;

	run_load(w);
	keyring = run_keyring(w);
	if (rotation_lacks_key(&w->r.state, &keyring) && run_make(w, &keyring))
		return true;
	run_sign(w, &keyring);
	if (dies(w) || (w->r.state.pending && !w->away && run_publish(w, &keyring)))
		return true;
	w->r.acks_unread = w->away;
	inputs = rotating_inputs(&w->r);
	refreshed = rotation_refresh(&inputs, &w->r.state);
	if (refreshed && run_save(w))
		return true;
	free(w->r.reports);
	plan_done(&w->r.plan);
	w->r.reports = rotation_judge(&w->r.state, &inputs);
	rotation_plan(&w->r.state, &inputs, w->r.reports, &w->r.plan);
	if (run_act(w))
		return true;
	rotation_remember(&inputs, &w->r.plan, &w->r.recent);
	if (w->r.state.rotation.phase == ROTATION_RETIRING && !w->r.state.pending && run_wipe(w))
		return true;
	return rotation_advance(&inputs, w->r.reports, &w->r.state) && run_save(w);
}

/* --- the others, and time --- */

static void peers_follow(struct world *w)
{
	acks_done(&w->r.acks);
	for (size_t i = 0; i < w->r.peers.count && w->next[0] != '\0'; i++)
		ack_add(&w->r, w->r.peers.items[i].name, w->next, NULL);
	for (size_t i = w->r.tunnels.sa_count; i-- > 0;)
		if (strings_has(&w->revoked, signer_of(w, w->r.tunnels.sas[i].id)))
			sa_remove(&w->r, w->r.tunnels.sas[i].id);
	for (size_t i = 0; i < w->r.peers.count; i++)
		if (!is_up(w, w->r.peers.items[i].name))
			sign(w, w->r.peers.items[i].name);
}

static void time_passes(struct world *w, int64_t seconds)
{
	w->r.now_ms += seconds * 1000;
	for (size_t i = 0; i < w->r.tunnels.sa_count; i++)
		w->r.tunnels.sas[i].established_s += seconds;
}

/* Charon comes back with the files that it had, and all tunnels. */
static void reboot(struct world *w)
{
	sas_clear(&w->r);
	w->sa_last = 0;
	w->r.boot = strcmp(w->r.boot, BOOT) == 0 ? OTHER_BOOT : BOOT;
	w->r.now_ms = 30000;
	recent_done(&w->r.recent);
	for (size_t i = 0; i < w->r.peers.count; i++)
		sign(w, w->r.peers.items[i].name);
}

static void world_init(struct world *w)
{
	*w = (struct world){ .r = rotating_new(), .root = root_new(), .left = -1 };
	memcpy(w->active, OLD, KEY_ID_SIZE);
	memcpy(w->signs, OLD, KEY_ID_SIZE);
	strings_add(&w->disk, OLD);
	for (size_t i = 0; i < w->r.peers.count; i++)
		sign(w, w->r.peers.items[i].name);
	time_passes(w, 600);
	w->r.state.instance = mem_strdup("i-0c1d6f3a2b4e58790");
	w->r.state.generation = 1;
}

static void world_done(struct world *w)
{
	rotating_done(&w->r);
	root_remove(w->root);
	free(w->root);
	strings_done(&w->disk);
	strings_done(&w->revoked);
}

/* --- lives --- */

enum fate { KILLED, REBOOTED };

/* What an operator asks for before which pass; -1: never. */
struct wish {
	int abort_at;
	bool compromised;
	bool flaky;			/* the registry answers every third pass only */
};

static void wish_take(struct world *w, const struct wish *wish, int pass)
{
	const struct public_key old = key_of(OLD);
	const struct rotation_inputs inputs = rotating_inputs(&w->r);

	if (pass == 0) {
		rotation_want(&w->r.state, &old, wish->compromised);
		w->compromised = wish->compromised;
	} else if (pass == wish->abort_at) {
		run_load(w);
		rotation_abort(&inputs, &w->r.state);
		recent_followers_drop(&w->r.recent);
	} else {
		return;
	}
	w->left += w->left >= 0;
	run_save(w);
}

static bool is_over(struct world *w, const struct wish *wish, int pass)
{
	if (pass == 0)
		return false;
	run_load(w);
	return pass > wish->abort_at && w->r.state.rotation.phase == ROTATION_NONE;
}

/* Killed after so many things: false when it had done all before. */
static bool live(struct wish wish, enum fate fate, int after)
{
	CLEANUP(world_done) struct world w;
	bool killed = false;

	world_init(&w);
	w.left = after;
	for (int pass = 0; pass < 40 && !is_over(&w, &wish, pass); pass++) {
		w.away = wish.flaky && pass % 3 != 2;
		wish_take(&w, &wish, pass);
		if (run_pass(&w)) {
			killed = true;
			if (fate == REBOOTED)
				reboot(&w);
		}
		assert_sound(&w);
		time_passes(&w, 5);
		peers_follow(&w);
	}
	assert_int_equal(w.r.state.rotation.phase, ROTATION_NONE);
	assert_settled(&w, w.active, fate == REBOOTED);
	assert_true(wish.abort_at >= 0 || !is_id(w.active, OLD));
	assert_int_equal(strings_has(&w.revoked, OLD), wish.compromised);
	return killed;
}

static int lives(struct wish wish, enum fate fate)
{
	int boundaries = 0;

	while (live(wish, fate, boundaries))
		boundaries++;
	return boundaries;
}

static void a_killed_run_leaves_two_keys_or_none(void **state)
{
	(void)state;
	assert_in_range(lives((struct wish){ .abort_at = -1 }, KILLED), 15, 60);
}

static void a_reboot_leaves_two_keys_or_none(void **state)
{
	(void)state;
	assert_in_range(lives((struct wish){ .abort_at = -1 }, REBOOTED), 15, 60);
}

static void an_outage_of_the_registry_leaves_two_keys_or_none(void **state)
{
	(void)state;
	assert_in_range(lives((struct wish){ .abort_at = -1, .flaky = true }, KILLED), 15, 60);
	assert_in_range(lives((struct wish){ .abort_at = -1, .flaky = true }, REBOOTED), 15, 60);
	assert_in_range(lives((struct wish){ .abort_at = 5, .flaky = true }, KILLED), 15, 60);
}

static void a_killed_run_brings_a_compromised_key_back(void **state)
{
	(void)state;
	assert_in_range(lives((struct wish){ .abort_at = -1, .compromised = true }, KILLED), 8, 60);
	assert_in_range(lives((struct wish){ .abort_at = -1, .compromised = true }, REBOOTED), 8, 60);
}

/* Whatever was done until then. */
static void a_killed_run_on_its_way_back_leaves_two_keys_or_none(void **state)
{
	(void)state;
	for (int pass = 1; pass < 8; pass++) {
		assert_in_range(lives((struct wish){ .abort_at = pass }, KILLED), 10, 60);
		assert_in_range(lives((struct wish){ .abort_at = pass }, REBOOTED), 10, 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_run_leaves_two_keys_or_none),
		cmocka_unit_test(a_reboot_leaves_two_keys_or_none),
		cmocka_unit_test(an_outage_of_the_registry_leaves_two_keys_or_none),
		cmocka_unit_test(a_killed_run_brings_a_compromised_key_back),
		cmocka_unit_test(a_killed_run_on_its_way_back_leaves_two_keys_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
