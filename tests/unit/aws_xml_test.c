/* XML: texts by path, and documents that are refused. */
#include "tests/unit/support.h"

#include <string.h>

#include "aws/xml.h"
#include "base/buf.h"

static struct xml *read_good(const char *text)
{
	struct xml *root = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(xml_read(text, strlen(text), &root, &e), 0);
	return root;
}

static void assert_refused(const char *text, const char *cause)
{
	struct xml *root = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(xml_read(text, strlen(text), &root, &e), -1);
	assert_null(root);
	assert_error(&e, EXIT_CONFIG, cause, "");
}

static void texts_are_found_by_path(void **state)
{
	AUTO_XML struct xml *root = read_good("<r xmlns='x'><a>1</a><b><c>2<!-- no -->3</c><d/></b><b><e>4</e></b></r>");

	(void)state;
	assert_string_equal(xml_text(root, "a"), "1");
	assert_string_equal(xml_text(root, "b/c"), "23");
	assert_string_equal(xml_text(root, "b/d"), "");
	assert_string_equal(xml_text(root, "b/e"), "4");
}

static void paths_that_lead_nowhere_give_nothing(void **state)
{
	static const char *const paths[] = { "", "r", "aa", "A", "b/a", "a/b", "c", "b/", "/a", "b/c/d" };
	AUTO_XML struct xml *root = read_good("<r><a>1</a><b><c>2</c></b></r>");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++)
		assert_null(xml_text(root, paths[i]));
}

static void a_name_that_begins_like_the_path_is_another(void **state)
{
	AUTO_XML struct xml *root = read_good("<r><value2>no</value2><value>yes</value></r>");

	(void)state;
	assert_string_equal(xml_text(root, "value"), "yes");
}

static void characters_and_predefined_entities_are_decoded(void **state)
{
	AUTO_XML struct xml *root = read_good("<r><a>&lt;&amp;&#x41;<![CDATA[<b>]]></a></r>");

	(void)state;
	assert_string_equal(xml_text(root, "a"), "<&A<b>");
}

static void what_is_not_well_formed_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("", "not valid XML at line 1: not well-formed");
	assert_refused("<a>\n<b>\n</a>", "not valid XML at line 3: not well-formed");
	assert_refused("<a/>x", "not valid XML at line 1: not well-formed");
	assert_refused("<a>&undefined;</a>", "not valid XML at line 1: not well-formed");
}

static void entities_of_its_own_are_refused_before_they_grow(void **state)
{
	(void)state;
	assert_refused("<!DOCTYPE a [<!ENTITY x 'xxxxxxxx'><!ENTITY y '&x;&x;&x;&x;'>]>\n<a>&y;&y;</a>",
		       "not valid XML at line 1: a document type declaration");
	assert_refused("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
		       "not valid XML at line 1: a document type declaration");
}

static void depth_and_number_are_bounded(void **state)
{
	static const char at_bound[] = "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
				       "<a><a><a><a/></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>"
				       "</a></a></a></a></a></a></a></a></a></a></a></a></a></a>";
	AUTO_BUF struct buf deep = { 0 }, many = { 0 };
	AUTO_XML struct xml *root = NULL, *deepest = read_good(at_bound);

	(void)state;
	buf_addf(&deep, "<a>%s</a>", at_bound);
	assert_refused(buf_str(&deep), "not valid XML at line 1: too deep, or too many elements");
	buf_adds(&many, "<a>");
	for (int i = 0; i < 99999; i++)
		buf_adds(&many, "<b/>");
	buf_adds(&many, "</a>");
	root = read_good(buf_str(&many));
	many.data[many.len - 4] = '\0';
	many.len -= 4;
	buf_adds(&many, "<b/></a>");
	assert_refused(buf_str(&many), "not valid XML at line 1: too deep, or too many elements");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_found_by_path),
		cmocka_unit_test(paths_that_lead_nowhere_give_nothing),
		cmocka_unit_test(a_name_that_begins_like_the_path_is_another),
		cmocka_unit_test(characters_and_predefined_entities_are_decoded),
		cmocka_unit_test(what_is_not_well_formed_is_refused_with_its_line),
		cmocka_unit_test(entities_of_its_own_are_refused_before_they_grow),
		cmocka_unit_test(depth_and_number_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
