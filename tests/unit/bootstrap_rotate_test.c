/*
 * rotate: in which order a rotation reaches disk, registry and charon, and what a run that ends
 * halfway leaves.
 */
#include "bootstrap/rotate.h"

#include "tests/unit/fake_charon.h"
#include "tests/unit/fake_ssm.h"
#include "tests/unit/keys_support.h"
#include "tests/unit/killed.h"

#define INSTANCE "i-0fedcba9876543210"
#define KEYS "/etc/swanctl/private"
#define ACK "/cygnet/prod/acks/m"
#define SPARE_ID "399e4f65dfedbaed593ca6912349d340b7dc01b5b2dd70a41f8c47e3dc1740e5"

#define SA(name, id) \
	name " {uniqueid=" id " state=ESTABLISHED remote-host=192.0.2.2 local-id=192.0.2.1 remote-id=192.0.2.2 " \
	"established=600 child-sas {}}"

/* Gateway "m" and its one peer "a". */
struct bench {
	struct fake_charon charon;
	struct fake_ssm ssm;
	struct flavour flavour;
	struct options options;
	struct log log;
	struct session session;
	struct site own;
	struct sites peers;
	struct outcome outcome;
	struct public_key made;
	struct buf pem;
};

static struct site *bench_peer(struct bench *b)
{
	return &b->peers.items[0];
}

static void bench_init(struct bench *b)
{
	struct site peer = { .name = mem_strdup("a"), .address = 0xc0000202 };

	*b = (struct bench){ .own = { .name = (char *)"m", .address = 0xc0000201 }, .log.out = fopen("/dev/null", "w") };
	fake_listen(&b->charon);
	fake_ssm_start(&b->ssm);
	sites_add(&b->peers, &peer);
	b->flavour = (struct flavour){ .backend = BACKEND_SWANCTL, .keys_folder = KEYS };
	b->options.root = b->charon.root;
	session_init(&b->session, &b->options, &b->log);
	b->session.live = true;
	b->session.host.flavour = &b->flavour;
	b->session.config.site = mem_strdup("m");
	b->session.config.interval_s = 15;
	b->session.registry = (struct registry){ b->ssm.aws, "us-east-1", "cygnet", "prod" };
	b->session.state.instance = mem_strdup(INSTANCE);
	b->session.state.generation = 1;
	b->session.recent.reconciled_ms = 7;
	buf_adds(&b->pem, "a private key");
	b->made = public_key_of_text(KEY_B_ID, KEY_B_SPKI);
}

static void bench_done(struct bench *b)
{
	outcome_done(&b->outcome);
	session_close(&b->session);
	sites_done(&b->peers);
	fake_ssm_stop(&b->ssm);
	fake_done(&b->charon);
	fclose(b->log.out);
	buf_done(&b->pem);
	public_key_done(&b->made);
}

#define AUTO_BENCH CLEANUP(bench_done) struct bench

static void bench_has_key(struct bench *b)
{
	b->session.keyring.present = true;
	b->session.keyring.active = public_key_of_text(KEY_A_ID, KEY_A_SPKI);
}

/* The record with both keys, A and B, is out. */
static void bench_offers(struct bench *b)
{
	bench_has_key(b);
	b->session.keyring.next = public_key_of_text(KEY_B_ID, KEY_B_SPKI);
	b->session.state.rotation.phase = ROTATION_OFFERED;
	memcpy(b->session.state.key, KEY_A_ID, KEY_ID_SIZE);
	memcpy(b->session.state.rotation.from, KEY_A_ID, KEY_ID_SIZE);
	memcpy(b->session.state.rotation.to, KEY_B_ID, KEY_ID_SIZE);
}

