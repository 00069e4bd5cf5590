/*
 * tags: the instance's cygnet tags as IMDS shows them. It knows how tags are listed and read,
 * not which of them are settings.
 */
#include "metadata/tags.h"

#include <stdlib.h>
#include <string.h>

#include "metadata/shape.h"

#define TAGS_PATH "meta-data/tags/instance"
#define TAGS_MAX 100		/* EC2 allows 50 on a resource, and its own (aws:…) on top */
#define KEY_MAX 128
#define LISTING_MAX (TAGS_MAX * (KEY_MAX + 1))
#define VALUE_MAX 1024		/* EC2 allows 256 characters; of UTF-8 */

static const char key_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-=.,_:@";

static bool key_is_ours(const char *key)
{
	return strncmp(key, TAG_PREFIX, strlen(TAG_PREFIX)) == 0;
}

int tags_listed(const char *listing, struct strings *ret_keys, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(listing);
	CLEANUP(strings_done) struct strings keys = { 0 };
	char *rest = copy, *key;
	size_t count = 0;

	while ((key = strsep(&rest, "\n")) != NULL) {
		if (++count > TAGS_MAX)
			return err_set(e, EXIT_CONFIG,
				       "IMDS path '" TAGS_PATH "': more than %d tags", TAGS_MAX);
		if (!key_is_ours(key))
			continue;
		if (!shape_word(key, key_characters, 1, KEY_MAX))
			return err_set(e, EXIT_CONFIG,
				       "IMDS path '" TAGS_PATH "': '%.*s' is not 1 to %d letters, "
				       "digits and '+-=.,_:@'", KEY_MAX, key, KEY_MAX);
		strings_add(&keys, key);
	}
	*ret_keys = keys;
	keys = (struct strings){ 0 };
	return 0;
}

static int tag_read(struct imds *imds, const char *key, struct tags *into, struct err *e)
{
	AUTO_FREE char *path = mem_printf(TAGS_PATH "/%s", key), *value = NULL;

	if (imds_get(imds, path, VALUE_MAX, &value, e) < 0) {
		if (e->code != EXIT_MISSING)
			return -1;
		err_clear(e);	/* the tag was removed after it was listed */
		return 0;
	}
	*MEM_GROW(into->items, into->count) = (struct tag){
		.key = mem_strdup(key + strlen(TAG_PREFIX)),
		.value = TAKE(value),
	};
	return 0;
}

int tags_read(struct imds *imds, struct tags *ret_tags, struct err *e)
{
	AUTO_FREE char *listing = NULL;
	CLEANUP(strings_done) struct strings keys = { 0 };
	CLEANUP(tags_done) struct tags tags = { 0 };

	if (imds_get(imds, TAGS_PATH, LISTING_MAX, &listing, e) < 0) {
		if (e->code != EXIT_MISSING)
			return -1;
		err_clear(e);
		tags.off = true;
	}
	if (listing != NULL && tags_listed(listing, &keys, e) < 0)
		return -1;
	for (size_t i = 0; i < keys.count; i++)
		if (tag_read(imds, keys.items[i], &tags, e) < 0)
			return -1;
	*ret_tags = tags;
	tags = (struct tags){ 0 };
	return 0;
}

void tags_done(struct tags *tags)
{
	for (size_t i = 0; i < tags->count; i++) {
		free(tags->items[i].key);
		free(tags->items[i].value);
	}
	free(tags->items);
	*tags = (struct tags){ 0 };
}
