/*
 * state and recent: what survives, what does not, and what damage costs.
 */
#include "tests/unit/keys_support.h"

#include "keys/state.h"

#define INSTANCE "i-0fedcba9876543210"
#define TOKEN "0123456789abcdef0123456789abcdef"
#define ADVICE                                                                                     \
	"move '" STATE_FILE "' away: the next run reads the registry as a fresh instance does"

static struct state state_example(void)
{
	struct state state = {
		.instance = mem_strdup(INSTANCE),
		.identity = {
			.registry = mem_strdup("us-east-1"), .prefix = mem_strdup("net"),
			.mesh = mem_strdup("lab"), .site = mem_strdup("frankfurt"),
		},
		.applied = { 42, TOKEN },
		.complete = true,
		.pending = true,
		.generation = 3,
		.duty = DUTY_LEAVES,
		.keep_address = true,
		.address = 0xcb007107,	/* 203.0.113.7 */
		.policy = 5,
	};
	struct site peer = site_example();

	strings_add(&state.predecessors, "i-00000000000000002");
	strings_add(&state.predecessors, "i-00000000000000001");
	cidrs_add(&state.zone_ranges, (struct cidr){ 0x0a010000, 24 });
	*MEM_GROW(state.routes, state.route_count) =
		(struct made_route){ mem_strdup("rtb-0123456789abcdef0"), { 0x0a020000, 16 } };
	*MEM_GROW(state.routes, state.route_count) =
		(struct made_route){ mem_strdup("rtb-0123456789abcdef1"), { 0x0a020000, 16 } };

	peer.revoked = (struct strings){ 0 };
	strings_add(&peer.revoked, KEY_B_ID);
	sites_add(&state.peers, &peer);
	return state;
}

static void example_save(const char *root)
{
	CLEANUP(state_done) struct state state = state_example();
	struct err e = ERR_INIT;

	assert_int_equal(state_save(root, &state, &e), 0);
}

static void assert_fresh(const struct state *state)
{
	assert_null(state->instance);
	assert_null(state->identity.site);
	assert_int_equal(state->applied.version, 0);
	assert_string_equal(state->applied.token, "");
	assert_false(state->complete);
	assert_false(state->pending);
	assert_int_equal(state->generation, 0);
	assert_int_equal(state->duty, DUTY_SERVES);
	assert_false(state->keep_address);
	assert_int_equal(state->predecessors.count, 0);
	assert_int_equal(state->address, 0);
	assert_int_equal(state->zone_ranges.count, 0);
	assert_int_equal(state->route_count, 0);
	assert_int_equal(state->peers.count, 0);
	assert_int_equal(state->policy, 0);
}

static void nothing_written_yet(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct state state = { .pending = true };
	char *aside = (char *)"";
	struct err e = ERR_INIT;

	(void)unused;
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
	assert_fresh(&state);
	assert_null(aside);
}

/* What the example has of how its instance stands to its site. */
static void assert_tenure(const struct state *state)
{
	AUTO_FREE char *predecessors = strings_join(&state->predecessors, " ");
	AUTO_FREE char *ranges = cidrs_join(&state->zone_ranges, " ");

	assert_int_equal(state->duty, DUTY_LEAVES);
	assert_true(state->keep_address);
	assert_string_equal(predecessors, "i-00000000000000002 i-00000000000000001");
	assert_int_equal(state->address, 0xcb007107);
	assert_string_equal(ranges, "10.1.0.0/24");
	assert_int_equal(state->route_count, 2);
	assert_string_equal(state->routes[1].table, "rtb-0123456789abcdef1");
	assert_true(cidr_equal(state->routes[1].destination, (struct cidr){ 0x0a020000, 16 }));
	assert_int_equal(state->policy, 5);
}

static void what_was_saved_is_loaded(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state state = { 0 };
	CLEANUP(site_done) struct site expected = site_example();
	AUTO_FREE char *peer = NULL;
	AUTO_FREE char *expected_peer = NULL;
	char *aside = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	example_save(root);
	assert_int_equal(file_mode(root, STATE_FILE) & 07777, 0600);
	assert_int_equal(file_mode(root, "/var/lib/cygnet") & 07777, 0700);
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
	assert_null(aside);
	assert_string_equal(state.instance, INSTANCE);
	assert_string_equal(state.identity.registry, "us-east-1");
	assert_string_equal(state.identity.prefix, "net");
	assert_string_equal(state.identity.mesh, "lab");
	assert_string_equal(state.identity.site, "frankfurt");
	assert_true(epoch_equal(&state.applied, &(struct epoch){ 42, TOKEN }));
	assert_true(state.complete);
	assert_true(state.pending);
	assert_int_equal(state.generation, 3);
	assert_tenure(&state);
	assert_int_equal(state.peers.count, 1);
	strings_add(&expected.revoked, KEY_B_ID);
	assert_int_equal(record_text(&state.peers.items[0], &peer, &e), 0);
	assert_int_equal(record_text(&expected, &expected_peer, &e), 0);
	assert_string_equal(peer, expected_peer);
}

