/*
 * lifecycle: one launch hook, from the first heartbeat to its answer. It knows nothing of what a gateway is; it is
 * told how the run went, and what it cannot do costs the gateway nothing.
 */
#include "bootstrap/lifecycle.h"

#include <stdlib.h>
#include <string.h>

#include "aws/autoscaling.h"
#include "base/clock.h"

#define HEARTBEAT_MS 20000	/* a hook waits for 30 s at least */
#define RETRY_MS 3000
#define LOCK_WAIT_MS 10000
#define SETTLE_AGAIN_MS 60000
#define LAST_CALLS_MS 20000	/* of a run, to end in its own words */

static const char STEP[] = "lifecycle hook";

static bool hook_configured(const struct session *session)
{
	return session->live && session->config.lifecycle_hook != NULL;
}

enum verdict lifecycle_judge(const struct state *state, enum exit_code code, bool failed)
{
	if (state->duty != DUTY_SERVES)
		return VERDICT_WAIT;
	if (!failed && state->generation > 0 && !state->pending)
		return VERDICT_CONTINUE;
	if (code == EXIT_STEP || code == EXIT_CONFIG || code == EXIT_MISSING)
		return VERDICT_ABANDON;
	return VERDICT_WAIT;
}

/* The lifecycle states that end when a launch hook is answered. */
static bool state_waits(const char *state)
{
	static const char *const waiting[] = { "Pending", "Pending:Wait", "Warmed:Pending", "Warmed:Pending:Wait" };

	for (size_t i = 0; i < COUNT_OF(waiting); i++)
		if (strcmp(state, waiting[i]) == 0)
			return true;
	return false;
}

/* Ask the group how it stands, which changes by itself. */
static int hook_look(struct session *session, struct lifecycle *lifecycle, struct err *e)
{
	AUTO_FREE char *group = NULL, *state = NULL;

	if (autoscaling_instance_read(session->aws, session->instance.region, session->instance.id, &group, &state,
				      e) < 0)
		return -1;
	free(lifecycle->group);
	lifecycle->group = NULL;
	if (group == NULL)
		log_warn(session->log, "'lifecycle-hook' is '%s', and this instance is in no Auto Scaling group, ignoring",
			 session->config.lifecycle_hook);
	lifecycle->over = group == NULL || !state_waits(state);
	if (!lifecycle->over)
		lifecycle->group = TAKE(group);
	return 0;
}

static int hook_beat(struct session *session, struct lifecycle *lifecycle, struct err *e)
{
	bool active;

	if (lifecycle->group == NULL && hook_look(session, lifecycle, e) < 0)
		return -1;
	if (lifecycle->over)
		return 0;
	return autoscaling_heartbeat(session->aws, session->instance.region, lifecycle->group,
				     session->config.lifecycle_hook, session->instance.id, &active, e);
}

/* Complete the action, if one is active by now. */
static int hook_complete(struct session *session, struct lifecycle *lifecycle, bool good, struct err *e)
{
	const char *hook = session->config.lifecycle_hook;
	bool active;

	if (lifecycle->over)
		return 0;
	if (autoscaling_complete(session->aws, session->instance.region, lifecycle->group, hook,
				 session->instance.id, good, &active, e) < 0)
		return -1;
	lifecycle->over = active;
	if (active)
		log_note(session->log, "told Auto Scaling group '%s' to %s this instance: lifecycle hook '%s'",
			 lifecycle->group, good ? "go on with" : "abandon", hook);
	return 0;
}

static int hook_inactive(const struct session *session, const struct lifecycle *lifecycle, struct err *e)
{
	err_set(e, EXIT_AGAIN, "no action of lifecycle hook '%s' is active for this instance in Auto Scaling group '%s'",
		session->config.lifecycle_hook, lifecycle->group);
	return err_remedy(e, "check that the group has a launch hook of that name");
}

