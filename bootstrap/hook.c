/*
 * hook: the three things to do about a launch hook, and which lifecycle states mean that it waits.
 * It judges no run.
 */
#include "bootstrap/hook.h"

#include <stdlib.h>
#include <string.h>

#include "aws/autoscaling.h"
#include "base/clock.h"
#include "base/mem.h"

#define RETRY_MS 3000

static bool state_waits(const char *state)
{
	static const char *const waiting[] = {
		"Pending", "Pending:Wait", "Warmed:Pending", "Warmed:Pending:Wait",
	};

	for (size_t i = 0; i < COUNT_OF(waiting); i++)
		if (strcmp(state, waiting[i]) == 0)
			return true;
	return false;
}

int hook_look(struct hook *hook, struct err *e)
{
	AUTO_FREE char *group = NULL, *state = NULL;

	if (autoscaling_instance_read(hook->aws, hook->region, hook->instance,
				      &group, &state, e) < 0)
		return -1;
	hook->over = group == NULL || !state_waits(state);
	free(hook->group);
	hook->group = TAKE(group);
	return 0;
}

int hook_beat(struct hook *hook, struct err *e)
{
	bool active;

	if (hook->group == NULL && hook_look(hook, e) < 0)
		return -1;
	if (hook->over)
		return 0;
	return autoscaling_heartbeat(hook->aws, hook->region, hook->group, hook->name,
				     hook->instance, &active, e);
}

/* One try. */
static int hook_tell(struct hook *hook, bool good, bool *ret_told, struct err *e)
{
	if (hook_look(hook, e) < 0)
		return -1;
	if (!hook->over &&
	    autoscaling_complete(hook->aws, hook->region, hook->group, hook->name,
				 hook->instance, good, ret_told, e) < 0)
		return -1;
	hook->over |= *ret_told;
	return 0;
}

int hook_answer(struct hook *hook, bool good, int64_t deadline_ms, bool *ret_told, struct err *e)
{
	bool told = false;

	while (hook_tell(hook, good, &told, e) == 0) {
		if (hook->over) {
			*ret_told = told;
			return 0;
		}
		if (clock_boot_ms() + RETRY_MS > deadline_ms) {
			err_set(e, EXIT_AGAIN, "no action of lifecycle hook '%s' is active for "
				"this instance in Auto Scaling group '%s'",
				hook->name, hook->group);
			return err_remedy(e, "check that the group has a launch hook of that name");
		}
		clock_sleep_ms(RETRY_MS);
	}
	return -1;
}

void hook_done(struct hook *hook)
{
	free(hook->group);
	*hook = (struct hook){ 0 };
}