static void a_static_peer_comes_back_as_a_record(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct site office = { .name = mem_strdup("office"), .address = 0xc6336407, .manual = true };
	struct site record = site_example();
	CLEANUP(state_done) struct state written = { .instance = mem_strdup(INSTANCE), .statics = 7 };
	CLEANUP(state_done) struct state state = { 0 };
	char *aside = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	cidrs_add(&office.subnets, (struct cidr){ 0xc0a80100, 24 });
	*MEM_GROW(office.keys, office.key_count) =
		(struct site_key){ KEY_ACTIVE, public_key_of_text(KEY_B_ID, KEY_B_SPKI) };
	sites_add(&written.peers, &office);
	sites_add(&written.peers, &record);
	assert_int_equal(state_save(root, &written, &e), 0);
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
	assert_int_equal(state.statics, 7);
	assert_int_equal(state.peers.count, 2);
	assert_false(state.peers.items[0].manual);
	assert_string_equal(state.peers.items[1].name, "office");
	assert_true(state.peers.items[1].manual);
	assert_int_equal(state.peers.items[1].address, 0xc6336407);
	assert_string_equal(site_active_key(&state.peers.items[1])->id, KEY_B_ID);
}

static void fresh_state_is_saved_and_loaded(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct state written = { .instance = (char *)INSTANCE };
	CLEANUP(state_done) struct state state = { 0 };
	AUTO_FREE char *text = NULL;
	char *aside = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	assert_int_equal(state_save(root, &written, &e), 0);
	text = root_read(root, STATE_FILE);
	assert_string_equal(
		text,
		"{\"applied\":{\"random\":\"\",\"version\":0},\"complete\":false,\"duty\":\"serves\","
		"\"generation\":0,\"instance\":\"" INSTANCE "\",\"keep_address\":false,\"peers\":[],"
		"\"pending\":false,\"policy\":0,\"predecessors\":[],\"routes\":[],\"statics\":0,"
		"\"zone_ranges\":[]}\n");
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
	assert_string_equal(state.instance, INSTANCE);
	assert_int_equal(state.peers.count, 0);
}

static void state_of_an_earlier_version(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state state = { 0 };
	char *aside = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	root_write(root, STATE_FILE,
		   "{\"applied\":{\"random\":\"" TOKEN "\",\"version\":7},\"complete\":true,"
		   "\"generation\":3,\"instance\":\"" INSTANCE "\",\"peers\":[],\"pending\":false}\n",
		   0600);
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
	assert_int_equal(state.generation, 3);
	assert_int_equal(state.duty, DUTY_SERVES);
	assert_int_equal(state.address, 0);
	assert_int_equal(state.predecessors.count + state.zone_ranges.count + state.route_count, 0);
	assert_null(state.identity.registry);
	assert_null(state.identity.prefix);
	assert_null(state.identity.mesh);
	assert_null(state.identity.site);
}

static void duty_is_another_one_after_a_reboot(void **unused)
{
	static const enum duty duties[] = {
		DUTY_SERVES, DUTY_SUPERSEDED, DUTY_LEAVES, DUTY_RELEASES, DUTY_LEFT,
	};
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(duties); i++) {
		struct state written = { .instance = (char *)INSTANCE, .duty = duties[i] };
		CLEANUP(state_done) struct state state = { 0 };
		char *aside = NULL;

		assert_int_equal(state_save(root, &written, &e), 0);
		assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), 0);
		assert_int_equal(state.duty, duties[i]);
	}
}

static ino_t inode(const char *root, const char *path)
{
	AUTO_FREE char *full = mem_printf("%s%s", root, path);
	struct stat st;

	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

static void state_that_has_not_changed_is_not_written(void **unused)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = mem_printf("%s%s", root, STATE_FILE);
	ino_t first, second;

	(void)unused;
	example_save(root);
	first = inode(root, STATE_FILE);
	example_save(root);
	assert_int_equal(inode(root, STATE_FILE), first);
	assert_int_equal(chmod(path, 0644), 0);
	example_save(root);
	second = inode(root, STATE_FILE);
	assert_int_not_equal(second, first);
	assert_int_equal(file_mode(root, STATE_FILE) & 07777, 0600);
}

