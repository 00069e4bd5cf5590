/*
 * Roles that are assumed: what STS is asked, what becomes of its answer, and how often it is asked.
 */
#include "tests/unit/canned_aws.h"

#include <time.h>

#include "aws/ssm.h"
#include "aws/sts.h"
#include "base/clock.h"

#define ROLE "arn:aws:iam::444455556666:role/registry"
#define REPLY(id, secret, token, expiration) \
	"<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials>" \
	"<AccessKeyId>" id "</AccessKeyId><SecretAccessKey>" secret "</SecretAccessKey><SessionToken>" token \
	"</SessionToken><Expiration>" expiration "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
#define ASKED "sts:AssumeRole on '" ROLE "' in 'eu-west-1': "
#define ASSUME \
	"Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Fregistry&" \
	"RoleSessionName=i-1"
#define PARAMETER "{\"Parameters\":[{\"Name\":\"/a\",\"Value\":\"v\",\"Version\":1}]}"

static void a_role_s_credentials_are_read(void **state)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, REPLY("ASIAROLE", "s/e+c", "t==", "2017-05-17T15:09:54Z") });

	(void)state;
	assert_int_equal(sts_assume(canned.aws, "eu-west-1", ROLE, "i-1", &credentials, &e), 0);
	assert_asked(&canned, ASSUME);
	assert_string_equal(credentials.access_key_id, "ASIAROLE");
	assert_string_equal(credentials.secret_access_key, "s/e+c");
	assert_string_equal(credentials.session_token, "t==");
	assert_int_equal(credentials.expires, 1495033794);
}

static void assert_refused(const char *body, const char *cause)
{
	struct credentials credentials = { .expires = 7 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(sts_assume(canned.aws, "eu-west-1", ROLE, "i-1", &credentials, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_int_equal(credentials.expires, 7);
}

static void an_odd_member_is_named_without_a_secret(void **state)
{
	(void)state;
	assert_refused("<AssumeRoleResponse/>", ASKED "'AssumeRoleResult/Credentials/AccessKeyId' is missing");
	assert_refused(REPLY("A", "", "t", "2017-05-17T15:09:54Z"),
		       ASKED "'AssumeRoleResult/Credentials/SecretAccessKey' is missing");
	assert_refused(REPLY("A", "hush&#10;X: y", "t", "2017-05-17T15:09:54Z"),
		       ASKED "'AssumeRoleResult/Credentials/SecretAccessKey' has control characters");
	assert_refused(REPLY("A", "s", "", "2017-05-17T15:09:54Z"),
		       ASKED "'AssumeRoleResult/Credentials/SessionToken' is missing");
	assert_refused(REPLY("A", "s", "t", "tomorrow"),
		       ASKED "'AssumeRoleResult/Credentials/Expiration' is no time in UTC");
}

static void a_denial_names_the_role_and_its_trust_policy(void **state)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>"
			      "</ErrorResponse>" });

	(void)state;
	assert_int_equal(sts_assume(canned.aws, "eu-west-1", ROLE, "i-1", &credentials, &e), -1);
	assert_error(&e, EXIT_DENIED, ASKED "AccessDenied: no", "grant sts:AssumeRole on '" ROLE "', and let that role's "
		     "trust policy name who asks");
}

/* AssumeRole's reply with credentials that are good for so long. */
static char *reply_for(int seconds)
{
	time_t expires = (time_t)clock_wall_s() + seconds;
	char text[32];
	struct tm utc;

	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&expires, &utc));
	return mem_printf(REPLY("ASIAROLE", "s", "t", "%s"), text);
}

static int get(struct aws *aws, struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	char name[] = "/a", *items[] = { name };
	const struct strings names = { items, 1 };

	return ssm_get(aws, "us-east-1", &names, &found, e);
}

static void a_role_is_assumed_on_first_use_and_kept(void **state)
{
	AUTO_FREE char *role = reply_for(3600);
	struct err e = ERR_INIT;
	CANNED(canned, { 200, role }, { 200, PARAMETER });
	struct aws *aws = aws_new_assuming(canned.aws, ROLE, "eu-west-1", "i-1");

	(void)state;
	assert_int_equal(canned.requests.count, 0);
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(canned.requests.count, 3);
	assert_string_equal(canned.requests.items[0], ASSUME);
	assert_asked(&canned, "{\"Names\":[\"/a\"]}");
	aws_reconnect(aws);
	assert_int_equal(get(canned.aws, &e), 0);
	aws_free(aws);
}

static void a_role_is_assumed_anew_before_it_expires(void **state)
{
	AUTO_FREE char *short_lived = reply_for(200), *long_lived = reply_for(3600);
	struct err e = ERR_INIT;
	CANNED(canned, { 200, short_lived }, { 200, PARAMETER }, { 200, long_lived }, { 200, PARAMETER });
	struct aws *aws = aws_new_assuming(canned.aws, ROLE, "eu-west-1", "i-1");

	(void)state;
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(canned.requests.count, 5);
	assert_string_equal(canned.requests.items[2], ASSUME);
	aws_free(aws);
}

static void a_role_that_is_outdated_is_assumed_anew(void **state)
{
	AUTO_FREE char *role = reply_for(3600);
	struct err e = ERR_INIT;
	CANNED(canned, { 200, role }, { 400, "{\"__type\":\"ExpiredTokenException\"}" }, { 200, role }, { 200, PARAMETER });
	struct aws *aws = aws_new_assuming(canned.aws, ROLE, "eu-west-1", "i-1");

	(void)state;
	assert_int_equal(get(aws, &e), 0);
	assert_int_equal(canned.requests.count, 4);
	aws_free(aws);
}

static void a_role_that_may_not_be_assumed_is_why_the_call_failed(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>" });
	struct aws *aws = aws_new_assuming(canned.aws, ROLE, "eu-west-1", "i-1");

	(void)state;
	assert_int_equal(get(aws, &e), -1);
	assert_error(&e, EXIT_DENIED, ASKED "AccessDenied", "grant sts:AssumeRole on '" ROLE "', and let that role's "
		     "trust policy name who asks");
	assert_int_equal(canned.requests.count, 1);
	aws_free(aws);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_role_s_credentials_are_read),
		cmocka_unit_test(an_odd_member_is_named_without_a_secret),
		cmocka_unit_test(a_denial_names_the_role_and_its_trust_policy),
		cmocka_unit_test(a_role_is_assumed_on_first_use_and_kept),
		cmocka_unit_test(a_role_is_assumed_anew_before_it_expires),
		cmocka_unit_test(a_role_that_is_outdated_is_assumed_anew),
		cmocka_unit_test(a_role_that_may_not_be_assumed_is_why_the_call_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
