/*
 * recent: what a gateway remembers until it reboots. Nothing in it is worth a failed run: what
 * cannot be read is forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/document.h"
#include "keys/state.h"

#define WAITS_MAX 10000
#define NAME_MAX_LENGTH 63

/* A time or a count. */
static int number_parse(const json_t *object, const char *key, int64_t *ret_number, struct err *e)
{
	return json_get_integer(object, key, 0, NUMBER_MAX, ret_number, e);
}

static int wait_parse(const json_t *element, struct recent *recent, struct err *e)
{
	AUTO_FREE char *site = NULL;
	struct tunnel_wait wait = { 0 };

	if (json_get_string(element, "site", NAME_MAX_LENGTH, &site, e) < 0 ||
	    number_parse(element, "down_since_ms", &wait.down_since_ms, e) < 0 ||
	    number_parse(element, "initiated_ms", &wait.initiated_ms, e) < 0 ||
	    number_parse(element, "tries", &wait.tries, e) < 0)
		return -1;
	wait.site = TAKE(site);
	*MEM_GROW(recent->waits, recent->wait_count) = wait;
	return 0;
}

static int recent_parse(const json_t *document, struct recent *recent, struct err *e)
{
	json_t *waits, *element;
	size_t i;

	if (number_parse(document, "reconciled_ms", &recent->reconciled_ms, e) < 0 ||
	    number_parse(document, "registry_warned_ms", &recent->registry_warned_ms, e) < 0 ||
	    number_parse(document, "charon_lost_ms", &recent->charon_lost_ms, e) < 0 ||
	    number_parse(document, "unhealthy_ms", &recent->unhealthy_ms, e) < 0 ||
	    number_parse(document, "hook_due_ms", &recent->hook_due_ms, e) < 0 ||
	    json_get_array(document, "waits", WAITS_MAX, &waits, e) < 0)
		return -1;
	json_array_foreach(waits, i, element)
		if (wait_parse(element, recent, e) < 0)
			return -1;
	return 0;
}

void recent_load(const char *root, struct recent *ret_recent)
{
	AUTO_JSON json_t *document = NULL;
	CLEANUP(recent_done) struct recent recent = { 0 };
	struct err ignored = ERR_INIT;

	*ret_recent = (struct recent){ 0 };
	if (document_load(root, RECENT_FILE, &document, &ignored) < 0 || document == NULL ||
	    recent_parse(document, &recent, &ignored) < 0)
		return;
	*ret_recent = recent;
	recent = (struct recent){ 0 };
}

static json_t *wait_json(const struct tunnel_wait *wait)
{
	return json_pack("{s:s, s:I, s:I, s:I}", "site", wait->site,
			 "down_since_ms", (json_int_t)wait->down_since_ms,
			 "initiated_ms", (json_int_t)wait->initiated_ms,
			 "tries", (json_int_t)wait->tries);
}

int recent_save(const char *root, const struct recent *recent, struct err *e)
{
	json_t *waits = json_array();
	AUTO_JSON json_t *document =
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}",
			  "reconciled_ms", (json_int_t)recent->reconciled_ms,
			  "registry_warned_ms", (json_int_t)recent->registry_warned_ms,
			  "charon_lost_ms", (json_int_t)recent->charon_lost_ms,
			  "unhealthy_ms", (json_int_t)recent->unhealthy_ms,
			  "hook_due_ms", (json_int_t)recent->hook_due_ms, "waits", waits);

	for (size_t i = 0; i < recent->wait_count; i++)
		json_array_append_new(waits, wait_json(&recent->waits[i]));
	return document_save(root, RECENT_FILE, document, e);
}

struct tunnel_wait *recent_wait(struct recent *recent, const char *site)
{
	for (size_t i = 0; i < recent->wait_count; i++)
		if (strcmp(recent->waits[i].site, site) == 0)
			return &recent->waits[i];
	return NULL;
}

struct tunnel_wait *recent_wait_add(struct recent *recent, const char *site)
{
	struct tunnel_wait *wait = MEM_GROW(recent->waits, recent->wait_count);

	*wait = (struct tunnel_wait){ .site = mem_strdup(site) };
	return wait;
}

void recent_wait_drop(struct recent *recent, const char *site)
{
	struct tunnel_wait *wait = recent_wait(recent, site);

	if (wait == NULL)
		return;
	free(wait->site);
	*wait = recent->waits[--recent->wait_count];
}

void recent_done(struct recent *recent)
{
	for (size_t i = 0; i < recent->wait_count; i++)
		free(recent->waits[i].site);
	free(recent->waits);
	*recent = (struct recent){ 0 };
}
