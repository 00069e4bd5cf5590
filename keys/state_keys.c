/*
 * state_keys: what a gateway remembers of its keys and of its peers' revoked ones. A rotation that
 * was read wrongly would wipe the wrong key, so what does not fit together is damage. It knows not
 * how one phase becomes the next.
 */
#include "keys/state_keys.h"

#include <stdlib.h>
#include <string.h>

#include "keys/document.h"
#include "keys/members.h"
#include "metadata/config.h"

#define NAME_MAX_LENGTH 63
#define PHASE_MAX 32
#define LIST_MAX 100000		/* sites of a mesh, times what each can revoke */

static const char *const phase_names[] = {
	[ROTATION_WANTED] = "wanted", [ROTATION_OFFERED] = "offered",
	[ROTATION_SWITCHING] = "switching", [ROTATION_RETIRING] = "retiring",
};

struct keyring_ids state_key_ids(const struct state *state)
{
	const struct rotation *rotation = &state->rotation;
	struct keyring_ids ids = { .active = state->key, .next = "", .retired = "" };

	switch (rotation->phase) {
	case ROTATION_NONE:
	case ROTATION_WANTED:
		break;
	case ROTATION_OFFERED:
	case ROTATION_SWITCHING:
		ids.next = strcmp(state->key, rotation->to) == 0 ? rotation->from : rotation->to;
		break;
	case ROTATION_RETIRING:
		ids.active = rotation->to;
		ids.retired = rotation->from;
		break;
	}
	return ids;
}

/* --- reading --- */

static int phase_parse(const json_t *object, enum rotation_phase *ret_phase, struct err *e)
{
	AUTO_FREE char *name = NULL;

	if (json_get_string(object, "phase", PHASE_MAX, &name, e) < 0)
		return -1;
	for (size_t i = ROTATION_WANTED; i < COUNT_OF(phase_names); i++) {
		if (strcmp(name, phase_names[i]) == 0) {
			*ret_phase = (enum rotation_phase)i;
			return 0;
		}
	}
	return err_set(e, EXIT_CONFIG,
		       "'phase' is '%s', which this version of cygnet does not know", name);
}

static int ids_parse(const json_t *object, struct rotation *rotation, struct err *e)
{
	bool wanted = rotation->phase == ROTATION_WANTED;

	if (member_key_id(object, "from", false, rotation->from, e) < 0 ||
	    member_key_id(object, "to", wanted, rotation->to, e) < 0)
		return -1;
	if (strcmp(rotation->from, rotation->to) == 0)
		return err_set(e, EXIT_CONFIG, "'from' and 'to' are the same key");
	return 0;
}

static int skip_parse(const json_t *object, struct strings *skip, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(object, "skip", LIST_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		if (!json_is_string(element) || !config_name_valid(json_string_value(element)))
			return err_set(e, EXIT_CONFIG, "'skip' element %zu is not a site's name",
				       i + 1);
		strings_add(skip, json_string_value(element));
	}
	return 0;
}

static int sas_parse(const json_t *object, struct rotation *rotation, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(object, "sas", LIST_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		json_int_t id = json_integer_value(element);

		if (!json_is_integer(element) || id < 0 || id > UINT32_MAX)
			return err_set(e, EXIT_CONFIG, "'sas' element %zu is not an SA's id",
				       i + 1);
		*MEM_GROW(rotation->sas, rotation->sa_count) = (uint32_t)id;
	}
	return 0;
}

static int boot_parse(const json_t *object, struct rotation *rotation, struct err *e)
{
	AUTO_FREE char *boot = NULL;

	if (json_get_string_or(object, "boot", BOOT_ID_SIZE - 1, "", &boot, e) < 0)
		return -1;
	memcpy(rotation->boot, boot, strlen(boot) + 1);
	return json_get_integer(object, "since_ms", 0, NUMBER_MAX, &rotation->since_ms, e);
}

