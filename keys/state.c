/*
 * state: what survives a reboot. What is on disk was written by an earlier version, another
 * instance or a falling disk, so it is read as strictly as a stranger's record.
 */
#include "keys/state.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "keys/document.h"
#include "keys/members.h"
#include "keys/state_keys.h"
#include "keys/static.h"
#include "metadata/shape.h"

#define STATE_FOLDER "/var/lib/cygnet"
#define PEERS_MAX 10000
#define WORD_MAX 32
#define ZONE_RANGES_MAX 10000
#define ROUTES_MAX 100000
#define STATIC_MEMBER "static"

static const char *const duty_names[] = {
	[DUTY_SERVES] = "serves", [DUTY_SUPERSEDED] = "superseded", [DUTY_LEAVES] = "leaves",
	[DUTY_RELEASES] = "releases", [DUTY_LEFT] = "left",
};

/* --- reading --- */

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

static int sites_parse(const json_t *document, const char *key, struct sites *sites, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, key, PEERS_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		struct site site = { 0 };

		if (peer_parse(element, &site, e) < 0)
			return err_wrap(e, "'%s' element %zu", key, i + 1);
		sites_add(sites, &site);
	}
	sites_sort(sites);
	return 0;
}

static int hash_parse(const json_t *document, const char *key, uint32_t *ret_hash, struct err *e)
{
	int64_t hash = 0;

	if (json_object_get(document, key) != NULL &&
	    json_get_integer(document, key, 0, UINT32_MAX, &hash, e) < 0)
		return -1;
	*ret_hash = (uint32_t)hash;
	return 0;
}

static int duty_parse(const json_t *document, enum duty *ret_duty, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (json_get_string_or(document, "duty", WORD_MAX, duty_names[DUTY_SERVES], &name, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(duty_names); i++) {
		if (strcmp(name, duty_names[i]) == 0) {
			*ret_duty = (enum duty)i;
			return 0;
		}
	}
	return err_set(e, EXIT_CONFIG, "'duty' is '%s', which this version of cygnet does not know",
		       name);
}

static int predecessors_parse(const json_t *document, struct strings *predecessors, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "predecessors", PREDECESSORS_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		if (!json_is_string(element) || !shape_resource(json_string_value(element), "i-"))
			return err_set(e, EXIT_CONFIG,
				       "'predecessors' element %zu is not an instance id", i + 1);
		strings_add(predecessors, json_string_value(element));
	}
	return 0;
}

static int route_parse(const json_t *element, struct state *state, struct err *e)
{
	AUTO_FREE char *table = NULL, *destination = NULL;
	struct cidr range;

	if (json_get_string(element, "table", WORD_MAX, &table, e) < 0 ||
	    json_get_string(element, "destination", CIDR_TEXT, &destination, e) < 0)
		return -1;
	if (!shape_resource(table, "rtb-"))
		return err_set(e, EXIT_CONFIG, "'table' is not a route table's id");
	if (!cidr_parse(destination, &range))
		return err_set(e, EXIT_CONFIG, "'destination' is not a canonical IPv4 range");
	*MEM_GROW(state->routes, state->route_count) = (struct made_route){ TAKE(table), range };
	return 0;
}

static int routes_parse(const json_t *document, struct state *state, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "routes", ROUTES_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element)
		if (route_parse(element, state, e) < 0)
			return err_wrap(e, "'routes' element %zu", i + 1);
	return 0;
}

/* How this instance stands to its site; none of it in the first files that were written. */
static int tenure_parse(const json_t *document, struct state *state, struct err *e)
{
	if (duty_parse(document, &state->duty, e) < 0 ||
	    json_get_bool_or(document, "keep_address", false, &state->keep_address, e) < 0 ||
	    predecessors_parse(document, &state->predecessors, e) < 0)
		return -1;
	if (json_object_get(document, "address") == NULL)
		return 0;
	return member_address(document, "address", &state->address, e);
}

