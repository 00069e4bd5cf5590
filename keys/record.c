/*
 * record: the document that carries a site, read with suspicion: whoever can write one peer's
 * record writes it all. It knows the shape of each member, not which records become peers nor where
 * they are kept.
 */
#include "keys/record.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "keys/members.h"
#include "metadata/shape.h"

#define KEYS_MAX 2

#define LOWER "0123456789abcdefghijklmnopqrstuvwxyz-"

static bool is_region(const char *text)
{
	return shape_word(text, LOWER, 1, 32);
}

static bool is_vpc(const char *text)
{
	return shape_resource(text, "vpc-");
}

static bool is_instance(const char *text)
{
	return shape_resource(text, "i-");
}

/* Texts that are checked by their shape. */
static const struct text {
	const char *key;
	size_t offset;		/* of the member in struct site */
	bool (*fits)(const char *text);
	const char *rule;
} texts[] = {
	{ "region", offsetof(struct site, region), is_region, "[a-z0-9-]{1,32}" },
	{ "account", offsetof(struct site, account), shape_account, "12 digits" },
	{ "vpc", offsetof(struct site, vpc), is_vpc, "'vpc-' and 8 or 17 hex digits" },
	{ "zone", offsetof(struct site, zone), shape_label, "[a-z0-9-]{1,63}" },
	{ "instance", offsetof(struct site, instance), is_instance, "'i-' and 8 or 17 hex digits" },
};

static const char *const state_names[] = { [KEY_ACTIVE] = "active", [KEY_NEXT] = "next" };

static char **text_member(const struct text *text, struct site *site)
{
	return (char **)(void *)((char *)site + text->offset);
}

static const char *text_value(const struct text *text, const struct site *site)
{
	return *(const char *const *)(const void *)((const char *)site + text->offset);
}

/* --- reading --- */

static int name_parse(const json_t *document, const char *expected, char **ret_name, struct err *e)
{
	return expected != NULL ? member_own_site(document, expected, ret_name, e) :
				  member_site(document, ret_name, e);
}

static int head_parse(const json_t *document, const char *expected_name, struct site *site,
		      struct err *e)
{
	if (member_schema(document, e) < 0 ||
	    json_get_integer(document, "generation", 1, GENERATION_MAX, &site->generation, e) < 0 ||
	    name_parse(document, expected_name, &site->name, e) < 0)
		return -1;
	return json_get_bool_or(document, "left", false, &site->left, e);
}

/* A tombstone may lack any of them. */
static int text_parse(const json_t *document, const struct text *text, struct site *site,
		      struct err *e)
{
	AUTO_FREE char *value = NULL;

	if (json_get_string_or(document, text->key, RECORD_MAX, NULL, &value, e) < 0)
		return -1;
	if (value == NULL && !site->left)
		return err_set(e, EXIT_CONFIG, "'%s' is missing", text->key);
	if (value != NULL && !text->fits(value))
		return err_set(e, EXIT_CONFIG, "'%s' is not %s", text->key, text->rule);
	*text_member(text, site) = TAKE(value);
	return 0;
}

static int texts_parse(const json_t *document, struct site *site, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (text_parse(document, &texts[i], site, e) < 0)
			return -1;
	if (!site->left && (strncmp(site->zone, site->region, strlen(site->region)) != 0 ||
			    strcmp(site->zone, site->region) == 0))
		return err_set(e, EXIT_CONFIG, "'zone' is not a zone of 'region'");
	return 0;
}

static int key_state_parse(const json_t *element, enum key_state *ret_state, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (json_get_string(element, "state", RECORD_MAX, &name, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(state_names); i++)
		if (strcmp(name, state_names[i]) == 0) {
			*ret_state = (enum key_state)i;
			return 0;
		}
	return err_set(e, EXIT_CONFIG, "'state' is neither 'active' nor 'next'");
}

static int key_parse(const json_t *element, struct site_key *key, struct err *e)
{
	AUTO_FREE char *id = NULL;
	AUTO_FREE char *spki = NULL;

	if (!json_is_object(element))
		return err_set(e, EXIT_CONFIG, "not an object");
	if (json_get_string(element, "id", KEY_ID_SIZE - 1, &id, e) < 0 ||
	    json_get_string(element, "spki", RECORD_MAX, &spki, e) < 0 ||
	    key_state_parse(element, &key->state, e) < 0)
		return -1;
	if (public_key_parse(spki, &key->key, e) < 0)
		return err_wrap(e, "'spki'");
	if (strcmp(id, key->key.id) != 0)
		return err_set(e, EXIT_CONFIG, "'id' is not the SHA-256 of 'spki'");
	return 0;
}

static int keys_order(struct site *site, struct err *e)
{
	struct site_key *keys = site->keys, first;
	size_t active = 0;

	for (size_t i = 0; i < site->key_count; i++)
		active += keys[i].state == KEY_ACTIVE;
	if (active != 1)
		return err_set(e, EXIT_CONFIG, "'keys' has %zu active keys instead of one", active);
	if (site->key_count == KEYS_MAX && strcmp(keys[0].key.id, keys[1].key.id) == 0)
		return err_set(e, EXIT_CONFIG, "'keys' has the same key twice");
	if (keys[0].state != KEY_ACTIVE) {
		first = keys[0];
		keys[0] = keys[1];
		keys[1] = first;
	}
	return 0;
}

static int keys_parse(const json_t *document, struct site *site, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "keys", KEYS_MAX, &array, e) < 0)
		return -1;
	site->keys = mem_calloc(KEYS_MAX, sizeof *site->keys);
	json_array_foreach(array, i, element) {
		site->key_count = i + 1;
		if (key_parse(element, &site->keys[i], e) < 0)
			return err_wrap(e, "'keys' element %zu", i + 1);
	}
	return keys_order(site, e);
}

