/*
 * reconcile: observe → decide → host → site → tunnels, in that order and each by its own
 * room. This file is the order, and knows when it is due.
 */
#include "bootstrap/reconcile.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/hash.h"
#include "bootstrap/apply.h"
#include "bootstrap/duty.h"
#include "bootstrap/fill.h"
#include "bootstrap/leave.h"
#include "bootstrap/observe.h"
#include "bootstrap/picture.h"
#include "bootstrap/rotate.h"
#include "render/rotation.h"

/* cygnet's own units come first, so that the timer finishes what this run may leave undone. */
static int reconcile_units(struct session *session, bool *changed, struct err *e)
{
	const struct tree_inputs inputs = picture_tree_inputs(session, NULL, NULL);
	CLEANUP(observation_done) struct observation seen = { 0 };
	CLEANUP(target_done) struct target target = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	session_step(session, "units");
	target_units(&inputs, &target);
	if (observe_host(session, &target, &seen, e) < 0)
		return -1;
	plan_make(&target, &seen, 1u << CONCERN_UNITS, NULL, &plan);
	*changed |= plan.count > 0;
	return apply_plan(session, &target, &plan, e);
}

/* Another instance's, of a baked image, or another site's goes once there is an own one. */
static int key_keep(struct session *session, struct key_maker *maker, struct outcome *outcome,
		    struct err *e)
{
	const char *root = session->options->root, *folder = session->host.flavour->keys_folder;
	CLEANUP(public_key_done) struct public_key key = { 0 };
	AUTO_WIPE struct buf private_pem = { 0 };

	session_step(session, "key");
	if (key_maker_finish(maker, &private_pem, &key, e) < 0)
		return -1;
	outcome->changed = true;
	log_note(session->log, "made the RSA-%u key %.*s", key.bits, KEY_ID_SHORT, key.id);
	if (rotate_store(session, &private_pem, &key, e) < 0)
		return -1;
	return session->fresh ? keyring_wipe_others(root, folder, &key, e) : 0;
}

static void sites_keep(const struct sites *sites, struct sites *kept)
{
	sites_done(kept);
	for (size_t i = 0; i < sites->count; i++) {
		struct site copy;

		site_copy(&sites->items[i], &copy);
		sites_add(kept, &copy);
	}
}

static void routes_keep(const struct session *session, const struct picture *picture,
			struct state *state)
{
	struct made_route *routes;
	size_t count;

	picture_routes(session, picture, &routes, &count);
	made_routes_done(state->routes, state->route_count);
	state->routes = routes;
	state->route_count = count;
}

static int state_keep(struct session *session, const struct picture *picture, struct err *e)
{
	struct state *state = &session->state;

	session_step(session, "state");
	free(state->instance);
	state->instance = mem_strdup(session->instance.id);
	if (picture->listed) {
		state->applied = picture->listing.epoch;
		state->policy = picture->listing.policy.hash;
		state->refused = picture->mesh.warnings.count > 0;
		sites_keep(&picture->mesh.neighbours, &state->neighbours);
		if (picture->succession.tenure == TENURE_HELD)
			state->generation = picture->own.generation;
	}
	if (session->live) {
		routes_keep(session, picture, state);
		if (state->key_made_s == 0)
			state->key_made_s = clock_wall_s();
	}
	state->complete |= session->live && picture->listed;
	state->statics = picture->statics.hash;
	state->address = picture->own.address;
	sites_keep(&picture->mesh.peers, &state->peers);
	return state_save(session->options->root, state, e);
}

/* Whom charon lets in, it has learnt before: what is left is to say so, and the tunnels. */
static int keys_tend(struct session *session, const struct picture *picture,
		     const struct replaced *replaced, struct outcome *outcome, struct err *e)
{
	const struct sites *peers = &picture->mesh.peers;

	if (picture->listed && picture_found(picture) == NULL)
		session->state.ack = 0;	/* a registry that lost the record lost the ack as well */
	if (session->state.generation > 0 && rotate_answer(session, peers, outcome, e) < 0)
		return -1;
	if (tunnels_tend(session, &picture->own, peers, replaced, outcome, e) < 0)
		return -1;
	return rotate_is_on(session) ? rotate_tend(session, &picture->own, peers, outcome, e) : 0;
}

