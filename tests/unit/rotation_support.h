/*
 * rotation_support: a gateway with some peers that replaces its key, for the tests of
 * render/rotation.
 */
#ifndef CYGNET_TESTS_UNIT_ROTATION_SUPPORT_H
#define CYGNET_TESTS_UNIT_ROTATION_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/connection.h"
#include "render/rotation.h"
#include "tests/unit/support.h"

/* Full ids, for keys of which nothing else matters. */
#define OLD "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
#define NEW "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
#define LATER "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"

#define BOOT "6a3c3cf0-6b5a-4ec3-8d0c-1d5c1f1a8f10"
#define OTHER_BOOT "7b4d4d01-7c6b-4fd4-9e1d-2e6d20208021"
#define INTERVAL_MS 15000
#define START_MS 1000000
#define WALL_S 1700000000

/* Gateway "m" and its peers: one whose name is less, and one whose is greater. */
struct rotating {
	struct site own;
	struct sites peers;
	struct tunnels tunnels;
	struct acks acks;
	bool acks_unread;
	struct recent recent;
	struct state state;
	const char *boot;
	int64_t now_ms;
	struct rotation_report *reports;
	struct plan plan;
};

static inline struct public_key key_of(const char *id)
{
	struct public_key key = { .bits = 3072 };

	snprintf(key.id, sizeof key.id, "%s", id);
	return key;
}

/* The site's address ends in its number. */
static inline struct site rotating_site(const char *name, unsigned number)
{
	struct site site = { .name = mem_strdup(name), .generation = 1, .address = 0xcb007100 + number };

	cidrs_add(&site.subnets, (struct cidr){ 0x0a000000 + (number << 16), 16 });
	return site;
}

static inline void peer_add(struct rotating *r, const char *name)
{
	struct site site = rotating_site(name, 2 + (unsigned)r->peers.count);

	sites_add(&r->peers, &site);
}

static inline struct site *peer_of(struct rotating *r, const char *name)
{
	for (size_t i = 0; i < r->peers.count; i++)
		if (strcmp(r->peers.items[i].name, name) == 0)
			return &r->peers.items[i];
	fail_msg("no peer %s", name);
	return NULL;
}

static inline struct rotating rotating_new(void)
{
	struct rotating r = { .own = rotating_site("m", 1), .boot = BOOT, .now_ms = START_MS };

	peer_add(&r, "a");
	peer_add(&r, "z");
	return r;
}

/*
 * An SA of a peer's connection: established so many seconds ago, or -1; child: its state, NULL for
 * none.
 */
static inline struct ike_sa *sa_add(struct rotating *r, const char *peer, uint32_t id,
				    int64_t age_s, const char *child)
{
	struct ike_sa *sa = MEM_GROW(r->tunnels.sas, r->tunnels.sa_count);
	const struct site *site = peer_of(r, peer);
	char own[ADDRESS_TEXT], remote[ADDRESS_TEXT];

	address_format(r->own.address, own);
	address_format(site->address, remote);
	*sa = (struct ike_sa){
		.name = connection_name(peer), .id = id, .state = mem_strdup(age_s < 0 ? "CONNECTING" : "ESTABLISHED"),
		.remote_address = mem_strdup(remote), .local_id = mem_strdup(age_s < 0 ? "%any" : own),
		.remote_id = mem_strdup(age_s < 0 ? "%any" : remote), .established_s = age_s,
	};
	if (child == NULL)
		return sa;
	sa->children = mem_calloc(1, sizeof *sa->children);
	sa->child_count = 1;
	sa->children[0] = (struct child_sa){ .name = mem_strdup(sa->name), .id = id, .state = mem_strdup(child) };
	cidrs_copy(&r->own.subnets, &sa->children[0].local_subnets);
	cidrs_copy(&site->subnets, &sa->children[0].remote_subnets);
	return sa;
}

static inline void sas_clear(struct rotating *r)
{
	tunnels_done(&r->tunnels);
	r->tunnels = (struct tunnels){ 0 };
}

