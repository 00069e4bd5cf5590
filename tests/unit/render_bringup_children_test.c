/* bringup: a tunnel whose subnets change, without a moment in which nothing carries its packets. */
#include "tests/unit/bringup_support.h"

#define OWN_RANGE "172.16.0.0/16"
#define OLD "172.31.0.0/16"
#define ADDED "10.1.0.0/16"

/* The peer's subnets, as they are planned now. */
static void plan_change(struct scene *scene, const char *subnets)
{
	cidrs_done(&scene->peers.items[0].subnets);
	scene->peers.items[0].subnets = subnets_of(subnets);
}

/* Own and peer, whose established SA has a child with the peer's subnets. */
static struct scene scene_up(const char *own, const char *peer, const char *subnets)
{
	AUTO_FREE char *name = mem_printf("cygnet-%s", peer);
	struct scene scene = scene_of(own, peer);

	child_add(sa_add(&scene, name, PEER_ADDRESS, true), "INSTALLED", OWN_RANGE, subnets);
	return scene;
}

static void child_appears(struct scene *scene, const char *state, const char *subnets)
{
	child_add(&scene->tunnels.sas[0], state, OWN_RANGE, subnets);
}

static void added_subnet_waits_for_the_child_to_end(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	plan_change(&scene, OLD " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
	child_appears(&scene, "INSTALLED", OLD " " ADDED);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{11}: another one is as planned");
	assert_int_equal(scene.reports[0].child->id, 12);
	assert_non_null(recent_wait(&scene.recent, "b"));
}

static void peer_is_asked_before_it_can_have_read_our_subnets(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	cidrs_done(&scene.own.subnets);
	scene.own.subnets = subnets_of(OWN_RANGE " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
	scene_later(&scene, INTERVAL_MS - 1);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
	scene_later(&scene, 1);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
	scene_later(&scene, INTERVAL_MS);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
}

static void removed_subnet_stays_or_takes_the_tunnel_along(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD " " ADDED);
	AUTO_FREE char *text = NULL;

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_OUTDATED, "initiate cygnet-b");
	assert_true(tunnel_is_up(&scene.reports[0]));
	text = tunnel_text(&scene.reports[0]);
	assert_string_equal(text, "tunnel b: up, outdated, 203.0.113.20, 172.31.0.0/16, 10.1.0.0/16, "
			    "0 bytes in, 0 bytes out");
	child_appears(&scene, "INSTALLED", OLD);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{11}: another one is as planned");
}

/* The peer may have the one that we do not plan yet: it is as new as its plan. */
static void newer_child_goes_before_its_plan_is_read(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	child_appears(&scene, "INSTALLED", OLD " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	scene_later(&scene, 4 * INTERVAL_MS - 1);
	assert_judged(&scene, TUNNEL_UP, NULL);
	scene_later(&scene, 1);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{12}: another one is as planned");
}

/* Of a child that is about to go nobody takes the place. */
static void newer_child_goes_for_a_double(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	child_appears(&scene, "INSTALLED", OLD " " ADDED);
	child_appears(&scene, "INSTALLED", OLD);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{13}: it is there twice");
}

static void patience_with_a_new_tunnel_was_spent_on_the_former_one(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", "172.31.7.0/24");

	(void)unused;
	scene_judge(&scene);
	child_appears(&scene, "INSTALLED", OLD);
	child_appears(&scene, "INSTALLED", OLD " " ADDED);
	scene_later(&scene, 5 * INTERVAL_MS);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{11}: another one is as planned");
	scene_later(&scene, 4 * INTERVAL_MS);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{11}: another one is as planned\n"
		      "terminate cygnet-b{13}: another one is as planned");
}

static void child_is_terminated_while_it_is_rekeyed(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "REKEYING", OWN_RANGE, OLD " " ADDED);
	child_appears(&scene, "INSTALLED", OLD);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
}

static void both_ends_act_at_once(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("b", "a", OLD);

	(void)unused;
	plan_change(&scene, OLD " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
	scene_later(&scene, 2 * INTERVAL_MS - 1);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
	scene_later(&scene, 1);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-a");
}

static void duplicate_of_a_peer_that_is_behind_stays(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);
	CLEANUP(scene_done) struct scene other = scene_up("b", "a", OLD);

	(void)unused;
	plan_change(&scene, OLD " " ADDED);
	scene_judge(&scene);
	child_appears(&scene, "INSTALLED", OLD);
	child_appears(&other, "INSTALLED", OLD);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_NARROWED, "terminate cygnet-b{12}: it is there twice");
	scene_judge(&other);
	assert_judged(&other, TUNNEL_UP, NULL);
}

/* The same child in two SAs is a key that is being replaced. */
static void child_of_another_sa_is_a_duplicate(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", OWN_RANGE, OLD);
	scene.tunnels.sas[1].children[0].id = 12;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	assert_int_equal(scene.reports[0].child->id, 12);
}

