/*
 * rotate: where the steps of a rotation meet the disk, the registry and charon. Which one comes
 * when is decided in render/rotation; here what it goes by is looked up, and what it wants is saved
 * and done, in an order in which a run may be killed anywhere.
 */
#include "bootstrap/rotate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "bootstrap/apply.h"
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

/* That everything is to be looked at is on disk before that of which it follows. */
int rotate_save(struct session *session, struct err *e)
{
	struct recent *recent = &session->recent;

	recent->reconciled_ms = 0;
	for (size_t i = 0; i < recent->follower_count; i++)
		recent->followers[i].tries = 0;
	if (!rotate_is_on(session))
		recent_followers_drop(recent);
	if (recent_save(session->options->root, recent, e) < 0)
		return -1;
	return state_save(session->options->root, &session->state, e);
}

int rotate_store(struct session *session, const struct buf *private_pem,
		 const struct public_key *key, struct err *e)
{
	const char *root = session->options->root, *folder = session->host.flavour->keys_folder;
	struct keyring *keyring = &session->keyring;
	struct state *state = &session->state;

	if (keyring->present)
		rotation_offer(state, &keyring->active, key);
	else
		rotation_restart(state, key);
	if (state->instance != NULL && rotate_save(session, e) < 0)
		return -1;
	return keyring->present ? keyring_store_next(root, folder, private_pem, key, keyring, e) :
				  keyring_store(root, folder, private_pem, key, keyring, e);
}

/* --- what peers are told --- */

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

static int site_terminate(struct session *session, const struct site *peer, struct outcome *outcome,
			  struct err *e)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	if (tunnels_observe(session, &tunnels, e) < 0)
		return -1;
	for (size_t i = 0; i < tunnels.sa_count; i++) {
		const struct ike_sa *sa = &tunnels.sas[i];
		struct action *action;

		if (!connection_is_of(sa->name, peer->name))
			continue;
		action = plan_add(&plan, ACTION_TERMINATE, sa->name, "its site has revoked a key");
		action->sa = sa->id;
		action->force = true;
	}
	if (plan.count > 0) {
		log_note(session->log, "site '%s' has revoked a key: its tunnel is made anew",
			 peer->name);
		outcome->changed = outcome->moving = true;
	}
	tunnels_act(session, &plan);
	return 0;
}

static int revoked_deal(struct session *session, const struct sites *peers, struct outcome *outcome,
			struct err *e)
{
	struct revocations *dealt = &session->state.dealt;

	session_step(session, "revoked keys");
	revocations_prune(dealt, peers);
	for (size_t i = 0; i < peers->count; i++)
		if (revoked_note(dealt, &peers->items[i]) &&
		    site_terminate(session, &peers->items[i], outcome, e) < 0)
			return -1;
	return state_save(session->options->root, &session->state, e);
}

static int ack_tell(struct session *session, const struct ack *ack, struct outcome *outcome,
		    struct err *e)
{
	AUTO_FREE char *text = ack_text(ack);
	uint32_t hash = hash_text(text);

	if (hash == session->state.ack)
		return 0;
	session_step(session, "acknowledge");
	log_step(session->log, "telling peers that the keys they published are loaded or refused");
	if (ack_put(&session->registry, ack, e) == 0) {
		session->state.ack = hash;
		return state_save(session->options->root, &session->state, e);
	}
	if (e->code != EXIT_AGAIN && e->code != EXIT_DENIED)
		return -1;
	outcome->behind |= e->code == EXIT_AGAIN;
	session_registry_lost(session, e);
	return 0;
}

int rotate_answer(struct session *session, const struct sites *peers, struct outcome *outcome,
		  struct err *e)
{
	CLEANUP(ack_done) struct ack ack = { 0 };

	if (revoked_deal(session, peers, outcome, e) < 0)
		return -1;
	if (!ack_make(session->config.site, peers, &session->state.dealt, &ack))
		return 0;
	return ack_tell(session, &ack, outcome, e);
}

/* --- what a step is taken from, and what is taken for it --- */

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

/* A machine that does not tell is as one that never reboots. */
static void boot_read(const struct session *session, char ret_boot[BOOT_ID_SIZE])
{
	AUTO_BUF struct buf text = { 0 };
	struct err unreadable = ERR_INIT;

	ret_boot[0] = '\0';
	if (file_read(session->options->root, BOOT_ID_FILE, BOOT_ID_MAX,
		      &text, NULL, &unreadable) == 0)
		snprintf(ret_boot, BOOT_ID_SIZE, "%.*s",
			 (int)strcspn(buf_str(&text), "\n"), buf_str(&text));
}

static int rotating_observe(struct rotating *r, const struct site *own, const struct sites *peers,
			    struct err *e)
{
	struct session *session = r->session;