static void image_baked_from_another_instance(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(state_done) struct state state = { 0 };
	AUTO_FREE char *aside = NULL;
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	example_save(root);
	before = root_read(root, STATE_FILE);
	assert_int_equal(state_load(root, "i-00000000000000001", &state, &aside, &e), 0);
	assert_fresh(&state);
	assert_string_equal(aside, "'" STATE_FILE "' was written by instance '" INSTANCE
			    "', and this is 'i-00000000000000001', ignoring");
	after = root_read(root, STATE_FILE);
	assert_string_equal(after, before);
}

/* The example's document with one member another value, in JSON; NULL removes it. Yours to free. */
static char *state_with(const char *root, const char *member, const char *value)
{
	AUTO_FREE char *text = root_read(root, STATE_FILE);
	AUTO_JSON json_t *document = json_loads(text, 0, NULL);

	if (value == NULL)
		json_object_del(document, member);
	else
		json_object_set_new(document, member, json_loads(value, JSON_DECODE_ANY, NULL));
	return json_text(document);
}

static void assert_damaged(const char *root, const char *text, const char *rule)
{
	AUTO_FREE char *cause = mem_printf("'" STATE_FILE "': %s", rule);
	AUTO_FREE char *after = NULL;
	struct state state = { 0 };
	char *aside = NULL;
	struct err e = ERR_INIT;

	root_write(root, STATE_FILE, text, 0600);
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, ADVICE);
	assert_fresh(&state);
	assert_null(aside);
	after = root_read(root, STATE_FILE);
	assert_string_equal(after, text);
}

static void damaged_state(void **unused)
{
	static const struct {
		const char *member, *value, *rule;
	} rows[] = {
		{ "instance", NULL, "'instance' is missing" },
		{ "instance", "7", "'instance' is not a string" },
		{ "registry", "7", "'registry' is not a string" },
		{ "prefix", "\"awsome\"",
		  "'prefix': value 'awsome' begins with 'aws' or 'ssm', which Parameter Store "
		  "reserves" },
		{ "site", "\"-a\"",
		  "'site': value '-a' is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either "
		  "end" },
		{ "applied", NULL, "'applied' is not an object" },
		{ "applied", "{\"version\":-1,\"random\":\"\"}",
		  "'applied': 'version' is outside 0..9007199254740992" },
		{ "applied", "{\"version\":1}", "'applied': 'random' is missing" },
		{ "applied", "{\"version\":1,\"random\":\"" TOKEN "0\"}",
		  "'applied': 'random' is longer than 32 bytes" },
		{ "complete", "1", "'complete' is not true or false" },
		{ "pending", "\"yes\"", "'pending' is not true or false" },
		{ "generation", NULL, "'generation' is missing" },
		{ "generation", "-1", "'generation' is outside 0..4503599627370496" },
		{ "duty", "\"sleeps\"",
		  "'duty' is 'sleeps', which this version of cygnet does not know" },
		{ "keep_address", "0", "'keep_address' is not true or false" },
		{ "policy", "4294967296", "'policy' is outside 0..4294967295" },
		{ "predecessors", "[\"i-00000000000000001\",\"eni-0123456789abcdef0\"]",
		  "'predecessors' element 2 is not an instance id" },
		{ "address", "\"0.0.0.0\"",
		  "'address' is not an IPv4 address that a gateway can have" },
		{ "zone_ranges", "[\"10.1.2.3/24\"]",
		  "'zone_ranges' element 1 is not a canonical IPv4 range" },
		{ "routes", "[7]", "'routes' element 1: 'table' is missing" },
		{ "routes", "[{\"table\":\"rtb\",\"destination\":\"10.1.0.0/16\"}]",
		  "'routes' element 1: 'table' is not a route table's id" },
		{ "routes",
		  "[{\"table\":\"rtb-0123456789abcdef0\",\"destination\":\"10.1.2.3/16\"}]",
		  "'routes' element 1: 'destination' is not a canonical IPv4 range" },
		{ "peers", "{}", "'peers' is not an array" },
		{ "peers", "[7]", "'peers' element 1: 'schema' is missing" },
	};
	AUTO_ROOT char *root = root_new();

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *text = NULL;

		example_save(root);
		text = state_with(root, rows[i].member, rows[i].value);
		assert_damaged(root, text, rows[i].rule);
	}
	assert_damaged(root, "", "not valid JSON at line 1, column 0");
	assert_damaged(root, "[]", "not a JSON object");
}

