/*
 * pass: one run at a time. The lock is held while something may change and never while waiting,
 * so that the timer and a bootstrap that waits for its peers do not stand in each other's way.
 */
#include "bootstrap/pass.h"

#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define LOCK_FILE "/run/cygnet/lock"
#define MOVE_MS 200

int pass_allowed(const struct session *session, struct err *e)
{
	if (!session->live || geteuid() == 0)
		return 0;
	return err_set(e, EXIT_DENIED, "only root can change this machine");
}

int pass_run(struct session *session, pass_function pass, int64_t wait_ms, struct outcome *outcome,
	     struct err *e)
{
	AUTO_CLOSE int lock = -1;

	session_step(session, "lock");
	if (session->live &&
	    file_lock(session->options->root, LOCK_FILE, clock_boot_ms() + wait_ms, &lock, e) < 0)
		return -1;
	if (session_load(session, e) < 0)
		return -1;
	return pass(session, outcome, e);
}

int pass_follow(struct session *session, pass_function pass, int64_t wait_ms, int64_t deadline_ms,
		struct outcome *outcome, struct err *e)
{
	for (;;) {
		if (pass_run(session, pass, wait_ms, outcome, e) < 0)
			return -1;
		if (!outcome->moving || clock_boot_ms() >= deadline_ms)
			return 0;
		clock_sleep_ms(MOVE_MS);
	}
}

enum exit_code pass_code(const struct session *session, const struct outcome *outcome)
{
	if (session->setback.code != EXIT_DONE)
		return session->setback.code;
	if (outcome->up == outcome->peers)
		return EXIT_DONE;
	return outcome->up > 0 ? EXIT_SOME_DOWN : EXIT_ALL_DOWN;
}
