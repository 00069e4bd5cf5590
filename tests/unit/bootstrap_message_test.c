/* Messages: every byte of a good one, and every way in which one can be bad. */
#include <string.h>

#include "tests/unit/support.h"

#include "base/mem.h"
#include "bootstrap/charon/message.h"

/* In a block of just this size, so that the sanitizer sees a byte read beyond it. */
static struct vici_message *message_of(const char *bytes, size_t len)
{
	struct vici_message *message = vici_message_new();

	message->bytes = (struct buf){ .data = mem_calloc(len, 1), .len = len, .size = len };
	memcpy(message->bytes.data, bytes, len);
	return message;
}

static int item_print(const struct vici_item *item, void *context, struct err *e)
{
	(void)e;
	buf_addf(context, "%u:%u:%s:%s ", item->depth, item->element, item->name, item->value);
	return 0;
}

static int item_refuse(const struct vici_item *item, void *context, struct err *e)
{
	++*(int *)context;
	return strcmp(item->name, "key2") == 0 ? err_set(e, EXIT_CONFIG, "enough") : 0;
}

/* The example on the page of the protocol. */
static const char example[] =
	"\3\4key1\0\6value1"
	"\1\10section1"
	"\1\13sub-section"
	"\3\4key2\0\6value2"
	"\2"
	"\4\5list1\5\0\5item1\5\0\5item2\6"
	"\2";

static void values_are_encoded_as_the_protocol_says(void **state)
{
	AUTO_MESSAGE struct vici_message *message = vici_message_new();
	const char expected[] = "\3\4key1\0\6value1\3\5empty\0\0";

	(void)state;
	vici_add(message, "key1", "value1");
	vici_add(message, "empty", "");
	assert_false(message->unsendable);
	assert_int_equal(message->bytes.len, sizeof expected - 1);
	assert_memory_equal(message->bytes.data, expected, sizeof expected - 1);
}

static void long_values_have_a_length_of_two_bytes(void **state)
{
	AUTO_MESSAGE struct vici_message *message = vici_message_new();
	char value[0x0102 + 1];

	(void)state;
	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	vici_add(message, "k", value);
	assert_memory_equal(message->bytes.data, "\3\1k\1\2x", 6);
}

static void what_no_length_can_say_is_not_encoded(void **state)
{
	static char value[UINT16_MAX + 2], name[NAME_MAX_LEN + 2];
	AUTO_MESSAGE struct vici_message *by_value = vici_message_new(), *by_name = vici_message_new();

	(void)state;
	memset(value, 'x', sizeof value - 1);
	memset(name, 'x', sizeof name - 1);
	vici_add(by_value, "key", value);
	vici_add(by_name, name, "value");
	assert_true(by_value->unsendable);
	assert_true(by_name->unsendable);
	assert_int_equal(by_value->bytes.len + by_name->bytes.len, 0);
}

static void walk_sees_names_values_and_depths_in_order(void **state)
{
	AUTO_MESSAGE struct vici_message *message = message_of(example, sizeof example - 1);
	AUTO_BUF struct buf seen = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(vici_walk(message, item_print, &seen, &e), 0);
	assert_string_equal(buf_str(&seen),
			    "0:3:key1:value1 0:1:section1: 1:1:sub-section: 2:3:key2:value2 1:2:: "
			    "1:4:list1: 1:5::item1 1:5::item2 1:6:: 0:2:: ");
}

static void a_visitor_that_fails_ends_the_walk(void **state)
{
	AUTO_MESSAGE struct vici_message *message = message_of(example, sizeof example - 1);
	struct err e = ERR_INIT;
	int visits = 0;

	(void)state;
	assert_int_equal(vici_walk(message, item_refuse, &visits, &e), -1);
	assert_int_equal(visits, 4);
	assert_error(&e, EXIT_CONFIG, "enough", "");
}

static void only_values_at_top_level_are_values_of_a_message(void **state)
{
	AUTO_MESSAGE struct vici_message *message = message_of(example, sizeof example - 1);
	AUTO_FREE char *top = NULL, *nested = NULL, *section = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(vici_value(message, "key1", &top, &e), 0);
	assert_int_equal(vici_value(message, "key2", &nested, &e), 0);
	assert_int_equal(vici_value(message, "section1", &section, &e), 0);
	assert_string_equal(top, "value1");
	assert_null(nested);
	assert_null(section);
}

