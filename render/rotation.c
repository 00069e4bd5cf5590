/*
 * rotation: the steps from one own key to the next, and back, as changes of the state. It knows no
 * disk, no registry and no charon: what they say comes in, and its caller saves what comes out
 * before it acts on it.
 */
#include "render/rotation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "render/rotation_judge.h"

#define EXACT_AGE_S 120		/* younger SAs tell seconds, older ones perhaps minutes or hours */

static void id_set(char ret_id[KEY_ID_SIZE], const char *id)
{
	snprintf(ret_id, KEY_ID_SIZE, "%s", id);
}

/* --- which keys --- */

bool rotation_lacks_key(const struct state *state, const struct keyring *keyring)
{
	enum rotation_phase phase = state->rotation.phase;
	bool stored = keyring->next.id[0] != '\0';

	return keyring->present &&
	       (phase == ROTATION_WANTED || (phase == ROTATION_OFFERED && !stored));
}

static void key_add(struct site *own, enum key_state state, const struct public_key *key)
{
	struct site_key *added = MEM_GROW(own->keys, own->key_count);

	added->state = state;
	public_key_copy(key, &added->key);
}

void rotation_show(const struct state *state, const struct keyring *keyring, struct site *own)
{
	key_add(own, KEY_ACTIVE, &keyring->active);
	if (keyring->next.id[0] != '\0' && !state->rotation.compromised)
		key_add(own, KEY_NEXT, &keyring->next);
	strings_done(&own->revoked);
	strings_copy(&state->revoked, &own->revoked);
}

const struct public_key *rotation_signing(const struct state *state, const struct site *own)
{
	for (size_t i = 0; state->rotation.phase == ROTATION_SWITCHING && i < own->key_count; i++)
		if (strcmp(own->keys[i].key.id, state->rotation.to) == 0)
			return &own->keys[i].key;
	return site_active_key(own);
}

/* --- what has come to pass --- */

static void phase_enter(const struct rotation_inputs *inputs, enum rotation_phase phase,
			struct rotation *rotation)
{
	rotation->phase = phase;
	rotation->since_ms = inputs->now_ms;
	snprintf(rotation->boot, sizeof rotation->boot, "%s", inputs->boot);
}

static const struct ike_sa *sa_find(const struct tunnels *tunnels, uint32_t id)
{
	for (size_t i = 0; i < tunnels->sa_count; i++)
		if (tunnels->sas[i].id == id)
			return &tunnels->sas[i];
	return NULL;
}

/* A charon that starts counts from 1 again: an SA younger than the list of them is another one. */
static bool sa_is_still_there(const struct rotation_inputs *inputs, const struct rotation *rotation,
			      uint32_t id)
{
	const struct ike_sa *sa = sa_find(inputs->tunnels, id);
	int64_t age_s = sa != NULL ? sa->established_s : -1;
	int64_t at_most_s = age_s + (age_s < EXACT_AGE_S ? 1 : age_s / 2);

	return age_s >= 0 && at_most_s * 1000 >= inputs->now_ms - rotation->since_ms;
}

static bool sas_refresh(const struct rotation_inputs *inputs, struct rotation *rotation)
{
	size_t before = rotation->sa_count, kept = 0;

	for (size_t i = 0; i < before; i++)
		if (sa_is_still_there(inputs, rotation, rotation->sas[i]))
			rotation->sas[kept++] = rotation->sas[i];
	rotation->sa_count = kept;
	return kept < before;
}

/* What a phase waits for begins once peers can read the record. */
bool rotation_refresh(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation *rotation = &state->rotation;
	bool rebooted = strcmp(rotation->boot, inputs->boot) != 0;

	if (rotation->phase == ROTATION_NONE)
		return false;
	if (rebooted)
		rotation->sa_count = 0;
	if (rebooted || state->pending)
		phase_enter(inputs, rotation->phase, rotation);
	return sas_refresh(inputs, rotation) || rebooted || state->pending;
}

/* --- the steps --- */

/* All SAs that there are now, the key that goes has signed. */
static void sas_list(const struct rotation_inputs *inputs, struct rotation *rotation)
{
	free(rotation->sas);
	rotation->sas = NULL;
	rotation->sa_count = 0;
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++)
		if (inputs->tunnels->sas[i].established_s >= 0)
			*MEM_GROW(rotation->sas, rotation->sa_count) = inputs->tunnels->sas[i].id;
}

/* The way back: of the SAs now there, those not listed are what the key that goes has signed. */
static void sas_turn(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation turned = { 0 };

	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];

		if (sa->established_s >= 0 && !sa_is_old(state, sa))
			*MEM_GROW(turned.sas, turned.sa_count) = sa->id;
	}
	free(state->rotation.sas);
	state->rotation.sas = turned.sas;
	state->rotation.sa_count = turned.sa_count;
}

static void switching_enter(const struct rotation_inputs *inputs, struct state *state)
{
	phase_enter(inputs, ROTATION_SWITCHING, &state->rotation);
}

static void retiring_enter(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation *rotation = &state->rotation;

	if (rotation->compromised) {
		sas_list(inputs, rotation);
		strings_add(&state->revoked, rotation->from);
	}
	if (strcmp(state->key, rotation->to) != 0)
		state->key_made_s = inputs->wall_s;
	id_set(state->key, rotation->to);
	state->pending = true;
	phase_enter(inputs, ROTATION_RETIRING, rotation);
}

static bool anybody_holds(const struct rotation_inputs *inputs,
			  const struct rotation_report *reports)
{
	for (size_t i = 0; i < inputs->peers->count; i++)
		if (rotation_is_held(&reports[i]))
			return true;
	return false;
}

