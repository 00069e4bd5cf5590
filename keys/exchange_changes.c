/*
 * exchange_changes: which records the epoch's own history says have changed. It would rather say
 * that it cannot tell than leave one out: then everything is read. Who becomes a peer is not its
 * business.
 */
#include "keys/exchange_changes.h"

#include <stdlib.h>
#include <string.h>

#include "keys/document.h"
#include "keys/exchange_parts.h"
#include "keys/members.h"

#define NAMES_MAX 10		/* in one GetParameters */

/* --- what the history tells --- */

/* One version of the epoch's parameter, and what it announced. */
struct entry {
	struct epoch epoch;
	struct announcement announced;
};

static void entry_done(struct entry *entry)
{
	free(entry->announced.site);
}

static bool entry_parse(const struct parameter *parameter, struct entry *ret_entry)
{
	CLEANUP(entry_done) struct entry entry = { .epoch.version = parameter->version };
	AUTO_JSON json_t *document = NULL;
	AUTO_FREE char *token = NULL;
	struct err ignored = ERR_INIT;

	if (json_read(parameter->value, strlen(parameter->value), &document, &ignored) < 0 ||
	    member_site(document, &entry.announced.site, &ignored) < 0 ||
	    json_get_integer(document, "version", 1, NUMBER_MAX, &entry.announced.version,
			     &ignored) < 0 ||
	    json_get_string(document, "random", EPOCH_TOKEN_SIZE - 1, &token, &ignored) < 0 ||
	    !epoch_token_valid(token))
		return false;
	memcpy(entry.epoch.token, token, EPOCH_TOKEN_SIZE);
	*ret_entry = entry;
	entry = (struct entry){ 0 };
	return true;
}

/* Takes it. The later announcement stands, even of a lesser version: the record was made anew. */
static void changes_note(struct changes *changes, struct announcement *taken)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct announcement *noted = &changes->items[i];

		if (strcmp(noted->site, taken->site) == 0) {
			noted->version = taken->version;
			free(taken->site);
			return;
		}
	}
	*MEM_GROW(changes->items, changes->count) = *taken;
}

/* The first entry behind the one applied; false when that cannot be told. */
static bool history_find(const struct parameters *history, const struct epoch *applied,
			 size_t *ret_first)
{
	if (applied->version == 0) {
		*ret_first = 0;
		return history->count > 0;
	}
	for (size_t i = 0; i < history->count; i++) {
		CLEANUP(entry_done) struct entry entry = { 0 };

		if (history->items[i].version != applied->version)
			continue;
		*ret_first = i + 1;
		return entry_parse(&history->items[i], &entry) &&
		       epoch_equal(&entry.epoch, applied);
	}
	return false;
}

bool changes_judge(const struct parameters *history, const struct epoch *applied,
		   struct changes *ret_changes)
{
	CLEANUP(changes_done) struct changes changes = { .epoch = *applied };
	size_t first;

	if (!history_find(history, applied, &first))
		return false;
	for (size_t i = first; i < history->count; i++) {
		struct entry entry;

		if (history->items[i].version != changes.epoch.version + 1 ||
		    !entry_parse(&history->items[i], &entry))
			return false;
		changes.epoch = entry.epoch;
		changes_note(&changes, &entry.announced);
	}
	*ret_changes = changes;
	changes = (struct changes){ 0 };
	return true;
}

void changes_done(struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		free(changes->items[i].site);
	free(changes->items);
	*changes = (struct changes){ 0 };
}

/* --- reading it --- */

static void name_add(struct strings *names, char *taken)
{
	strings_add(names, taken);
	free(taken);
}

static void names_collect(const struct registry *registry, const char *own,
			  const struct changes *changes, struct strings *names)
{
	name_add(names, exchange_policy_path(registry));
	name_add(names, exchange_record_path(registry, own));
	for (size_t i = 0; i < changes->count; i++)
		if (strcmp(changes->items[i].site, own) != 0)
			name_add(names, exchange_record_path(registry, changes->items[i].site));
}

static int names_read(const struct registry *registry, const struct strings *names,
		      struct parameters *ret_found, struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };

	for (size_t i = 0; i < names->count; i += NAMES_MAX) {
		size_t rest = names->count - i;
		struct strings some = { names->items + i, rest < NAMES_MAX ? rest : NAMES_MAX };
		CLEANUP(parameters_done) struct parameters page = { 0 };

		if (ssm_get(registry->aws, registry->region, &some, &page, e) < 0)
			return err_wrap(e, "read the changed records of mesh '%s'", registry->mesh);
		parameters_move(&page, &found);
	}
	*ret_found = found;
	found = (struct parameters){ 0 };
	return 0;
}

/* Reads are not always of the newest: whether each record is there as it was announced. */
static bool changes_show(const struct registry *registry, const struct changes *changes,
			 const struct parameters *found)
{
	for (size_t i = 0; i < changes->count; i++) {
		AUTO_FREE char *path = exchange_record_path(registry, changes->items[i].site);
		const struct parameter *parameter = exchange_find(found, path);

		if (parameter == NULL || parameter->version < changes->items[i].version)
			return false;
	}
	return true;
}

static int changes_list(const struct registry *registry, const char *own,
			const struct epoch *applied, const struct changes *changes,
			struct listing *ret_listing, struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	CLEANUP(strings_done) struct strings names = { 0 };
	struct listing listing = { .partial = true };

	names_collect(registry, own, changes, &names);
	if (names_read(registry, &names, &found, e) < 0)
		return -1;
	listing.epoch = changes_show(registry, changes, &found) ? changes->epoch : *applied;
	exchange_policy(registry, &found, &listing.policy);
	listing_fill(&listing, registry, &found);
	*ret_listing = listing;
	return 0;
}

int exchange_changes(const struct registry *registry, const char *own, const struct epoch *applied,
		     bool *ret_complete, struct listing *ret_listing, struct err *e)
{
	AUTO_FREE char *path = exchange_epoch_path(registry);
	CLEANUP(parameters_done) struct parameters history = { 0 };
	CLEANUP(changes_done) struct changes changes = { 0 };
	bool complete;

	if (ssm_history(registry->aws, registry->region, path, &history, e) < 0)
		return err_wrap(e, "read the history of the epoch of mesh '%s'", registry->mesh);
	complete = changes_judge(&history, applied, &changes);
	if (complete && changes_list(registry, own, applied, &changes, ret_listing, e) < 0)
		return -1;
	*ret_complete = complete;
	return 0;
}
