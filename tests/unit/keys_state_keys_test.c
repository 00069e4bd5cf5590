/*
 * state_keys: what is remembered of keys between runs, what of it is damage, and which key files
 * each phase of a rotation expects.
 */
#include "tests/unit/keys_support.h"

#include "keys/state.h"

#define INSTANCE "i-0fedcba9876543210"
#define BOOT "3f0c7d1e-5a7b-4c3d-9e8f-0123456789ab"
#define ADVICE \
	"move '" STATE_FILE "' away: the next run reads the registry as a fresh instance does"

static void key_id_set(char id[KEY_ID_SIZE], const char *text)
{
	snprintf(id, KEY_ID_SIZE, "%s", text);
}

static void example_make(struct state *state)
{
	struct rotation *rotation = &state->rotation;
	struct site neighbour = site_example();

	*state = (struct state){ .instance = mem_strdup(INSTANCE), .key_made_s = 1700000000,
				 .refused = true, .ack = 0xfedcba98 };
	key_id_set(state->key, KEY_A_ID);
	rotation->phase = ROTATION_SWITCHING;
	key_id_set(rotation->from, KEY_A_ID);
	key_id_set(rotation->to, KEY_B_ID);
	rotation->compromised = true;
	strings_add(&rotation->skip, "paris");
	rotation->wait_s = 90;
	snprintf(rotation->boot, sizeof rotation->boot, BOOT);
	rotation->since_ms = 5000;
	*MEM_GROW(rotation->sas, rotation->sa_count) = 7;
	*MEM_GROW(rotation->sas, rotation->sa_count) = UINT32_MAX;
	strings_add(&state->revoked, KEY_A_ID);
	revocations_add(&state->dealt, "ohio", KEY_B_ID);
	sites_add(&state->neighbours, &neighbour);
}

static void state_load_well(const char *root, struct state *ret_state)
{
	char *aside = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(state_load(root, INSTANCE, ret_state, &aside, &e), 0);
	assert_null(aside);
}

static void assert_rotation(const struct rotation *rotation)
{
	assert_int_equal(rotation->phase, ROTATION_SWITCHING);
	assert_string_equal(rotation->from, KEY_A_ID);
	assert_string_equal(rotation->to, KEY_B_ID);
	assert_true(rotation->compromised);
	assert_true(strings_has(&rotation->skip, "paris"));
	assert_int_equal(rotation->wait_s, 90);
	assert_string_equal(rotation->boot, BOOT);
	assert_int_equal(rotation->since_ms, 5000);
	assert_int_equal(rotation->sa_count, 2);
	assert_int_equal(rotation->sas[0], 7);
	assert_int_equal(rotation->sas[1], UINT32_MAX);
}

static void rotation_is_another_one_in_the_next_run(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state written = { 0 }, state = { 0 };
	struct err e = ERR_INIT;

	(void)unused;
	example_make(&written);
	assert_int_equal(state_save(root, &written, &e), 0);
	state_load_well(root, &state);
	assert_rotation(&state.rotation);
	assert_string_equal(state.key, KEY_A_ID);
	assert_int_equal(state.key_made_s, 1700000000);
	assert_int_equal(state.revoked.count, 1);
	assert_string_equal(state.revoked.items[0], KEY_A_ID);
	assert_int_equal(state.dealt.count, 1);
	assert_true(revocations_has(&state.dealt, "ohio", KEY_B_ID));
	assert_int_equal(state.ack, 0xfedcba98);
	assert_true(state.refused);
	assert_int_equal(state.neighbours.count, 1);
	assert_string_equal(state.neighbours.items[0].name, "frankfurt");
}

static void phase_is_another_one_after_a_kill(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)unused;
	for (enum rotation_phase phase = ROTATION_NONE; phase <= ROTATION_RETIRING; phase++) {
		CLEANUP(state_done) struct state written = { 0 }, state = { 0 };

		example_make(&written);
		written.rotation.phase = phase;
		assert_int_equal(state_save(root, &written, &e), 0);
		state_load_well(root, &state);
		assert_int_equal(state.rotation.phase, phase);
	}
}

/* A key has to be neither made nor chosen yet. */
static void intent_is_damage(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state written = { .instance = mem_strdup(INSTANCE) }, state = { 0 };
	struct err e = ERR_INIT;

	(void)unused;
	written.rotation.phase = ROTATION_WANTED;
	key_id_set(written.rotation.from, KEY_A_ID);
	assert_int_equal(state_save(root, &written, &e), 0);
	state_load_well(root, &state);
	assert_int_equal(state.rotation.phase, ROTATION_WANTED);
	assert_string_equal(state.rotation.from, KEY_A_ID);
	assert_string_equal(state.rotation.to, "");
}

static void state_of_before_the_first_rotation(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state state = { 0 };

	(void)unused;
	root_write(root, STATE_FILE,
		   "{\"applied\":{\"random\":\"\",\"version\":7},\"generation\":3,"
		   "\"instance\":\"" INSTANCE "\"}", 0600);
	state_load_well(root, &state);
	assert_int_equal(state.rotation.phase, ROTATION_NONE);
	assert_string_equal(state.key, "");
	assert_int_equal(state.key_made_s + state.ack, 0);
	assert_int_equal(state.revoked.count + state.dealt.count + state.neighbours.count, 0);
	assert_false(state.refused);
}

/* The example's document with one member another value, in JSON; "rotation." is of the rotation. */
static char *state_with(const char *root, const char *member, const char *value)
{
	AUTO_FREE char *text = root_read(root, STATE_FILE);
	AUTO_JSON json_t *document = json_loads(text, 0, NULL);
	const char *dot = strchr(member, '.');
	json_t *object = dot ? json_object_get(document, "rotation") : document;

	json_object_set_new(object, dot ? dot + 1 : member,
			    json_loads(value, JSON_DECODE_ANY, NULL));
	return json_text(document);
}

