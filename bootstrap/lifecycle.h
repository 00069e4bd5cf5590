/* lifecycle: what a gateway tells the Auto Scaling group that has launched it. */
#ifndef CYGNET_BOOTSTRAP_LIFECYCLE_H
#define CYGNET_BOOTSTRAP_LIFECYCLE_H

#include "bootstrap/pass.h"

/*
 * The launch hook of 'lifecycle-hook' holds a new instance back until its gateway works. Without
 * that setting, and below another root, nothing of this does anything.
 * Source: Amazon EC2 Auto Scaling User Guide, "Lifecycle hooks".
 */
enum verdict {
	VERDICT_CONTINUE,
	VERDICT_ABANDON,
	VERDICT_WAIT,		/* nothing is said: a later run may settle it */
};

/*
 * Pure. What the hook is to hear at a run's end: continue when this instance fills its site and has
 * published that, whatever optional part is missing; abandon after a local fault (failed: the run
 * did not get to its end), which another run would have again; else wait.
 */
enum verdict lifecycle_judge(const struct state *state, enum exit_code code, bool failed);

/* Bootstrap's dealings with the hook. */
struct lifecycle {
	int64_t deadline_ms;		/* no action yet: an answer is tried until then; 0: once */
	struct heartbeat *heartbeat;	/* NULL: none was started */
};

/*
 * Bootstrap begins, and keeps the hook waiting from now on; it ends by deadline_ms. Should it do so
 * without a word, the hook is sync's to answer once its 'timeout' is over, which is remembered
 * under the lock. Fails as pass_run.
 */
int lifecycle_begin(struct session *session, struct lifecycle *lifecycle, int64_t deadline_ms,
		    struct err *e);

/* Its end: answer the hook, and remember whether that is done. What hinders it is a setback. */
void lifecycle_end(struct session *session, struct lifecycle *lifecycle, enum verdict verdict);

/* A run of sync ended: answer the hook if bootstrap could not, trying once. As lifecycle_end. */
void lifecycle_settle(struct session *session, enum exit_code code, bool failed);

#endif
