/*
 * state: what survives a reboot. What is on disk was written by an earlier version, another
 * instance or a falling disk, so it is read as strictly as a stranger's record.
 */
#include "keys/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "keys/document.h"

#define STATE_FOLDER "/var/lib/cygnet"
#define PEERS_MAX 10000
#define INSTANCE_MAX 32

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

static int peers_parse(const json_t *document, struct sites *peers, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "peers", PEERS_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		struct site peer = { 0 };

		if (record_parse_json(element, NULL, &peer, e) < 0)
			return err_wrap(e, "'peers' element %zu", i + 1);
		sites_add(peers, &peer);
	}
	sites_sort(peers);
	return 0;
}

static int state_parse(const json_t *document, struct state *state, struct err *e)
{
	if (json_get_bool_or(document, "complete", false, &state->complete, e) < 0 ||
	    json_get_bool_or(document, "pending", false, &state->pending, e) < 0 ||
	    json_get_integer(document, "generation", 0, NUMBER_MAX, &state->generation, e) < 0 ||
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
	json_t *peers = json_array();

	for (size_t i = 0; i < state->peers.count; i++)
		json_array_append_new(peers, record_json(&state->peers.items[i]));
	return json_pack("{s:s, s:{s:I, s:s}, s:b, s:b, s:I, s:o}", "instance", state->instance,
			 "applied", "version", (json_int_t)state->applied.version,
			 "random", state->applied.token,
			 "complete", state->complete, "pending", state->pending,
			 "generation", (json_int_t)state->generation, "peers", peers);
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
