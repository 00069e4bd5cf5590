/*
 * rotation: the steps from one own key to the next, and back. It knows no disk, no registry and no charon: what they say
 * comes in, and what is to be done goes out as a changed state and a plan.
 */
#include "render/rotation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "render/bringup_judge.h"
#include "render/connection.h"

#define WAIT_MIN_S 300
#define TRY_MS 5000		/* an IKE_SA with a peer that answers takes a fraction of it */
#define REFUSAL_MS 1000		/* after it a try that nothing is seen of has failed */
#define YIELD_MS 10000		/* for a peer that replaces its own key just now to be the first */
#define RETRY_MAX_MS (5 * 60 * 1000)
#define TRIES_TOLD 2		/* that fail before a peer is reported to refuse */

/* --- which keys --- */

bool rotation_lacks_key(const struct state *state, const struct keyring *keyring)
{
	enum rotation_phase phase = state->rotation.phase;

	return keyring->present && (phase == ROTATION_WANTED || (phase == ROTATION_OFFERED && !keyring->next.id[0]));
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

/* --- how peers stand --- */

bool rotation_wants_acks(const struct state *state)
{
	bool offers = state->rotation.phase == ROTATION_OFFERED && !state->rotation.compromised;

	return !state->pending && (offers || state->revoked.count > 0);
}

int64_t rotation_wait_ms(const struct state *state, const struct sites *peers)
{
	int64_t wait_s = (int64_t)peers->count / 2;

	if (state->rotation.wait_s > 0)
		return state->rotation.wait_s * 1000;
	return (wait_s > WAIT_MIN_S ? wait_s : WAIT_MIN_S) * 1000;
}

static const struct follower *follower_find(const struct rotation_inputs *inputs, const struct site *peer)
{
	static const struct follower stranger;

	for (size_t i = 0; i < inputs->recent->follower_count; i++)
		if (strcmp(inputs->recent->followers[i].site, peer->name) == 0)
			return &inputs->recent->followers[i];
	return &stranger;
}

static bool is_established(const struct rotation_inputs *inputs, const struct site *peer)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++)
		if (sa_carries(&inputs->tunnels->sas[i], inputs->own, peer))
			return true;
	return false;
}

static bool is_live(const struct state *state, const struct rotation_inputs *inputs, const struct site *peer)
{
	const struct follower *follower = follower_find(inputs, peer);

	return is_established(inputs, peer) ||
	       (follower->live_ms != 0 &&
		inputs->now_ms - follower->live_ms < rotation_wait_ms(state, inputs->peers));
}

static bool is_listed(const struct rotation *rotation, uint32_t id)
{
	for (size_t i = 0; i < rotation->sa_count; i++)
		if (rotation->sas[i] == id)
			return true;
	return false;
}

/* What a peer's SAs carry at best: those that the key that goes has signed, and the others. */
struct standing {
	bool has_old, connects;
	enum tunnel_health old, fresh;
};

static enum tunnel_health sa_health(const struct rotation_inputs *inputs, const struct ike_sa *sa,
				    const struct site *peer)
{
	enum tunnel_health best = TUNNEL_DOWN;

	for (size_t i = 0; i < sa->child_count; i++) {
		enum tunnel_health health = child_judge(&sa->children[i], inputs->own, peer);

		best = health > best ? health : best;
	}
	return best;
}

static struct standing standing_of(const struct rotation *rotation, const struct rotation_inputs *inputs,
				   const struct site *peer)
{
	struct standing standing = { .old = TUNNEL_DOWN, .fresh = TUNNEL_DOWN };

	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];
		bool old = is_listed(rotation, sa->id);
		enum tunnel_health *best = old ? &standing.old : &standing.fresh, health;

		standing.connects |= sa->established_s < 0 && connection_is_of(sa->name, peer->name);
		if (!sa_carries(sa, inputs->own, peer))
			continue;
		health = sa_health(inputs, sa, peer);
		*best = health > *best ? health : *best;
		standing.has_old |= old;
	}
	return standing;
}

/* Whether what the other key has signed takes the old one's place: it carries no less. */
static bool is_switched(const struct standing *standing)
{
	return standing->fresh >= TUNNEL_OUTDATED && standing->fresh >= standing->old;
}

static enum stance stance_offered(const struct state *state, const struct rotation_inputs *inputs,
				  const struct site *peer)
{
	const char *id = state->rotation.to;
	bool ready = peer->manual ? strings_has(&peer->acks, id) :
				    inputs->acks != NULL && acks_have_key(inputs->acks, peer->name, id);

	if (ready)
		return STANCE_READY;
	if (strings_has(&state->rotation.skip, peer->name))
		return STANCE_SKIPPED;
	return peer->manual || is_live(state, inputs, peer) ? STANCE_AWAITED : STANCE_ABSENT;
}

