/* Error replies: both formats, and whatever else may stand in their place. */
#include "tests/unit/support.h"

#include <string.h>

#include "aws/fault.h"
#include "base/buf.h"

static void assert_fault(const char *body, const char *code, const char *message)
{
	struct fault fault;

	fault_read(418, body, strlen(body), &fault);
	assert_int_equal(fault.status, 418);
	assert_string_equal(fault.code, code);
	assert_string_equal(fault.message, message);
}

static void json_spells_type_and_message_in_several_ways(void **state)
{
	(void)state;
	assert_fault("{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}", "ThrottlingException",
		     "Rate exceeded");
	assert_fault("{\"__type\":\"com.amazonaws.ssm#AccessDeniedException\",\"Message\":\"no\"}",
		     "AccessDeniedException", "no");
	assert_fault("{\"__type\":\"aws#Odd:http://internal.example/\",\"message\":null}", "Odd", "");
	assert_fault("{\"__type\":\"ParameterNotFound\"}", "ParameterNotFound", "");
}

static void xml_has_errors_inside_or_an_error_alone(void **state)
{
	(void)state;
	assert_fault("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
		     "<Message>Request limit exceeded.</Message></Error></Errors><RequestID>x</RequestID></Response>",
		     "RequestLimitExceeded", "Request limit exceeded.");
	assert_fault("<ErrorResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\"><Error><Type>Sender</Type>"
		     "<Code>ValidationError</Code><Message>a &lt;b&gt; &amp; c</Message></Error></ErrorResponse>",
		     "ValidationError", "a <b> & c");
}

static void what_is_neither_gives_the_status_alone(void **state)
{
	static const char *const bodies[] = {
		"", "Service Unavailable", "<html><body>502</body></html>", "[]", "{}", "null", "{\"__type\":7,\"message\":[]}",
		"{\"__type\":\"Cut", "<Response><Errors><Error><Code>Cut</Code>", "\xff\xfe\xfd",
		"<Response><Errors/></Response>", "<Error><Code>x</Code></Error>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bodies); i++)
		assert_fault(bodies[i], "", "");
}

static void control_characters_do_not_reach_the_console(void **state)
{
	(void)state;
	assert_fault("{\"__type\":\"A\\u001b[2J\",\"message\":\"one\\ntwo \\u009b \\u00e9\"}", "A?[2J", "one?two ?? ??");
	assert_fault("<Response><Errors><Error><Code>A&#10;B</Code><Message>\n x\t</Message></Error></Errors></Response>",
		     "A?B", "? x?");
}

static void a_huge_message_is_cut(void **state)
{
	AUTO_BUF struct buf body = { 0 };
	struct fault fault;

	(void)state;
	buf_adds(&body, "{\"__type\":\"");
	for (int i = 0; i < 100000; i++)
		buf_adds(&body, "c");
	buf_adds(&body, "\",\"message\":\"");
	for (int i = 0; i < 100000; i++)
		buf_adds(&body, "m");
	buf_adds(&body, "\"}");
	fault_read(400, buf_str(&body), body.len, &fault);
	assert_int_equal(strlen(fault.code), FAULT_CODE_MAX);
	assert_int_equal(strlen(fault.message), FAULT_MESSAGE_MAX);
}

static void what_ec2_encodes_for_itself_is_left_out(void **state)
{
	(void)state;
	assert_fault("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform "
		     "this operation. Encoded authorization failure message: 4GIOHlTkIaWHQD0Q</Message></Error></Errors>"
		     "</Response>", "UnauthorizedOperation", "You are not authorized to perform this operation.");
}

static void the_first_of_several_errors_counts(void **state)
{
	(void)state;
	assert_fault("<Response><Errors><Error><Code>One</Code></Error><Error><Code>Two</Code></Error></Errors></Response>",
		     "One", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_spells_type_and_message_in_several_ways),
		cmocka_unit_test(xml_has_errors_inside_or_an_error_alone),
		cmocka_unit_test(what_is_neither_gives_the_status_alone),
		cmocka_unit_test(control_characters_do_not_reach_the_console),
		cmocka_unit_test(a_huge_message_is_cut),
		cmocka_unit_test(what_ec2_encodes_for_itself_is_left_out),
		cmocka_unit_test(the_first_of_several_errors_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
