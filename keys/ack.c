/*
 * ack: the document by which a gateway tells whoever replaces or revokes a key how far it has come.
 * Whoever can write one can only hold up, or hurry, the rotations of others: it carries no key.
 * When it is due, and what follows from one, is not decided here.
 */
#include "keys/ack.h"

#include <stdlib.h>
#include <string.h>

#include "keys/document.h"
#include "keys/members.h"
#include "metadata/config.h"

/* --- what there is to say --- */

static void revoked_gather(const struct sites *peers, const struct revocations *dealt,
			   struct strings *ids)
{
	for (size_t i = 0; i < peers->count; i++) {
		const struct site *peer = &peers->items[i];

		for (size_t j = 0; j < peer->revoked.count; j++)
			if (ids->count < ACK_IDS_MAX &&
			    revocations_has(dealt, peer->name, peer->revoked.items[j]))
				strings_add(ids, peer->revoked.items[j]);
	}
}

static void keys_gather(const struct sites *peers, size_t max, struct strings *ids)
{
	for (size_t i = 0; i < peers->count; i++) {
		const struct public_key *next = site_next_key(&peers->items[i]);

		if (next != NULL && !peers->items[i].manual && ids->count < max)
			strings_add(ids, next->id);
	}
}

static bool is_due(const struct sites *peers)
{
	for (size_t i = 0; i < peers->count; i++) {
		const struct site *peer = &peers->items[i];

		if (!peer->manual && (site_next_key(peer) != NULL || peer->revoked.count > 0))
			return true;
	}
	return false;
}

bool ack_make(const char *site, const struct sites *peers, const struct revocations *dealt,
	      struct ack *ret_ack)
{
	struct ack ack = { 0 };

	if (!is_due(peers))
		return false;
	ack.site = mem_strdup(site);
	revoked_gather(peers, dealt, &ack.revoked);
	keys_gather(peers, ACK_IDS_MAX - ack.revoked.count, &ack.keys);
	*ret_ack = ack;
	return true;
}

/* --- the document --- */

char *ack_text(const struct ack *ack)
{
	AUTO_JSON json_t *document = json_pack("{s:i, s:s, s:o, s:o}", "schema", SCHEMA,
					       "site", ack->site,
					       "keys", strings_json(&ack->keys),
					       "revoked", strings_json(&ack->revoked));

	return json_text(document);
}

int ack_parse(const char *text, const char *expected_site, struct ack *ret_ack, struct err *e)
{
	AUTO_JSON json_t *document = NULL;
	CLEANUP(ack_done) struct ack ack = { 0 };
	size_t len = strlen(text);

	if (len > RECORD_MAX)
		return err_set(e, EXIT_CONFIG, "longer than %d characters", RECORD_MAX);
	if (json_read(text, len, &document, e) < 0 || member_schema(document, e) < 0 ||
	    member_own_site(document, expected_site, &ack.site, e) < 0 ||
	    member_key_ids(document, "keys", ACK_IDS_MAX, &ack.keys, e) < 0 ||
	    member_key_ids(document, "revoked", ACK_IDS_MAX, &ack.revoked, e) < 0)
		return -1;
	*ret_ack = ack;
	ack = (struct ack){ 0 };
	return 0;
}

/* --- the registry --- */

static char *acks_path(const struct registry *registry)
{
	return mem_printf("/%s/%s/acks", registry->prefix, registry->mesh);
}

char *ack_path(const struct registry *registry, const char *site)
{
	AUTO_FREE char *folder = acks_path(registry);

	return mem_printf("%s/%s", folder, site);
}

int ack_put(const struct registry *registry, const struct ack *ack, struct err *e)
{
	AUTO_FREE char *path = ack_path(registry, ack->site);
	AUTO_FREE char *text = ack_text(ack);
	int64_t version;

	if (ssm_put(registry->aws, registry->region, path, text, &version, e) < 0)
		return err_wrap(e, "acknowledge the keys of mesh '%s'", registry->mesh);
	return 0;
}

int ack_remove(const struct registry *registry, const char *site, struct err *e)
{
	AUTO_FREE char *path = ack_path(registry, site);

	return ssm_delete(registry->aws, registry->region, path, e);
}

static void acks_take(struct acks *acks, const char *name, const struct parameter *parameter)
{
	struct ack ack = { 0 };
	struct err e = ERR_INIT;

	if (!config_name_valid(name))
		err_set(&e, EXIT_CONFIG, "no site can have this name");
	else if (ack_parse(parameter->value, name, &ack, &e) == 0)
		*MEM_GROW(acks->items, acks->count) = ack;
	if (e.code != EXIT_DONE)
		strings_addf(&acks->warnings, "the ack of site '%s': %s", name, e.cause);
}

void acks_fill(struct acks *acks, const struct registry *registry, const struct parameters *found)
{
	AUTO_FREE char *folder = acks_path(registry);
	size_t len = strlen(folder);

	for (size_t i = 0; i < found->count; i++) {
		const struct parameter *parameter = &found->items[i];

		if (strncmp(parameter->name, folder, len) == 0 && parameter->name[len] == '/')
			acks_take(acks, parameter->name + len + 1, parameter);
	}
}

int acks_list(const struct registry *registry, struct acks *ret_acks, struct err *e)
{
	AUTO_FREE char *folder = acks_path(registry);
	CLEANUP(parameters_done) struct parameters found = { 0 };
	CLEANUP(strings_done) struct strings folders = { 0 };
	struct acks acks = { 0 };

	strings_add(&folders, folder);
	if (ssm_list(registry->aws, registry->region, &folders, &found, e) < 0)
		return err_wrap(e, "read the acknowledgements of mesh '%s'", registry->mesh);
	acks_fill(&acks, registry, &found);
	*ret_acks = acks;
	return 0;
}

static const struct ack *acks_find(const struct acks *acks, const char *site)
{
	for (size_t i = 0; i < acks->count; i++)
		if (strcmp(acks->items[i].site, site) == 0)
			return &acks->items[i];
	return NULL;
}

bool acks_have_key(const struct acks *acks, const char *site, const char *id)
{
	const struct ack *ack = acks_find(acks, site);

	return ack != NULL && strings_has(&ack->keys, id);
}

bool acks_have_revoked(const struct acks *acks, const char *site, const char *id)
{
	const struct ack *ack = acks_find(acks, site);

	return ack != NULL && strings_has(&ack->revoked, id);
}

void ack_done(struct ack *ack)
{
	free(ack->site);
	strings_done(&ack->keys);
	strings_done(&ack->revoked);
	*ack = (struct ack){ 0 };
}

void acks_done(struct acks *acks)
{
	for (size_t i = 0; i < acks->count; i++)
		ack_done(&acks->items[i]);
	free(acks->items);
	strings_done(&acks->warnings);
	*acks = (struct acks){ 0 };
}