static int picture_apply(struct session *session, struct picture *picture, struct outcome *outcome,
			 struct err *e)
{
	const struct sites *peers = &picture->mesh.peers;
	CLEANUP(replaced_done) struct replaced replaced = { 0 };
	CLEANUP(target_done) struct target target = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	tunnels_replaced(session, peers, &replaced);
	if (picture_plan(session, picture, &target, &plan, e) < 0)
		return -1;
	outcome->changed |= plan.count > 0;
	if (apply_plan(session, &target, &plan, e) < 0 || state_keep(session, picture, e) < 0)
		return -1;
	if (!session->live)
		return 0;
	if (fill_site(session, picture, &plan, outcome, e) < 0)
		return -1;
	return keys_tend(session, picture, &replaced, outcome, e);
}

/* --- an instance whose site is another's by now, or nobody's --- */

/* Its tunnels stay until its key is listed no more; that it does nothing else outlasts a reboot. */
static int reconcile_end(struct session *session, const struct picture *picture,
			 struct outcome *outcome, struct err *e)
{
	const struct succession *succession = &picture->succession;
	struct state *state = &session->state;

	outcome->ended = true;
	duty_tell(session, succession);
	state->duty = succession->tenure == TENURE_LEFT ? DUTY_LEFT : DUTY_SUPERSEDED;
	if (!session->live)
		return 0;
	session_step(session, "state");
	if (state_save(session->options->root, state, e) < 0)
		return -1;
	if (succession->over)
		return duty_retire(session, state->duty, outcome, e);
	return tunnels_tend(session, &picture->own, &state->peers, NULL, outcome, e);
}

/* One that was superseded before, and has tunnels left. */
static int reconcile_ended(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(picture_done) struct picture picture = { 0 };

	outcome->ended = true;
	if (session_load_key(session, e) < 0)
		return -1;
	picture_remember(session, &picture.own);
	picture_observe_registry(session, &picture);
	if (!picture.listed)
		return tunnels_tend(session, &picture.own, &session->state.peers, NULL, outcome, e);
	if (picture_judge(session, &picture, e) < 0)
		return -1;
	return reconcile_end(session, &picture, outcome, e);
}

/* --- passes --- */

static void maker_abandon(struct key_maker **maker)
{
	key_maker_abandon(*maker);
}

static bool key_wanted(const struct session *session)
{
	return !session->keyring.present ||
	       (session->live && rotation_lacks_key(&session->state, &session->keyring));
}

static int reconcile_gateway(struct session *session, bool news, struct outcome *outcome,
			     struct err *e)
{
	CLEANUP(maker_abandon) struct key_maker *maker = NULL;
	CLEANUP(picture_done) struct picture picture = { .news = news };

	if (reconcile_units(session, &outcome->changed, e) < 0 || session_load_key(session, e) < 0)
		return -1;
	if (key_wanted(session))
		maker = key_maker_start(session->config.key_bits);
	if (picture_observe(session, &picture, e) < 0)
		return -1;
	if (maker != NULL && key_keep(session, TAKE(maker), outcome, e) < 0)
		return -1;
	if (picture_decide(session, &picture, e) < 0)
		return -1;
	return picture_ended(&picture) ? reconcile_end(session, &picture, outcome, e) :
					 picture_apply(session, &picture, outcome, e);
}

static int reconcile_by_duty(struct session *session, bool news, struct outcome *outcome,
			     struct err *e)
{
	if (duty_check(session, e) < 0)
		return -1;
	if (session->claim || session->state.duty == DUTY_SERVES)
		return reconcile_gateway(session, news, outcome, e);
	if (leave_is_on(session))
		return leave_finish(session, outcome, e);
	return reconcile_ended(session, outcome, e);
}

static int64_t settings_hash(const struct config *config)
{
	AUTO_BUF struct buf text = { 0 };

	for (unsigned i = 0; i < SETTING_COUNT; i++)
		buf_addf(&text, "%s\n", config->values[i] ? config->values[i] : "");
	return hash_text(buf_str(&text));
}

/* Until its end is reached the next run looks at everything again, whatever becomes of this one. */
static int reconciled_doubt(struct session *session, struct err *e)
{
	if (session->recent.reconciled_ms == 0)
		return 0;
	session->recent.reconciled_ms = 0;
	return recent_save(session->options->root, &session->recent, e);
}

/* What another look may find mended is all looked at again; an outage of the registry by itself. */
static void hindrance_note(struct session *session)
{
	struct recent *recent = &session->recent;

	recent->hindered = session->hindered ? recent->hindered + 1 : 0;
	recent->hindered_ms = session->hindered ? clock_boot_ms() : 0;
}

