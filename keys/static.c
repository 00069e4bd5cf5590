/*
 * static: files of an operator's hand as peers. Who can write them is trusted with what a peer is,
 * so what is checked is that they are what was meant: a misspelt member is an error, and so is a
 * file that others can write. Which of them become peers is mesh's business.
 */
#include "keys/static.h"

#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "keys/members.h"

#define FILE_MAX 65536
#define KEYS_MAX 2

/* --- one file --- */

/* The base64 between the marks of "PUBLIC KEY" PEM (RFC 7468), or else the text as it stands. */
static int key_text(const char *text, char **ret_spki, struct err *e)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----";
	static const char end[] = "-----END PUBLIC KEY-----";
	struct buf spki = { 0 };
	const char *stop;

	if (strncmp(text, begin, strlen(begin)) != 0) {
		*ret_spki = mem_strdup(text);
		return 0;
	}
	text += strlen(begin);
	stop = strstr(text, end);
	if (stop == NULL || stop[strlen(end) + strspn(stop + strlen(end), "\r\n")] != '\0')
		return err_set(e, EXIT_CONFIG, "its PEM does not end with '%s'", end);
	for (; text < stop; text++)
		if (strchr("\r\n", *text) == NULL)
			buf_add(&spki, text, 1);
	*ret_spki = buf_take(&spki);
	return 0;
}

static int key_parse(const json_t *element, struct public_key *ret_key, struct err *e)
{
	AUTO_FREE char *spki = NULL;

	if (!json_is_string(element))
		return err_set(e, EXIT_CONFIG, "not a string");
	if (key_text(json_string_value(element), &spki, e) < 0)
		return -1;
	return public_key_parse(spki, ret_key, e);
}

static int keys_parse(const json_t *document, struct site *site, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "keys", KEYS_MAX, &array, e) < 0)
		return -1;
	if (json_array_size(array) == 0)
		return err_set(e, EXIT_CONFIG, "'keys' is %s", array ? "empty" : "missing");
	site->keys = mem_calloc(KEYS_MAX, sizeof *site->keys);
	json_array_foreach(array, i, element) {
		site->keys[i].state = i == 0 ? KEY_ACTIVE : KEY_NEXT;
		site->key_count = i + 1;
		if (key_parse(element, &site->keys[i].key, e) < 0)
			return err_wrap(e, "'keys' element %zu", i + 1);
	}
	if (site->key_count == KEYS_MAX && strcmp(site->keys[0].key.id, site->keys[1].key.id) == 0)
		return err_set(e, EXIT_CONFIG, "'keys' has the same key twice");
	return 0;
}

int static_parse_json(const json_t *document, struct site *ret_site, struct err *e)
{
	static const char *const known[] = { "site", "address", "subnets", "keys" };
	CLEANUP(site_done) struct site site = { .manual = true };

	if (members_check(document, known, COUNT_OF(known), e) < 0 || member_site(document, &site.name, e) < 0 ||
	    member_address(document, "address", &site.address, e) < 0 ||
	    member_subnets(document, &site.subnets, e) < 0 || keys_parse(document, &site, e) < 0)
		return -1;
	*ret_site = site;
	site = (struct site){ 0 };
	return 0;
}

int static_parse(const char *text, size_t len, struct site *ret_site, struct err *e)
{
	AUTO_JSON json_t *document = NULL;

	if (json_read(text, len, &document, e) < 0)
		return -1;
	return static_parse_json(document, ret_site, e);
}

json_t *static_json(const struct site *site)
{
	json_t *keys = json_array();

	for (size_t i = 0; i < site->key_count; i++)
		json_array_append_new(keys, json_string(site->keys[i].key.spki));
	return json_pack("{s:s, s:o, s:o, s:o}", "site", site->name,
			 "address", address_json(site->address),
			 "subnets", ranges_json(&site->subnets), "keys", keys);
}

/* --- the folder --- */

static int file_check(const char *root, const char *path, mode_t mode, struct err *e)
{
	bool machine = *root == '\0' || strcmp(root, "/") == 0;

	if ((mode & 022) != 0 || (machine && file_owner(root, path) != 0))
		return err_set(e, EXIT_CONFIG, "others than root can write it");
	return 0;
}

static int file_parse(const char *root, const char *path, const struct sites *before,
		      struct site *ret_site, struct err *e)
{
	CLEANUP(site_done) struct site site = { 0 };
	AUTO_BUF struct buf text = { 0 };
	mode_t mode;

	if (file_read(root, path, FILE_MAX, &text, &mode, e) < 0 ||
	    file_check(root, path, mode, e) < 0 ||
	    static_parse(buf_str(&text), text.len, &site, e) < 0)
		return -1;
	if (sites_find(before, site.name) != NULL)
		return err_set(e, EXIT_CONFIG, "another file has site '%s' already", site.name);
	*ret_site = site;
	site = (struct site){ 0 };
	return 0;
}

static void file_load(const char *root, const char *name, struct statics *statics)
{
	AUTO_FREE char *path = mem_printf(STATIC_FOLDER "/%s", name);
	struct site site = { 0 };
	struct err e = ERR_INIT;

	if (file_parse(root, path, &statics->sites, &site, &e) == 0)
		sites_add(&statics->sites, &site);
	else
		strings_addf(&statics->warnings, "static peer '%s': %s", path, e.cause);
}

static uint32_t statics_hash(const struct sites *sites)
{
	AUTO_BUF struct buf all = { 0 };

	if (sites->count == 0)
		return 0;
	for (size_t i = 0; i < sites->count; i++) {
		AUTO_JSON json_t *document = static_json(&sites->items[i]);
		AUTO_FREE char *text = json_text(document);

		buf_adds(&all, text);
	}
	return hash_text(buf_str(&all));
}

int statics_load(const char *root, struct statics *ret_statics, struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	struct statics statics = { 0 };

	if (file_list(root, STATIC_FOLDER, "", ".json", &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		file_load(root, names.items[i], &statics);
	sites_sort(&statics.sites);
	statics.hash = statics_hash(&statics.sites);
	*ret_statics = statics;
	return 0;
}

void statics_done(struct statics *statics)
{
	sites_done(&statics->sites);
	strings_done(&statics->warnings);
}
