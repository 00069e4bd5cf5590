/*
 * rotation_plan: SAs that are asked for with the other key, and those that go. What counts as
 * replaced is rotation_judge's business, and no step is taken here.
 */
#include "render/connection.h"
#include "render/rotation_judge.h"

#define YIELD_MS 10000
#define RETRY_MAX_MS (5 * 60 * 1000)

static void old_terminate(const struct state *state, const struct rotation_inputs *inputs,
			  const struct site *peer, struct plan *plan)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];

		if (connection_is_of(sa->name, peer->name) && sa_is_old(state, sa))
			plan_add(plan, ACTION_TERMINATE, sa->name,
				 "the key that has signed it goes")->sa = sa->id;
	}
}

/* Of two ends that replace their keys one asks first: both at once would have an SA too many. */
static bool yields(const struct state *state, const struct rotation_inputs *inputs,
		   const struct site *peer)
{
	return site_next_key(peer) != NULL && !connection_initiates(inputs->own, peer) &&
	       inputs->now_ms - state->rotation.since_ms < YIELD_MS;
}

/* Each refusal is followed by twice the patience of the one before. */
static int64_t patience_ms(const struct rotation_inputs *inputs, int64_t tries)
{
	int64_t patience = inputs->interval_ms / 2;

	for (int64_t i = 1; i < tries && patience < RETRY_MAX_MS; i++)
		patience *= 2;
	return patience < RETRY_MAX_MS ? patience : RETRY_MAX_MS;
}

static bool try_is_due(const struct state *state, const struct rotation_inputs *inputs,
		       const struct rotation_report *report)
{
	const struct follower *follower = follower_find(inputs->recent, report->peer->name);
	bool twofold = connection_is_twofold(inputs->tunnels, report->peer->name);
	int64_t rounds = twofold ? follower->tries / 2 : follower->tries;

	if (report->stance == STANCE_QUEUED)
		return !yields(state, inputs, report->peer);
	return report->stance == STANCE_REFUSES &&
	       inputs->now_ms - follower->tried_ms >= patience_ms(inputs, rounds);
}

/* The next to be asked; borrowed. NULL: nobody is, or somebody was just now. */
static const struct site *next_asked(const struct state *state,
				     const struct rotation_inputs *inputs,
				     const struct rotation_report *reports)
{
	const struct site *next = NULL;

	for (size_t i = 0; i < inputs->peers->count; i++) {
		struct standing standing = standing_of(state, inputs, reports[i].peer);

		if (reports[i].stance == STANCE_TRIED && !standing_is_replaced(&standing))
			return NULL;
		if (next == NULL && try_is_due(state, inputs, &reports[i]))
			next = reports[i].peer;
	}
	return next;
}

/*
 * A try that nobody answers goes on for ever, and would make a second tunnel when the peer is back
 * and long has one: it ends when its time is over, or when nobody wants it any more.
 */
static void tries_end(const struct rotation_inputs *inputs, const struct rotation_report *report,
		      const struct standing *standing, struct plan *plan)
{
	if (report->stance == STANCE_QUEUED || report->stance == STANCE_TRIED ||
	    (standing->old < TUNNEL_OUTDATED && standing->fresh < TUNNEL_OUTDATED))
		return;
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];

		if (sa->established_s < 0 && !sa_is_ending(sa) &&
		    connection_is_of(sa->name, report->peer->name))
			plan_add(plan, ACTION_TERMINATE, sa->name, "nobody answers")->sa = sa->id;
	}
}

static void switching_plan(const struct state *state, const struct rotation_inputs *inputs,
			   const struct rotation_report *reports, struct plan *plan)
{
	const struct site *asked = next_asked(state, inputs, reports);

	for (size_t i = 0; i < inputs->peers->count; i++) {
		struct standing standing = standing_of(state, inputs, reports[i].peer);

		if (standing_is_replaced(&standing))
			old_terminate(state, inputs, reports[i].peer, plan);
		tries_end(inputs, &reports[i], &standing, plan);
	}
	if (asked != NULL) {
		int64_t tries = follower_find(inputs->recent, asked->name)->tries;
		AUTO_FREE char *name = connection_tried(inputs->tunnels, asked->name, tries);

		plan_add(plan, ACTION_INITIATE, name, NULL);
	}
}

/* Most peers have terminated theirs by then, and take the new key: the tunnel is away a moment. */
static void retiring_plan(const struct state *state, const struct rotation_inputs *inputs,
			  struct plan *plan)
{
	if (state->pending || inputs->now_ms - state->rotation.since_ms < inputs->interval_ms)
		return;
	for (size_t i = 0; i < inputs->peers->count; i++)
		old_terminate(state, inputs, &inputs->peers->items[i], plan);
}

void rotation_plan(const struct state *state, const struct rotation_inputs *inputs,
		   const struct rotation_report *reports, struct plan *plan)
{
	if (state->rotation.phase == ROTATION_SWITCHING)
		switching_plan(state, inputs, reports, plan);
	else if (state->rotation.phase == ROTATION_RETIRING && state->rotation.compromised)
		retiring_plan(state, inputs, plan);
}

static bool plan_asks(const struct plan *plan, const struct site *peer)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->actions[i].kind == ACTION_INITIATE &&
		    connection_is_of(plan->actions[i].name, peer->name))
			return true;
	return false;
}

void rotation_remember(const struct rotation_inputs *inputs, const struct plan *plan,
		       struct recent *recent)
{
	for (size_t i = 0; i < inputs->peers->count; i++) {
		const struct site *peer = &inputs->peers->items[i];

		if (peer_is_connected(inputs, peer))
			recent_follower(recent, peer->name)->live_ms = inputs->now_ms;
		if (plan_asks(plan, peer)) {
			struct follower *follower = recent_follower(recent, peer->name);

			follower->tried_ms = inputs->now_ms;
			follower->tries++;
		}
	}
}
