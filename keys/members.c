/*
 * members: reading and writing what every document about a site has. It knows no such document.
 */
#include "keys/members.h"

#include <string.h>

#include "keys/document.h"
#include "metadata/config.h"
#include "metadata/shape.h"

#define NAME_MAX_LENGTH 63
#define SUBNETS_MAX 64

int member_schema(const json_t *document, struct err *e)
{
	int64_t schema;

	if (json_get_integer(document, "schema", 1, NUMBER_MAX, &schema, e) < 0)
		return -1;
	if (schema == SCHEMA)
		return 0;
	return err_set(e, EXIT_CONFIG, "'schema' is %lld, and this version of cygnet reads %d",
		       (long long)schema, SCHEMA);
}

int member_site(const json_t *document, char **ret_name, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (json_get_string(document, "site", NAME_MAX_LENGTH, &name, e) < 0)
		return -1;
	if (!config_name_valid(name))
		return err_set(
			e, EXIT_CONFIG,
			"'site' is not a site's name: [a-z0-9-]{1,63}, no '-' at either end");
	*ret_name = TAKE(name);
	return 0;
}

int member_own_site(const json_t *document, const char *expected, char **ret_name, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (member_site(document, &name, e) < 0)
		return -1;
	if (strcmp(name, expected) != 0)
		return err_set(e, EXIT_CONFIG, "'site' is '%s', and the parameter is called '%s'",
			       name, expected);
	*ret_name = TAKE(name);
	return 0;
}

int member_address(const json_t *document, const char *key, uint32_t *ret_address, struct err *e)
{
	AUTO_FREE char *text = NULL;
	uint32_t address;

	if (json_get_string(document, key, CIDR_TEXT, &text, e) < 0)
		return -1;
	if (!address_parse(text, &address) || !address_plausible(address))
		return err_set(e, EXIT_CONFIG,
			       "'%s' is not an IPv4 address that a gateway can have", key);
	*ret_address = address;
	return 0;
}

json_t *address_json(uint32_t address)
{
	char text[CIDR_TEXT];

	cidr_format((struct cidr){ address, 32 }, text);
	return json_stringn(text, strcspn(text, "/"));
}

int member_ranges(const json_t *document, const char *key, size_t max, struct cidrs *ranges,
		  struct err *e)
{
	json_t *array, *element;
	struct cidr range;
	size_t i;

	if (json_get_array(document, key, max, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		if (!json_is_string(element) || !cidr_parse(json_string_value(element), &range))
			return err_set(e, EXIT_CONFIG,
				       "'%s' element %zu is not a canonical IPv4 range", key,
				       i + 1);
		cidrs_add(ranges, range);
	}
	cidrs_sort(ranges);
	return 0;
}

json_t *ranges_json(const struct cidrs *ranges)
{
	json_t *array = json_array();
	char text[CIDR_TEXT];

	for (size_t i = 0; i < ranges->count; i++) {
		cidr_format(ranges->items[i], text);
		json_array_append_new(array, json_string(text));
	}
	return array;
}

int member_subnets(const json_t *document, struct cidrs *subnets, struct err *e)
{
	if (member_ranges(document, "subnets", SUBNETS_MAX, subnets, e) < 0)
		return -1;
	if (subnets->count == 0)
		return err_set(e, EXIT_CONFIG, "'subnets' is %s",
			       json_object_get(document, "subnets") ? "empty" : "missing");
	return 0;
}

static int member_unknown(const char *key, const char *const known[], size_t count, struct err *e)
{
	AUTO_BUF struct buf names = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_addf(&names, "%s'%s'", i == 0 ? "" : i + 1 < count ? ", " : " and ", known[i]);
	return err_set(e, EXIT_CONFIG, "'%.40s' is not one of %s", key, buf_str(&names));
}

int members_check(const json_t *document, const char *const known[], size_t count, struct err *e)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)document, key, value) {
		size_t i = 0;

		while (i < count && strcmp(known[i], key) != 0)
			i++;
		if (i == count)
			return member_unknown(key, known, count, e);
	}
	return 0;
}

static bool is_key_id(const char *text)
{
	return shape_word(text, "0123456789abcdef", KEY_ID_SIZE - 1, KEY_ID_SIZE - 1);
}

int member_key_id(const json_t *document, const char *key, bool empty, char ret_id[KEY_ID_SIZE],
		  struct err *e)
{
	AUTO_FREE char *id = NULL;

	if (json_get_string_or(document, key, KEY_ID_SIZE - 1, "", &id, e) < 0)
		return -1;
	if (!(empty && *id == '\0') && !is_key_id(id))
		return err_set(e, EXIT_CONFIG, "'%s' is not a key id", key);
	memcpy(ret_id, id, strlen(id) + 1);
	return 0;
}

int member_key_ids(const json_t *document, const char *key, size_t max, struct strings *ret_ids,
		   struct err *e)
{
	CLEANUP(strings_done) struct strings ids = { 0 };
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, key, max, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		if (!json_is_string(element) || !is_key_id(json_string_value(element)))
			return err_set(e, EXIT_CONFIG, "'%s' element %zu is not a key id", key,
				       i + 1);
		strings_add(&ids, json_string_value(element));
	}
	*ret_ids = ids;
	ids = (struct strings){ 0 };
	return 0;
}

json_t *strings_json(const struct strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}
