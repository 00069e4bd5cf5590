/*
 * lifecycle: when a launch hook is answered, by whom, and how. It knows nothing of what a gateway
 * is; it is told how the run went, and what it cannot do costs the gateway nothing.
 */
#include "bootstrap/lifecycle.h"

#include "base/clock.h"
#include "bootstrap/heartbeat.h"
#include "bootstrap/hook.h"

#define LOCK_WAIT_MS 10000
#define SETTLE_AGAIN_MS 60000

static bool is_configured(const struct session *session)
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

/* --- passes: when sync is to answer the hook is remembered under the lock --- */

static int due_keep(struct session *session, int64_t due_ms, struct err *e)
{
	session->recent.hook_due_ms = due_ms;
	return recent_save(session->options->root, &session->recent, e);
}

static int due_after_bootstrap(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, clock_boot_ms() + session->config.timeout_s * 1000, e);
}

static int due_soon(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, clock_boot_ms() + SETTLE_AGAIN_MS, e);
}

static int due_never(struct session *session, struct outcome *outcome, struct err *e)
{
	(void)outcome;
	return due_keep(session, 0, e);
}

/* --- a run --- */

int lifecycle_begin(struct session *session, struct lifecycle *lifecycle, int64_t deadline_ms,
		    struct err *e)
{
	const struct aws_options options = {
		.environment = &session->environment,
		.domain = session->instance.domain,
		.log = session->log,
	};
	CLEANUP(outcome_done) struct outcome outcome = { 0 };

	if (!is_configured(session))
		return 0;
	lifecycle->deadline_ms = deadline_ms;
	lifecycle->heartbeat = heartbeat_start(&options, session->instance.region,
					       session->instance.id,
					       session->config.lifecycle_hook);
	return pass_run(session, due_after_bootstrap, deadline_ms - clock_boot_ms(), &outcome, e);
}

static void answer_tell(const struct session *session, const struct hook *hook,
			enum verdict verdict, bool told)
{
	static const char *const words[] = {
		[VERDICT_CONTINUE] = "go on with", [VERDICT_ABANDON] = "abandon",
	};

	if (hook->group == NULL)
		log_warn(session->log, "'lifecycle-hook' is '%s', and this instance is in no Auto "
			 "Scaling group, ignoring", hook->name);
	else if (told)
		log_note(session->log, "told Auto Scaling group '%s' to %s this instance: "
			 "lifecycle hook '%s'", hook->group, words[verdict], hook->name);
	else if (!hook->over)
		log_note(session->log, "lifecycle hook '%s' is left waiting, as this instance does "
			 "not fill its site yet", hook->name);
}

/* *ret_over: nothing is left to be said to the hook. */
static int verdict_deliver(struct session *session, enum verdict verdict, int64_t deadline_ms,
			   bool *ret_over, struct err *e)
{
	CLEANUP(hook_done) struct hook hook = {
		.aws = session->aws,
		.region = session->instance.region,
		.instance = session->instance.id,
		.name = session->config.lifecycle_hook,
	};
	bool told = false;
	int result;

	if (verdict == VERDICT_WAIT)
		result = hook_look(&hook, e);
	else
		result = hook_answer(&hook, verdict == VERDICT_CONTINUE, deadline_ms, &told, e);
	if (result < 0)
		return -1;
	answer_tell(session, &hook, verdict, told);
	*ret_over = hook.over;
	return 0;
}

void lifecycle_end(struct session *session, struct lifecycle *lifecycle, enum verdict verdict)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	struct err trouble = ERR_INIT, unkept = ERR_INIT;
	const char *step = session->step;
	bool over = false;

	if (!is_configured(session))
		return;
	session_step(session, "lifecycle hook");
	if (heartbeat_stop(TAKE(lifecycle->heartbeat), &trouble) < 0)
		session_setback(session, &trouble);
	if (verdict_deliver(session, verdict, lifecycle->deadline_ms, &over, &trouble) < 0)
		session_setback(session, &trouble);
	if (pass_run(session, over ? due_never : due_soon, LOCK_WAIT_MS, &outcome, &unkept) < 0)
		log_detail(session->log, "sync will ask the group again: %s", unkept.cause);
	session->step = step;
}

void lifecycle_settle(struct session *session, enum exit_code code, bool failed)
{
	struct lifecycle lifecycle = { 0 };
	int64_t due_ms = session->recent.hook_due_ms;
	enum verdict verdict = lifecycle_judge(&session->state, code, failed);

	if (due_ms != 0 && clock_boot_ms() >= due_ms && verdict == VERDICT_CONTINUE)
		lifecycle_end(session, &lifecycle, verdict);
}
