/*
 * autoscaling: requests and replies of EC2 Auto Scaling. When a gateway is ready, or past help, it
 * does not know.
 */
#include "aws/autoscaling.h"

#include "aws/form.h"
#include "aws/query.h"

#define MEMBER "DescribeAutoScalingInstancesResult/AutoScalingInstances/member"
#define GROUP_MAX 1024		/* bytes that hold the 255 characters of a group's name */

/* Before the instance waits, and after it has been let go on: AWS has no code for it. */
static const struct aws_answer no_action = {
	"ValidationError", "No active Lifecycle Action found"
};

static struct query autoscaling_query(struct aws *aws, const char *region, const char *action,
				      const char *resource)
{
	return (struct query){
		.aws = aws,
		.service = "autoscaling",
		.version = "2011-01-01",
		.region = region,
		.action = action,
		.resource = resource,
	};
}

static int instance_parse(const struct xml *document, char **ret_group, char **ret_state,
			  struct err *e)
{
	AUTO_FREE char *group = NULL, *state = NULL;
	const struct xml *member = xml_find(document, MEMBER);

	if (member != NULL &&
	    (xml_get_text(member, "AutoScalingGroupName", GROUP_MAX, &group, e) < 0 ||
	     xml_get_id(member, "LifecycleState", &state, e) < 0))
		return -1;
	*ret_group = TAKE(group);
	*ret_state = TAKE(state);
	return 0;
}

int autoscaling_instance_read(struct aws *aws, const char *region, const char *instance,
			      char **ret_group, char **ret_state, struct err *e)
{
	struct query query =
		autoscaling_query(aws, region, "DescribeAutoScalingInstances", instance);
	CLEANUP(query_reply_done) struct query_reply reply = { 0 };
	AUTO_BUF struct buf form = { 0 };

	query.remedy = "grant autoscaling:DescribeAutoScalingInstances on '*'";
	form_add(&form, "InstanceIds.member.1", instance);
	if (query_call(&query, &form, &reply, e) < 0)
		return -1;
	if (instance_parse(reply.document, ret_group, ret_state, e) < 0)
		return query_wrap(&query, e);
	return 0;
}

/* Tell the hook about the instance; result is NULL for a heartbeat. */
static int hook_tell(struct query *query, const char *hook, const char *instance,
		     const char *result, bool *ret_active, struct err *e)
{
	CLEANUP(query_reply_done) struct query_reply reply = { 0 };
	AUTO_BUF struct buf form = { 0 };

	form_add(&form, "AutoScalingGroupName", query->resource);
	form_add(&form, "LifecycleHookName", hook);
	form_add(&form, "InstanceId", instance);
	if (result != NULL)
		form_add(&form, "LifecycleActionResult", result);
	query->answers = &no_action;
	query->answer_count = 1;
	if (query_call(query, &form, &reply, e) < 0)
		return -1;
	*ret_active = reply.answer == NULL;
	return 0;
}

int autoscaling_complete(struct aws *aws, const char *region, const char *group, const char *hook,
			 const char *instance, bool good, bool *ret_active, struct err *e)
{
	struct query query = autoscaling_query(aws, region, "CompleteLifecycleAction", group);

	return hook_tell(&query, hook, instance, good ? "CONTINUE" : "ABANDON", ret_active, e);
}

int autoscaling_heartbeat(struct aws *aws, const char *region, const char *group, const char *hook,
			  const char *instance, bool *ret_active, struct err *e)
{
	struct query query =
		autoscaling_query(aws, region, "RecordLifecycleActionHeartbeat", group);

	return hook_tell(&query, hook, instance, NULL, ret_active, e);
}

int autoscaling_unhealthy(struct aws *aws, const char *region, const char *instance, struct err *e)
{
	AUTO_FREE char *remedy = mem_printf(
		"grant autoscaling:SetInstanceHealth on the group of '%s'", instance);
	struct query query = autoscaling_query(aws, region, "SetInstanceHealth", instance);
	CLEANUP(query_reply_done) struct query_reply reply = { 0 };
	AUTO_BUF struct buf form = { 0 };

	query.remedy = remedy;
	form_add(&form, "InstanceId", instance);
	form_add(&form, "HealthStatus", "Unhealthy");
	return query_call(&query, &form, &reply, e);
}
