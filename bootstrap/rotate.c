/*
 * rotate: where the steps of a rotation meet the disk, the registry and charon. Which step comes when is decided in
 * render/rotation; here what it goes by is looked up, and what it wants is saved and done, in the order in which a run may
 * be killed anywhere.
 */
#include "bootstrap/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "bootstrap/apply.h"
#include "bootstrap/charon/charon.h"
#include "bootstrap/picture.h"
#include "render/connection.h"
#include "render/rotation.h"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX 64

bool rotate_is_on(const struct session *session)
{
	const struct state *state = &session->state;

	return state->duty == DUTY_SERVES && state->generation > 0 &&
	       (state->rotation.phase != ROTATION_NONE || state->revoked.count > 0);
}

/* The next pass is to look at everything, and to know that before it knows of the step that makes it so. */
int rotate_save(struct session *session, struct err *e)
{
	session->recent.reconciled_ms = 0;
	for (size_t i = 0; i < session->recent.follower_count; i++) {
		session->recent.followers[i].tried_ms = 0;
		session->recent.followers[i].tries = 0;
	}
	if (!rotate_is_on(session))
		recent_followers_drop(&session->recent);
	if (recent_save(session->options->root, &session->recent, e) < 0)
		return -1;
	return state_save(session->options->root, &session->state, e);
}

int rotate_store(struct session *session, const struct buf *private_pem, const struct public_key *key, struct err *e)
{
	const char *root = session->options->root, *folder = session->host.flavour->keys_folder;

	rotation_offer(&session->state, &session->keyring.active, key);
	if (rotate_save(session, e) < 0)
		return -1;
	return keyring_store_next(root, folder, private_pem, key, &session->keyring, e);
}

/* --- what peers are told --- */

static void site_terminate_plan(const struct tunnels *tunnels, const char *site, struct plan *plan)
{
	for (size_t i = 0; i < tunnels->sa_count; i++)
		if (connection_is_of(tunnels->sas[i].name, site))
			plan_add(plan, ACTION_TERMINATE, tunnels->sas[i].name, "its site has revoked a key")->sa =
				tunnels->sas[i].id;
}

/* Whether a peer lists a revoked key that was not dealt with; then it is noted as if it were. */
static bool revoked_note(struct revocations *dealt, const struct site *peer)
{
	bool news = false;

	for (size_t i = 0; i < peer->revoked.count; i++) {
		news |= !revocations_has(dealt, peer->name, peer->revoked.items[i]);
		revocations_add(dealt, peer->name, peer->revoked.items[i]);
	}
	return news;
}

static int revoked_deal(struct session *session, const struct sites *peers, struct outcome *outcome, struct err *e)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct state *state = &session->state;

	session_step(session, "revoked keys");
	if (tunnels_observe(session, &tunnels, e) < 0)
		return -1;
	revocations_prune(&state->dealt, peers);
	for (size_t i = 0; i < peers->count; i++) {
		const struct site *peer = &peers->items[i];

		if (!revoked_note(&state->dealt, peer))
			continue;
		log_note(session->log, "site '%s' has revoked a key: its tunnel is made anew", peer->name);
		site_terminate_plan(&tunnels, peer->name, &plan);
		outcome->moving = true;
	}
	outcome->changed |= plan.count > 0;
	tunnels_act(session, &plan);
	return state_save(session->options->root, state, e);
}

static int ack_tell(struct session *session, const struct ack *ack, struct outcome *outcome, struct err *e)
{
	AUTO_FREE char *text = ack_text(ack);
	uint32_t hash = hash_text(text);

	if (hash == session->state.ack)
		return 0;
	session_step(session, "acknowledge");
	log_step(session->log, "acknowledging the keys that peers are about to use, or have revoked");
	if (ack_put(&session->registry, ack, e) < 0) {
		outcome->behind |= e->code == EXIT_AGAIN;
		if (e->code != EXIT_AGAIN && e->code != EXIT_DENIED)
			return -1;
		session_registry_lost(session, e);
		return 0;
	}
	session->state.ack = hash;
	return state_save(session->options->root, &session->state, e);
}

int rotate_answer(struct session *session, const struct sites *peers, struct outcome *outcome, struct err *e)
{
	CLEANUP(ack_done) struct ack ack = { 0 };

	if (revoked_deal(session, peers, outcome, e) < 0)
		return -1;
	if (!ack_make(session->config.site, peers, &session->state.dealt, &ack))
		return 0;
	return ack_tell(session, &ack, outcome, e);
}

/* --- the own key --- */

/* A machine that does not tell is as one that never reboots. */
static void boot_read(const struct session *session, char ret_boot[BOOT_ID_SIZE])
{
	AUTO_BUF struct buf text = { 0 };
	struct err unreadable = ERR_INIT;

	ret_boot[0] = '\0';
	if (file_read(session->options->root, BOOT_ID_FILE, BOOT_ID_MAX, &text, NULL, &unreadable) == 0)
		snprintf(ret_boot, BOOT_ID_SIZE, "%.*s", (int)strcspn(buf_str(&text), "\n"), buf_str(&text));
}

/* What a step is taken from, and what is taken for it. */
struct rotating {
	struct session *session;
	struct tunnels tunnels;
	struct acks acks;
	char boot[BOOT_ID_SIZE];
	struct rotation_inputs inputs;
	struct rotation_report *reports;
	struct plan plan;
};

