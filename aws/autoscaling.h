/* autoscaling: what an instance tells its Auto Scaling group. */
#ifndef CYGNET_AWS_AUTOSCALING_H
#define CYGNET_AWS_AUTOSCALING_H

#include <stdbool.h>

#include "aws/call.h"

/*
 * Errors as for ec2. Source: Amazon EC2 Auto Scaling API Reference, and "Complete a lifecycle
 * action".
 */

/*
 * DescribeAutoScalingInstances: its group and its lifecycle state, "Pending:Wait",
 * yours to free; both NULL when it is in no group.
 */
int autoscaling_instance_read(struct aws *aws, const char *region, const char *instance,
			      char **ret_group, char **ret_state, struct err *e);

/*
 * CompleteLifecycleAction with CONTINUE (good) or ABANDON. *ret_active is false, and nothing has
 * happened, while no action of the hook is active for this instance: too early, or long over.
 */
int autoscaling_complete(struct aws *aws, const char *region, const char *group, const char *hook,
			 const char *instance, bool good, bool *ret_active, struct err *e);

/* RecordLifecycleActionHeartbeat; *ret_active as above. */
int autoscaling_heartbeat(struct aws *aws, const char *region, const char *group, const char *hook,
			  const char *instance, bool *ret_active, struct err *e);

/* SetInstanceHealth: Unhealthy; the group replaces the instance. */
int autoscaling_unhealthy(struct aws *aws, const char *region, const char *instance, struct err *e);

#endif
