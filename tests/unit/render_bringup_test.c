/* bringup: who initiates and when, what counts as up, and which SAs go. */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "render/bringup.h"

#define OWN_ADDRESS "203.0.113.10"
#define PEER_ADDRESS "203.0.113.20"
#define INTERVAL_MS 15000

/* One gateway, one peer, at most one SA. */
struct scene {
	struct site own;
	struct sites peers;
	struct tunnels tunnels;
	struct recent recent;
	int64_t now_ms;
	struct tunnel_report *reports;
	struct plan plan;
};

static struct cidrs subnets_of(const char *text)
{
	struct cidrs subnets = { 0 };
	struct cidr range;

	assert_true(cidr_parse(text, &range));
	cidrs_add(&subnets, range);
	return subnets;
}

static struct site site_of(const char *name, const char *address, const char *subnet)
{
	struct site site = { .name = mem_strdup(name), .generation = 1, .subnets = subnets_of(subnet) };

	assert_true(address_parse(address, &site.address));
	return site;
}

static struct scene scene_of(const char *own, const char *peer)
{
	struct scene scene = { .own = site_of(own, OWN_ADDRESS, "172.16.0.0/16"), .now_ms = 1000000 };
	struct site site = site_of(peer, PEER_ADDRESS, "172.31.0.0/16");

	sites_add(&scene.peers, &site);
	return scene;
}

static struct ike_sa *sa_add(struct scene *scene, const char *name, const char *remote, bool established)
{
	struct ike_sa *sa = MEM_GROW(scene->tunnels.sas, scene->tunnels.sa_count);

	*sa = (struct ike_sa){
		.name = mem_strdup(name), .id = 7, .state = mem_strdup(established ? "ESTABLISHED" : "CONNECTING"),
		.remote_address = mem_strdup(remote), .local_id = mem_strdup(established ? OWN_ADDRESS : "%any"),
		.remote_id = mem_strdup(established ? remote : "%any"), .established_s = established ? 5 : -1,
	};
	return sa;
}

/* Of the same SA a later one is newer: the ids count up from 11. */
static void child_add(struct ike_sa *sa, const char *state, const char *local, const char *remote)
{
	struct child_sa *child = MEM_GROW(sa->children, sa->child_count);

	*child = (struct child_sa){
		.name = mem_strdup(sa->name), .id = 10 + (uint32_t)sa->child_count, .state = mem_strdup(state),
		.local_subnets = subnets_of(local), .remote_subnets = subnets_of(remote),
	};
}

static void scene_judge(struct scene *scene)
{
	const struct bringup_inputs inputs = {
		.own = &scene->own, .peers = &scene->peers, .tunnels = &scene->tunnels,
		.recent = &scene->recent, .now_ms = scene->now_ms, .interval_ms = INTERVAL_MS,
	};

	free(scene->reports);
	plan_done(&scene->plan);
	bringup_plan(&inputs, &scene->reports, &scene->plan);
	bringup_remember(&inputs, scene->reports, &scene->plan, &scene->recent);
}

/* actions: NULL for none, else one a line. */
static void assert_judged(const struct scene *scene, enum tunnel_health health, const char *actions)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < scene->plan.count; i++) {
		AUTO_FREE char *line = action_text(&scene->plan.actions[i]);

		buf_addf(&text, "%s%s", i > 0 ? "\n" : "", line);
	}
	assert_string_equal(buf_str(&text), actions ? actions : "");
	assert_int_equal(scene->reports[0].health, health);
}

/* Judge again after a while. */
static void scene_later(struct scene *scene, int64_t ms)
{
	scene->now_ms += ms;
	scene_judge(scene);
}

static void scene_done(struct scene *scene)
{
	site_done(&scene->own);
	sites_done(&scene->peers);
	tunnels_done(&scene->tunnels);
	recent_done(&scene->recent);
	free(scene->reports);
	plan_done(&scene->plan);
}

static void smaller_name_does_not_wait(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void tunnel_just_initiated_is_left_alone(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	scene_later(&scene, 1000);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, INTERVAL_MS);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
	assert_int_equal(recent_wait(&scene.recent, "b")->tries, 2);
}

static void greater_name_steps_in_after_two_intervals(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, 2 * INTERVAL_MS - 1);
	assert_judged(&scene, TUNNEL_DOWN, NULL);
	scene_later(&scene, 1);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-a");
}

static void charon_at_it_is_not_disturbed(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	sa_add(&scene, "cygnet-b", PEER_ADDRESS, false);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_CONNECTING, NULL);
}

static void established_without_child_is_down(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	sa_add(&scene, "cygnet-b", PEER_ADDRESS, true);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void planned_selectors_are_up_and_forget_the_wait(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	scene_judge(&scene);
	assert_non_null(recent_wait(&scene.recent, "b"));
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, NULL);
	assert_null(recent_wait(&scene.recent, "b"));
}

static void narrowed_selectors_are_up_and_said(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");
	AUTO_FREE char *text = NULL;

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.7.0/24");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_NARROWED, "initiate cygnet-b");
	assert_true(tunnel_is_up(&scene.reports[0]));
	text = tunnel_text(&scene.reports[0]);
	assert_string_equal(text, "tunnel b: up, narrowed, 203.0.113.20, 172.31.7.0/24, 0 bytes in, 0 bytes out");
}

static void foreign_selectors_are_down(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("a", "b");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-b", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "10.0.0.0/8");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "initiate cygnet-b");
}

static void former_address_is_terminated(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-a", "203.0.113.99", true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_DOWN, "terminate cygnet-a #7: its address or id is no longer planned");
}

static void site_that_left_is_terminated(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	child_add(sa_add(&scene, "cygnet-a", PEER_ADDRESS, true), "INSTALLED", "172.16.0.0/16", "172.31.0.0/16");
	sa_add(&scene, "cygnet-gone", "203.0.113.30", true);
	scene_judge(&scene);
	assert_judged(&scene, TUNNEL_UP, "terminate cygnet-gone #7: the site is no peer");
}

static void wait_of_a_site_that_left_is_dropped(void **unused)
{
	CLEANUP(scene_done) struct scene scene = scene_of("b", "a");

	(void)unused;
	recent_wait_add(&scene.recent, "gone");
	scene_judge(&scene);
	assert_null(recent_wait(&scene.recent, "gone"));
	assert_non_null(recent_wait(&scene.recent, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smaller_name_does_not_wait),
		cmocka_unit_test(tunnel_just_initiated_is_left_alone),
		cmocka_unit_test(greater_name_steps_in_after_two_intervals),
		cmocka_unit_test(charon_at_it_is_not_disturbed),
		cmocka_unit_test(established_without_child_is_down),
		cmocka_unit_test(planned_selectors_are_up_and_forget_the_wait),
		cmocka_unit_test(narrowed_selectors_are_up_and_said),
		cmocka_unit_test(foreign_selectors_are_down),
		cmocka_unit_test(former_address_is_terminated),
		cmocka_unit_test(site_that_left_is_terminated),
		cmocka_unit_test(wait_of_a_site_that_left_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