/* An action becomes active some time after the instance has started, and is over when the hook has lost patience. */
static int hook_answer(struct session *session, struct lifecycle *lifecycle, bool good, struct err *e)
{
	while (!lifecycle->over) {
		if (hook_look(session, lifecycle, e) < 0 || hook_complete(session, lifecycle, good, e) < 0)
			return -1;
		if (!lifecycle->over && clock_boot_ms() + RETRY_MS > lifecycle->deadline_ms)
			return hook_inactive(session, lifecycle, e);
		clock_sleep_ms(lifecycle->over ? 0 : RETRY_MS);
	}
	return 0;
}

/* Passes: when sync is to answer the hook is remembered under the lock. */
static int due_keep(struct session *session, int64_t due_ms, struct err *e)
{
	session->recent.hook_due_ms = due_ms;
	return recent_save(session->options->root, &session->recent, e);
}

static int hook_begin(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, clock_boot_ms() + session->config.timeout_s * 1000, e);
}

static int hook_defer(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, clock_boot_ms() + SETTLE_AGAIN_MS, e);
}

static int hook_close(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, 0, e);
}

int lifecycle_begin(struct session *session, struct lifecycle *lifecycle, struct err *e)
{
	int64_t timeout_ms = session->config.timeout_s * 1000;
	CLEANUP(outcome_done) struct outcome outcome = { 0 };

	if (!hook_configured(session))
		return 0;
	lifecycle->deadline_ms = clock_boot_ms() + timeout_ms - LAST_CALLS_MS;
	return pass_run(session, hook_begin, timeout_ms, &outcome, e);
}

static void trouble_keep(struct lifecycle *lifecycle, const struct err *e)
{
	if (lifecycle->trouble.code == EXIT_DONE)
		lifecycle->trouble = *e;
}

void lifecycle_wait(struct session *session, struct lifecycle *lifecycle)
{
	int64_t now_ms = clock_boot_ms();
	struct err e = ERR_INIT;

	if (!hook_configured(session) || lifecycle->over || lifecycle->trouble.code == EXIT_DENIED ||
	    (lifecycle->beaten_ms != 0 && now_ms - lifecycle->beaten_ms < HEARTBEAT_MS))
		return;
	lifecycle->beaten_ms = now_ms;
	session_step(session, STEP);
	if (hook_beat(session, lifecycle, &e) == 0)
		return;
	log_detail(session->log, "%s: %s", session->step, e.cause);
	if (e.code != EXIT_AGAIN)
		trouble_keep(lifecycle, &e);
}

void lifecycle_end(struct session *session, struct lifecycle *lifecycle, enum verdict verdict)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	const char *step = session->step;
	struct err e = ERR_INIT;

	if (!hook_configured(session))
		return;
	session_step(session, STEP);
	if (verdict != VERDICT_WAIT && hook_answer(session, lifecycle, verdict == VERDICT_CONTINUE, &e) < 0)
		trouble_keep(lifecycle, &e);
	else if (verdict == VERDICT_WAIT && lifecycle->group != NULL)
		log_note(session->log, "lifecycle hook '%s' is left waiting, as this instance does not fill its site yet",
			 session->config.lifecycle_hook);
	err_clear(&e);
	if (pass_run(session, lifecycle->over ? hook_close : hook_defer, LOCK_WAIT_MS, &outcome, &e) < 0)
		trouble_keep(lifecycle, &e);
	session->step = STEP;
	if (lifecycle->trouble.code != EXIT_DONE)
		session_setback(session, &lifecycle->trouble);
	session->step = step;
}

void lifecycle_settle(struct session *session, enum exit_code code, bool failed)
{
	CLEANUP(lifecycle_done) struct lifecycle lifecycle = LIFECYCLE_INIT;
	int64_t due_ms = session->recent.hook_due_ms;
	enum verdict verdict = lifecycle_judge(&session->state, code, failed);

	if (due_ms != 0 && clock_boot_ms() >= due_ms && verdict == VERDICT_CONTINUE)
		lifecycle_end(session, &lifecycle, verdict);
}

void lifecycle_done(struct lifecycle *lifecycle)
{
	free(lifecycle->group);
	*lifecycle = (struct lifecycle)LIFECYCLE_INIT;
}