static int state_parse(const json_t *document, struct state *state, struct err *e)
{
	if (identity_parse(document, &state->identity, e) < 0 ||
	    json_get_bool_or(document, "complete", false, &state->complete, e) < 0 ||
	    json_get_bool_or(document, "pending", false, &state->pending, e) < 0 ||
	    json_get_bool_or(document, "refused", false, &state->refused, e) < 0 ||
	    json_get_integer(document, "generation", 0, GENERATION_MAX, &state->generation,
			     e) < 0 ||
	    hash_parse(document, "statics", &state->statics, e) < 0 ||
	    hash_parse(document, "policy", &state->policy, e) < 0 ||
	    applied_parse(document, &state->applied, e) < 0 ||
	    tenure_parse(document, state, e) < 0 ||
	    member_ranges(document, "zone_ranges", ZONE_RANGES_MAX, &state->zone_ranges, e) < 0 ||
	    routes_parse(document, state, e) < 0 || state_keys_parse(document, state, e) < 0 ||
	    sites_parse(document, "neighbours", &state->neighbours, e) < 0)
		return -1;
	return sites_parse(document, "peers", &state->peers, e);
}

/* *ret_writer is NULL when nothing was written yet. */
static int state_read(const char *root, json_t **ret_document, char **ret_writer, struct err *e)
{
	AUTO_JSON json_t *document = NULL;

	if (document_load(root, STATE_FILE, &document, e) < 0)
		return -1;
	if (document != NULL &&
	    json_get_string(document, "instance", WORD_MAX, ret_writer, e) < 0)
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

/* --- writing --- */

static json_t *peer_json(const struct site *peer)
{
	return peer->manual ? json_pack("{s:o}", STATIC_MEMBER, static_json(peer)) :
			      record_json(peer);
}

static json_t *sites_json(const struct sites *sites)
{
	json_t *array = json_array();

	for (size_t i = 0; i < sites->count; i++)
		json_array_append_new(array, peer_json(&sites->items[i]));
	return array;
}

static json_t *routes_json(const struct made_route *routes, size_t count)
{
	json_t *array = json_array();
	char text[CIDR_TEXT];

	for (size_t i = 0; i < count; i++) {
		cidr_format(routes[i].destination, text);
		json_array_append_new(array, json_pack("{s:s, s:s}", "table", routes[i].table,
						       "destination", text));
	}
	return array;
}

static json_t *state_json(const struct state *state)
{
	json_t *document = json_pack(
		"{s:s, s:{s:I, s:s}, s:b, s:b, s:I, s:s, s:b, s:I, s:I}",
		"instance", state->instance,
		"applied", "version", (json_int_t)state->applied.version,
		"random", state->applied.token,
		"complete", state->complete, "pending", state->pending,
		"generation", (json_int_t)state->generation,
		"duty", duty_names[state->duty], "keep_address", state->keep_address,
		"statics", (json_int_t)state->statics, "policy", (json_int_t)state->policy);

	identity_write(&state->identity, document);
	if (state->address != 0)
		json_object_set_new(document, "address", address_json(state->address));
	json_object_set_new(document, "predecessors", strings_json(&state->predecessors));
	json_object_set_new(document, "zone_ranges", ranges_json(&state->zone_ranges));
	json_object_set_new(document, "routes", routes_json(state->routes, state->route_count));
	json_object_set_new(document, "peers", sites_json(&state->peers));
	if (state->neighbours.count > 0)
		json_object_set_new(document, "neighbours", sites_json(&state->neighbours));
	if (state->refused)
		json_object_set_new(document, "refused", json_true());
	state_keys_write(state, document);
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
	identity_done(&state->identity);
	strings_done(&state->predecessors);
	cidrs_done(&state->zone_ranges);
	made_routes_done(state->routes, state->route_count);
	sites_done(&state->peers);
	sites_done(&state->neighbours);
	rotation_done(&state->rotation);
	strings_done(&state->revoked);
	revocations_done(&state->dealt);
	*state = (struct state){ 0 };
}

void made_routes_done(struct made_route *routes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(routes[i].table);
	free(routes);
}
