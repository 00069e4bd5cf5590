/*
 * rotation_judge: how each peer stands to a rotation, from its SAs, its ack and what was tried.
 * What follows from that is decided elsewhere.
 */
#include "render/rotation_judge.h"

#include <string.h>

#include "render/connection.h"

#define WAIT_MIN_S 300
#define TRY_MS 5000		/* with a peer that answers, an SA takes a fraction of it */
#define REFUSAL_MS 1000		/* after it, a try of which nothing is to be seen has failed */
#define TRIES_TOLD 2		/* that fail with each connection before a peer is said to refuse */

/* --- SAs --- */

bool sa_is_old(const struct state *state, const struct ike_sa *sa)
{
	const struct rotation *rotation = &state->rotation;

	for (size_t i = 0; i < rotation->sa_count; i++)
		if (rotation->sas[i] == sa->id)
			return !sa_is_ending(sa);
	return false;
}

static enum tunnel_health sa_health(const struct ike_sa *sa, const struct site *own,
				    const struct site *peer)
{
	enum tunnel_health best = TUNNEL_DOWN;

	for (size_t i = 0; i < sa->child_count; i++) {
		enum tunnel_health health = child_judge(&sa->children[i], own, peer);

		best = health > best ? health : best;
	}
	return best;
}

struct standing standing_of(const struct state *state, const struct rotation_inputs *inputs,
			    const struct site *peer)
{
	struct standing standing = { .old = TUNNEL_DOWN, .fresh = TUNNEL_DOWN };

	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];
		bool old = sa_is_old(state, sa);
		enum tunnel_health *best = old ? &standing.old : &standing.fresh, health;

		standing.connects |= sa->established_s < 0 &&
				     connection_is_of(sa->name, peer->name);
		if (!sa_carries(sa, inputs->own, peer))
			continue;
		health = sa_health(sa, inputs->own, peer);
		*best = health > *best ? health : *best;
		standing.has_old |= old;
	}
	return standing;
}

bool standing_is_replaced(const struct standing *standing)
{
	return standing->fresh >= TUNNEL_OUTDATED && standing->fresh >= standing->old;
}

/* --- who is there --- */

const struct follower *follower_find(const struct recent *recent, const char *site)
{
	static const struct follower stranger;

	for (size_t i = 0; i < recent->follower_count; i++)
		if (strcmp(recent->followers[i].site, site) == 0)
			return &recent->followers[i];
	return &stranger;
}

int64_t rotation_wait_ms(const struct state *state, const struct sites *peers)
{
	int64_t wait_s = (int64_t)peers->count / 2;

	if (state->rotation.wait_s > 0)
		return state->rotation.wait_s * 1000;
	return (wait_s > WAIT_MIN_S ? wait_s : WAIT_MIN_S) * 1000;
}

bool peer_is_connected(const struct rotation_inputs *inputs, const struct site *peer)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++)
		if (sa_carries(&inputs->tunnels->sas[i], inputs->own, peer))
			return true;
	return false;
}

bool peer_is_live(const struct state *state, const struct rotation_inputs *inputs,
		  const struct site *peer)
{
	int64_t live_ms = follower_find(inputs->recent, peer->name)->live_ms;

	return peer_is_connected(inputs, peer) ||
	       (live_ms != 0 && inputs->now_ms - live_ms < rotation_wait_ms(state, inputs->peers));
}

/* --- stances --- */

bool rotation_wants_acks(const struct state *state)
{
	bool offers = state->rotation.phase == ROTATION_OFFERED && !state->rotation.compromised;

	return !state->pending && (offers || state->revoked.count > 0);
}

static bool is_skipped(const struct state *state, const struct site *peer)
{
	return strings_has(&state->rotation.skip, peer->name);
}

/* One set up by hand has its operator's word, and stays away or returns with no record to read. */
static enum stance stance_offered(const struct state *state, const struct rotation_inputs *inputs,
				  const struct site *peer)
{
	const char *id = state->rotation.to;
	bool ready = peer->manual ? strings_has(&peer->acks, id) :
		     inputs->acks != NULL && acks_have_key(inputs->acks, peer->name, id);

	if (ready)
		return STANCE_READY;
	if (is_skipped(state, peer))
		return STANCE_SKIPPED;
	return peer->manual || peer_is_live(state, inputs, peer) ? STANCE_AWAITED : STANCE_ABSENT;
}

/* One that has refused the first of two connections has the other's turn before it. */
static enum stance stance_tried(const struct rotation_inputs *inputs, const struct site *peer,
				bool connects)
{
	const struct follower *follower = follower_find(inputs->recent, peer->name);

	if (follower->tries == 0)
		return STANCE_QUEUED;
	if (inputs->now_ms - follower->tried_ms < (connects ? TRY_MS : REFUSAL_MS))
		return STANCE_TRIED;
	if (follower->tries % 2 == 1 && connection_is_twofold(inputs->tunnels, peer->name))
		return STANCE_QUEUED;
	return STANCE_REFUSES;
}

