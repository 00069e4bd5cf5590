/* hook: one launch hook of an Auto Scaling group, for those who keep it waiting or answer it. */
#ifndef CYGNET_BOOTSTRAP_HOOK_H
#define CYGNET_BOOTSTRAP_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/call.h"

struct hook {
	struct aws *aws;			/* borrowed, as the next */
	const char *region, *instance, *name;
	char *group;	/* of the instance; NULL: it is in none, or nobody has looked yet */
	bool over;	/* the hook does not wait for the instance, or not any more */
};

/* See how the group stands, which changes by itself. Each fails as aws/autoscaling.h's calls. */
int hook_look(struct hook *hook, struct err *e);

/* Have the hook wait for its whole timeout again, if it waits. */
int hook_beat(struct hook *hook, struct err *e);

/*
 * Answer it. An action becomes active some time after the instance has started, so it is tried
 * again until deadline_ms (clock_boot_ms()), at least once; EXIT_AGAIN after that. *ret_told is
 * false when the hook did not wait at all.
 */
int hook_answer(struct hook *hook, bool good, int64_t deadline_ms, bool *ret_told, struct err *e);
void hook_done(struct hook *hook);

#endif
