/* session: what a run remembers, and what it says of failures that it survives. */
#include "base/clock.h"
#include "tests/unit/session_support.h"

static void setback_set(struct lab *lab, enum exit_code code, const char *cause, const char *remedy)
{
	struct err e = ERR_INIT;

	err_set(&e, code, "%s", cause);
	if (*remedy != '\0')
		err_remedy(&e, "%s", remedy);
	session_setback(&lab->session, &e);
	assert_int_equal(e.code, EXIT_DONE);
	assert_string_equal(e.cause, "");
}

static void root_of_the_machine_is_another_one(void **state)
{
	const struct options machine = { .root = "" }, elsewhere = { .root = "/mnt" };
	struct session session;

	(void)state;
	session_init(&session, &machine, NULL);
	assert_true(session.live);
	session_close(&session);
	session_init(&session, &elsewhere, NULL);
	assert_false(session.live);
	assert_string_equal(session.step, "start");
	session_close(&session);
}

static void second_setback_hides_the_first(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	session_step(&lab.session, "kernel settings");
	setback_set(&lab, EXIT_STEP, "no 'x'", "");
	session_step(&lab.session, "registry");
	setback_set(&lab, EXIT_DENIED, "AccessDenied", "grant it");
	assert_string_equal(lab.logged, "warning: kernel settings: no 'x', going on without\n"
					"warning: registry: AccessDenied; grant it, "
					"going on without\n");
	assert_error(&lab.session.setback, EXIT_STEP, "kernel settings: no 'x'", "");
}

static void remedy_of_a_setback_is_lost(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	session_step(&lab.session, "registry");
	setback_set(&lab, EXIT_DENIED, "AccessDenied", "grant it");
	assert_error(&lab.session.setback, EXIT_DENIED, "registry: AccessDenied", "grant it");
}

/* The timer's runs are quiet, and lose the registry every interval. */
static void timer_begin(struct lab *lab)
{
	lab_init(lab);
	lab->log.level = LOG_LEVEL_QUIET;
}

static void registry_lose(struct lab *lab, enum exit_code code, const char *cause)
{
	struct err e = ERR_INIT;

	err_set(&e, code, "%s", cause);
	session_registry_lost(&lab->session, &e);
	assert_int_equal(e.code, EXIT_DONE);
}

#define WARNING(cause) \
	"warning: start: " cause ", going on without\n"

static void outage_of_the_registry_is_told_at_every_sync(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	registry_lose(&lab, EXIT_AGAIN, "no answer");
	registry_lose(&lab, EXIT_AGAIN, "still none");
	assert_string_equal(lab.logged, WARNING("no answer"));
	assert_error(&lab.session.setback, EXIT_AGAIN,
		     "start: no answer", "");
}

/* Of this run, which warned of nothing, just as of the one that did. */
static void outage_that_was_told_before_is_no_setback(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	lab.session.recent.registry_warned_ms = clock_boot_ms() - 3500 * 1000;
	registry_lose(&lab, EXIT_AGAIN, "no answer");
	assert_int_equal(lab.logged_size, 0);
	assert_int_equal(lab.session.setback.code, EXIT_AGAIN);
}

static void outage_is_told_only_once(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	lab.session.recent.registry_warned_ms = clock_boot_ms() - 3600 * 1000;
	registry_lose(&lab, EXIT_AGAIN, "an hour later");
	session_registry_found(&lab.session);
	registry_lose(&lab, EXIT_AGAIN, "an hour later");
	assert_string_equal(lab.logged, WARNING("an hour later") WARNING("an hour later"));
}

/* Whoever starts a run by hand has not read what the timer said. */
static void run_by_hand_does_not_say_why_it_fails(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	lab.log.level = LOG_LEVEL_NORMAL;
	lab.session.recent.registry_warned_ms = clock_boot_ms();
	registry_lose(&lab, EXIT_AGAIN, "no answer");
	registry_lose(&lab, EXIT_AGAIN, "and in its next pass");
	assert_string_equal(lab.logged, WARNING("no answer"));
}

/* It will not pass by itself, and it is not what was told. */
static void denial_hides_behind_an_outage(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	registry_lose(&lab, EXIT_AGAIN, "no answer");
	registry_lose(&lab, EXIT_DENIED, "AccessDenied");
	assert_string_equal(lab.logged, WARNING("no answer") WARNING("AccessDenied"));
}

static void what_lasts_is_told_at_every_sync_or_a_change_is_not(void **state)
{
	AUTO_LAB lab;

	(void)state;
	timer_begin(&lab);
	session_warn(&lab.session, "no rule");
	session_warn(&lab.session, "no rule");
	setback_set(&lab, EXIT_DENIED, "AccessDenied", "");
	session_warn(&lab.session, "no route");
	setback_set(&lab, EXIT_DENIED, "AccessDenied", "");
	assert_string_equal(lab.logged, "warning: no rule\n" WARNING("AccessDenied") "warning: no route\n");
	lab.log.level = LOG_LEVEL_NORMAL;
	session_warn(&lab.session, "no rule");
	assert_non_null(strstr(lab.logged, "no route\nwarning: no rule\n"));
}