static enum stance stance_switching(const struct state *state, const struct rotation_inputs *inputs,
				    const struct site *peer)
{
	struct standing standing = standing_of(state, inputs, peer);

	if (!standing.has_old)
		return standing.fresh >= TUNNEL_OUTDATED ? STANCE_SWITCHED : STANCE_ABSENT;
	if (standing_is_replaced(&standing))
		return STANCE_TRIED;
	return is_skipped(state, peer) ? STANCE_SKIPPED :
	       stance_tried(inputs, peer, standing.connects);
}

static enum stance stance_retiring(const struct state *state, const struct rotation_inputs *inputs,
				   const struct site *peer)
{
	struct standing standing = standing_of(state, inputs, peer);

	if (standing.has_old)
		return state->rotation.compromised ? STANCE_QUEUED : STANCE_SKIPPED;
	return standing.fresh >= TUNNEL_OUTDATED ? STANCE_SWITCHED : STANCE_ABSENT;
}

static enum stance stance_of(const struct state *state, const struct rotation_inputs *inputs,
			     const struct site *peer)
{
	switch (state->rotation.phase) {
	case ROTATION_OFFERED:
		if (!state->rotation.compromised)
			return stance_offered(state, inputs, peer);
		break;
	case ROTATION_SWITCHING:
		return stance_switching(state, inputs, peer);
	case ROTATION_RETIRING:
		return stance_retiring(state, inputs, peer);
	case ROTATION_NONE:
	case ROTATION_WANTED:
		break;
	}
	return peer_is_connected(inputs, peer) ? STANCE_QUEUED : STANCE_ABSENT;
}

struct rotation_report *rotation_judge(const struct state *state,
				       const struct rotation_inputs *inputs)
{
	struct rotation_report *reports = mem_calloc(inputs->peers->count, sizeof *reports);

	for (size_t i = 0; i < inputs->peers->count; i++) {
		reports[i].peer = &inputs->peers->items[i];
		reports[i].stance = stance_of(state, inputs, reports[i].peer);
		reports[i].tries = follower_find(inputs->recent, reports[i].peer->name)->tries;
	}
	return reports;
}

bool rotation_is_held(const struct rotation_report *report)
{
	return report->stance == STANCE_AWAITED || report->stance == STANCE_QUEUED ||
	       report->stance == STANCE_TRIED || report->stance == STANCE_REFUSES;
}

/* Of a peer that was set up by hand nothing comes by itself. */
static bool has_had_its_time(const struct state *state, const struct rotation_inputs *inputs,
			     const struct rotation_report *report)
{
	const struct rotation *rotation = &state->rotation;

	if (report->stance == STANCE_AWAITED)
		return report->peer->manual ||
		       inputs->now_ms - rotation->since_ms >=
		       rotation_wait_ms(state, inputs->peers);
	if (connection_is_twofold(inputs->tunnels, report->peer->name))
		return report->stance == STANCE_REFUSES && report->tries >= 2 * TRIES_TOLD;
	return report->stance == STANCE_REFUSES && report->tries >= TRIES_TOLD;
}

bool rotation_is_overdue(const struct state *state, const struct rotation_inputs *inputs,
			 const struct rotation_report *reports)
{
	bool held = false;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		if (!rotation_is_held(&reports[i]))
			continue;
		if (state->pending || !has_had_its_time(state, inputs, &reports[i]))
			return false;
		held = true;
	}
	return held;
}

char *rotation_text(const struct state *state, const struct rotation_report *report)
{
	static const char *const words[] = {
		[STANCE_ABSENT] = "has no tunnel now, and reads of the new key when it returns",
		[STANCE_SKIPPED] = "is skipped",
		[STANCE_AWAITED] = "has not loaded the next key yet",
		[STANCE_READY] = "has loaded the next key",
		[STANCE_QUEUED] = "has a tunnel with the key that goes",
		[STANCE_TRIED] = "is asked for a tunnel with the other key",
		[STANCE_REFUSES] =
			"refuses a tunnel with the other key, and keeps the one that it has",
		[STANCE_SWITCHED] = "has a tunnel with the other key",
	};
	const char *name = report->peer->name;

	if (report->stance == STANCE_AWAITED && report->peer->manual)
		return mem_printf("peer %s: was set up by hand: once the next key is there, add "
				  "\"acks\": [\"%s\"] to its file", name, state->rotation.to);
	return mem_printf("peer %s: %s", name, words[report->stance]);
}
