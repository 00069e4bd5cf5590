/*
 * bringup_support: one gateway, one peer, and what its charon has, for the tests of render/bringup.
 */
#ifndef CYGNET_TESTS_UNIT_BRINGUP_SUPPORT_H
#define CYGNET_TESTS_UNIT_BRINGUP_SUPPORT_H

#include <stdlib.h>
#include <string.h>

#include "render/bringup.h"
#include "tests/unit/support.h"

#define OWN_ADDRESS "203.0.113.10"
#define PEER_ADDRESS "203.0.113.20"
#define INTERVAL_MS 15000

/* One gateway, one peer, at most one SA. */
struct scene {
	struct site own;
	struct sites peers;
	struct tunnels tunnels;
	struct recent recent;
	struct replaced replaced;
	int64_t now_ms;
	bool passive;
	struct tunnel_report *reports;
	struct plan plan;
};

/* Of ranges with blanks between them. */
static inline struct cidrs subnets_of(const char *text)
{
	AUTO_FREE char *copy = mem_strdup(text);
	struct cidrs subnets = { 0 };
	struct cidr range;

	for (char *rest = copy, *word; (word = strsep(&rest, " ")) != NULL;) {
		assert_true(cidr_parse(word, &range));
		cidrs_add(&subnets, range);
	}
	return subnets;
}

static inline struct site site_of(const char *name, const char *address, const char *subnet)
{
	struct site site = { .name = mem_strdup(name), .generation = 1, .subnets = subnets_of(subnet) };

	assert_true(address_parse(address, &site.address));
	return site;
}

static inline struct scene scene_of(const char *own, const char *peer)
{
	struct scene scene = { .own = site_of(own, OWN_ADDRESS, "172.16.0.0/16"), .now_ms = 1000000 };
	struct site site = site_of(peer, PEER_ADDRESS, "172.31.0.0/16");

	sites_add(&scene.peers, &site);
	return scene;
}

static inline struct ike_sa *sa_add(struct scene *scene, const char *name, const char *remote,
				    bool established)
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
static inline void child_add(struct ike_sa *sa, const char *state, const char *local,
			     const char *remote)
{
	struct child_sa *child = MEM_GROW(sa->children, sa->child_count);

	*child = (struct child_sa){
		.name = mem_strdup(sa->name), .id = 10 + (uint32_t)sa->child_count, .state = mem_strdup(state),
		.local_subnets = subnets_of(local), .remote_subnets = subnets_of(remote),
	};
}

static inline void scene_judge(struct scene *scene)
{
	const struct bringup_inputs inputs = {
		.own = &scene->own, .peers = &scene->peers, .tunnels = &scene->tunnels,
		.recent = &scene->recent, .replaced = &scene->replaced, .now_ms = scene->now_ms, .interval_ms = INTERVAL_MS,
		.passive = scene->passive,
	};

	free(scene->reports);
	plan_done(&scene->plan);
	bringup_plan(&inputs, &scene->reports, &scene->plan);
	bringup_remember(&inputs, scene->reports, &scene->plan, &scene->recent);
}

/* actions: NULL for none, else one a line. */
static inline void assert_judged(const struct scene *scene, enum tunnel_health health,
				 const char *actions)
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
static inline void scene_later(struct scene *scene, int64_t ms)
{
	scene->now_ms += ms;
	scene_judge(scene);
}

static inline void scene_done(struct scene *scene)
{
	site_done(&scene->own);
	sites_done(&scene->peers);
	tunnels_done(&scene->tunnels);
	recent_done(&scene->recent);
	replaced_done(&scene->replaced);
	free(scene->reports);
	plan_done(&scene->plan);
}

#endif