static enum stance stance_switching(const struct state *state, const struct rotation_inputs *inputs,
				    const struct site *peer)
{
	const struct follower *follower = follower_find(inputs, peer);
	struct standing standing = standing_of(&state->rotation, inputs, peer);
	int64_t since_try_ms = inputs->now_ms - follower->tried_ms;

	if (!standing.has_old)
		return standing.fresh >= TUNNEL_OUTDATED ? STANCE_SWITCHED : STANCE_ABSENT;
	if (is_switched(&standing))
		return STANCE_TRIED;
	if (strings_has(&state->rotation.skip, peer->name))
		return STANCE_SKIPPED;
	if (follower->tries == 0)
		return STANCE_QUEUED;
	return since_try_ms < (standing.connects ? TRY_MS : REFUSAL_MS) ? STANCE_TRIED : STANCE_REFUSES;
}

static enum stance stance_retiring(const struct state *state, const struct rotation_inputs *inputs,
				   const struct site *peer)
{
	struct standing standing = standing_of(&state->rotation, inputs, peer);

	if (standing.has_old && state->rotation.compromised)
		return STANCE_QUEUED;
	return standing.fresh >= TUNNEL_OUTDATED ? STANCE_SWITCHED : STANCE_ABSENT;
}

static enum stance stance_of(const struct state *state, const struct rotation_inputs *inputs, const struct site *peer)
{
	switch (state->rotation.phase) {
	case ROTATION_OFFERED:
		return stance_offered(state, inputs, peer);
	case ROTATION_SWITCHING:
		return stance_switching(state, inputs, peer);
	case ROTATION_RETIRING:
		return stance_retiring(state, inputs, peer);
	case ROTATION_NONE:
	case ROTATION_WANTED:
		break;
	}
	return is_established(inputs, peer) ? STANCE_QUEUED : STANCE_ABSENT;
}

struct rotation_report *rotation_judge(const struct state *state, const struct rotation_inputs *inputs)
{
	struct rotation_report *reports = mem_calloc(inputs->peers->count, sizeof *reports);

	for (size_t i = 0; i < inputs->peers->count; i++) {
		reports[i].peer = &inputs->peers->items[i];
		reports[i].stance = stance_of(state, inputs, reports[i].peer);
		reports[i].tries = follower_find(inputs, reports[i].peer)->tries;
	}
	return reports;
}

bool rotation_is_held(const struct rotation_report *report)
{
	switch (report->stance) {
	case STANCE_AWAITED:
	case STANCE_QUEUED:
	case STANCE_TRIED:
	case STANCE_REFUSES:
		return true;
	case STANCE_ABSENT:
	case STANCE_SKIPPED:
	case STANCE_READY:
	case STANCE_SWITCHED:
		break;
	}
	return false;
}

static bool any_holds(const struct rotation_inputs *inputs, const struct rotation_report *reports)
{
	for (size_t i = 0; i < inputs->peers->count; i++)
		if (rotation_is_held(&reports[i]))
			return true;
	return false;
}

bool rotation_is_overdue(const struct state *state, const struct rotation_inputs *inputs,
			 const struct rotation_report *reports)
{
	const struct rotation *rotation = &state->rotation;
	bool holds = false;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct rotation_report *report = &reports[i];
		bool manual = rotation->phase == ROTATION_OFFERED && report->peer->manual;

		if (!rotation_is_held(report))
			continue;
		holds = true;
		if (rotation->phase == ROTATION_SWITCHING &&
		    (report->stance != STANCE_REFUSES || report->tries < TRIES_TOLD))
			return false;
		if (rotation->phase == ROTATION_OFFERED && !manual &&
		    inputs->now_ms - rotation->since_ms < rotation_wait_ms(state, inputs->peers))
			return false;
	}
	return holds && (rotation->phase == ROTATION_OFFERED || rotation->phase == ROTATION_SWITCHING);
}

/* --- what to do --- */

static void old_terminate(const struct state *state, const struct rotation_inputs *inputs, const struct site *peer,
			  struct plan *plan)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];

		if (connection_is_of(sa->name, peer->name) && is_listed(&state->rotation, sa->id))
			plan_add(plan, ACTION_TERMINATE, sa->name, "the key that has signed it goes")->sa = sa->id;
	}
}

/* Two ends that ask each other in the same moment get an SA too many: of two that replace their keys one asks first. */
static bool yields(const struct state *state, const struct rotation_inputs *inputs, const struct site *peer)
{
	return site_next_key(peer) != NULL && !connection_initiates(inputs->own, peer) &&
	       inputs->now_ms - state->rotation.since_ms < YIELD_MS;
}