/* What a claim over nothing has: no key yet, and nothing that would need one. */
static bool document_is_empty(const json_t *document)
{
	const json_t *keys = json_object_get(document, "keys");

	return json_is_array(keys) && json_array_size(keys) == 0 &&
	       json_object_get(document, "address") == NULL &&
	       json_object_get(document, "probe") == NULL &&
	       json_object_get(document, "subnets") == NULL;
}

int record_parse_json(const json_t *document, const char *expected_name, struct site *ret_site,
		      struct err *e)
{
	CLEANUP(site_done) struct site site = { 0 };

	if (head_parse(document, expected_name, &site, e) < 0 ||
	    texts_parse(document, &site, e) < 0)
		return -1;
	site.empty = !site.left && document_is_empty(document);
	if (!site.left && !site.empty &&
	    (member_address(document, "address", &site.address, e) < 0 ||
	     member_address(document, "probe", &site.probe, e) < 0 ||
	     member_subnets(document, &site.subnets, e) < 0 || keys_parse(document, &site, e) < 0 ||
	     member_key_ids(document, "revoked", REVOKED_MAX, &site.revoked, e) < 0))
		return -1;
	*ret_site = site;
	site = (struct site){ 0 };
	return 0;
}

int record_parse(const char *text, const char *expected_name, struct site *ret_site, struct err *e)
{
	AUTO_JSON json_t *document = NULL;
	size_t len = strlen(text);

	if (len > RECORD_MAX)
		return err_set(e, EXIT_CONFIG, "longer than %d characters", RECORD_MAX);
	if (json_read(text, len, &document, e) < 0)
		return -1;
	return record_parse_json(document, expected_name, ret_site, e);
}

int64_t record_generation(const char *text)
{
	AUTO_JSON json_t *document = NULL;
	struct err ignored = ERR_INIT;
	int64_t generation;

	if (json_read(text, strlen(text), &document, &ignored) < 0 ||
	    json_get_integer(document, "generation", 1, GENERATION_MAX, &generation, &ignored) < 0)
		return 0;
	return generation;
}

/* --- writing --- */

static json_t *keys_json(const struct site_key *keys, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "id", keys[i].key.id,
						       "state", state_names[keys[i].state],
						       "spki", keys[i].key.spki));
	return array;
}

json_t *record_json(const struct site *site)
{
	json_t *document = json_pack("{s:i, s:I, s:s, s:b}", "schema", SCHEMA,
				     "generation", (json_int_t)site->generation,
				     "site", site->name, "left", site->left);

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *value = text_value(&texts[i], site);

		if (value != NULL)
			json_object_set_new(document, texts[i].key, json_string(value));
	}
	if (site->left)
		return document;
	json_object_set_new(document, "keys", keys_json(site->keys, site->key_count));
	if (site->empty)
		return document;
	json_object_set_new(document, "address", address_json(site->address));
	json_object_set_new(document, "probe", address_json(site->probe));
	json_object_set_new(document, "subnets", ranges_json(&site->subnets));
	json_object_set_new(document, "revoked", strings_json(&site->revoked));
	return document;
}

static char *site_text(const struct site *site)
{
	AUTO_JSON json_t *document = record_json(site);

	return json_text(document);
}

/* Characters of the record once a second key of the same size is beside the active one. */
static size_t rotation_size(const struct site *site)
{
	struct site_key keys[KEYS_MAX];
	struct site rotating = *site;
	AUTO_FREE char *text = NULL;

	rotating.revoked = (struct strings){ 0 };
	if (site->key_count == 1) {
		keys[0] = keys[1] = site->keys[0];
		keys[1].state = KEY_NEXT;
		rotating.keys = keys;
		rotating.key_count = KEYS_MAX;
	}
	text = site_text(&rotating);
	return strlen(text);
}

/* Without this many of the oldest revoked ids. */
static char *text_without(const struct site *site, size_t left_out)
{
	struct site shorter = *site;

	shorter.revoked.items += left_out;
	shorter.revoked.count -= left_out;
	return site_text(&shorter);
}

static char *text_that_fits(const struct site *site)
{
	size_t count = site->revoked.count;
	size_t left_out = count > REVOKED_MAX ? count - REVOKED_MAX : 0;
	AUTO_FREE char *text = text_without(site, left_out);

	while (strlen(text) > RECORD_MAX && left_out < count) {
		free(text);
		text = text_without(site, ++left_out);
	}
	return TAKE(text);
}

int record_text(const struct site *site, char **ret_text, struct err *e)
{
	size_t size = rotation_size(site);

	if (size > RECORD_MAX) {
		err_set(e, EXIT_CONFIG,
			"the record of site '%s' would have %zu characters with two keys, over %d",
			site->name, size, RECORD_MAX);
		return err_remedy(e, "offer fewer, wider 'subnets', or make shorter keys "
				  "('key-bits')");
	}
	*ret_text = text_that_fits(site);
	return 0;
}
