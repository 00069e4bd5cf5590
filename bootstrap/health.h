/* health: what the Auto Scaling group is told of a gateway that cannot be mended here. */
#ifndef CYGNET_BOOTSTRAP_HEALTH_H
#define CYGNET_BOOTSTRAP_HEALTH_H

#include "bootstrap/session.h"

/*
 * Pure. Note in recent whether charon answers after a pass that has tried what it can, and tell
 * whether the group is to replace this instance: after after_ms without, and at most once an hour.
 */
bool health_judge(struct recent *recent, bool answers, int64_t now_ms, int64_t after_ms);

/*
 * What 'unhealthy-after' asks for at the end of a run of sync; the lock is taken for it. A setback
 * of the session when the group cannot be told.
 */
void health_watch(struct session *session);

#endif