static void state_keep(const struct lab *lab, const char *instance)
{
	struct state state = { .instance = (char *)instance, .generation = 4 };
	struct recent recent = { .reconciled_ms = 7 };
	struct err e = ERR_INIT;

	assert_int_equal(state_save(lab->root, &state, &e), 0);
	assert_int_equal(recent_save(lab->root, &recent, &e), 0);
}

static void session_load_well(struct lab *lab)
{
	struct err e = ERR_INIT;

	if (session_load(&lab->session, &e) < 0)
		fail_msg("%s", e.cause);
}

static void run_begins_without_memory(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	session_load_well(&lab);
	assert_int_equal(lab.session.state.generation, 0);
	state_keep(&lab, INSTANCE);
	session_load_well(&lab);
	assert_int_equal(lab.session.state.generation, 4);
	assert_int_equal(lab.session.recent.reconciled_ms, 7);
	assert_int_equal(lab.logged_size, 0);
}

/* A sync that finds no news lists nobody, and still is one of many. */
static void remembered_peers_do_not_count(void **state)
{
	struct state written = { .instance = (char *)INSTANCE };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.config.interval_s = 15;
	for (int i = 0; i < 200; i++) {
		struct site site = { .generation = 1, .left = true, .name = mem_printf("s%d", i) };

		sites_add(&written.peers, &site);
	}
	assert_int_equal(state_save(lab.root, &written, &e), 0);
	sites_done(&written.peers);
	session_load_well(&lab);
	assert_int_equal(lab.session.config.interval_s, 21);
}

/* An image baked from a gateway. */
static void memory_of_another_instance_is_believed(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	state_keep(&lab, "i-0123456789abcdef0");
	session_load_well(&lab);
	assert_int_equal(lab.session.state.generation, 0);
	assert_string_equal(lab.logged, "warning: '" STATE_FILE "' was written by instance "
					"'i-0123456789abcdef0', and this is '" INSTANCE "', "
					"ignoring\n");
}

static void key_of_another_instance_is_used(void **state)
{
	static const struct flavour flavour = { .keys_folder = "/etc/swanctl/private" };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.host.flavour = &flavour;
	state_keep(&lab, "i-0123456789abcdef0");
	assert_int_equal(file_folder(lab.root, flavour.keys_folder, 0700, &e), 0);
	root_write(lab.root, "/etc/swanctl/private/cygnet-0.key", "whatever it is", 0600);
	session_load_well(&lab);
	assert_int_equal(session_load_key(&lab.session, &e), 0);
	assert_false(lab.session.keyring.present);
	state_keep(&lab, INSTANCE);
	session_load_well(&lab);
	assert_int_equal(session_load_key(&lab.session, &e), -1);
}

#define PRIVATE "/etc/strongswan/swanctl/private"

static void key_is_looked_for_elsewhere(void **state)
{
	static const struct flavour flavour = { .keys_folder = PRIVATE };
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.host.flavour = &flavour;
	lab.session.keyring.active = public_key_of_text(KEY_A_ID, KEY_A_SPKI);	/* loaded before */
	assert_int_equal(session_load_key(&lab.session, &e), 0);
	assert_false(lab.session.keyring.present);
	assert_int_equal(file_folder(lab.root, PRIVATE, 0700, &e), 0);
	root_write(lab.root, PRIVATE "/cygnet-0.key", "damaged", 0600);
	assert_int_equal(session_load_key(&lab.session, &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_non_null(strstr(e.cause, PRIVATE "/cygnet-0.key"));
	assert_string_equal(lab.session.step, "key");
}

static void large_mesh_syncs_too_often(void **state)
{
	static const struct {
		size_t peers;
		int64_t interval_s;
	} cases[] = {
		{ 0, 15 }, { 149, 15 }, { 150, 16 }, { 159, 16 }, { 160, 17 }, { 999, 100 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct session session = { .config.interval_s = 15 };

		session_pace(&session, cases[i].peers);
		assert_int_equal(session.config.interval_s, cases[i].interval_s);
		session_pace(&session, 0);
		assert_int_equal(session.config.interval_s, cases[i].interval_s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_of_the_machine_is_another_one),
		cmocka_unit_test(second_setback_hides_the_first),
		cmocka_unit_test(remedy_of_a_setback_is_lost),
		cmocka_unit_test(outage_of_the_registry_is_told_at_every_sync),
		cmocka_unit_test(outage_that_was_told_before_is_no_setback),
		cmocka_unit_test(outage_is_told_only_once),
		cmocka_unit_test(run_by_hand_does_not_say_why_it_fails),
		cmocka_unit_test(denial_hides_behind_an_outage),
		cmocka_unit_test(what_lasts_is_told_at_every_sync_or_a_change_is_not),
		cmocka_unit_test(run_begins_without_memory),
		cmocka_unit_test(remembered_peers_do_not_count),
		cmocka_unit_test(memory_of_another_instance_is_believed),
		cmocka_unit_test(key_of_another_instance_is_used),
		cmocka_unit_test(key_is_looked_for_elsewhere),
		cmocka_unit_test(large_mesh_syncs_too_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