/* Reading the news does not put off reading everything. */
static int reconciled_note(struct session *session, bool news, const struct outcome *outcome,
			   struct err *e)
{
	hindrance_note(session);
	if (outcome->behind)
		session->recent.reconciled_ms = 0;
	else if (!news)
		session->recent.reconciled_ms = clock_boot_ms();
	session->recent.public_address = session->instance.public_address;
	session->recent.settings = settings_hash(&session->config);
	return recent_save(session->options->root, &session->recent, e);
}

static void outcome_begin(struct outcome *outcome)
{
	outcome->behind = false;
	outcome->ended = false;
	outcome->moving = false;
	outcome->overdue = false;
}

static int reconcile_all(struct session *session, bool news, struct outcome *outcome, struct err *e)
{
	outcome_begin(outcome);
	err_clear(&session->setback);
	session->hindered = false;
	if (session->live && !news && reconciled_doubt(session, e) < 0)
		return -1;
	if (reconcile_by_duty(session, news, outcome, e) < 0)
		return -1;
	return session->live ? reconciled_note(session, news, outcome, e) : 0;
}

int reconcile_full(struct session *session, struct outcome *outcome, struct err *e)
{
	return reconcile_all(session, false, outcome, e);
}

int reconcile_tunnels(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(site_done) struct site own = { 0 };

	picture_remember(session, &own);
	return tunnels_tend(session, &own, &session->state.peers, NULL, outcome, e);
}

/* Charon, and what a rotation waits for. */
static int reconcile_quick(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(site_done) struct site own = { 0 };

	outcome_begin(outcome);
	picture_remember(session, &own);
	if (tunnels_tend(session, &own, &session->state.peers, NULL, outcome, e) < 0)
		return -1;
	return rotate_is_on(session) ?
	       rotate_tend(session, &own, &session->state.peers, outcome, e) : 0;
}

/* --- what is due --- */

static bool period_is_over(const struct session *session)
{
	int64_t period_ms = session->config.reconcile_s * 1000, spread_ms = period_ms / 10;
	int64_t early_ms = spread_ms > 0 ? (int64_t)hash_text(session->config.site) % spread_ms : 0;

	return session->recent.reconciled_ms == 0 ||
	       clock_boot_ms() - session->recent.reconciled_ms >= period_ms - early_ms;
}

/* A throttled gateway may not ask the more for it: the pause doubles, up to the usual one. */
static bool hindrance_may_be_over(const struct session *session)
{
	const struct recent *recent = &session->recent;
	int64_t pause_ms = session->config.interval_s * 1000 / 2;
	int64_t most_ms = session->config.reconcile_s * 1000;

	for (int64_t i = 1; i < recent->hindered && pause_ms < most_ms; i++)
		pause_ms *= 2;
	if (pause_ms > most_ms)
		pause_ms = most_ms;
	return recent->hindered > 0 && clock_boot_ms() - recent->hindered_ms >= pause_ms;
}

/* What cannot be read is for the full pass to tell. */
static bool statics_changed(const struct session *session)
{
	CLEANUP(statics_done) struct statics statics = { 0 };
	struct err unreadable = ERR_INIT;

	return statics_load(session->options->root, &statics, &unreadable) < 0 ||
	       statics.hash != session->state.statics;
}

/* Of what this machine knows by itself. */
static bool full_is_due(const struct session *session)
{
	const struct state *state = &session->state;
	bool settled = state->complete && !state->pending && state->generation > 0 &&
		       state->duty == DUTY_SERVES;

	return !settled || period_is_over(session) || hindrance_may_be_over(session) ||
	       session->recent.public_address != session->instance.public_address ||
	       session->recent.settings != settings_hash(&session->config) ||
	       statics_changed(session) || !tunnels_observable(session);
}

/* Of what the registry tells in a single call. */
static bool news_are_there(struct session *session)
{
	CLEANUP(policy_done) struct policy policy = { 0 };
	struct err e = ERR_INIT;
	struct epoch epoch;

	session_step(session, "registry");
	if (exchange_epoch(&session->registry, &epoch, &policy, &e) < 0) {
		session_registry_lost(session, &e);
		return false;
	}
	session_registry_found(session);
	return !epoch_equal(&epoch, &session->state.applied) ||
	       policy.hash != session->state.policy;
}

int reconcile_due(struct session *session, struct outcome *outcome, struct err *e)
{
	bool begun;

	if (rotate_begin_due(session, &begun, e) < 0)
		return -1;
	if (begun || full_is_due(session))
		return reconcile_full(session, outcome, e);
	if (news_are_there(session))
		return reconcile_all(session, true, outcome, e);
	return reconcile_quick(session, outcome, e);
}
