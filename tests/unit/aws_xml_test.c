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

static void items_of_a_set_are_walked_in_order(void **state)
{
	AUTO_XML struct xml *root = read_good("<r><set><item><id>1</id></item><other><id>2</id></other>"
					      "<item><id>3</id></item></set><set><item><id>4</id></item></set></r>");
	char seen[8] = "";

	(void)state;
	XML_EACH(item, root, "set/item")
		strcat(seen, xml_text(item, "id"));
	assert_string_equal(seen, "13");
	XML_EACH(item, root, "none/item")
		fail();
	assert_string_equal(xml_name(root), "r");
}

static void values_are_typed(void **state)
{
	AUTO_XML struct xml *root = read_good("<r><id>eni-1</id><on>true</on><off>false</off><n>-1</n><range>10.0.0.0/8</range>"
					      "<ip>192.0.2.1</ip><text>two w\xc3\xb6rds</text></r>");
	AUTO_FREE char *id = NULL, *text = NULL;
	struct err e = ERR_INIT;
	bool on = false, off = true;
	struct cidr range;
	uint32_t address;
	int64_t n;

	(void)state;
	assert_int_equal(xml_get_id(root, "id", &id, &e), 0);
	assert_string_equal(id, "eni-1");
	assert_int_equal(xml_get_text(root, "text", 20, &text, &e), 0);
	assert_string_equal(text, "two w\xc3\xb6rds");
	assert_int_equal(xml_get_bool(root, "on", &on, &e), 0);
	assert_int_equal(xml_get_bool(root, "off", &off, &e), 0);
	assert_true(on && !off);
	assert_int_equal(xml_get_integer_or(root, "n", -1, 5, 0, &n, &e), 0);
	assert_int_equal(n, -1);
	assert_int_equal(xml_get_range(root, "range", &range, &e), 0);
	assert_true(range.address == 0x0a000000 && range.length == 8);
	assert_int_equal(xml_get_address(root, "ip", &address, &e), 0);
	assert_int_equal(address, 0xc0000201);
}

static void what_is_missing_or_empty_is_absent(void **state)
{
	static const char *const documents[] = { "<r/>", "<r><v/></r>", "<r><v></v></r>" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(documents); i++) {
		AUTO_XML struct xml *root = read_good(documents[i]);
		AUTO_FREE char *id = NULL, *text = NULL;
		struct err e = ERR_INIT;
		uint32_t address = 0;
		bool on = false;
		int64_t n = 0;

		assert_int_equal(xml_get_id_or(root, "v", NULL, &id, &e), 0);
		assert_null(id);
		assert_int_equal(xml_get_text_or(root, "v", 9, "absent", &text, &e), 0);
		assert_string_equal(text, "absent");
		assert_int_equal(xml_get_bool_or(root, "v", true, &on, &e), 0);
		assert_true(on);
		assert_int_equal(xml_get_integer_or(root, "v", 0, 9, 7, &n, &e), 0);
		assert_int_equal(n, 7);
		assert_int_equal(xml_get_address_or(root, "v", 5, &address, &e), 0);
		assert_int_equal(address, 5);
		assert_int_equal(xml_get_id(root, "v", &id, &e), -1);
		assert_error(&e, EXIT_CONFIG, "'v' is missing", "");
		assert_int_equal(xml_get_text(root, "v", 9, &text, &e), -1);
		assert_error(&e, EXIT_CONFIG, "'v' is missing", "");
		assert_int_equal(xml_get_bool(root, "v", &on, &e), -1);
		assert_error(&e, EXIT_CONFIG, "'v' is missing", "");
		assert_int_equal(xml_get_range(root, "v", &(struct cidr){ 0 }, &e), -1);
		assert_error(&e, EXIT_CONFIG, "'v' is missing", "");
		assert_int_equal(xml_get_address(root, "v", &address, &e), -1);
		assert_error(&e, EXIT_CONFIG, "'v' is missing", "");
	}
}

static const struct xml *value_of(struct xml **root, const char *value)
{
	AUTO_FREE char *text = mem_printf("<r><v>%s</v></r>", value);

	xml_free(*root);
	*root = read_good(text);
	return *root;
}

static void odd_values_are_named_and_shown_only_where_they_are_harmless(void **state)
{
	AUTO_XML struct xml *root = NULL;
	AUTO_FREE char *text = NULL;
	char long_id[XML_ID_MAX + 2] = "";
	struct err e = ERR_INIT;
	uint32_t address;
	bool on;
	int64_t n;

	(void)state;
	memset(long_id, 'x', sizeof long_id - 1);
	assert_int_equal(xml_get_id_or(value_of(&root, "a b"), "v", NULL, &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no id", "");
	assert_int_equal(xml_get_id(value_of(&root, "a&#10;b"), "v", &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no id", "");
	assert_int_equal(xml_get_id(value_of(&root, long_id), "v", &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is longer than 256 bytes", "");
	assert_int_equal(xml_get_text(value_of(&root, "&#9;x"), "v", 9, &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' has control characters", "");
	assert_int_equal(xml_get_text(value_of(&root, "1234567890"), "v", 9, &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is longer than 9 bytes", "");
	assert_int_equal(xml_get_bool(value_of(&root, "TRUE"), "v", &on, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is neither true nor false: 'TRUE'", "");
	assert_int_equal(xml_get_bool_or(value_of(&root, "1 "), "v", true, &on, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is neither true nor false", "");
	assert_int_equal(xml_get_range(value_of(&root, "10.0.0.1/8"), "v", &(struct cidr){ 0 }, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no IPv4 range: '10.0.0.1/8'", "");
	assert_int_equal(xml_get_address(value_of(&root, "10.0.0.256"), "v", &address, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no IPv4 address: '10.0.0.256'", "");
	assert_int_equal(xml_get_address_or(value_of(&root, "::1"), "v", 0, &address, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no IPv4 address: '::1'", "");
	assert_int_equal(xml_get_integer_or(value_of(&root, "0x1"), "v", 0, 9, 0, &n, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no number: '0x1'", "");
	assert_int_equal(xml_get_integer_or(value_of(&root, "+1"), "v", 0, 9, 0, &n, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is no number: '+1'", "");
	assert_int_equal(xml_get_integer_or(value_of(&root, "99999999999999999999"), "v", 0, 9, 0, &n, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'v' is outside 0..9", "");
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
		cmocka_unit_test(items_of_a_set_are_walked_in_order),
		cmocka_unit_test(values_are_typed),
		cmocka_unit_test(what_is_missing_or_empty_is_absent),
		cmocka_unit_test(odd_values_are_named_and_shown_only_where_they_are_harmless),
		cmocka_unit_test(paths_that_lead_nowhere_give_nothing),
		cmocka_unit_test(a_name_that_begins_like_the_path_is_another),
		cmocka_unit_test(characters_and_predefined_entities_are_decoded),
		cmocka_unit_test(what_is_not_well_formed_is_refused_with_its_line),
		cmocka_unit_test(entities_of_its_own_are_refused_before_they_grow),
		cmocka_unit_test(depth_and_number_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
