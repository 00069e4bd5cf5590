/* Documents from outside: what is refused whole, and what of each member. */
#include <string.h>

#include "tests/unit/support.h"

#include "base/json.h"

static json_t *document_of(const char *text)
{
	json_t *document = NULL;
	struct err e = ERR_INIT;

	if (json_read(text, strlen(text), &document, &e) < 0)
		fail_msg("%s: %s", text, e.cause);
	return document;
}

static void assert_unreadable(const char *text, size_t len, const char *cause)
{
	json_t *document = NULL;
	struct err e = ERR_INIT;

	if (json_read(text, len, &document, &e) == 0)
		fail_msg("%s is read", text);
	if (strncmp(e.cause, cause, strlen(cause)) != 0)
		fail_msg("%s: %s", text, e.cause);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_null(document);
}

static void text_that_is_no_object_is_read(void **state)
{
	static const char *const texts[] = {
		"", "{", "7", "{'a': 1}", "{\"a\": NaN}", "{\"a\": 1,}", "{\"a\": 1} {}",
		"{\"a\": \"\\u0000\"}", "{\"a\": \"\\ud800\"}", "{\"a\": \"\xff\"}",
		"{\"a\": 99999999999999999999}", "{\"a\": 1, \"a\": 1}",
		"{\"b\": {\"a\": 1, \"a\": 2}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		assert_unreadable(texts[i], strlen(texts[i]), "not valid JSON at line 1, column ");
	assert_unreadable("{\"a\": 1}\n}", 10, "not valid JSON at line 2, column 1");
	assert_unreadable("{}\0", 3, "not valid JSON at line 1, column ");
	assert_unreadable("[]", 2, "not a JSON object");
}

/* What a stranger nests is bounded before the stack is. */
static void nesting_has_no_bound(void **state)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = ERR_INIT;
	json_t *document;

	(void)state;
	buf_adds(&text, "{\"a\":");
	for (int i = 0; i < 100000; i++)
		buf_adds(&text, "[");
	assert_int_equal(json_read(buf_str(&text), text.len, &document, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
}

static void message_shows_the_text_itself(void **state)
{
	static const char text[] = "{\"SecretAccessKey\": \"wJalrXUtnFEMI\", \"Token\": oops";
	struct err e = ERR_INIT;
	json_t *document;

	(void)state;
	assert_int_equal(json_read(text, strlen(text), &document, &e), -1);
	assert_null(strstr(e.cause, "wJalr"));
	assert_null(strstr(e.cause, "oops"));
}

static void string_of_the_wrong_shape_is_taken(void **state)
{
	static const struct {
		const char *key, *cause;
	} cases[] = {
		{ "number", "'number' is not a string" },
		{ "list", "'list' is not a string" },
		{ "long", "'long' is longer than 4 bytes" },
		{ "line", "'line' has control characters" },
		{ "delete", "'delete' has control characters" },
		{ "null", "'null' is missing" },
		{ "none", "'none' is missing" },
	};
	AUTO_JSON json_t *document = document_of(
		"{\"number\": 7, \"list\": [\"a\"], \"long\": \"12345\", \"null\": null, "
		"\"line\": \"a\\nb\", \"delete\": \"\\u007f\", \"good\": \"1234\", "
		"\"empty\": \"\", \"wide\": \"\\u00fcb\"}");
	AUTO_FREE char *good = NULL, *empty = NULL, *wide = NULL;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *value = NULL;

		assert_int_equal(json_get_string(document, cases[i].key, 4, &value, &e), -1);
		assert_error(&e, EXIT_CONFIG, cases[i].cause, "");
		assert_null(value);
	}
	assert_int_equal(json_get_string(document, "good", 4, &good, &e), 0);
	assert_int_equal(json_get_string(document, "empty", 4, &empty, &e), 0);
	assert_int_equal(json_get_string(document, "wide", 4, &wide, &e), 0);
	assert_string_equal(good, "1234");
	assert_string_equal(empty, "");
	assert_string_equal(wide, "\xc3\xbc" "b");
}

static void absent_string_is_not_the_default(void **state)
{
	AUTO_JSON json_t *document = document_of(
		"{\"null\": null, \"there\": \"b\", \"odd\": false}");
	AUTO_FREE char *null = NULL, *none = NULL, *there = NULL;
	char *nothing = none, *odd = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(json_get_string_or(document, "null", 9, "a", &null, &e), 0);
	assert_int_equal(json_get_string_or(document, "none", 9, "a", &none, &e), 0);
	assert_int_equal(json_get_string_or(document, "there", 9, "a", &there, &e), 0);
	assert_int_equal(json_get_string_or(document, "none", 9, NULL, &nothing, &e), 0);
	assert_string_equal(null, "a");
	assert_string_equal(none, "a");
	assert_string_equal(there, "b");
	assert_null(nothing);
	assert_int_equal(json_get_string_or(document, "odd", 9, "a", &odd, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'odd' is not a string", "");
	assert_null(odd);
}

static void integer_out_of_bounds_is_taken(void **state)
{
	static const struct {
		const char *key, *cause;
	} cases[] = {
		{ "text", "'text' is not an integer" },
		{ "real", "'real' is not an integer" },
		{ "true", "'true' is not an integer" },
		{ "null", "'null' is not an integer" },
		{ "none", "'none' is missing" },
		{ "low", "'low' is outside 1..9" },
		{ "high", "'high' is outside 1..9" },
	};
	AUTO_JSON json_t *document = document_of(
		"{\"text\": \"5\", \"real\": 5.0, \"true\": true, \"null\": null, \"low\": 0, "
		"\"high\": 10, \"least\": 1, \"most\": 9}");
	struct err e = ERR_INIT;
	int64_t value = 77;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(json_get_integer(document, cases[i].key, 1, 9, &value, &e), -1);
		assert_error(&e, EXIT_CONFIG, cases[i].cause, "");
		assert_int_equal(value, 77);
	}
	assert_int_equal(json_get_integer(document, "least", 1, 9, &value, &e), 0);
	assert_int_equal(value, 1);
	assert_int_equal(json_get_integer(document, "most", 1, 9, &value, &e), 0);
	assert_int_equal(value, 9);
}

static void truth_is_read_into_other_values(void **state)
{
	AUTO_JSON json_t *document = document_of(
		"{\"yes\": true, \"no\": false, \"one\": 1, \"text\": \"true\"}");
	struct err e = ERR_INIT;
	bool value = false;

	(void)state;
	assert_int_equal(json_get_bool_or(document, "yes", false, &value, &e), 0);
	assert_true(value);
	assert_int_equal(json_get_bool_or(document, "no", true, &value, &e), 0);
	assert_false(value);
	assert_int_equal(json_get_bool_or(document, "none", true, &value, &e), 0);
	assert_true(value);
	assert_int_equal(json_get_bool_or(document, "one", false, &value, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'one' is not true or false", "");
	assert_int_equal(json_get_bool_or(document, "text", false, &value, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'text' is not true or false", "");
	assert_true(value);
}

static void array_has_more_elements_than_allowed(void **state)
{
	AUTO_JSON json_t *document = document_of(
		"{\"three\": [1, 2, 3], \"object\": {\"0\": 1}, \"null\": null}");
	json_t *array = document;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(json_get_array(document, "three", 2, &array, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'three' has more than 2 elements", "");
	assert_int_equal(json_get_array(document, "object", 2, &array, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'object' is not an array", "");
	assert_int_equal(json_get_array(document, "null", 2, &array, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'null' is not an array", "");
	assert_ptr_equal(array, document);
	assert_int_equal(json_get_array(document, "three", 3, &array, &e), 0);
	assert_int_equal(json_array_size(array), 3);
	assert_int_equal(json_get_array(document, "none", 3, &array, &e), 0);
	assert_null(array);
}

static void member_of_something_else_is_found(void **state)
{
	AUTO_JSON json_t *document = document_of("{\"list\": [7]}");
	char *text = NULL;
	int64_t number;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(json_get_string(json_object_get(document, "list"), "a", 9, &text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'a' is missing", "");
	assert_int_equal(json_get_integer(NULL, "a", 0, 9, &number, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'a' is missing", "");
}

static void equal_documents_are_different_text(void **state)
{
	AUTO_JSON json_t *one = document_of(
		"{\"b\": [1, 2], \"a\": {\"d\": \"\\u00fc\", \"c\": null}}");
	AUTO_JSON json_t *two = document_of(
		" {\"a\":{\"c\":null,\"d\":\"\xc3\xbc\"},\n\"b\":[1,2]}");
	AUTO_FREE char *one_text = json_text(one), *two_text = json_text(two);

	(void)state;
	assert_string_equal(one_text, "{\"a\":{\"c\":null,\"d\":\"\xc3\xbc\"},\"b\":[1,2]}");
	assert_string_equal(two_text, one_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_is_no_object_is_read),
		cmocka_unit_test(nesting_has_no_bound),
		cmocka_unit_test(message_shows_the_text_itself),
		cmocka_unit_test(string_of_the_wrong_shape_is_taken),
		cmocka_unit_test(absent_string_is_not_the_default),
		cmocka_unit_test(integer_out_of_bounds_is_taken),
		cmocka_unit_test(truth_is_read_into_other_values),
		cmocka_unit_test(array_has_more_elements_than_allowed),
		cmocka_unit_test(member_of_something_else_is_found),
		cmocka_unit_test(equal_documents_are_different_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