static bool offered_advance(const struct rotation_inputs *inputs,
			    const struct rotation_report *reports, struct state *state)
{
	if (state->rotation.compromised) {
		retiring_enter(inputs, state);
		return true;
	}
	if (state->pending || inputs->acks == NULL || anybody_holds(inputs, reports))
		return false;
	sas_list(inputs, &state->rotation);
	switching_enter(inputs, state);
	return true;
}

static bool switching_advance(const struct rotation_inputs *inputs,
			      const struct rotation_report *reports, struct state *state)
{
	if (anybody_holds(inputs, reports))
		return false;
	retiring_enter(inputs, state);
	return true;
}

static bool retiring_advance(struct state *state)
{
	if (state->pending || (state->rotation.compromised && state->rotation.sa_count > 0))
		return false;
	rotation_done(&state->rotation);
	state->key[0] = '\0';
	return true;
}

bool rotation_advance(const struct rotation_inputs *inputs, const struct rotation_report *reports,
		      struct state *state)
{
	switch (state->rotation.phase) {
	case ROTATION_OFFERED:
		return offered_advance(inputs, reports, state);
	case ROTATION_SWITCHING:
		return switching_advance(inputs, reports, state);
	case ROTATION_RETIRING:
		return retiring_advance(state);
	case ROTATION_NONE:
	case ROTATION_WANTED:
		break;
	}
	return false;
}

/* Of one set up by hand its operator has to see to it. Silence of all the others is no answer. */
static bool is_dealt_with(const struct state *state, const struct rotation_inputs *inputs,
			  const char *id)
{
	bool dealt = true, answered = false;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = &inputs->peers->items[i];
		bool acked = peer->manual || acks_have_revoked(inputs->acks, peer->name, id);

		dealt &= acked || !peer_is_live(state, inputs, peer);
		answered |= acked;
	}
	return dealt && (answered || inputs->peers->count == 0);
}

bool rotation_forgive(const struct rotation_inputs *inputs, struct state *state)
{
	struct strings kept = { 0 };
	bool forgiven;

	if (inputs->acks == NULL || state->pending)
		return false;
	for (size_t i = 0; i < state->revoked.count; i++)
		if (!is_dealt_with(state, inputs, state->revoked.items[i]))
			strings_add(&kept, state->revoked.items[i]);
	forgiven = kept.count < state->revoked.count;
	state->pending = forgiven;
	strings_done(&state->revoked);
	state->revoked = kept;
	return forgiven;
}

/* --- what changes its course --- */

void rotation_want(struct state *state, const struct public_key *active, bool compromised)
{
	rotation_done(&state->rotation);
	state->rotation.phase = ROTATION_WANTED;
	state->rotation.compromised = compromised;
	id_set(state->rotation.from, active->id);
}

void rotation_offer(struct state *state, const struct public_key *active,
		    const struct public_key *next)
{
	struct rotation *rotation = &state->rotation;

	rotation->phase = ROTATION_OFFERED;
	id_set(rotation->from, active->id);
	id_set(rotation->to, next->id);
	id_set(state->key, active->id);
	state->pending |= !rotation->compromised;
}

/* One that was about to be wiped still is. */
void rotation_restart(struct state *state, const struct public_key *key)
{
	struct rotation *rotation = &state->rotation;

	state->key_made_s = 0;
	if (rotation->phase == ROTATION_RETIRING) {
		id_set(rotation->to, key->id);
		id_set(state->key, key->id);
		return;
	}
	rotation_done(rotation);
	state->key[0] = '\0';
}

static void keys_exchange(struct rotation *rotation)
{
	char from[KEY_ID_SIZE];

	id_set(from, rotation->from);
	id_set(rotation->from, rotation->to);
	id_set(rotation->to, from);
}

static bool goes_back(const struct state *state)
{
	return strcmp(state->key, state->rotation.to) == 0;
}

bool rotation_abort(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation *rotation = &state->rotation;

	switch (rotation->phase) {
	case ROTATION_WANTED:
		rotation_done(rotation);
		return true;
	case ROTATION_OFFERED:
		rotation->compromised = false;
		keys_exchange(rotation);
		retiring_enter(inputs, state);
		return true;
	case ROTATION_SWITCHING:
		if (goes_back(state))
			return false;
		keys_exchange(rotation);
		strings_done(&rotation->skip);
		sas_turn(inputs, state);
		switching_enter(inputs, state);
		return true;
	case ROTATION_NONE:
	case ROTATION_RETIRING:
		break;
	}
	return false;
}

bool rotation_compromise(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation *rotation = &state->rotation;

	switch (rotation->phase) {
	case ROTATION_WANTED:
		rotation->compromised = true;
		return true;
	case ROTATION_OFFERED:
	case ROTATION_SWITCHING:
		if (goes_back(state))
			return false;
		rotation->compromised = true;
		retiring_enter(inputs, state);
		return true;
	case ROTATION_NONE:
	case ROTATION_RETIRING:
		break;
	}
	return false;
}

static bool anybody_replaces(const struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++)
		if (!sites->items[i].manual && site_next_key(&sites->items[i]) != NULL)
			return true;
	return false;
}

bool rotation_is_due(const struct state *state, const char *site, int64_t rekey_after_s,
		     int64_t wall_s)
{
	int64_t spread_s = rekey_after_s / 10;
	int64_t early_s = spread_s > 0 ? (int64_t)hash_text(site) % spread_s : 0;

	return rekey_after_s > 0 && state->key_made_s > 0 &&
	       state->rotation.phase == ROTATION_NONE &&
	       wall_s - state->key_made_s >= rekey_after_s - early_s &&
	       !anybody_replaces(&state->peers) && !anybody_replaces(&state->neighbours);
}