static int rotation_parse(const json_t *document, struct rotation *rotation, struct err *e)
{
	const json_t *object = json_object_get(document, "rotation");

	if (object == NULL)
		return 0;
	if (!json_is_object(object))
		return err_set(e, EXIT_CONFIG, "'rotation' is not an object");
	if (phase_parse(object, &rotation->phase, e) < 0 || ids_parse(object, rotation, e) < 0 ||
	    json_get_bool_or(object, "compromised", false, &rotation->compromised, e) < 0 ||
	    json_get_integer(object, "wait_s", 0, NUMBER_MAX, &rotation->wait_s, e) < 0 ||
	    boot_parse(object, rotation, e) < 0 || skip_parse(object, &rotation->skip, e) < 0 ||
	    sas_parse(object, rotation, e) < 0)
		return err_wrap(e, "'rotation'");
	return 0;
}

static int dealt_parse(const json_t *document, struct revocations *dealt, struct err *e)
{
	json_t *array, *element;
	size_t i;

	if (json_get_array(document, "revoked_done", LIST_MAX, &array, e) < 0)
		return -1;
	json_array_foreach(array, i, element) {
		AUTO_FREE char *site = NULL;
		char id[KEY_ID_SIZE];

		if (member_site(element, &site, e) < 0 ||
		    member_key_id(element, "id", false, id, e) < 0)
			return err_wrap(e, "'revoked_done' element %zu", i + 1);
		revocations_add(dealt, site, id);
	}
	return 0;
}

static int number_parse(const json_t *document, const char *key, int64_t max, int64_t *ret_number,
			struct err *e)
{
	return json_object_get(document, key) == NULL ? 0 :
	       json_get_integer(document, key, 0, max, ret_number, e);
}

int state_keys_parse(const json_t *document, struct state *state, struct err *e)
{
	int64_t ack = 0;

	if (member_key_id(document, "key", true, state->key, e) < 0 ||
	    number_parse(document, "key_made", NUMBER_MAX, &state->key_made_s, e) < 0 ||
	    rotation_parse(document, &state->rotation, e) < 0 ||
	    member_key_ids(document, "revoked", LIST_MAX, &state->revoked, e) < 0 ||
	    dealt_parse(document, &state->dealt, e) < 0 ||
	    number_parse(document, "ack", UINT32_MAX, &ack, e) < 0)
		return -1;
	state->ack = (uint32_t)ack;
	return 0;
}

/* --- writing --- */

static json_t *rotation_json(const struct rotation *rotation)
{
	json_t *sas = json_array();

	for (size_t i = 0; i < rotation->sa_count; i++)
		json_array_append_new(sas, json_integer(rotation->sas[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:I, s:s, s:I, s:o, s:o}",
			 "phase", phase_names[rotation->phase], "from", rotation->from,
			 "to", rotation->to, "compromised", rotation->compromised,
			 "wait_s", (json_int_t)rotation->wait_s, "boot", rotation->boot,
			 "since_ms", (json_int_t)rotation->since_ms,
			 "skip", strings_json(&rotation->skip), "sas", sas);
}

static json_t *dealt_json(const struct revocations *dealt)
{
	json_t *array = json_array();

	for (size_t i = 0; i < dealt->count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s}", "site", dealt->items[i].site,
						       "id", dealt->items[i].id));
	return array;
}

void state_keys_write(const struct state *state, json_t *document)
{
	if (*state->key != '\0')
		json_object_set_new(document, "key", json_string(state->key));
	if (state->key_made_s != 0)
		json_object_set_new(document, "key_made", json_integer(state->key_made_s));
	if (state->rotation.phase != ROTATION_NONE)
		json_object_set_new(document, "rotation", rotation_json(&state->rotation));
	if (state->revoked.count > 0)
		json_object_set_new(document, "revoked", strings_json(&state->revoked));
	if (state->dealt.count > 0)
		json_object_set_new(document, "revoked_done", dealt_json(&state->dealt));
	if (state->ack != 0)
		json_object_set_new(document, "ack", json_integer((json_int_t)state->ack));
}

void rotation_done(struct rotation *rotation)
{
	strings_done(&rotation->skip);
	free(rotation->sas);
	*rotation = (struct rotation){ 0 };
}