static void peer_without_subnets(void **unused)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *text = NULL;
	AUTO_FREE char *odd = NULL;
	char *subnets;

	(void)unused;
	example_save(root);
	text = root_read(root, STATE_FILE);
	subnets = strstr(text, "\"subnets\":[");
	odd = mem_printf("%.*s\"subnets\":[]%s", (int)(subnets - text), text,
			 strchr(subnets, ']') + 1);
	assert_damaged(root, odd, "'peers' element 1: 'subnets' is empty");
}

static void state_that_is_no_file(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct state state = { 0 };
	char *aside = NULL;
	struct err e = ERR_INIT;

	(void)unused;
	assert_int_equal(file_folder(root, STATE_FILE, 0700, &e), 0);
	assert_int_equal(state_load(root, INSTANCE, &state, &aside, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'" STATE_FILE "': '" STATE_FILE "' is not a regular file",
		     ADVICE);
}

static void epochs(void **unused)
{
	static const struct { struct epoch a, b; bool same; } rows[] = {
		{ { 0, "" }, { 0, "" }, true },
		{ { 42, TOKEN }, { 42, TOKEN }, true },
		{ { 42, TOKEN }, { 43, TOKEN }, false },
		/* deleted and made anew, at the same number */
		{ { 42, TOKEN }, { 42, "fedcba98765432100123456789abcdef" }, false },
		{ { 42, TOKEN }, { 42, "" }, false },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_int_equal(epoch_equal(&rows[i].a, &rows[i].b), rows[i].same);
}

static void recent_example(struct recent *recent)
{
	struct tunnel_wait *wait;

	*recent = (struct recent){
		.reconciled_ms = 5000, .public_address = 0xffffffff, .settings = 4, .registry_warned_ms = 6000,
		.charon_lost_ms = 7000, .unhealthy_ms = 8000, .hook_due_ms = 9000,
		.hindered_ms = 9500, .hindered = 3,
	};
	assert_false(recent_told(recent, "no route", 5000));
	wait = recent_wait_add(recent, "paris");
	wait->wanted = 0xffffffff;
	wait->since_ms = 7000;
	wait->initiated_ms = 8000;
	wait->tries = 2;
	recent_wait_add(recent, "ohio");
	*recent_follower(recent, "rome") =
		(struct follower){ recent_follower(recent, "rome")->site, 1000, 2000, 3 };
}

static void recent_is_saved_and_loaded(void **unused)
{
	AUTO_ROOT char *root = root_new();
	CLEANUP(recent_done) struct recent written = { 0 };
	CLEANUP(recent_done) struct recent recent = { 0 };
	const struct tunnel_wait *paris, *ohio;
	struct err e = ERR_INIT;
	ino_t first;

	(void)unused;
	recent_example(&written);
	assert_int_equal(recent_save(root, &written, &e), 0);
	first = inode(root, RECENT_FILE);
	assert_int_equal(recent_save(root, &written, &e), 0);
	assert_int_equal(inode(root, RECENT_FILE), first);
	recent_load(root, &recent);
	paris = recent_wait(&recent, "paris");
	ohio = recent_wait(&recent, "ohio");
	assert_int_equal(recent.reconciled_ms, 5000);
	assert_int_equal(recent.public_address, 0xffffffff);
	assert_int_equal(recent.settings, 4);
	assert_int_equal(recent.registry_warned_ms, 6000);
	assert_int_equal(recent.charon_lost_ms, 7000);
	assert_int_equal(recent.unhealthy_ms, 8000);
	assert_int_equal(recent.hook_due_ms, 9000);
	assert_int_equal(recent.hindered_ms, 9500);
	assert_int_equal(recent.hindered, 3);
	assert_int_equal(recent.wait_count, 2);
	assert_int_equal(paris->wanted, 0xffffffff);
	assert_int_equal(paris->since_ms, 7000);
	assert_int_equal(paris->initiated_ms, 8000);
	assert_int_equal(paris->tries, 2);
	assert_int_equal(ohio->tries, 0);
	assert_int_equal(recent.follower_count, 1);
	assert_int_equal(recent_follower(&recent, "rome")->live_ms, 1000);
	assert_int_equal(recent_follower(&recent, "rome")->tried_ms, 2000);
	assert_int_equal(recent_follower(&recent, "rome")->tries, 3);
	assert_true(recent_told(&recent, "no route", 5001));
}

#define HOUR_MS (3600 * 1000)

static void warning_is_repeated_within_the_hour_or_never_again(void **unused)
{
	CLEANUP(recent_done) struct recent recent = { 0 };

	(void)unused;
	assert_false(recent_told(&recent, "no route", 1000));
	assert_true(recent_told(&recent, "no route", HOUR_MS));
	assert_false(recent_told(&recent, "another route", HOUR_MS));
	assert_false(recent_told(&recent, "no route", HOUR_MS + 1000));
	assert_true(recent_told(&recent, "another route", HOUR_MS + 1000));
	assert_int_equal(recent.told_count, 2);
}

#define RECENT(reconciled, waits, told)								\
	"{\"reconciled_ms\":" reconciled ",\"hindered_ms\":0,\"hindered\":0,\"public_address\":0,"	\
	"\"settings\":0,\"registry_warned_ms\":0,"							\
	"\"charon_lost_ms\":0,\"unhealthy_ms\":0,\"hook_due_ms\":0,\"waits\":" waits		\
	",\"told\":" told "}"

static void damaged_recent_is_forgotten(void **unused)
{
	static const char *const rows[] = {
		"",
		"{",
		"[]",
		"{}",
		RECENT("-1", "[]", "[]"),
		RECENT("1", "{}", "[]"),
		RECENT("1", "[{\"site\":\"paris\",\"wanted\":1,\"since_ms\":1,\"initiated_ms\":1,"
		       "\"tries\":1},{\"site\":\"ohio\"}]", "[]"),
		RECENT("1", "[],\"followers\":[{\"site\":\"rome\",\"live_ms\":1}]", "[]"),
		RECENT("1", "[]", "[{\"hash\":1,\"told_ms\":1},{\"hash\":1}]"),
	};
	AUTO_ROOT char *root = root_new();

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct recent recent = { .reconciled_ms = 9 };

		root_write(root, RECENT_FILE, rows[i], 0600);
		recent_load(root, &recent);
		assert_int_equal(recent.reconciled_ms, 0);
		assert_int_equal(recent.wait_count, 0);
		assert_null(recent.waits);
	}
}

static void follower_is_counted_twice(void **unused)
{
	CLEANUP(recent_done) struct recent recent = { 0 };

	(void)unused;
	recent_follower(&recent, "rome")->tries = 3;
	assert_int_equal(recent_follower(&recent, "ohio")->tries, 0);
	assert_int_equal(recent_follower(&recent, "rome")->tries, 3);
	assert_int_equal(recent.follower_count, 2);
	recent_followers_drop(&recent);
	assert_int_equal(recent.follower_count, 0);
	assert_int_equal(recent_follower(&recent, "rome")->tries, 0);
}

static void no_recent_yet(void **unused)
{
	AUTO_ROOT char *root = root_new();
	struct recent recent = { .reconciled_ms = 9 };

	(void)unused;
	recent_load(root, &recent);
	assert_int_equal(recent.reconciled_ms, 0);
}

static void waits_are_dropped_by_name(void **unused)
{
	CLEANUP(recent_done) struct recent recent = { 0 };

	(void)unused;
	recent_example(&recent);
	recent_wait_drop(&recent, "rome");
	assert_int_equal(recent.wait_count, 2);
	recent_wait_drop(&recent, "paris");
	assert_null(recent_wait(&recent, "paris"));
	assert_non_null(recent_wait(&recent, "ohio"));
	recent_wait_drop(&recent, "ohio");
	assert_int_equal(recent.wait_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_written_yet),
		cmocka_unit_test(what_was_saved_is_loaded),
		cmocka_unit_test(fresh_state_is_saved_and_loaded),
		cmocka_unit_test(state_of_an_earlier_version),
		cmocka_unit_test(duty_is_another_one_after_a_reboot),
		cmocka_unit_test(a_static_peer_comes_back_as_a_record),
		cmocka_unit_test(state_that_has_not_changed_is_not_written),
		cmocka_unit_test(image_baked_from_another_instance),
		cmocka_unit_test(damaged_state),
		cmocka_unit_test(peer_without_subnets),
		cmocka_unit_test(state_that_is_no_file),
		cmocka_unit_test(epochs),
		cmocka_unit_test(recent_is_saved_and_loaded),
		cmocka_unit_test(warning_is_repeated_within_the_hour_or_never_again),
		cmocka_unit_test(damaged_recent_is_forgotten),
		cmocka_unit_test(follower_is_counted_twice),
		cmocka_unit_test(no_recent_yet),
		cmocka_unit_test(waits_are_dropped_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
