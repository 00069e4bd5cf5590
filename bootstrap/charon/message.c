/*
 * message: vici messages as bytes, written and walked. The bytes come from another process, so the
 * walk trusts no length and no nesting. It knows no socket, and not what the names mean.
 */
#include "bootstrap/charon/message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct vici_message *vici_message_new(void)
{
	return mem_calloc(1, sizeof(struct vici_message));
}

void vici_message_free(struct vici_message **message)
{
	if (*message != NULL)
		buf_done(&(*message)->bytes);
	free(*message);
	*message = NULL;
}

void vici_add(struct vici_message *message, const char *key, const char *value)
{
	size_t key_len = strlen(key), value_len = strlen(value);
	const unsigned char start[] = { VICI_VALUE, (unsigned char)key_len };
	const unsigned char size[] = { (unsigned char)(value_len >> 8), (unsigned char)value_len };

	if (key_len > NAME_MAX_LEN || value_len > UINT16_MAX) {
		message->unsendable = true;
		return;
	}
	buf_add(&message->bytes, start, sizeof start);
	buf_add(&message->bytes, key, key_len);
	buf_add(&message->bytes, size, sizeof size);
	buf_add(&message->bytes, value, value_len);
}

struct cursor {
	const unsigned char *at, *end;
	struct buf name, value;		/* of the element that was read last */
	unsigned depth;
	bool in_list;
};

static void cursor_done(struct cursor *cursor)
{
	buf_done(&cursor->name);
	buf_done(&cursor->value);
}

static int malformed(struct err *e, const char *rule)
{
	return err_set(e, EXIT_STEP, "malformed message: %s", rule);
}

/* A string behind its length of width bytes, big-endian. */
static int cursor_string(struct cursor *cursor, unsigned width, struct buf *ret_text, struct err *e)
{
	size_t len = 0;

	if ((size_t)(cursor->end - cursor->at) < width)
		return malformed(e, "it ends inside a length");
	for (unsigned i = 0; i < width; i++)
		len = len << 8 | *cursor->at++;
	if ((size_t)(cursor->end - cursor->at) < len)
		return malformed(e, "a length reaches beyond its end");
	if (memchr(cursor->at, '\0', len) != NULL)
		return malformed(e, "a NUL inside of a text");
	ret_text->len = 0;
	buf_add(ret_text, cursor->at, len);
	cursor->at += len;
	return 0;
}

static int cursor_nest(struct cursor *cursor, enum vici_element element, struct err *e)
{
	bool of_list = element == VICI_LIST_ITEM || element == VICI_LIST_END;

	if (of_list && !cursor->in_list)
		return malformed(e, "a list item outside of a list");
	if (!of_list && cursor->in_list)
		return malformed(e, "something other than items in a list");
	if (element == VICI_SECTION_START && cursor->depth == MESSAGE_DEPTH)
		return malformed(e, "sections nested too deep");
	if (element == VICI_SECTION_END && cursor->depth == 0)
		return malformed(e, "the end of a section that never began");
	if (element == VICI_LIST_START || element == VICI_LIST_END)
		cursor->in_list = element == VICI_LIST_START;
	return 0;
}

static int cursor_next(struct cursor *cursor, struct vici_item *ret_item, struct err *e)
{
	unsigned element = *cursor->at++;
	bool named = element == VICI_SECTION_START || element == VICI_VALUE ||
		     element == VICI_LIST_START;
	bool valued = element == VICI_VALUE || element == VICI_LIST_ITEM;

	if (element < VICI_SECTION_START || element > VICI_LIST_END)
		return malformed(e, "an element of unknown type");
	if (cursor_nest(cursor, element, e) < 0)
		return -1;
	if (named && cursor_string(cursor, 1, &cursor->name, e) < 0)
		return -1;
	if (valued && cursor_string(cursor, 2, &cursor->value, e) < 0)
		return -1;
	if (element == VICI_SECTION_END)
		cursor->depth--;
	*ret_item = (struct vici_item){ .element = element,
					.name = named ? buf_str(&cursor->name) : "",
					.value = valued ? buf_str(&cursor->value) : "",
					.depth = cursor->depth };
	if (element == VICI_SECTION_START)
		cursor->depth++;
	return 0;
}

int vici_walk(const struct vici_message *message, vici_visit visit, void *context, struct err *e)
{
	const unsigned char *bytes = (const unsigned char *)buf_str(&message->bytes);
	const unsigned char *end = bytes + message->bytes.len;
	CLEANUP(cursor_done) struct cursor cursor = { .at = bytes, .end = end };
	struct vici_item item;

	while (cursor.at < cursor.end)
		if (cursor_next(&cursor, &item, e) < 0 || visit(&item, context, e) < 0)
			return -1;
	if (cursor.depth > 0 || cursor.in_list)
		return malformed(e, "it ends inside a section or list");
	return 0;
}

struct wanted_value {
	const char *key;
	char *found;
};

static int value_visit(const struct vici_item *item, void *context, struct err *e)
{
	struct wanted_value *wanted = context;

	(void)e;
	if (item->element == VICI_VALUE && item->depth == 0 && wanted->found == NULL &&
	    strcmp(item->name, wanted->key) == 0)
		wanted->found = mem_strdup(item->value);
	return 0;
}

int vici_value(const struct vici_message *message, const char *key, char **ret_value, struct err *e)
{
	struct wanted_value wanted = { .key = key };

	if (vici_walk(message, value_visit, &wanted, e) < 0) {
		free(wanted.found);
		return -1;
	}
	*ret_value = wanted.found;
	return 0;
}
