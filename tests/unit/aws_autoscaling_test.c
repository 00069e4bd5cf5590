/* What an instance asks and tells its Auto Scaling group. */
#include "tests/unit/canned_aws.h"

#include "aws/autoscaling.h"

#define REPLY(members) \
	"<DescribeAutoScalingInstancesResponse xmlns='http://autoscaling.amazonaws.com/doc/2011-01-01/'>" \
	"<DescribeAutoScalingInstancesResult><AutoScalingInstances>" members "</AutoScalingInstances>" \
	"</DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"
#define MEMBER(rest) "<member><InstanceId>i-1</InstanceId>" rest "</member>"
#define FAULT(code, message) \
	"<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message "</Message></Error></ErrorResponse>"

static void an_instance_of_a_group_has_a_state(void **state)
{
	AUTO_FREE char *group = NULL, *lifecycle = NULL;
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(MEMBER("<AutoScalingGroupName>gateways of a</AutoScalingGroupName>"
					   "<LifecycleState>Pending:Wait</LifecycleState>")) });

	(void)state;
	assert_int_equal(autoscaling_instance_read(canned.aws, "us-east-1", "i-1", &group, &lifecycle, &e), 0);
	assert_asked(&canned, "Action=DescribeAutoScalingInstances&Version=2011-01-01&InstanceIds.member.1=i-1");
	assert_string_equal(group, "gateways of a");
	assert_string_equal(lifecycle, "Pending:Wait");
}

static void an_instance_of_no_group_has_none(void **state)
{
	char unset[] = "x", *group = unset, *lifecycle = unset;
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY("") });

	(void)state;
	assert_int_equal(autoscaling_instance_read(canned.aws, "us-east-1", "i-1", &group, &lifecycle, &e), 0);
	assert_null(group);
	assert_null(lifecycle);
}

static void an_odd_member_is_named(void **state)
{
	char *group = NULL, *lifecycle = NULL;
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY(MEMBER("<AutoScalingGroupName>g</AutoScalingGroupName>")) });

	(void)state;
	assert_int_equal(autoscaling_instance_read(canned.aws, "us-east-1", "i-1", &group, &lifecycle, &e), -1);
	assert_error(&e, EXIT_CONFIG, "autoscaling:DescribeAutoScalingInstances on 'i-1' in 'us-east-1': "
		     "'LifecycleState' is missing", "");
	assert_null(group);
}

static void a_hook_is_told_of_good_and_of_bad(void **state)
{
	struct err e = ERR_INIT;
	bool active = false;
	CANNED(canned, { 200, "<CompleteLifecycleActionResponse/>" });

	(void)state;
	assert_int_equal(autoscaling_complete(canned.aws, "us-east-1", "g 1", "h", "i-1", true, &active, &e), 0);
	assert_true(active);
	assert_asked(&canned, "Action=CompleteLifecycleAction&Version=2011-01-01&AutoScalingGroupName=g%201&"
		     "LifecycleHookName=h&InstanceId=i-1&LifecycleActionResult=CONTINUE");
	assert_int_equal(autoscaling_complete(canned.aws, "us-east-1", "g 1", "h", "i-1", false, &active, &e), 0);
	assert_asked(&canned, "Action=CompleteLifecycleAction&Version=2011-01-01&AutoScalingGroupName=g%201&"
		     "LifecycleHookName=h&InstanceId=i-1&LifecycleActionResult=ABANDON");
}

static void a_heartbeat_says_no_result(void **state)
{
	struct err e = ERR_INIT;
	bool active = false;
	CANNED(canned, { 200, "<RecordLifecycleActionHeartbeatResponse/>" });

	(void)state;
	assert_int_equal(autoscaling_heartbeat(canned.aws, "us-east-1", "g", "h", "i-1", &active, &e), 0);
	assert_true(active);
	assert_asked(&canned, "Action=RecordLifecycleActionHeartbeat&Version=2011-01-01&AutoScalingGroupName=g&"
		     "LifecycleHookName=h&InstanceId=i-1");
}

static void too_early_or_long_over_is_no_failure(void **state)
{
	struct err e = ERR_INIT;
	bool active = true;
	CANNED(canned, { 400, FAULT("ValidationError", "No active Lifecycle Action found with instance ID i-1") });

	(void)state;
	assert_int_equal(autoscaling_complete(canned.aws, "us-east-1", "g", "h", "i-1", true, &active, &e), 0);
	assert_false(active);
	active = true;
	assert_int_equal(autoscaling_heartbeat(canned.aws, "us-east-1", "g", "h", "i-1", &active, &e), 0);
	assert_false(active);
}

static void a_hook_that_does_not_exist_is_a_failure(void **state)
{
	struct err e = ERR_INIT;
	bool active = true;
	CANNED(canned, { 400, FAULT("ValidationError", "No Lifecycle Hook found with name h") });

	(void)state;
	assert_int_equal(autoscaling_complete(canned.aws, "us-east-1", "g", "h", "i-1", true, &active, &e), -1);
	assert_error(&e, EXIT_STEP, "autoscaling:CompleteLifecycleAction on 'g' in 'us-east-1': "
		     "ValidationError: No Lifecycle Hook found with name h", "");
}

static void a_denial_names_the_action(void **state)
{
	AUTO_FREE char *group = NULL, *lifecycle = NULL;
	struct err e = ERR_INIT;
	CANNED(canned, { 403, FAULT("AccessDenied", "no") });

	(void)state;
	assert_int_equal(autoscaling_unhealthy(canned.aws, "us-east-1", "i-1", &e), -1);
	assert_error(&e, EXIT_DENIED, "autoscaling:SetInstanceHealth on 'i-1' in 'us-east-1': AccessDenied: no",
		     "grant autoscaling:SetInstanceHealth on the group of 'i-1'");
	assert_int_equal(autoscaling_instance_read(canned.aws, "us-east-1", "i-1", &group, &lifecycle, &e), -1);
	assert_error(&e, EXIT_DENIED, "autoscaling:DescribeAutoScalingInstances on 'i-1' in 'us-east-1': AccessDenied: no",
		     "grant autoscaling:DescribeAutoScalingInstances on '*'");
}

static void the_unhealthy_is_said_to_be(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<SetInstanceHealthResponse/>" });

	(void)state;
	assert_int_equal(autoscaling_unhealthy(canned.aws, "us-east-1", "i-1", &e), 0);
	assert_asked(&canned, "Action=SetInstanceHealth&Version=2011-01-01&InstanceId=i-1&HealthStatus=Unhealthy");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_instance_of_a_group_has_a_state),
		cmocka_unit_test(an_instance_of_no_group_has_none),
		cmocka_unit_test(an_odd_member_is_named),
		cmocka_unit_test(a_hook_is_told_of_good_and_of_bad),
		cmocka_unit_test(a_heartbeat_says_no_result),
		cmocka_unit_test(too_early_or_long_over_is_no_failure),
		cmocka_unit_test(a_hook_that_does_not_exist_is_a_failure),
		cmocka_unit_test(a_denial_names_the_action),
		cmocka_unit_test(the_unhealthy_is_said_to_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
