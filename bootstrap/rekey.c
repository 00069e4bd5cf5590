/*
 * rekey: the operator wants another key. That much is written down, and then the passes of the
 * timer are run, only sooner, until it is done or somebody holds it up: whenever this ends, sync
 * goes on from there.
 */
#include "base/clock.h"
#include "bootstrap/apply.h"
#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/pass.h"
#include "bootstrap/reconcile.h"
#include "bootstrap/rotate.h"
#include "bootstrap/watchdog.h"
#include "metadata/values.h"
#include "render/rotation.h"

#define LOCK_WAIT_MS 60000
#define STEP_MS 200		/* between passes while something moves */
#define LOOK_MS 2000		/* and while peers are waited for */
#define WAIT_MAX_S 86400

/* --- what is asked for --- */

static int wait_parse(const struct options *options, int64_t *ret_wait_s, struct err *e)
{
	const struct value value = { .text = options->wait[0], .min = 1, .max = WAIT_MAX_S };

	if (options->wait[0] == NULL || value_duration(&value, ret_wait_s, e) == 0)
		return 0;
	e->code = EXIT_USAGE;
	return err_wrap(e, "option '--wait'");
}

static int options_check(const struct session *session, int64_t *ret_wait_s, struct err *e)
{
	const struct options *options = session->options;

	if (!session->live)
		return err_set(e, EXIT_USAGE,
			       "a gateway's key is replaced from its own root, without '--root'");
	if (options->abort &&
	    (options->compromised || options->wait[0] != NULL || options->skip[0] != NULL))
		return err_set(e, EXIT_USAGE, "option '--abort' goes back, and the others go on");
	return wait_parse(options, ret_wait_s, e);
}

static int holder_check(const struct session *session, struct err *e)
{
	const struct state *state = &session->state;

	if (state->duty != DUTY_SERVES)
		return duty_refuse(session, e);
	if (state->generation > 0 && state->complete && session->keyring.present)
		return 0;
	err_set(e, EXIT_CONFIG, "this instance does not fill site '%s' of mesh '%s'",
		session->config.site, session->config.mesh);
	return err_remedy(e, "'cygnet bootstrap' makes it a gateway, with a key of its own");
}

static int abort_intend(struct session *session, struct err *e)
{
	bool on = session->state.rotation.phase != ROTATION_NONE, done;

	if (rotate_abort(session, &done, e) < 0)
		return -1;
	if (!done)
		return err_set(e, EXIT_CONFIG,
			       on ? "there is no going back any more: the key goes for good" :
				    "no key is being replaced: there is nothing to abort");
	log_note(session->log, "going back to the key that was");
	return rotate_save(session, e);
}

/* A rotation that is on is gone on with, at once if its old key turns out to be in other hands. */
static int rotation_begin(struct session *session, struct err *e)
{
	bool compromised = session->options->compromised, done = true;

	if (session->state.rotation.phase == ROTATION_NONE) {
		rotation_want(&session->state, &session->keyring.active, compromised);
		return 0;
	}
	if (compromised && rotate_compromise(session, &done, e) < 0)
		return -1;
	if (!done)
		return err_set(e, EXIT_AGAIN, "another replacement of the key is about to end: "
			       "run this again then");
	log_note(session->log, "the key is being replaced already: going on with that");
	return 0;
}

static int skip_intend(struct session *session, struct err *e)
{
	const char *const *skip = session->options->skip;
	struct strings *skipped = &session->state.rotation.skip;

	for (size_t i = 0; i < SKIP_MAX && skip[i] != NULL; i++) {
		if (sites_find(&session->state.peers, skip[i]) == NULL)
			return err_set(e, EXIT_CONFIG, "'%s' is no peer of this gateway", skip[i]);
		if (!strings_has(skipped, skip[i]))
			strings_add(skipped, skip[i]);
	}
	return 0;
}

static int rotation_intend(struct session *session, struct err *e)
{
	int64_t wait_s = 0;

	if (options_check(session, &wait_s, e) < 0 || rotation_begin(session, e) < 0 ||
	    skip_intend(session, e) < 0)
		return -1;
	if (wait_s > 0)
		session->state.rotation.wait_s = wait_s;
	if (session->options->compromised)
		log_warn(session->log, "peers refuse the old key as soon as they read of it, and "
			 "their tunnels with this gateway are made anew: packets are lost");
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

static bool is_over(const struct session *session)
{
	return session->state.rotation.phase == ROTATION_NONE && !session->state.pending &&
	       !apply_is_behind(session, CONCERN_CHARON);
}

/*
 * What the pass before has not said yet is said. One that finds the lock taken, or charon busy, is
 * made up for.
 */
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
	for (size_t i = 0; i < outcome->rotation.count; i++)
		if (!strings_has(&before, outcome->rotation.items[i]))
			log_note(session->log, "%s", outcome->rotation.items[i]);
	return 0;
}

static int held_up(struct session *session, const struct outcome *outcome, struct err *e)
{
	AUTO_FREE char *names = strings_join(&outcome->holders, "', '");

	session_step(session, "rekey");
	if (outcome->holders.count == 0 || session->state.pending)
		err_set(e, EXIT_AGAIN, "the record could not be published");
	else
		err_set(e, EXIT_AGAIN, "held up by '%s'", names);
	return err_remedy(e, "sync goes on by itself once that is over; 'cygnet rekey --skip PEER' "
			  "goes on without a peer, and 'cygnet rekey --abort' back");
}

static int rekey_follow(struct session *session, struct outcome *outcome, struct err *e)
{
	int64_t longest_ms = rotation_wait_ms(&session->state, &session->state.peers) +
			     session->config.timeout_s * 1000;
	int64_t deadline_ms = clock_boot_ms() + longest_ms;

	watchdog_start(longest_ms / 1000 + session->config.timeout_s);
	for (;;) {
		if (rekey_pass(session, outcome, e) < 0)
			return -1;
		if (outcome->ended)
			return duty_refuse(session, e);
		if (is_over(session))
			return 0;
		if (outcome->overdue || clock_boot_ms() >= deadline_ms)
			return held_up(session, outcome, e);
		clock_sleep_ms(outcome->moving || outcome->behind ? STEP_MS : LOOK_MS);
	}
}

enum exit_code command_rekey(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	int64_t wait_s = 0;

	if (options_check(session, &wait_s, e) < 0 || pass_allowed(session, e) < 0 ||
	    session_observe(session, environment, e) < 0 ||
	    pass_run(session, rekey_intend, LOCK_WAIT_MS, &outcome, e) < 0 ||
	    rekey_follow(session, &outcome, e) < 0)
		return EXIT_STEP;
	log_note(session->log, "site '%s' of mesh '%s' signs with the key %.*s",
		 session->config.site, session->config.mesh,
		 KEY_ID_SHORT, session->keyring.active.id);
	return session->setback.code;
}
