/*
 * state: what survives a reboot. What is on disk was written by an earlier version, another
 * instance or a falling disk, so it is read as strictly as a stranger's record.
 */
#include "keys/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "keys/document.h"
#include "keys/static.h"

#define STATE_FOLDER "/var/lib/cygnet"
#define PEERS_MAX 10000
#define INSTANCE_MAX 32
#define STATIC_MEMBER "static"

static int applied_parse(const json_t *document, struct epoch *ret_epoch, struct err *e)
{
	const json_t *applied = json_object_get(document, "applied");
	AUTO_FREE char *token = NULL;
	struct epoch epoch = { 0 };

	if (!json_is_object(applied))
		return err_set(e, EXIT_CONFIG, "'applied' is not an object");
	if (json_get_integer(applied, "version", 0, NUMBER_MAX, &epoch.version, e) < 0 ||
	    json_get_string(applied, "random", EPOCH_TOKEN_SIZE - 1, &token, e) < 0)
		return err_wrap(e, "'applied'");
	memcpy(epoch.token, token, strlen(token));
	*ret_epoch = epoch;
	return 0;
}

/* A static peer is kept as its file has it: it cannot be taken for a record, nor one for it. */
static int peer_parse(const json_t *element, struct site *ret_peer, struct err *e)
{
	const json_t *as_static = json_object_get(element, STATIC_MEMBER);

	return as_static ? static_parse_json(as_static, ret_peer, e) :
			   record_parse_json(element, NULL, ret_peer, e);
}

static json_t *peer_json(const struct site *peer)
{
	return peer->manual ? json_pack("{s:o}", STATIC_MEMBER, static_json(peer)) :
			      record_json(peer);
}

static int peers_parse(const json_t *document, struct sites *peers, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "peers", PEERS_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		struct site peer = { 0 };

		if (peer_parse(element, &peer, e) < 0)
			return err_wrap(e, "'peers' element %zu", i + 1);
		sites_add(peers, &peer);
	}
	sites_sort(peers);
	return 0;
}

static int statics_parse(const json_t *document, uint32_t *ret_hash, struct err *e)
{
	int64_t hash = 0;

	if (json_object_get(document, "statics") != NULL &&
	    json_get_integer(document, "statics", 0, UINT32_MAX, &hash, e) < 0)
		return -1;
	*ret_hash = (uint32_t)hash;
	return 0;
}

static int state_parse(const json_t *document, struct state *state, struct err *e)
{
	if (json_get_bool_or(document, "complete", false, &state->complete, e) < 0 ||
	    json_get_bool_or(document, "pending", false, &state->pending, e) < 0 ||
	    json_get_integer(document, "generation", 0, NUMBER_MAX, &state->generation, e) < 0 ||
	    statics_parse(document, &state->statics, e) < 0 ||
	    applied_parse(document, &state->applied, e) < 0)
		return -1;
	return peers_parse(document, &state->peers, e);
}

/* *ret_writer is NULL when nothing was written yet. */
static int state_read(const char *root, json_t **ret_document, char **ret_writer, struct err *e)
{
	AUTO_JSON json_t *document = NULL;

	if (document_load(root, STATE_FILE, &document, e) < 0)
		return -1;
	if (document != NULL &&
	    json_get_string(document, "instance", INSTANCE_MAX, ret_writer, e) < 0)
		return -1;
	*ret_document = TAKE(document);
	return 0;
}

static int state_damaged(struct err *e)
{
	if (e->code != EXIT_CONFIG)
		return -1;
	err_wrap(e, "'%s'", STATE_FILE);
	return err_remedy(e, "move '%s' away: the next run reads the registry as a fresh instance "
			  "does", STATE_FILE);
}

int state_load(const char *root, const char *instance, struct state *ret_state, char **ret_aside,
	       struct err *e)
{
	AUTO_JSON json_t *document = NULL;
	AUTO_FREE char *writer = NULL;
	CLEANUP(state_done) struct state state = { 0 };
	char *aside = NULL;

	if (state_read(root, &document, &writer, e) < 0)
		return state_damaged(e);
	if (writer != NULL && strcmp(writer, instance) != 0)
		aside = mem_printf("'%s' was written by instance '%s', and this is '%s', ignoring",
				   STATE_FILE, writer, instance);
	else if (writer != NULL && state_parse(document, &state, e) < 0)
		return state_damaged(e);
	if (aside == NULL)
		state.instance = TAKE(writer);
	*ret_aside = aside;
	*ret_state = state;
	state = (struct state){ 0 };
	return 0;
}

static json_t *state_json(const struct state *state)
{
	json_t *peers = json_array(), *document;

	for (size_t i = 0; i < state->peers.count; i++)
		json_array_append_new(peers, peer_json(&state->peers.items[i]));
	document = json_pack("{s:s, s:{s:I, s:s}, s:b, s:b, s:I, s:o}", "instance", state->instance,
			     "applied", "version", (json_int_t)state->applied.version,
			     "random", state->applied.token,
			     "complete", state->complete, "pending", state->pending,
			     "generation", (json_int_t)state->generation, "peers", peers);
	if (state->statics != 0)
		json_object_set_new(document, "statics", json_integer(state->statics));
	return document;
}

int state_save(const char *root, const struct state *state, struct err *e)
{
	AUTO_JSON json_t *document = state_json(state);

	if (file_folder(root, STATE_FOLDER, 0700, e) < 0)
		return -1;
	return document_save(root, STATE_FILE, document, e);
}

void state_done(struct state *state)
{
	free(state->instance);
	sites_done(&state->peers);
	*state = (struct state){ 0 };
}