static void rotating_done(struct rotating *r)
{
	tunnels_done(&r->tunnels);
	acks_done(&r->acks);
	free(r->reports);
	plan_done(&r->plan);
}

static int rotating_observe(struct rotating *r, const struct site *own, const struct sites *peers, struct err *e)
{
	struct session *session = r->session;

	boot_read(session, r->boot);
	r->inputs = (struct rotation_inputs){
		.own = own,
		.peers = peers,
		.tunnels = &r->tunnels,
		.recent = &session->recent,
		.boot = r->boot,
		.now_ms = clock_boot_ms(),
		.interval_ms = session->config.interval_s * 1000,
		.wall_s = clock_wall_s(),
	};
	session_step(session, "rotation");
	return tunnels_observe(session, &r->tunnels, e);
}

static void acks_observe(struct rotating *r)
{
	struct session *session = r->session;
	struct err e = ERR_INIT;

	if (!rotation_wants_acks(&session->state))
		return;
	if (acks_list(&session->registry, &r->acks, &e) < 0) {
		session_registry_lost(session, &e);
		return;
	}
	r->inputs.acks = &r->acks;
	for (size_t i = 0; i < r->acks.warnings.count; i++) {
		AUTO_FREE char *text = mem_printf("%s, ignoring", r->acks.warnings.items[i]);

		session_warn(session, text);
	}
}

/* Over the bytes, and out of charon with the next pass, which loads what is left. */
static int retired_wipe(struct session *session, struct err *e)
{
	const char *root = session->options->root, *folder = session->host.flavour->keys_folder;
	struct public_key kept = { 0 };

	snprintf(kept.id, sizeof kept.id, "%s", session->state.rotation.to);
	if (keyring_wipe_others(root, folder, &kept, e) < 0)
		return -1;
	return apply_unloaded(session, e);
}

static void rotation_report_to(const struct rotating *r, struct outcome *outcome)
{
	const struct state *state = &r->session->state;

	strings_done(&outcome->rotation);
	strings_done(&outcome->holders);
	if (state->rotation.phase == ROTATION_NONE)
		return;
	outcome->overdue = rotation_is_overdue(state, &r->inputs, r->reports);
	for (size_t i = 0; i < r->inputs.peers->count; i++) {
		AUTO_FREE char *text = rotation_text(state, &r->reports[i]);

		strings_add(&outcome->rotation, text);
		if (rotation_is_held(&r->reports[i]))
			strings_add(&outcome->holders, r->reports[i].peer->name);
		outcome->moving |= r->reports[i].stance == STANCE_QUEUED || r->reports[i].stance == STANCE_TRIED;
	}
}

static int rotating_step(struct rotating *r, struct outcome *outcome, struct err *e)
{
	struct session *session = r->session;
	struct state *state = &session->state;
	bool retired = state->rotation.phase == ROTATION_RETIRING && !state->pending;
	bool moved;

	if (retired && retired_wipe(session, e) < 0)
		return -1;
	moved = rotation_advance(&r->inputs, r->reports, state);
	moved |= rotation_forgive(&r->inputs, state);
	if (!moved)
		return 0;
	outcome->changed = outcome->behind = outcome->moving = true;
	return rotate_save(session, e);
}

int rotate_tend(struct session *session, const struct site *own, const struct sites *peers, struct outcome *outcome,
		struct err *e)
{
	CLEANUP(rotating_done) struct rotating r = { .session = session };

	if (rotating_observe(&r, own, peers, e) < 0)
		return -1;
	acks_observe(&r);
	if (rotation_refresh(&r.inputs, &session->state) && state_save(session->options->root, &session->state, e) < 0)
		return -1;
	r.reports = rotation_judge(&session->state, &r.inputs);
	rotation_plan(&session->state, &r.inputs, r.reports, &r.plan);
	tunnels_act(session, &r.plan);
	rotation_remember(&r.inputs, &r.plan, &session->recent);
	rotation_report_to(&r, outcome);
	if (recent_save(session->options->root, &session->recent, e) < 0)
		return -1;
	return rotating_step(&r, outcome, e);
}

/* --- what begins and ends it --- */

int rotate_begin_due(struct session *session, bool *ret_begun, struct err *e)
{
	const struct site own = { .name = session->config.site };
	struct state *state = &session->state;

	*ret_begun = state->duty == DUTY_SERVES && state->complete && state->generation > 0 && !state->pending &&
		     rotation_is_due(state, &own, session->config.rekey_after_s, clock_wall_s());
	if (!*ret_begun)
		return 0;
	if (session_load_key(session, e) < 0)
		return -1;
	log_note(session->log, "the key is older than 'rekey-after' allows: it is replaced");
	rotation_want(state, &session->keyring.active, false);
	return rotate_save(session, e);
}

int rotate_abort(struct session *session, bool *ret_done, struct err *e)
{
	CLEANUP(rotating_done) struct rotating r = { .session = session };
	CLEANUP(site_done) struct site own = { 0 };

	picture_remember(session, &own);
	if (rotating_observe(&r, &own, &session->state.peers, e) < 0)
		return -1;
	*ret_done = rotation_abort(&r.inputs, &session->state);
	return *ret_done ? rotate_save(session, e) : 0;
}