static void child_that_is_rekeyed_is_a_duplicate(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	child_appears(&scene, "INSTALLED", OLD);
	free(scene.tunnels.sas[0].children[0].state);
	scene.tunnels.sas[0].children[0].state = mem_strdup("REKEYING");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	assert_null(recent_wait(&scene.recent, "b"));
}

static void child_on_its_way_is_initiated_again(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD);

	(void)unused;
	plan_change(&scene, OLD " " ADDED);
	child_appears(&scene, "CREATED", OLD " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
}

static void child_without_an_id_is_terminated_at_random(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD " " ADDED);

	(void)unused;
	child_appears(&scene, "INSTALLED", OLD);
	scene.tunnels.sas[0].children[0].id = 0;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
}

static void child_of_no_planned_subnet_stays_beside_the_planned_one(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", "192.168.0.0/24");

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
	child_appears(&scene, "INSTALLED", OLD);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-b{11}: another one is as planned");
}

/* A peer that never agrees to all of it: the subnets that went are gone nevertheless. */
static void former_subnets_stay_with_a_peer_that_narrows(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD " 10.9.0.0/16");

	(void)unused;
	plan_change(&scene, OLD " " ADDED);
	child_appears(&scene, "INSTALLED", OLD);
	recent_wait_add(&scene.recent, "b");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b\n"
		      "terminate cygnet-b{11}: another one is as planned");
}

/* The intervals between tries, in halves, of the next ten minutes. */
static char *tries_of(struct scene *scene)
{
	struct buf text = { 0 };
	int64_t last = scene->now_ms;

	for (int64_t begin = scene->now_ms; scene->now_ms - begin < 20 * 60 * 1000; scene->now_ms += INTERVAL_MS / 2) {
		scene_judge(scene);
		if (scene->plan.count == 0)
			continue;
		buf_addf(&text, "%d ", (int)((scene->now_ms - last) / (INTERVAL_MS / 2)));
		last = scene->now_ms;
	}
	return buf_take(&text);
}

static void tries_come_as_often_at_the_end_as_at_the_beginning(void **unused)
{
	CLEANUP(scene_done) struct scene down = scene_of("a", "b");
	CLEANUP(scene_done) struct scene narrowed = scene_up("a", "b", "172.31.7.0/24");
	AUTO_FREE char *of_down = tries_of(&down), *of_narrowed = tries_of(&narrowed);

	(void)unused;
	assert_string_equal(of_down, "0 1 2 4 8 16 32 40 40 ");
	assert_string_equal(of_narrowed, "0 2 4 8 16 32 40 40 ");
}

static void new_plan_pays_for_the_tries_of_the_old_one(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", "172.31.7.0/24");
	AUTO_FREE char *tries = tries_of(&scene);

	(void)unused;
	assert_true(recent_wait(&scene.recent, "b")->tries > 5);
	plan_change(&scene, OLD " " ADDED);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
	assert_int_equal(recent_wait(&scene.recent, "b")->tries, 1);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_NARROWED, NULL);
}

static void superseded_gateway_acts(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_up("a", "b", OLD " " ADDED);

	(void)unused;
	scene.passive = true;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_OUTDATED, NULL);
	child_appears(&scene, "INSTALLED", OLD);
	scene_later(&scene, 3 * INTERVAL_MS);
	assert_judged(&scene, TUNNEL_UP, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(added_subnet_waits_for_the_child_to_end),
		cmocka_unit_test(peer_is_asked_before_it_can_have_read_our_subnets),
		cmocka_unit_test(removed_subnet_stays_or_takes_the_tunnel_along),
		cmocka_unit_test(newer_child_goes_before_its_plan_is_read),
		cmocka_unit_test(newer_child_goes_for_a_double),
		cmocka_unit_test(patience_with_a_new_tunnel_was_spent_on_the_former_one),
		cmocka_unit_test(child_is_terminated_while_it_is_rekeyed),
		cmocka_unit_test(both_ends_act_at_once),
		cmocka_unit_test(duplicate_of_a_peer_that_is_behind_stays),
		cmocka_unit_test(child_of_another_sa_is_a_duplicate),
		cmocka_unit_test(child_that_is_rekeyed_is_a_duplicate),
		cmocka_unit_test(child_on_its_way_is_initiated_again),
		cmocka_unit_test(child_without_an_id_is_terminated_at_random),
		cmocka_unit_test(child_of_no_planned_subnet_stays_beside_the_planned_one),
		cmocka_unit_test(former_subnets_stay_with_a_peer_that_narrows),
		cmocka_unit_test(tries_come_as_often_at_the_end_as_at_the_beginning),
		cmocka_unit_test(new_plan_pays_for_the_tries_of_the_old_one),
		cmocka_unit_test(superseded_gateway_acts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
