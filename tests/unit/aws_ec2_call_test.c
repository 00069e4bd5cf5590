/* EC2's lists and changes, whatever they are about: pages, dry runs, tags, denials. */
#include "tests/unit/canned_aws.h"

#include "aws/ec2.h"
#include "aws/ec2_call.h"

#define DENIED \
	"<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this " \
	"operation.</Message></Error></Errors></Response>"
#define DRY_RUN \
	"<Response><Errors><Error><Code>DryRunOperation</Code><Message>Request would have succeeded, but DryRun flag " \
	"is set.</Message></Error></Errors></Response>"

/* Add the id of an item to a struct strings. */
static int id_read(const struct xml *item, void *list, struct err *e)
{
	AUTO_FREE char *id = NULL;

	if (xml_get_id(item, "id", &id, e) < 0)
		return -1;
	strings_add(list, id);
	return 0;
}

static int things_list(struct canned_aws *canned, int page, struct strings *ids, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(canned->aws, "us-east-1", "DescribeThings", "vpc-1");

	ec2_call_filter_one(&call, "vpc-id", "vpc-1");
	return ec2_call_list(&call, "thingSet", page, id_read, ids, e);
}

static void assert_list_refused(const char *body, const char *cause)
{
	CLEANUP(strings_done) struct strings ids = { 0 };
	AUTO_FREE char *whole = mem_printf("ec2:DescribeThings on 'vpc-1' in 'us-east-1': %s", cause);
	struct err e = ERR_INIT;
	CANNED(canned, { 200, body });

	assert_int_equal(things_list(&canned, 0, &ids, &e), -1);
	assert_error(&e, EXIT_CONFIG, whole, "");
}

static void pages_are_followed_to_the_end_also_over_empty_ones(void **state)
{
	CLEANUP(strings_done) struct strings ids = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned,
	       { 200, "<DescribeThingsResponse><thingSet><item><id>a</id></item></thingSet>"
		      "<nextToken>t/1=</nextToken></DescribeThingsResponse>" },
	       { 200, "<DescribeThingsResponse><thingSet/><nextToken>t2</nextToken></DescribeThingsResponse>" },
	       { 200, "<DescribeThingsResponse><thingSet><item><id>b</id></item></thingSet><nextToken/>"
		      "</DescribeThingsResponse>" });

	(void)state;
	assert_int_equal(things_list(&canned, 100, &ids, &e), 0);
	assert_int_equal(ids.count, 2);
	assert_string_equal(ids.items[0], "a");
	assert_string_equal(ids.items[1], "b");
	assert_int_equal(canned.requests.count, 3);
	assert_string_equal(canned.requests.items[0], "Action=DescribeThings&Version=2016-11-15&Filter.1.Name=vpc-id&"
			    "Filter.1.Value.1=vpc-1&MaxResults=100");
	assert_string_equal(canned.requests.items[1], "Action=DescribeThings&Version=2016-11-15&Filter.1.Name=vpc-id&"
			    "Filter.1.Value.1=vpc-1&MaxResults=100&NextToken=t%2F1%3D");
	assert_asked(&canned, "Action=DescribeThings&Version=2016-11-15&Filter.1.Name=vpc-id&"
		     "Filter.1.Value.1=vpc-1&MaxResults=100&NextToken=t2");
}

static void pages_that_go_in_circles_end(void **state)
{
	CLEANUP(strings_done) struct strings ids = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<DescribeThingsResponse><thingSet/><nextToken>t</nextToken></DescribeThingsResponse>" });

	(void)state;
	assert_int_equal(things_list(&canned, 0, &ids, &e), -1);
	assert_error(&e, EXIT_CONFIG, "ec2:DescribeThings on 'vpc-1' in 'us-east-1': more than 1000 pages", "");
	assert_int_equal(canned.requests.count, 1000);
}

static void too_many_items_are_refused(void **state)
{
	AUTO_BUF struct buf body = { 0 };

	(void)state;
	buf_adds(&body, "<DescribeThingsResponse><thingSet>");
	for (int i = 0; i < 10001; i++)
		buf_adds(&body, "<item><id>a</id></item>");
	buf_adds(&body, "</thingSet></DescribeThingsResponse>");
	assert_list_refused(buf_str(&body), "more than 10000 items");
}

static void a_list_that_is_none_is_not_taken_for_an_empty_one(void **state)
{
	(void)state;
	assert_list_refused("", "not valid XML at line 1: not well-formed");
	assert_list_refused("<html/>", "the reply is not 'DescribeThingsResponse'");
	assert_list_refused("<DescribeThings/>", "the reply is not 'DescribeThingsResponse'");
	assert_list_refused("<DescribeThingsResponse/>", "'thingSet' is missing");
	assert_list_refused("<DescribeThingsResponse><thingSet><item/></thingSet></DescribeThingsResponse>",
			    "'id' is missing");
}

static int thing_change(struct canned_aws *canned, bool dry, bool *ret_accepted, struct err *e)
{
	AUTO_EC2_CALL struct ec2_call call =
		ec2_call(canned->aws, "us-east-1", "ChangeThing", "thing-1");

	form_add(&call.form, "ThingId", "thing-1");
	ec2_call_accept(&call, "InvalidThing.NotFound", NULL);
	ec2_call_accept(&call, "InvalidParameterValue", "no thing");
	return ec2_call_change(&call, dry, ret_accepted, e);
}

static void a_change_is_not_dry_unless_told(void **state)
{
	struct err e = ERR_INIT;
	bool accepted = true;
	CANNED(canned, { 200, "<ChangeThingResponse><return>true</return></ChangeThingResponse>" });

	(void)state;
	assert_int_equal(thing_change(&canned, false, &accepted, &e), 0);
	assert_false(accepted);
	assert_asked(&canned, "Action=ChangeThing&Version=2016-11-15&ThingId=thing-1");
}

