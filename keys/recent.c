/*
 * recent: what a gateway remembers until it reboots. Nothing in it is worth a failed run: what
 * cannot be read is forgotten.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "keys/document.h"
#include "keys/state.h"

#define WAITS_MAX 10000
#define NAME_MAX_LENGTH 63
#define TOLD_MAX 1000
#define TOLD_MS (3600 * 1000)

/* The members that are a time or a count. */
static const struct number {
	const char *key;
	size_t offset;
} numbers[] = {
	{ "reconciled_ms", offsetof(struct recent, reconciled_ms) },
	{ "hindered_ms", offsetof(struct recent, hindered_ms) },
	{ "hindered", offsetof(struct recent, hindered) },
	{ "public_address", offsetof(struct recent, public_address) },
	{ "settings", offsetof(struct recent, settings) },
	{ "registry_warned_ms", offsetof(struct recent, registry_warned_ms) },
	{ "charon_lost_ms", offsetof(struct recent, charon_lost_ms) },
	{ "unhealthy_ms", offsetof(struct recent, unhealthy_ms) },
	{ "hook_due_ms", offsetof(struct recent, hook_due_ms) },
};

static int number_parse(const json_t *object, const char *key, int64_t *ret_number, struct err *e)
{
	return json_get_integer(object, key, 0, NUMBER_MAX, ret_number, e);
}

static int numbers_parse(const json_t *document, struct recent *recent, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (number_parse(document, numbers[i].key,
				 (int64_t *)(void *)((char *)recent + numbers[i].offset), e) < 0)
			return -1;
	return 0;
}

static int wait_parse(const json_t *element, struct recent *recent, struct err *e)
{
	AUTO_FREE char *site = NULL;
	struct tunnel_wait wait = { 0 };

	if (json_get_string(element, "site", NAME_MAX_LENGTH, &site, e) < 0 ||
	    number_parse(element, "wanted", &wait.wanted, e) < 0 ||
	    number_parse(element, "since_ms", &wait.since_ms, e) < 0 ||
	    number_parse(element, "initiated_ms", &wait.initiated_ms, e) < 0 ||
	    number_parse(element, "tries", &wait.tries, e) < 0)
		return -1;
	wait.site = TAKE(site);
	*MEM_GROW(recent->waits, recent->wait_count) = wait;
	return 0;
}

static int told_parse(const json_t *element, struct recent *recent, struct err *e)
{
	struct told told = { 0 };

	if (number_parse(element, "hash", &told.hash, e) < 0 ||
	    number_parse(element, "told_ms", &told.told_ms, e) < 0)
		return -1;
	*MEM_GROW(recent->told, recent->told_count) = told;
	return 0;
}

static int follower_parse(const json_t *element, struct recent *recent, struct err *e)
{
	AUTO_FREE char *site = NULL;
	struct follower follower = { 0 };

	if (json_get_string(element, "site", NAME_MAX_LENGTH, &site, e) < 0 ||
	    number_parse(element, "live_ms", &follower.live_ms, e) < 0 ||
	    number_parse(element, "tried_ms", &follower.tried_ms, e) < 0 ||
	    number_parse(element, "tries", &follower.tries, e) < 0)
		return -1;
	follower.site = TAKE(site);
	*MEM_GROW(recent->followers, recent->follower_count) = follower;
	return 0;
}

static int list_parse(const json_t *document, const char *key, size_t max,
		      int (*parse)(const json_t *element, struct recent *recent, struct err *e),
		      struct recent *recent, struct err *e)
{
	json_t *list, *element;
	size_t i;

	if (json_get_array(document, key, max, &list, e) < 0)
		return -1;
	json_array_foreach(list, i, element)
		if (parse(element, recent, e) < 0)
			return -1;
	return 0;
}

static int recent_parse(const json_t *document, struct recent *recent, struct err *e)
{
	if (numbers_parse(document, recent, e) < 0 ||
	    list_parse(document, "waits", WAITS_MAX, wait_parse, recent, e) < 0 ||
	    list_parse(document, "followers", WAITS_MAX, follower_parse, recent, e) < 0)
		return -1;
	return list_parse(document, "told", TOLD_MAX, told_parse, recent, e);
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
	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "site", wait->site,
			 "wanted", (json_int_t)wait->wanted,
			 "since_ms", (json_int_t)wait->since_ms,
			 "initiated_ms", (json_int_t)wait->initiated_ms,
			 "tries", (json_int_t)wait->tries);
}

static json_t *told_json(const struct told *told)
{
	return json_pack("{s:I, s:I}", "hash", (json_int_t)told->hash,
			 "told_ms", (json_int_t)told->told_ms);
}

static json_t *follower_json(const struct follower *follower)
{
	return json_pack("{s:s, s:I, s:I, s:I}", "site", follower->site,
			 "live_ms", (json_int_t)follower->live_ms,
			 "tried_ms", (json_int_t)follower->tried_ms,
			 "tries", (json_int_t)follower->tries);
}

int recent_save(const char *root, const struct recent *recent, struct err *e)
{
	json_t *waits = json_array(), *told = json_array(), *followers = json_array();
	AUTO_JSON json_t *document = json_pack("{s:o, s:o, s:o}", "waits", waits, "told", told,
					       "followers", followers);

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		const void *number = (const char *)recent + numbers[i].offset;

		json_object_set_new(document, numbers[i].key,
				    json_integer(*(const int64_t *)number));
	}
	for (size_t i = 0; i < recent->wait_count; i++)
		json_array_append_new(waits, wait_json(&recent->waits[i]));
	for (size_t i = 0; i < recent->told_count; i++)
		json_array_append_new(told, told_json(&recent->told[i]));
	for (size_t i = 0; i < recent->follower_count; i++)
		json_array_append_new(followers, follower_json(&recent->followers[i]));
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

static void told_forget(struct recent *recent, int64_t before_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < recent->told_count; i++)
		if (recent->told[i].told_ms > before_ms)
			recent->told[kept++] = recent->told[i];
	recent->told_count = kept;
}

bool recent_told(struct recent *recent, const char *text, int64_t now_ms)
{
	int64_t hash = hash_text(text);

	told_forget(recent, now_ms - TOLD_MS);
	for (size_t i = 0; i < recent->told_count; i++)
		if (recent->told[i].hash == hash)
			return true;
	if (recent->told_count < TOLD_MAX)
		*MEM_GROW(recent->told, recent->told_count) = (struct told){ hash, now_ms };
	return false;
}

struct follower *recent_follower(struct recent *recent, const char *site)
{
	struct follower *follower;

	for (size_t i = 0; i < recent->follower_count; i++)
		if (strcmp(recent->followers[i].site, site) == 0)
			return &recent->followers[i];
	follower = MEM_GROW(recent->followers, recent->follower_count);
	*follower = (struct follower){ .site = mem_strdup(site) };
	return follower;
}

void recent_followers_drop(struct recent *recent)
{
	for (size_t i = 0; i < recent->follower_count; i++)
		free(recent->followers[i].site);
	free(recent->followers);
	recent->followers = NULL;
	recent->follower_count = 0;
}

void recent_done(struct recent *recent)
{
	for (size_t i = 0; i < recent->wait_count; i++)
		free(recent->waits[i].site);
	free(recent->waits);
	free(recent->told);
	recent_followers_drop(recent);
	*recent = (struct recent){ 0 };
}
