/*
 * bootstrap: what user-data and every boot run: one full pass, then patience until the tunnels are up.
 * It never fails for a peer's sake: the timer goes on where it stops.
 */
#include "base/clock.h"
#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/lifecycle.h"
#include "bootstrap/pass.h"
#include "bootstrap/reconcile.h"
#include "bootstrap/watchdog.h"

#define LOOK_MS 1000

/* What waiting may still mend: tunnels, news not read yet, a record not announced, a registry that did not answer. */
static bool unsettled(const struct session *session, const struct outcome *outcome)
{
	return outcome->up < outcome->peers || outcome->behind || session->state.pending ||
	       session->setback.code == EXIT_AGAIN;
}

/*
 * A newcomer is refused until its peers have read its record, so both sides' syncs are needed: repeat ours, registry
 * included, every interval, and look at charon in between. A pass that finds the lock taken or charon busy is made up
 * for by the next.
 */
static int tunnels_await(struct session *session, struct outcome *outcome, struct err *e)
{
	int64_t interval = session->config.interval_s * 1000;
	int64_t deadline = clock_boot_ms() + session->config.tunnel_wait_s * 1000;
	int64_t next = clock_boot_ms() + (outcome->behind ? 0 : interval);

	while (!outcome->ended && unsettled(session, outcome) && clock_boot_ms() < deadline) {
		bool due = clock_boot_ms() >= next;

		outcome->behind = false;
		if (!due)
			clock_sleep_ms(LOOK_MS);
		if (pass_run(session, due ? reconcile_due : reconcile_tunnels, interval, outcome, e) < 0) {
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
	log_note(session->log, "site '%s' of mesh '%s': %zu of %zu tunnels up%s", session->config.site,
		 session->config.mesh, outcome->up, outcome->peers, outcome->changed ? "" : ", nothing to do");
}

static int first_pass(struct session *session, struct outcome *outcome, struct err *e)
{
	duty_resume(session);
	return reconcile_full(session, outcome, e);
}

static int gateway_make(struct session *session, char *const environment[], struct lifecycle *lifecycle,
			struct outcome *outcome, struct err *e)
{
	if (session_observe(session, environment, e) < 0)
		return -1;
	watchdog_start(session->config.timeout_s);
	if (lifecycle_begin(session, lifecycle, e) < 0 ||
	    pass_run(session, first_pass, session->config.timeout_s * 1000, outcome, e) < 0)
		return -1;
	if (session->live && tunnels_await(session, outcome, e) < 0)
		return -1;
	return outcome->ended ? duty_refuse(session, e) : 0;
}

enum exit_code command_bootstrap(struct session *session, char *const environment[], struct err *e)
{
	struct lifecycle lifecycle = { 0 };
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	enum exit_code code;
	bool failed;

	if (pass_allowed(session, e) < 0)
		return EXIT_STEP;
	failed = gateway_make(session, environment, &lifecycle, &outcome, e) < 0;
	code = failed ? e->code : pass_code(session, &outcome);
	lifecycle_end(session, &lifecycle, lifecycle_judge(&session->state, code, failed));
	if (failed)
		return EXIT_STEP;
	if (session->live)
		outcome_print(session, &outcome);
	return pass_code(session, &outcome);
}