static void an_empty_message_is_well_formed(void **state)
{
	AUTO_MESSAGE struct vici_message *message = vici_message_new();
	AUTO_BUF struct buf seen = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(vici_walk(message, item_print, &seen, &e), 0);
	assert_int_equal(seen.len, 0);
}

static void every_malformation_is_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *rule;
	} cases[] = {
#define CASE(bytes, rule) { bytes, sizeof(bytes) - 1, rule }
		CASE("\0", "an element of unknown type"),
		CASE("\7", "an element of unknown type"),
		CASE("\377", "an element of unknown type"),
		CASE("\3", "it ends inside a length"),
		CASE("\3\1k", "it ends inside a length"),
		CASE("\3\1k\0", "it ends inside a length"),
		CASE("\3\4key", "a length reaches beyond its end"),
		CASE("\3\1k\0\2v", "a length reaches beyond its end"),
		CASE("\3\1k\377\377v", "a length reaches beyond its end"),
		CASE("\1\377s", "a length reaches beyond its end"),
		CASE("\3\1\0\0\1v", "a NUL inside of a text"),
		CASE("\3\1k\0\3v\0v", "a NUL inside of a text"),
		CASE("\4\1l\5\0\1\0\6", "a NUL inside of a text"),
		CASE("\2", "the end of a section that never began"),
		CASE("\1\1s\2\2", "the end of a section that never began"),
		CASE("\1\1s", "it ends inside a section or list"),
		CASE("\1\1s\1\1t\2", "it ends inside a section or list"),
		CASE("\4\1l", "it ends inside a section or list"),
		CASE("\5\0\1i", "a list item outside of a list"),
		CASE("\6", "a list item outside of a list"),
		CASE("\4\1l\6\5\0\1i", "a list item outside of a list"),
		CASE("\4\1l\4\1m\6\6", "something other than items in a list"),
		CASE("\4\1l\3\1k\0\1v\6", "something other than items in a list"),
		CASE("\4\1l\1\1s\2\6", "something other than items in a list"),
		CASE("\1\1s\4\1l\2", "something other than items in a list"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_MESSAGE struct vici_message *message = message_of(cases[i].bytes, cases[i].len);
		AUTO_FREE char *expected = mem_printf("malformed message: %s", cases[i].rule);
		AUTO_FREE char *value = NULL;
		AUTO_BUF struct buf seen = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(vici_walk(message, item_print, &seen, &e), -1);
		assert_error(&e, EXIT_STEP, expected, "");
		assert_int_equal(vici_value(message, "key1", &value, &e), -1);
		assert_error(&e, EXIT_STEP, expected, "");
	}
}

static void every_cut_of_a_message_is_survived(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof example - 1; len++) {
		AUTO_MESSAGE struct vici_message *message = message_of(example, len);
		AUTO_BUF struct buf seen = { 0 };
		struct err e = ERR_INIT;
		int result = vici_walk(message, item_print, &seen, &e);

		assert_int_equal(result, len == 0 || len == 14 ? 0 : -1);
	}
}

static void sections_nest_no_deeper_than_the_bound(void **state)
{
	AUTO_MESSAGE struct vici_message *message = vici_message_new();
	AUTO_BUF struct buf seen = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i <= MESSAGE_DEPTH; i++)
		buf_add(&message->bytes, "\1\1s", 3);
	for (int i = 0; i <= MESSAGE_DEPTH; i++)
		buf_add(&message->bytes, "\2", 1);
	assert_int_equal(vici_walk(message, item_print, &seen, &e), -1);
	assert_error(&e, EXIT_STEP, "malformed message: sections nested too deep", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_encoded_as_the_protocol_says),
		cmocka_unit_test(long_values_have_a_length_of_two_bytes),
		cmocka_unit_test(what_no_length_can_say_is_not_encoded),
		cmocka_unit_test(walk_sees_names_values_and_depths_in_order),
		cmocka_unit_test(a_visitor_that_fails_ends_the_walk),
		cmocka_unit_test(only_values_at_top_level_are_values_of_a_message),
		cmocka_unit_test(an_empty_message_is_well_formed),
		cmocka_unit_test(every_malformation_is_named),
		cmocka_unit_test(every_cut_of_a_message_is_survived),
		cmocka_unit_test(sections_nest_no_deeper_than_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