	session_step(session, "rotation");
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

/* --- the step --- */

static void holders_warn(struct session *session, const struct outcome *outcome)
{
	AUTO_FREE char *names = strings_join(&outcome->holders, "', '");
	AUTO_FREE char *text = mem_printf("the replacement of this gateway's key is held up by "
					  "'%s': see 'cygnet rekey'", names);

	session_warn(session, text);
}

static void outcome_report(const struct rotating *r, struct outcome *outcome)
{
	const struct state *state = &r->session->state;

	strings_done(&outcome->rotation);
	strings_done(&outcome->holders);
	for (size_t i = 0;
	     i < r->inputs.peers->count && state->rotation.phase != ROTATION_NONE; i++) {
		const struct rotation_report *report = &r->reports[i];
		AUTO_FREE char *text = rotation_text(state, report);

		strings_add(&outcome->rotation, text);
		if (rotation_is_held(report))
			strings_add(&outcome->holders, report->peer->name);
		outcome->moving |= report->stance == STANCE_TRIED ||
				   (report->stance == STANCE_QUEUED &&
				    state->rotation.phase == ROTATION_SWITCHING);
	}
	outcome->overdue = rotation_is_overdue(state, &r->inputs, r->reports);
	if (outcome->overdue)
		holders_warn(r->session, outcome);
}

static int rotating_act(struct rotating *r, struct outcome *outcome, struct err *e)
{
	struct session *session = r->session;
	const char *root = session->options->root;

	if (rotation_refresh(&r->inputs, &session->state) &&
	    state_save(root, &session->state, e) < 0)
		return -1;
	r->reports = rotation_judge(&session->state, &r->inputs);
	rotation_plan(&session->state, &r->inputs, r->reports, &r->plan);
	tunnels_act(session, &r->plan);
	rotation_remember(&r->inputs, &r->plan, &session->recent);
	outcome->changed |= r->plan.count > 0;
	outcome_report(r, outcome);
	return recent_save(root, &session->recent, e);
}

/* Over its bytes; the next pass has charon load what is left. */
static int retired_wipe(struct session *session, struct err *e)
{
	const struct state *state = &session->state;
	struct public_key kept = { 0 };

	if (state->rotation.phase != ROTATION_RETIRING || state->pending)
		return 0;
	snprintf(kept.id, sizeof kept.id, "%s", state->rotation.to);
	if (keyring_wipe_others(session->options->root, session->host.flavour->keys_folder,
				&kept, e) < 0)
		return -1;
	return apply_behind(session, CONCERN_CHARON, e);
}

static int rotating_step(struct rotating *r, struct outcome *outcome, struct err *e)
{
	struct session *session = r->session;
	bool moved;

	if (retired_wipe(session, e) < 0)
		return -1;
	moved = rotation_advance(&r->inputs, r->reports, &session->state);
	moved |= rotation_forgive(&r->inputs, &session->state);
	if (!moved)
		return 0;
	outcome->changed = outcome->behind = outcome->moving = true;
	return rotate_save(session, e);
}

int rotate_tend(struct session *session, const struct site *own, const struct sites *peers,
		struct outcome *outcome, struct err *e)
{
	CLEANUP(rotating_done) struct rotating r = { .session = session };

	if (rotating_observe(&r, own, peers, e) < 0)
		return -1;
	acks_observe(&r);
	return rotating_act(&r, outcome, e) < 0 ? -1 : rotating_step(&r, outcome, e);
}

/* --- what changes its course --- */

int rotate_begin_due(struct session *session, bool *ret_begun, struct err *e)
{
	const struct config *config = &session->config;
	struct state *state = &session->state;

	*ret_begun = false;
	if (state->duty != DUTY_SERVES || state->generation == 0 ||
	    !state->complete || state->pending ||
	    !rotation_is_due(state, config->site, config->rekey_after_s, clock_wall_s()))
		return 0;
	if (session_load_key(session, e) < 0)
		return -1;
	*ret_begun = session->keyring.present;
	if (!*ret_begun)
		return 0;
	log_note(session->log, "the key is as old as 'rekey-after' allows: it is replaced");
	rotation_want(state, &session->keyring.active, false);
	return rotate_save(session, e);
}

typedef bool (*course_change)(const struct rotation_inputs *inputs, struct state *state);

static int course_take(struct session *session, course_change change, bool *ret_done, struct err *e)
{
	CLEANUP(rotating_done) struct rotating r = { .session = session };
	CLEANUP(site_done) struct site own = { 0 };

	picture_remember(session, &own);
	if (rotating_observe(&r, &own, &session->state.peers, e) < 0)
		return -1;
	*ret_done = change(&r.inputs, &session->state);
	return 0;
}

int rotate_abort(struct session *session, bool *ret_done, struct err *e)
{
	return course_take(session, rotation_abort, ret_done, e);
}

int rotate_compromise(struct session *session, bool *ret_done, struct err *e)
{
	return course_take(session, rotation_compromise, ret_done, e);
}
