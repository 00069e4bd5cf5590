/*
 * rekey: the operator wants another key. It writes down that much and then does what the timer does, only sooner, until
 * the rotation is over or somebody holds it up: whenever it ends, sync goes on from there.
 */
#include <string.h>

#include "base/clock.h"
#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/pass.h"
#include "bootstrap/reconcile.h"
#include "bootstrap/rotate.h"
#include "metadata/values.h"
#include "render/rotation.h"

#define LOCK_WAIT_MS 60000
#define STEP_MS 200		/* between passes while something moves */
#define LOOK_MS 2000		/* and while peers are waited for */
#define WAIT_MAX_S 86400

/* --- what is asked for --- */

static int wait_parse(const struct options *options, int64_t *ret_wait_s, struct err *e)
{
	const struct value value = { .text = options->wait, .min = 1, .max = WAIT_MAX_S };

	*ret_wait_s = 0;
	if (options->wait == NULL || value_duration(&value, ret_wait_s, e) == 0)
		return 0;
	e->code = EXIT_USAGE;
	return err_wrap(e, "option '--wait'");
}

static int skip_check(const struct session *session, struct err *e)
{
	const struct strings *skip = &session->options->skip;

	for (size_t i = 0; i < skip->count; i++)
		if (sites_find(&session->state.peers, skip->items[i]) == NULL)
			return err_set(e, EXIT_CONFIG, "'%s' is no peer of this gateway", skip->items[i]);
	return 0;
}

static int holder_check(const struct session *session, struct err *e)
{
	const struct state *state = &session->state;

	if (state->duty != DUTY_SERVES)
		return duty_refuse(session, e);
	if (state->generation > 0 && state->complete && session->keyring.present)
		return 0;
	err_set(e, EXIT_CONFIG, "this instance does not fill site '%s' of mesh '%s'", session->config.site,
		session->config.mesh);
	return err_remedy(e, "'cygnet bootstrap' makes it a gateway, with a key of its own");
}

static int abort_intend(struct session *session, struct err *e)
{
	enum rotation_phase phase = session->state.rotation.phase;
	bool done;

	if (rotate_abort(session, &done, e) < 0)
		return -1;
	if (done) {
		log_note(session->log, "going back to the key that was");
		return 0;
	}
	if (phase == ROTATION_NONE)
		return err_set(e, EXIT_CONFIG, "no key is being replaced: there is nothing to abort");
	return err_set(e, EXIT_CONFIG, "the key is about to go for good: it is too late to abort");
}

/* A rotation that is on is gone on with; once it turns out that its old key is compromised, at once. */
static int compromised_intend(struct session *session, struct err *e)
{
	struct rotation *rotation = &session->state.rotation;

	if (rotation->phase == ROTATION_RETIRING || strcmp(session->state.key, rotation->to) == 0)
		return err_set(e, EXIT_AGAIN, "a rotation is about to end: revoke the key after it");
	rotation->compromised = true;
	if (rotation->phase == ROTATION_SWITCHING)
		rotation->phase = ROTATION_OFFERED;
	return 0;
}

static int rotation_intend(struct session *session, struct err *e)
{
	const struct options *options = session->options;
	struct rotation *rotation = &session->state.rotation;
	int64_t wait_s;

	if (wait_parse(options, &wait_s, e) < 0 || skip_check(session, e) < 0)
		return -1;
	if (rotation->phase == ROTATION_NONE)
		rotation_want(&session->state, &session->keyring.active, options->compromised);
	else if (options->compromised && compromised_intend(session, e) < 0)
		return -1;
	else
		log_note(session->log, "a rotation is on already: going on with it");
	if (wait_s > 0)
		rotation->wait_s = wait_s;
	for (size_t i = 0; i < options->skip.count; i++)
		if (!strings_has(&rotation->skip, options->skip.items[i]))
			strings_add(&rotation->skip, options->skip.items[i]);
	if (options->compromised)
		log_warn(session->log, "the old key is refused at once, and every tunnel made anew: packets are lost "
			 "until each peer has read the record");
	return rotate_save(session, e);
}

static int rekey_intend(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	session_step(session, "rekey");
	if (session_load_key(session, e) < 0 || holder_check(session, e) < 0)
		return -1;
	return session->options->abort ? abort_intend(session, e) : rotation_intend(session, e);
}

/* --- until it is done --- */

/* Lines that the last pass did not have. */
static void progress_print(const struct session *session, const struct strings *before, const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->rotation.count; i++)
		if (!strings_has(before, outcome->rotation.items[i]))
			log_note(session->log, "%s", outcome->rotation.items[i]);
}

static bool is_over(const struct session *session, const struct outcome *outcome)
{
	return session->state.rotation.phase == ROTATION_NONE && !outcome->behind && !session->state.pending;
}

/* A pass that finds the lock taken, or the registry away, is made up for by the next. */
static int rekey_pass(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(strings_done) struct strings before = { 0 };

	strings_copy(&outcome->rotation, &before);
	if (pass_run(session, reconcile_due, LOCK_WAIT_MS, outcome, e) < 0) {
		if (e->code != EXIT_AGAIN)
			return -1;
		log_note(session->log, "%s: %s, trying again", session->step, e->cause);
		err_clear(e);
	}
	progress_print(session, &before, outcome);
	return 0;
}

static int held_up(const struct session *session, const struct outcome *outcome, struct err *e)
{
	AUTO_FREE char *names = strings_join(&outcome->holders, ", ");

	err_set(e, EXIT_AGAIN, "held up by %s", outcome->holders.count > 0 ? names : "the registry");
	return err_remedy(e, "sync goes on once that is over; 'cygnet rekey --skip PEER' goes on without a peer, "
			  "'cygnet rekey --abort' goes back%s",
			  session->state.rotation.phase == ROTATION_RETIRING ? ", which is too late now" : "");
}

static int rekey_follow(struct session *session, struct outcome *outcome, struct err *e)
{
	int64_t deadline_ms = clock_boot_ms() + rotation_wait_ms(&session->state, &session->state.peers) +
			      session->config.timeout_s * 1000;

	for (;;) {
		if (rekey_pass(session, outcome, e) < 0)
			return -1;
		if (outcome->ended)
			return duty_refuse(session, e);
		if (is_over(session, outcome))
			return 0;
		if (outcome->overdue || clock_boot_ms() >= deadline_ms)
			return held_up(session, outcome, e);
		clock_sleep_ms(outcome->moving || outcome->behind ? STEP_MS : LOOK_MS);
	}
}

enum exit_code command_rekey(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };

	if (session->options->abort && (session->options->compromised || session->options->skip.count > 0)) {
		err_set(e, EXIT_USAGE, "option '--abort' goes back, and '--compromised' and '--skip' go on");
		return EXIT_USAGE;
	}
	if (!session->live) {
		err_set(e, EXIT_USAGE, "a key can only be replaced from the gateway's own root, without '--root'");
		return EXIT_USAGE;
	}
	if (pass_allowed(session, e) < 0 || session_observe(session, environment, e) < 0 ||
	    pass_run(session, rekey_intend, LOCK_WAIT_MS, &outcome, e) < 0 || rekey_follow(session, &outcome, e) < 0)
		return EXIT_STEP;
	log_note(session->log, "site '%s' of mesh '%s' signs with the key %.*s", session->config.site,
		 session->config.mesh, KEY_ID_SHORT, session->keyring.active.id);
	return session->setback.code;
}