/* Charon has SA #77 with the peer when it is asked. */
static void charon_probed(struct bench *b)
{
	static const char *const sas[] = { SA("cygnet-a", "77") };

	fake_packet(fake_turn(&b->charon, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_stream(&b->charon, "list-conn", NULL, 0);
	fake_stream(&b->charon, "list-sa", sas, COUNT_OF(sas));
}

static void charon_obeys(struct bench *b)
{
	fake_packet(fake_turn(&b->charon, AT_ONCE), RESPONSE, NULL, "success=yes matches=1 terminated=1");
}

static bool received(const struct bench *b, const char *bytes, size_t len)
{
	return memmem(buf_str(&b->charon.received), b->charon.received.len, bytes, len) != NULL;
}

static struct state on_disk(const struct bench *b)
{
	AUTO_FREE char *aside = NULL;
	struct state state;
	struct err e = ERR_INIT;

	assert_int_equal(state_load(b->charon.root, INSTANCE, &state, &aside, &e), 0);
	return state;
}

static enum rotation_phase phase_on_disk(const struct bench *b)
{
	CLEANUP(state_done) struct state state = on_disk(b);

	return state.rotation.phase;
}

/* --- storing --- */

static int store(void *data)
{
	struct bench *b = data;
	struct err e = ERR_INIT;

	return rotate_store(&b->session, &b->pem, &b->made, &e);
}

/* Whether the key is on the disk, and whether a run that begins now would know it. */
static bool key_is_stored(const struct bench *b, bool *ret_known)
{
	CLEANUP(state_done) struct state state = on_disk(b);
	CLEANUP(strings_done) struct strings names = { 0 };
	const struct keyring_ids ids = state_key_ids(&state);
	struct err e = ERR_INIT;

	assert_int_equal(file_list(b->charon.root, KEYS, "cygnet-", ".key", &names, &e), 0);
	*ret_known = strcmp(ids.next, KEY_B_ID) == 0;
	return names.count > 0;
}

static void a_killed_run_leaves_a_key_that_nobody_knows(void **state)
{
	bool goes_on = true;

	(void)state;
	for (int call = 0; goes_on; call++) {
		bool known;
		AUTO_BENCH b;

		bench_init(&b);
		bench_has_key(&b);
		b.session.state.rotation.phase = ROTATION_WANTED;
		goes_on = killed_before(call, store, &b);
		assert_true(!key_is_stored(&b, &known) || known);
		assert_true(goes_on || known);
	}
}

static void a_first_key_is_taken_for_the_next(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	assert_int_equal(store(&b), 0);
	assert_string_equal(b.session.keyring.active.id, KEY_B_ID);
	assert_string_equal(b.session.keyring.next.id, "");
	assert_int_equal(b.session.state.rotation.phase, ROTATION_NONE);
}

/* --- what peers are told --- */

static void answer(struct bench *b)
{
	struct err e = ERR_INIT;

	if (rotate_answer(&b->session, &b->peers, &b->outcome, &e) < 0)
		fail_msg("%s", e.cause);
}

static void assert_acked(struct bench *b, const char *text)
{
	const struct parameter *found = fake_ssm_find(&b->ssm, ACK);

	assert_non_null(found);
	assert_string_equal(found->value, text);
}

static void a_peer_with_one_key_is_answered(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	answer(&b);
	assert_int_equal(b.ssm.calls.count, 0);
}

static void an_ack_is_put_again_and_again(void **state)
{
	struct site_key *next;
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	next = MEM_GROW(bench_peer(&b)->keys, bench_peer(&b)->key_count);
	*next = (struct site_key){ KEY_NEXT, public_key_of_text(KEY_B_ID, KEY_B_SPKI) };
	answer(&b);
	answer(&b);
	assert_int_equal(b.ssm.calls.count, 1);
	assert_acked(&b, "{\"keys\":[\"" KEY_B_ID "\"],\"revoked\":[],\"schema\":1,\"site\":\"m\"}");
}

static void an_ack_that_was_denied_counts_as_put(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.ssm.failing = "PutParameter";
	*MEM_GROW(bench_peer(&b)->keys, bench_peer(&b)->key_count) =
		(struct site_key){ KEY_NEXT, public_key_of_text(KEY_B_ID, KEY_B_SPKI) };
	answer(&b);
	assert_int_equal(b.session.setback.code, EXIT_DENIED);
	b.ssm.failing = NULL;
	answer(&b);
	assert_acked(&b, "{\"keys\":[\"" KEY_B_ID "\"],\"revoked\":[],\"schema\":1,\"site\":\"m\"}");
}

/* By a charon that answers for one time only. */
static void a_revoked_key_keeps_its_tunnel_or_costs_two(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	strings_add(&bench_peer(&b)->revoked, KEY_A_ID);
	charon_probed(&b);
	charon_obeys(&b);
	fake_start(&b.charon);
	answer(&b);
	assert_true(b.outcome.moving);
	answer(&b);
	fake_stop(&b.charon);
	assert_true(received(&b, "\6ike-id\0\00277\3\5force\0\3yes", 22));
	assert_acked(&b, "{\"keys\":[],\"revoked\":[\"" KEY_A_ID "\"],\"schema\":1,\"site\":\"m\"}");
	assert_int_equal(b.session.setback.code, EXIT_DONE);
}

/* --- the steps --- */

static void tend(struct bench *b)
{
	struct err e = ERR_INIT;

	fake_start(&b->charon);
	if (rotate_tend(&b->session, &b->own, &b->peers, &b->outcome, &e) < 0)
		fail_msg("%s", e.cause);
	fake_stop(&b->charon);
}

static void peer_acks(struct bench *b, const char *key)
{
	AUTO_FREE char *text = mem_printf("{\"schema\":1,\"site\":\"a\",\"keys\":[\"%s\"],\"revoked\":[]}", key);

	fake_ssm_set(&b->ssm, "/cygnet/prod/acks/a", text, 1);
}

static void another_key_s_ack_will_do(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	bench_offers(&b);
	peer_acks(&b, SPARE_ID);
	charon_probed(&b);
	tend(&b);
	assert_int_equal(b.session.state.rotation.phase, ROTATION_OFFERED);
	assert_string_equal(b.outcome.rotation.items[0], "peer a: has not loaded the next key yet");
	assert_string_equal(b.outcome.holders.items[0], "a");
	assert_false(b.outcome.behind);
	assert_int_equal(b.session.recent.reconciled_ms, 7);
}

static void a_step_is_not_followed_by_a_look_at_everything(void **state)
{
	CLEANUP(recent_done) struct recent recent = { 0 };
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	bench_offers(&b);
	peer_acks(&b, KEY_B_ID);
	charon_probed(&b);
	tend(&b);
	assert_int_equal(phase_on_disk(&b), ROTATION_SWITCHING);
	recent_load(b.charon.root, &recent);
	assert_int_equal(recent.reconciled_ms, 0);
	assert_true(b.outcome.behind && b.outcome.moving && b.outcome.changed);
	assert_int_equal(b.session.state.rotation.sas[0], 77);
}

static void an_outage_of_the_registry_stops_the_run_or_the_waiting(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	bench_offers(&b);
	peer_acks(&b, KEY_B_ID);
	b.ssm.failing = "GetParametersByPath";
	charon_probed(&b);
	tend(&b);
	assert_int_equal(b.session.state.rotation.phase, ROTATION_OFFERED);
	assert_int_equal(b.session.setback.code, EXIT_DENIED);
}

static bool is_there(const struct bench *b, const char *path)
{
	return file_exists(b->charon.root, path);
}

/* Key A goes, and B stays. */
static void bench_retires(struct bench *b, bool pending)
{
	bench_offers(b);
	b->session.state.rotation.phase = ROTATION_RETIRING;
	b->session.state.pending = pending;
	root_write(b->charon.root, KEYS "/cygnet-8979b8f51ae63b98.key", "the old one", 0600);
	root_write(b->charon.root, KEYS "/cygnet-c15e7d8557478a49.key", "the new one", 0600);
	charon_probed(b);
	tend(b);
}

static void a_key_is_wiped_before_peers_can_read_of_it(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	bench_retires(&b, true);
	assert_true(is_there(&b, KEYS "/cygnet-8979b8f51ae63b98.key"));
	assert_int_equal(b.session.state.rotation.phase, ROTATION_RETIRING);
}

static void a_wiped_key_stays_in_charon(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	bench_retires(&b, false);
	assert_false(is_there(&b, KEYS "/cygnet-8979b8f51ae63b98.key"));
	assert_true(is_there(&b, KEYS "/cygnet-c15e7d8557478a49.key"));
	assert_true(is_there(&b, "/run/cygnet/behind-charon"));
	assert_int_equal(phase_on_disk(&b), ROTATION_NONE);
	assert_true(b.outcome.behind);
}

/* --- its course --- */

static void a_rotation_that_is_over_keeps_looking_for_acks(void **state)
{
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	assert_false(rotate_is_on(&b.session));
	b.session.state.rotation.phase = ROTATION_WANTED;
	assert_true(rotate_is_on(&b.session));
	b.session.state.duty = DUTY_SUPERSEDED;
	assert_false(rotate_is_on(&b.session));
	b.session.state.duty = DUTY_SERVES;
	b.session.state.rotation.phase = ROTATION_NONE;
	strings_add(&b.session.state.revoked, KEY_A_ID);
	assert_true(rotate_is_on(&b.session));
	b.session.state.generation = 0;
	assert_false(rotate_is_on(&b.session));
}

static bool begins(struct bench *b)
{
	struct err e = ERR_INIT;
	bool begun;

	assert_int_equal(rotate_begin_due(&b->session, &begun, &e), 0);
	return begun;
}

static void an_old_key_is_replaced_in_the_wrong_moment(void **state)
{
	CLEANUP(public_key_done) struct public_key key = { 0 };
	AUTO_WIPE struct buf pem = { 0 };
	struct err e = ERR_INIT;
	AUTO_BENCH b;

	(void)state;
	bench_init(&b);
	b.session.config.rekey_after_s = 60;
	b.session.state.key_made_s = 1;
	b.session.state.complete = true;
	assert_false(begins(&b));
	assert_int_equal(rsa_make(3072, &pem, &key, &e), 0);
	assert_int_equal(keyring_store(b.charon.root, KEYS, &pem, &key, &b.session.keyring, &e), 0);
	b.session.state.pending = true;
	assert_false(begins(&b));
	b.session.state.pending = false;
	b.session.state.complete = false;
	assert_false(begins(&b));
	b.session.state.complete = true;
	assert_true(begins(&b));
	assert_int_equal(phase_on_disk(&b), ROTATION_WANTED);
	assert_false(begins(&b));
}

static void what_is_asked_for_is_lost(void **state)
{
	AUTO_BENCH b;
	struct err e = ERR_INIT;
	bool done;

	(void)state;
	bench_init(&b);
	bench_offers(&b);
	b.session.state.rotation.phase = ROTATION_SWITCHING;
	charon_probed(&b);
	charon_probed(&b);
	fake_start(&b.charon);
	assert_int_equal(rotate_abort(&b.session, &done, &e), 0);
	assert_true(done);
	assert_int_equal(b.session.state.rotation.sas[0], 77);
	assert_string_equal(b.session.state.rotation.to, KEY_A_ID);
	assert_int_equal(rotate_compromise(&b.session, &done, &e), 0);
	assert_false(done);
	assert_int_equal(rotate_save(&b.session, &e), 0);
	assert_int_equal(phase_on_disk(&b), ROTATION_SWITCHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_run_leaves_a_key_that_nobody_knows),
		cmocka_unit_test(a_first_key_is_taken_for_the_next),
		cmocka_unit_test(a_peer_with_one_key_is_answered),
		cmocka_unit_test(an_ack_is_put_again_and_again),
		cmocka_unit_test(an_ack_that_was_denied_counts_as_put),
		cmocka_unit_test(a_revoked_key_keeps_its_tunnel_or_costs_two),
		cmocka_unit_test(another_key_s_ack_will_do),
		cmocka_unit_test(a_step_is_not_followed_by_a_look_at_everything),
		cmocka_unit_test(an_outage_of_the_registry_stops_the_run_or_the_waiting),
		cmocka_unit_test(a_key_is_wiped_before_peers_can_read_of_it),
		cmocka_unit_test(a_wiped_key_stays_in_charon),
		cmocka_unit_test(a_rotation_that_is_over_keeps_looking_for_acks),
		cmocka_unit_test(an_old_key_is_replaced_in_the_wrong_moment),
		cmocka_unit_test(what_is_asked_for_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