static bool try_is_due(const struct state *state, const struct rotation_inputs *inputs,
		       const struct rotation_report *report)
{
	const struct follower *follower = follower_find(inputs, report->peer);
	int64_t patience_ms = inputs->interval_ms / 2;

	if (report->stance == STANCE_QUEUED)
		return !yields(state, inputs, report->peer);
	for (int64_t i = 1; i < follower->tries && patience_ms < RETRY_MAX_MS; i++)
		patience_ms *= 2;
	return report->stance == STANCE_REFUSES &&
	       inputs->now_ms - follower->tried_ms >= (patience_ms < RETRY_MAX_MS ? patience_ms : RETRY_MAX_MS);
}

static void switch_plan(const struct state *state, const struct rotation_inputs *inputs,
			const struct rotation_report *reports, struct plan *plan)
{
	const struct site *next = NULL;
	bool busy = false;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = reports[i].peer;
		struct standing standing = standing_of(&state->rotation, inputs, peer);

		if (standing.has_old && is_switched(&standing)) {
			old_terminate(state, inputs, peer, plan);
			continue;
		}
		busy |= reports[i].stance == STANCE_TRIED;
		if (next == NULL && try_is_due(state, inputs, &reports[i]))
			next = peer;
	}
	if (next != NULL && !busy) {
		AUTO_FREE char *name = connection_name(next->name);

		plan_add(plan, ACTION_INITIATE, name, NULL);
	}
}

void rotation_plan(const struct state *state, const struct rotation_inputs *inputs,
		   const struct rotation_report *reports, struct plan *plan)
{
	const struct rotation *rotation = &state->rotation;

	if (rotation->phase == ROTATION_SWITCHING)
		switch_plan(state, inputs, reports, plan);
	if (rotation->phase == ROTATION_RETIRING && rotation->compromised && !state->pending &&
	    inputs->now_ms - rotation->since_ms >= inputs->interval_ms)
		for (size_t i = 0; i < inputs->peers->count; i++)
			old_terminate(state, inputs, reports[i].peer, plan);
}

void rotation_remember(const struct rotation_inputs *inputs, const struct plan *plan, struct recent *recent)
{
	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = &inputs->peers->items[i];

		if (is_established(inputs, peer))
			recent_follower(recent, peer->name)->live_ms = inputs->now_ms;
		for (size_t k = 0; k < plan->count; k++) {
			if (plan->actions[k].kind != ACTION_INITIATE ||
			    !connection_is_of(plan->actions[k].name, peer->name))
				continue;
			recent_follower(recent, peer->name)->tried_ms = inputs->now_ms;
			recent_follower(recent, peer->name)->tries++;
		}
	}
}

/* --- the steps --- */

static void phase_enter(const struct rotation_inputs *inputs, enum rotation_phase phase, struct state *state)
{
	state->rotation.phase = phase;
	state->rotation.since_ms = inputs->now_ms;
	snprintf(state->rotation.boot, sizeof state->rotation.boot, "%s", inputs->boot);
}

/* What there is now is what the key that goes has signed. */
static void sas_list(const struct rotation_inputs *inputs, struct rotation *rotation)
{
	free(rotation->sas);
	rotation->sas = NULL;
	rotation->sa_count = 0;
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++)
		if (inputs->tunnels->sas[i].established_s >= 0)
			*MEM_GROW(rotation->sas, rotation->sa_count) = inputs->tunnels->sas[i].id;
}

static void switching_enter(const struct rotation_inputs *inputs, struct state *state)
{
	sas_list(inputs, &state->rotation);
	phase_enter(inputs, ROTATION_SWITCHING, state);
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
	snprintf(state->key, sizeof state->key, "%s", rotation->to);
	state->pending = true;
	phase_enter(inputs, ROTATION_RETIRING, state);
}

static bool retiring_is_over(const struct state *state)
{
	return !state->pending && (!state->rotation.compromised || state->rotation.sa_count == 0);
}

bool rotation_advance(const struct rotation_inputs *inputs, const struct rotation_report *reports, struct state *state)
{
	struct rotation *rotation = &state->rotation;

	switch (rotation->phase) {
	case ROTATION_OFFERED:
		if (rotation->compromised)
			retiring_enter(inputs, state);
		else if (state->pending || inputs->acks == NULL || any_holds(inputs, reports))
			return false;
		else
			switching_enter(inputs, state);
		return true;
	case ROTATION_SWITCHING:
		if (any_holds(inputs, reports))
			return false;
		retiring_enter(inputs, state);
		return true;
	case ROTATION_RETIRING:
		if (!retiring_is_over(state))
			return false;
		rotation_done(rotation);
		state->key[0] = '\0';
		return true;
	case ROTATION_NONE:
	case ROTATION_WANTED:
		break;
	}
	return false;
}

static const struct ike_sa *sa_find(const struct tunnels *tunnels, uint32_t id)
{
	for (size_t i = 0; i < tunnels->sa_count; i++)
		if (tunnels->sas[i].id == id)
			return &tunnels->sas[i];
	return NULL;
}