static void a_dry_run_that_would_have_succeeded_has(void **state)
{
	struct err e = ERR_INIT;
	bool accepted = true;
	CANNED(canned, { 412, DRY_RUN });

	(void)state;
	assert_int_equal(thing_change(&canned, true, &accepted, &e), 0);
	assert_false(accepted);
	assert_asked(&canned, "Action=ChangeThing&Version=2016-11-15&ThingId=thing-1&DryRun=true");
}

static void a_dry_run_that_was_not_dry_is_odd(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 200, "<ChangeThingResponse><return>true</return></ChangeThingResponse>" });

	(void)state;
	assert_int_equal(thing_change(&canned, true, NULL, &e), -1);
	assert_error(&e, EXIT_CONFIG, "ec2:ChangeThing on 'thing-1' in 'us-east-1': "
		     "a dry run was answered as if the change had been made", "");
}

static void a_change_that_was_only_a_dry_run_is_not_made(void **state)
{
	struct err e = ERR_INIT;
	CANNED(canned, { 412, DRY_RUN });

	(void)state;
	assert_int_equal(thing_change(&canned, false, NULL, &e), -1);
	assert_error(&e, EXIT_STEP, "ec2:ChangeThing on 'thing-1' in 'us-east-1': "
		     "DryRunOperation: Request would have succeeded, but DryRun flag is set.", "");
}

static void a_denial_names_the_action_dry_or_not(void **state)
{
	(void)state;
	for (int dry = 0; dry < 2; dry++) {
		struct err e = ERR_INIT;
		CANNED(canned, { 403, DENIED });

		assert_int_equal(thing_change(&canned, dry, NULL, &e), -1);
		assert_error(&e, EXIT_DENIED, "ec2:ChangeThing on 'thing-1' in 'us-east-1': UnauthorizedOperation: "
			     "You are not authorized to perform this operation.",
			     "grant ec2:ChangeThing on 'thing-1'");
	}
}

static void a_list_is_granted_on_everything(void **state)
{
	CLEANUP(strings_done) struct strings ids = { 0 };
	struct err e = ERR_INIT;
	CANNED(canned, { 403, DENIED });

	(void)state;
	assert_int_equal(things_list(&canned, 0, &ids, &e), -1);
	assert_error(&e, EXIT_DENIED, "ec2:DescribeThings on 'vpc-1' in 'us-east-1': UnauthorizedOperation: "
		     "You are not authorized to perform this operation.", "grant ec2:DescribeThings on '*'");
}

static void assert_accepted(const char *code, const char *message, bool wanted)
{
	AUTO_FREE char *body = mem_printf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error>"
					  "</Errors></Response>", code, message);
	struct err e = ERR_INIT;
	bool accepted = false;
	CANNED(canned, { 400, body });

	assert_int_equal(thing_change(&canned, false, &accepted, &e), wanted ? 0 : -1);
	assert_int_equal(accepted, wanted);
	assert_int_equal(e.code == EXIT_DONE, wanted);
}

static void only_the_faults_that_are_accepted_are(void **state)
{
	(void)state;
	assert_accepted("InvalidThing.NotFound", "", true);
	assert_accepted("InvalidThing.NotFound", "of whatever kind", true);
	assert_accepted("InvalidParameterValue", "There is no thing here.", true);
	assert_accepted("InvalidParameterValue", "Something else", false);
	assert_accepted("InvalidThing.NotFoundAnywhere", "no thing", false);
	assert_accepted("invalidthing.notfound", "", false);
	assert_accepted("", "no thing", false);
}

static void assert_mesh(const char *tags, const char *wanted)
{
	AUTO_FREE char *text = mem_printf("<item>%s</item>", tags);
	AUTO_FREE char *mesh = NULL;
	AUTO_XML struct xml *item = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(xml_read(text, strlen(text), &item, &e), 0);
	assert_int_equal(ec2_tag_mesh(item, &mesh, &e), 0);
	if (wanted == NULL)
		assert_null(mesh);
	else
		assert_string_equal(mesh, wanted);
}

static void the_tag_of_the_mesh_is_found_among_others(void **state)
{
	(void)state;
	assert_mesh("", NULL);
	assert_mesh("<tagSet/>", NULL);
	assert_mesh("<tagSet><item><key>cygnet:site</key><value>x</value></item><item/></tagSet>", NULL);
	assert_mesh("<tagSet><item><key>Name</key><value>x</value></item>"
		    "<item><key>cygnet:mesh</key><value>prod</value></item></tagSet>", "prod");
	assert_mesh("<tagSet><item><key>cygnet:mesh</key><value/></item></tagSet>", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_followed_to_the_end_also_over_empty_ones),
		cmocka_unit_test(pages_that_go_in_circles_end),
		cmocka_unit_test(too_many_items_are_refused),
		cmocka_unit_test(a_list_that_is_none_is_not_taken_for_an_empty_one),
		cmocka_unit_test(a_change_is_not_dry_unless_told),
		cmocka_unit_test(a_dry_run_that_would_have_succeeded_has),
		cmocka_unit_test(a_dry_run_that_was_not_dry_is_odd),
		cmocka_unit_test(a_change_that_was_only_a_dry_run_is_not_made),
		cmocka_unit_test(a_denial_names_the_action_dry_or_not),
		cmocka_unit_test(a_list_is_granted_on_everything),
		cmocka_unit_test(only_the_faults_that_are_accepted_are),
		cmocka_unit_test(the_tag_of_the_mesh_is_found_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
