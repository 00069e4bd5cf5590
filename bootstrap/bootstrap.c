/*
 * bootstrap: what user-data and every boot run: one full pass, then patience until the tunnels are
 * up. It never fails for a peer's sake: the timer goes on where it stops.
 */
#include "base/clock.h"
#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/lifecycle.h"
#include "bootstrap/pass.h"
#include "bootstrap/reconcile.h"
#include "bootstrap/watchdog.h"

#define LOOK_MS 1000
#define PAUSE_MS 5000
#define STANDARD_TIMEOUT_S 300	/* of 'timeout', until it is read */
#define LEAST_S 30		/* for a run whose instance metadata took all the time there was */
#define LAST_CALLS_MS 20000	/* of a run, to end in its own words */

struct making {
	struct session *session;
	char *const *environment;
	int64_t began_ms;
	int64_t deadline_ms;		/* to end in its own words */
	struct lifecycle lifecycle;
	struct outcome outcome;
};

static void making_done(struct making *making)
{
	outcome_done(&making->outcome);
}

/*
 * What waiting may still mend: tunnels, news not read yet, a record not announced, a registry that
 * did not answer.
 */
static bool unsettled(const struct session *session, const struct outcome *outcome)
{
	return outcome->up < outcome->peers || outcome->behind || session->state.pending ||
	       session->setback.code == EXIT_AGAIN;
}

/*
 * A newcomer is refused until its peers have read its record, so both sides' syncs are needed:
 * repeat ours, registry included, every interval, and look at charon in between. A pass that finds
 * the lock taken or charon busy is made up for by the next.
 */
static int tunnels_await(struct making *making, struct err *e)
{
	struct session *session = making->session;
	struct outcome *outcome = &making->outcome;
	int64_t interval = session->config.interval_s * 1000;
	int64_t patient = clock_boot_ms() + session->config.tunnel_wait_s * 1000;
	int64_t deadline = patient < making->deadline_ms ? patient : making->deadline_ms;
	int64_t next = clock_boot_ms() + (outcome->behind ? 0 : interval);

	while (!outcome->ended && unsettled(session, outcome) && clock_boot_ms() < deadline) {
		bool due = clock_boot_ms() >= next;

		outcome->behind = false;
		if (!due)
			clock_sleep_ms(LOOK_MS);
		if (pass_run(session, due ? reconcile_due : reconcile_tunnels, interval,
			     outcome, e) < 0) {
			if (e->code != EXIT_AGAIN)
				return -1;
			log_detail(session->log, "%s: %s", session->step, e->cause);
			err_clear(e);
		}
		if (due)
			next = clock_boot_ms() + (outcome->behind ? LOOK_MS : interval);
	}
	return 0;
}

static void outcome_print(const struct session *session, const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->lines.count; i++)
		log_note(session->log, "%s", outcome->lines.items[i]);
	log_note(session->log, "site '%s' of mesh '%s': %zu of %zu tunnels up%s",
		 session->config.site, session->config.mesh, outcome->up, outcome->peers,
		 outcome->changed ? "" : ", nothing to do");
}

static int first_pass(struct session *session, struct outcome *outcome, struct err *e)
{
	duty_resume(session);
	return reconcile_full(session, outcome, e);
}

/* --- what is tried again, as the timer that would go on may not be there yet --- */

static int observe_try(struct making *making, struct err *e)
{
	return session_observe(making->session, making->environment, e);
}

static int pass_try(struct making *making, struct err *e)
{
	return pass_run(making->session, first_pass, making->deadline_ms - clock_boot_ms(),
			&making->outcome, e);
}

static int try_until(int64_t deadline_ms, int (*step)(struct making *making, struct err *e),
		     struct making *making, struct err *e)
{
	struct session *session = making->session;
	bool told = false;

	while (step(making, e) < 0) {
		if (!session->live || e->code != EXIT_AGAIN ||
		    clock_boot_ms() + PAUSE_MS > deadline_ms)
			return -1;
		if (!told)
			log_note(session->log, "%s: %s, trying again", session->step, e->cause);
		told = true;
		err_clear(e);
		clock_sleep_ms(PAUSE_MS);
	}
	return 0;
}

/* The bound of a run, counted from its begin, and what it leaves for ending in its own words. */
static void bound_set(struct making *making)
{
	int64_t timeout_s = making->session->config.timeout_s;
	int64_t least_s = timeout_s < LEAST_S ? timeout_s : LEAST_S;
	int64_t left_s = timeout_s - (clock_boot_ms() - making->began_ms) / 1000, last_ms;

	if (left_s < least_s)
		left_s = least_s;
	last_ms = left_s * 1000 / 2 < LAST_CALLS_MS ? left_s * 1000 / 2 : LAST_CALLS_MS;
	watchdog_start(left_s);
	making->deadline_ms = clock_boot_ms() + left_s * 1000 - last_ms;
}

/* --- a run --- */

static int gateway_make(struct making *making, struct err *e)
{
	struct session *session = making->session;

	if (try_until(making->began_ms + STANDARD_TIMEOUT_S * 1000, observe_try, making, e) < 0)
		return -1;
	session_tell_unseen(session);
	bound_set(making);
	if (lifecycle_begin(session, &making->lifecycle, making->deadline_ms, e) < 0 ||
	    try_until(making->deadline_ms, pass_try, making, e) < 0)
		return -1;
	if (session->live && tunnels_await(making, e) < 0)
		return -1;
	return making->outcome.ended ? duty_refuse(session, e) : 0;
}

enum exit_code command_bootstrap(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(making_done) struct making making = {
		.session = session,
		.environment = environment,
		.began_ms = clock_boot_ms(),
	};
	enum exit_code code;
	bool failed;

	if (pass_allowed(session, e) < 0)
		return EXIT_STEP;
	failed = gateway_make(&making, e) < 0;
	code = failed ? e->code : pass_code(session, &making.outcome);
	lifecycle_end(session, &making.lifecycle, lifecycle_judge(&session->state, code, failed));
	if (failed)
		return EXIT_STEP;
	if (session->live)
		outcome_print(session, &making.outcome);
	return pass_code(session, &making.outcome);
}