/* A charon that starts counts from 1 again: an SA that is younger than the list is another one. */
static bool sa_is_still(const struct rotation_inputs *inputs, const struct rotation *rotation, uint32_t id)
{
	const struct ike_sa *sa = sa_find(inputs->tunnels, id);

	return sa != NULL && sa->established_s >= 0 &&
	       sa->established_s * 1000 + 1000 >= inputs->now_ms - rotation->since_ms;
}

bool rotation_refresh(const struct rotation_inputs *inputs, struct state *state)
{
	struct rotation *rotation = &state->rotation;
	bool rebooted = rotation->phase != ROTATION_NONE && strcmp(rotation->boot, inputs->boot) != 0;
	size_t before = rotation->sa_count, kept = 0;

	if (rebooted)
		phase_enter(inputs, rotation->phase, state);
	for (size_t i = 0; i < before && !rebooted; i++)
		if (sa_is_still(inputs, rotation, rotation->sas[i]))
			rotation->sas[kept++] = rotation->sas[i];
	rotation->sa_count = kept;
	return rebooted || kept < before;
}

static bool is_dealt_with(const struct state *state, const struct rotation_inputs *inputs, const char *id)
{
	bool dealt = inputs->peers->count == 0;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = &inputs->peers->items[i];
		bool acked = acks_have_revoked(inputs->acks, peer->name, id);

		if (!acked && !peer->manual && is_live(state, inputs, peer))
			return false;
		dealt |= acked || peer->manual;
	}
	return dealt;
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
	state->pending |= forgiven;
	strings_done(&state->revoked);
	state->revoked = kept;
	return forgiven;
}

/* --- intents --- */

void rotation_want(struct state *state, const struct public_key *active, bool compromised)
{
	rotation_done(&state->rotation);
	state->rotation.phase = ROTATION_WANTED;
	state->rotation.compromised = compromised;
	snprintf(state->rotation.from, sizeof state->rotation.from, "%s", active->id);
}

void rotation_offer(struct state *state, const struct public_key *active, const struct public_key *next)
{
	struct rotation *rotation = &state->rotation;

	rotation->phase = ROTATION_OFFERED;
	snprintf(rotation->from, sizeof rotation->from, "%s", active->id);
	snprintf(rotation->to, sizeof rotation->to, "%s", next->id);
	snprintf(state->key, sizeof state->key, "%s", active->id);
	state->pending |= !rotation->compromised;
}

static void keys_exchange(struct rotation *rotation)
{
	char from[KEY_ID_SIZE];

	memcpy(from, rotation->from, sizeof from);
	memcpy(rotation->from, rotation->to, sizeof rotation->from);
	memcpy(rotation->to, from, sizeof rotation->to);
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
		if (strcmp(state->key, rotation->to) == 0)
			return false;
		keys_exchange(rotation);
		strings_done(&rotation->skip);
		switching_enter(inputs, state);
		return true;
	case ROTATION_NONE:
	case ROTATION_RETIRING:
		break;
	}
	return false;
}

bool rotation_is_due(const struct state *state, const struct site *own, int64_t rekey_after_s, int64_t wall_s)
{
	int64_t spread_s = rekey_after_s / 10;
	int64_t early_s = spread_s > 0 ? (int64_t)hash_text(own->name) % spread_s : 0;

	if (rekey_after_s == 0 || state->key_made_s == 0 || state->rotation.phase != ROTATION_NONE ||
	    wall_s - state->key_made_s < rekey_after_s - early_s)
		return false;
	for (size_t i = 0; i < state->peers.count; i++)
		if (site_next_key(&state->peers.items[i]) != NULL)
			return false;
	for (size_t i = 0; i < state->neighbours.count; i++)
		if (site_next_key(&state->neighbours.items[i]) != NULL)
			return false;
	return true;
}

char *rotation_text(const struct state *state, const struct rotation_report *report)
{
	static const char *const words[] = {
		[STANCE_ABSENT] = "no tunnel: it finds the new key in the record when it returns",
		[STANCE_SKIPPED] = "skipped",
		[STANCE_AWAITED] = "has not loaded the next key yet",
		[STANCE_READY] = "has loaded the next key",
		[STANCE_QUEUED] = "waits for its turn",
		[STANCE_TRIED] = "is asked for a tunnel with the other key",
		[STANCE_REFUSES] = "refuses a tunnel with the other key, and keeps the one it has",
		[STANCE_SWITCHED] = "has a tunnel with the other key",
	};
	const char *name = report->peer->name;

	if (report->stance == STANCE_AWAITED && report->peer->manual)
		return mem_printf("%s: set up by hand: its file is to have \"acks\": [\"%s\"] once the next key is there",
				  name, state->rotation.to);
	return mem_printf("%s: %s", name, words[report->stance]);
}