static inline void sa_remove(struct rotating *r, uint32_t id)
{
	struct tunnels one = { 0 };

	for (size_t i = 0; i < r->tunnels.sa_count; i++) {
		if (r->tunnels.sas[i].id != id)
			continue;
		*MEM_GROW(one.sas, one.sa_count) = r->tunnels.sas[i];
		r->tunnels.sas[i] = r->tunnels.sas[--r->tunnels.sa_count];
		tunnels_done(&one);
		return;
	}
	fail_msg("no SA %u", id);
}

/* Both peers have a tunnel, older than anything that happens: #1 with "a" and #2 with "z". */
static inline void tunnels_up(struct rotating *r)
{
	sa_add(r, "a", 1, 3600, "INSTALLED");
	sa_add(r, "z", 2, 3600, "INSTALLED");
}

static inline void ack_add(struct rotating *r, const char *site, const char *next,
			   const char *revoked)
{
	struct ack *ack = MEM_GROW(r->acks.items, r->acks.count);

	*ack = (struct ack){ .site = mem_strdup(site) };
	if (next != NULL)
		strings_add(&ack->keys, next);
	if (revoked != NULL)
		strings_add(&ack->revoked, revoked);
}

static inline struct rotation_inputs rotating_inputs(const struct rotating *r)
{
	return (struct rotation_inputs){
		.own = &r->own, .peers = &r->peers, .tunnels = &r->tunnels,
		.acks = r->acks_unread ? NULL : &r->acks, .recent = &r->recent, .boot = r->boot,
		.now_ms = r->now_ms, .interval_ms = INTERVAL_MS, .wall_s = WALL_S,
	};
}

/* What a pass does, but for what it does outside; true when it has taken a step. */
static inline bool rotating_pass(struct rotating *r)
{
	const struct rotation_inputs inputs = rotating_inputs(r);

	free(r->reports);
	plan_done(&r->plan);
	rotation_refresh(&inputs, &r->state);
	r->reports = rotation_judge(&r->state, &inputs);
	rotation_plan(&r->state, &inputs, r->reports, &r->plan);
	rotation_remember(&inputs, &r->plan, &r->recent);
	return rotation_advance(&inputs, r->reports, &r->state);
}

static inline bool rotating_later(struct rotating *r, int64_t ms)
{
	r->now_ms += ms;
	for (size_t i = 0; i < r->tunnels.sa_count; i++)
		if (r->tunnels.sas[i].established_s >= 0)
			r->tunnels.sas[i].established_s += ms / 1000;
	return rotating_pass(r);
}

/* The record with both keys is out. */
static inline void rotating_offer(struct rotating *r)
{
	const struct public_key old = key_of(OLD), new = key_of(NEW);

	rotation_want(&r->state, &old, false);
	rotation_offer(&r->state, &old, &new);
	rotating_pass(r);
	r->state.pending = false;
}

/* And .to signs: #1 and #2 are old. */
static inline void rotating_switch(struct rotating *r)
{
	tunnels_up(r);
	rotating_offer(r);
	ack_add(r, "a", NEW, NULL);
	ack_add(r, "z", NEW, NULL);
	assert_true(rotating_pass(r));
	assert_int_equal(r->state.rotation.phase, ROTATION_SWITCHING);
}

/* stances: one a peer. */
static inline void assert_stances(const struct rotating *r, enum stance a, enum stance z)
{
	assert_int_equal(r->reports[0].stance, a);
	assert_int_equal(r->reports[1].stance, z);
}

/* lines: what is to be done, "" for nothing. */
static inline void assert_planned(const struct rotating *r, const char *lines)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < r->plan.count; i++) {
		AUTO_FREE char *line = action_text(&r->plan.actions[i]);

		buf_addf(&text, "%s%s", i > 0 ? "\n" : "", line);
	}
	assert_string_equal(buf_str(&text), lines);
}

static inline void rotating_done(struct rotating *r)
{
	site_done(&r->own);
	sites_done(&r->peers);
	tunnels_done(&r->tunnels);
	acks_done(&r->acks);
	recent_done(&r->recent);
	state_done(&r->state);
	free(r->reports);
	plan_done(&r->plan);
}

#define AUTO_ROTATING CLEANUP(rotating_done) struct rotating

#endif
