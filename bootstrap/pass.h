/* pass: a reconcile under the lock, and how commands tell of it. */
#ifndef CYGNET_BOOTSTRAP_PASS_H
#define CYGNET_BOOTSTRAP_PASS_H

#include "bootstrap/reconcile.h"

typedef int (*pass_function)(struct session *session, struct outcome *outcome, struct err *e);

/* Only root can do what a pass does; EXIT_DENIED otherwise. Below another root anybody can. */
int pass_allowed(const struct session *session, struct err *e);

/*
 * Take the lock (waiting at most wait_ms for another run), load what is remembered, and do one
 * pass. Lines and counts of outcome are replaced, its changed is kept once true. The lock is free
 * again afterwards.
 */
int pass_run(struct session *session, pass_function pass, int64_t wait_ms, struct outcome *outcome,
	     struct err *e);

/*
 * The same again and again, the lock free in between, while a rotation moves and until
 * clock_boot_ms() reaches deadline_ms.
 */
int pass_follow(struct session *session, pass_function pass, int64_t wait_ms, int64_t deadline_ms,
		struct outcome *outcome, struct err *e);

/* EXIT_DONE, EXIT_SOME_DOWN or EXIT_ALL_DOWN by the tunnels; a setback's code goes before them. */
enum exit_code pass_code(const struct session *session, const struct outcome *outcome);

#endif