static void assert_damaged(const char *root, const char *rule)
{
	AUTO_FREE char *cause = mem_printf("'" STATE_FILE "': %s", rule);
	struct state state = { 0 };
	char *aside = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, ADVICE);
	assert_null(state.instance);
}

static void what_does_not_fit_together_is_believed(void **unused)
{
	static const struct {
		const char *member, *value, *rule;
	} rows[] = {
		{ "key", "\"8979b8f51ae63b98\"", "'key' is not a key id" },
		{ "key", "7", "'key' is not a string" },
		{ "key_made", "-1", "'key_made' is outside 0..9007199254740992" },
		{ "ack", "4294967296", "'ack' is outside 0..4294967295" },
		{ "refused", "1", "'refused' is not true or false" },
		{ "revoked", "[\"x\"]", "'revoked' element 1 is not a key id" },
		{ "revoked_done", "[7]", "'revoked_done' element 1: 'site' is missing" },
		{ "revoked_done", "[{\"site\":\"ohio\"}]",
		  "'revoked_done' element 1: 'id' is not a key id" },
		{ "neighbours", "[7]", "'neighbours' element 1: 'schema' is missing" },
		{ "rotation", "7", "'rotation' is not an object" },
		{ "rotation", "{}", "'rotation': 'phase' is missing" },
		{ "rotation.phase", "\"ending\"",
		  "'rotation': 'phase' is 'ending', which this version of cygnet does not know" },
		{ "rotation.phase", "\"none\"",
		  "'rotation': 'phase' is 'none', which this version of cygnet does not know" },
		{ "rotation.from", "\"\"", "'rotation': 'from' is not a key id" },
		{ "rotation.to", "\"\"", "'rotation': 'to' is not a key id" },
		{ "rotation.to", "\"" KEY_A_ID "\"", "'rotation': 'from' and 'to' are the same key" },
		{ "rotation.compromised", "1", "'rotation': 'compromised' is not true or false" },
		{ "rotation.wait_s", "-1", "'rotation': 'wait_s' is outside 0..9007199254740992" },
		{ "rotation.since_ms", "\"now\"", "'rotation': 'since_ms' is not an integer" },
		{ "rotation.boot", "\"" BOOT "0\"", "'rotation': 'boot' is longer than 36 bytes" },
		{ "rotation.skip", "[\"Paris\"]",
		  "'rotation': 'skip' element 1 is not a site's name" },
		{ "rotation.sas", "[1,-1]", "'rotation': 'sas' element 2 is not an SA's id" },
		{ "rotation.sas", "[4294967296]", "'rotation': 'sas' element 1 is not an SA's id" },
		{ "rotation.sas", "[\"1\"]", "'rotation': 'sas' element 1 is not an SA's id" },
	};
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state example = { 0 };
	struct err e = ERR_INIT;

	(void)unused;
	example_make(&example);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *text = NULL;

		assert_int_equal(state_save(root, &example, &e), 0);
		text = state_with(root, rows[i].member, rows[i].value);
		root_write(root, STATE_FILE, text, 0600);
		assert_damaged(root, rows[i].rule);
	}
}

#define A KEY_A_ID
#define B KEY_B_ID

static void phase_expects_another_key(void **unused)
{
	static const struct {
		enum rotation_phase phase;
		const char *key, *from, *to;
		struct keyring_ids ids;
	} rows[] = {
		{ ROTATION_NONE, "", "", "", { "", "", "" } },
		{ ROTATION_NONE, A, "", "", { A, "", "" } },
		{ ROTATION_WANTED, A, A, "", { A, "", "" } },
		{ ROTATION_OFFERED, A, A, B, { A, B, "" } },
		{ ROTATION_SWITCHING, A, A, B, { A, B, "" } },
		/* aborted: what the record calls active is what stays */
		{ ROTATION_SWITCHING, A, B, A, { A, B, "" } },
		{ ROTATION_RETIRING, B, A, B, { B, "", A } },
		{ ROTATION_RETIRING, A, B, A, { A, "", B } },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct state state = { .rotation.phase = rows[i].phase };
		struct keyring_ids ids;

		key_id_set(state.key, rows[i].key);
		key_id_set(state.rotation.from, rows[i].from);
		key_id_set(state.rotation.to, rows[i].to);
		ids = state_key_ids(&state);
		assert_string_equal(ids.active, rows[i].ids.active);
		assert_string_equal(ids.next, rows[i].ids.next);
		assert_string_equal(ids.retired, rows[i].ids.retired);
	}
}

static void rotation_that_is_over_leaves_something(void **unused)
{
	struct state state = { 0 };

	(void)unused;
	example_make(&state);
	rotation_done(&state.rotation);
	assert_int_equal(state.rotation.phase, ROTATION_NONE);
	assert_string_equal(state.rotation.from, "");
	assert_null(state.rotation.sas);
	assert_int_equal(state.rotation.skip.count + state.rotation.sa_count, 0);
	state_done(&state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rotation_is_another_one_in_the_next_run),
		cmocka_unit_test(phase_is_another_one_after_a_kill),
		cmocka_unit_test(intent_is_damage),
		cmocka_unit_test(state_of_before_the_first_rotation),
		cmocka_unit_test(what_does_not_fit_together_is_believed),
		cmocka_unit_test(phase_expects_another_key),
		cmocka_unit_test(rotation_that_is_over_leaves_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
