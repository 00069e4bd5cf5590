/*
 * sync: what the timer runs. A pass that finds nothing new says nothing.
 */
#include "bootstrap/command.h"
#include "bootstrap/health.h"
#include "bootstrap/lifecycle.h"
#include "bootstrap/watchdog.h"

#define LOCK_WAIT_MS 10000

enum exit_code command_sync(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	bool failed;

	if (pass_allowed(session, e) < 0 || session_observe(session, environment, e) < 0)
		return EXIT_STEP;
	watchdog_start(session->config.timeout_s);
	failed = pass_run(session, reconcile_due, LOCK_WAIT_MS, &outcome, e) < 0;
	health_watch(session);
	lifecycle_settle(session, failed ? e->code : pass_code(session, &outcome), failed);
	if (failed)
		return EXIT_STEP;
	for (size_t i = 0; i < outcome.lines.count; i++)
		log_step(session->log, "%s", outcome.lines.items[i]);
	if (!outcome.changed)
		log_step(session->log, "nothing to do");
	return pass_code(session, &outcome);
}
