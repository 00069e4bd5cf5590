/*
 * bringup: which end of a tunnel initiates and when, and which children go. One end acts, because
 * two make duplicate SAs, of which `unique = replace` may delete the wrong one; the other steps in
 * only when nothing came for two intervals. A child is replaced by making a new one first, so that
 * no packet misses it.
 */
#include "render/bringup.h"

#include <string.h>

#include "base/hash.h"
#include "render/bringup_judge.h"
#include "render/connection.h"

#define BACKOFF_MAX_MS (5 * 60 * 1000)
#define READ_INTERVALS 1	/* in which a peer reads what was published */
#define PEER_INTERVALS 2	/* that the other end has to act */
#define PLAN_INTERVALS 4	/* that a peer may be ahead of us */

/* --- what was tried already --- */

/*
 * What both ends have to agree on, and whether they do: patience with one such tunnel, or with what
 * stands beside it once it is up, says nothing of another. The own key is no part of it: a pass
 * that looks at tunnels alone loads none.
 */
static int64_t tunnel_hash(const struct site *own, const struct tunnel_report *report)
{
	const struct site *const ends[] = { own, report->peer };
	const struct public_key *key = site_active_key(report->peer);
	AUTO_BUF struct buf text = { 0 };

	buf_addf(&text, "%s%s;", report->health == TUNNEL_UP ? "up;" : "", key ? key->id : "");
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		AUTO_FREE char *subnets = cidrs_join(&ends[i]->subnets, ",");

		buf_addf(&text, "%u %s;", ends[i]->address, subnets);
	}
	return hash_text(buf_str(&text));
}

static const struct tunnel_wait *wait_find(const struct bringup_inputs *inputs,
					   const struct tunnel_report *report)
{
	const struct recent *recent = inputs->recent;
	int64_t wanted = tunnel_hash(inputs->own, report);

	for (size_t i = 0; i < recent->wait_count; i++)
		if (strcmp(recent->waits[i].site, report->peer->name) == 0 &&
		    recent->waits[i].wanted == wanted)
			return &recent->waits[i];
	return NULL;
}

static bool has_waited(const struct bringup_inputs *inputs, const struct tunnel_report *report,
		       int64_t intervals)
{
	const struct tunnel_wait *wait = wait_find(inputs, report);

	return wait != NULL && inputs->now_ms - wait->since_ms >= intervals * inputs->interval_ms;
}

/* A newcomer is refused until peers have its key: who has just loaded it comes to the newcomer. */
static bool is_replaced(const struct bringup_inputs *inputs, const struct site *peer)
{
	return inputs->replaced != NULL && strings_has(&inputs->replaced->sites, peer->name);
}

/* Whether it is this end's turn. */
static bool end_acts(const struct bringup_inputs *inputs, const struct tunnel_report *report)
{
	return !inputs->passive &&
	       (connection_initiates(inputs->own, report->peer) ||
		is_replaced(inputs, report->peer) || has_waited(inputs, report, PEER_INTERVALS));
}

/* --- what is initiated --- */

/*
 * Each try is followed by twice the patience of the one before, as the peer may not have read our
 * record yet, or may never agree. A tunnel that is down is tried again soon, at first: a fresh mesh
 * is up after its peers' next sync.
 */
static int64_t patience_ms(const struct bringup_inputs *inputs, int64_t tries, bool down)
{
	int64_t most = inputs->interval_ms > BACKOFF_MAX_MS ? inputs->interval_ms : BACKOFF_MAX_MS;
	int64_t patience = down ? inputs->interval_ms / 2 : inputs->interval_ms;

	for (int64_t i = 1; i < tries && patience < most; i++)
		patience *= 2;
	return patience < most ? patience : most;
}

/*
 * Whether the peer can have read what we offer. What it offers it has loaded before it published
 * it; before it has read our side it could only narrow a new child to what the old one has.
 */
static bool peer_is_ready(const struct bringup_inputs *inputs, const struct tunnel_report *report)
{
	return !tunnel_is_up(report) ||
	       cidrs_equal(&report->child->local_subnets, &inputs->own->subnets) ||
	       has_waited(inputs, report, READ_INTERVALS);
}

static bool initiate_due(const struct bringup_inputs *inputs, const struct tunnel_report *report)
{
	const struct tunnel_wait *wait = wait_find(inputs, report);

	if (report->health == TUNNEL_UP || report->busy || !end_acts(inputs, report))
		return false;
	if (wait == NULL || wait->tries == 0)
		return peer_is_ready(inputs, report);
	return inputs->now_ms - wait->initiated_ms >=
	       patience_ms(inputs, wait->tries, !tunnel_is_up(report));
}

/* --- what is terminated --- */

static void sa_end(const struct ike_sa *sa, const char *why, bool dead, struct plan *plan)
{
	struct action *action = plan_add(plan, ACTION_TERMINATE, sa->name, why);

	action->sa = sa->id;
	action->force = dead;
}

static void strangers_plan(const struct bringup_inputs *inputs, struct plan *plan)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];
		const struct site *peer = connection_peer(sa->name, inputs->peers);

		if (!connection_is_ours(sa->name) || sa_is_ending(sa))
			continue;
		if (peer == NULL)
			sa_end(sa, "the site is no peer", false, plan);
		else if (sa_is_former(inputs, sa))
			sa_end(sa, "another instance fills the site", true, plan);
		else if (!sa_is_planned(sa, inputs->own, peer))
			sa_end(sa, "its address or id is no longer planned", false, plan);
	}
}

static bool child_equals(const struct child_sa *a, const struct child_sa *b)
{
	return cidrs_equal(&a->local_subnets, &b->local_subnets) &&
	       cidrs_equal(&a->remote_subnets, &b->remote_subnets);
}

/*
 * The newer of two alike in one SA: a peer that has not read its side yet narrowed it to what the
 * old one has. It has to go, because charon makes no second child from the configuration that it
 * has loaded, and would refuse the next try. In two SAs they are those of a key that replaces
 * another.
 */
static bool child_is_double(const struct ike_sa *sa, const struct child_sa *child)
{
	for (size_t i = 0; i < sa->child_count; i++)
		if (sa->children[i].id < child->id && child_is_settled(&sa->children[i]) &&
		    child_equals(&sa->children[i], child))
			return true;
	return false;
}

/*
 * Whether a better child came after this one. The newest that is no double never goes for another
 * one's sake: whatever both ends do at the same time, and whatever either has read of the plan, one
 * child is left.
 */
static bool child_is_replaced(const struct bringup_inputs *inputs,
			      const struct tunnel_report *report, const struct child_sa *child)
{
	enum tunnel_health health = child_judge(child, inputs->own, report->peer);

	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];

		for (size_t k = 0;
		     sa_counts(inputs, sa, report->peer) && k < sa->child_count; k++) {
			const struct child_sa *other = &sa->children[k];

			if (other->id > child->id && child_is_settled(other) &&
			    !child_is_double(sa, other) &&
			    child_judge(other, inputs->own, report->peer) > health)
				return true;
		}
	}
	return false;
}

/* One that came after the planned child may be of a plan only the peer has read; not for long. */
static bool child_is_left_over(const struct bringup_inputs *inputs,
			       const struct tunnel_report *report, const struct child_sa *child)
{
	return report->health == TUNNEL_UP &&
	       child_judge(child, inputs->own, report->peer) != TUNNEL_UP &&
	       has_waited(inputs, report, PLAN_INTERVALS);
}

static void children_plan(const struct bringup_inputs *inputs, const struct tunnel_report *report,
			  const struct ike_sa *sa, struct plan *plan)
{
	for (size_t i = 0; i < sa->child_count; i++) {
		const struct child_sa *child = &sa->children[i];

		if (child->id == 0 || !child_is_settled(child))
			continue;
		if (child_is_double(sa, child))
			plan_add(plan, ACTION_TERMINATE_CHILD, sa->name,
				 "it is there twice")->sa = child->id;
		else if (child_is_replaced(inputs, report, child) ||
			 child_is_left_over(inputs, report, child))
			plan_add(plan, ACTION_TERMINATE_CHILD, sa->name,
				 "another one is as planned")->sa = child->id;
	}
}

static void peer_plan(const struct bringup_inputs *inputs, const struct tunnel_report *report,
		      struct plan *plan)
{
	const struct tunnels *tunnels = inputs->tunnels;
	const struct tunnel_wait *wait = wait_find(inputs, report);
	AUTO_FREE char *name = connection_tried(tunnels, report->peer->name,
						wait ? wait->tries : 0);

	if (initiate_due(inputs, report))
		plan_add(plan, ACTION_INITIATE, name, NULL);
	for (size_t i = 0; i < tunnels->sa_count && end_acts(inputs, report); i++)
		if (sa_counts(inputs, &tunnels->sas[i], report->peer))
			children_plan(inputs, report, &tunnels->sas[i], plan);
}

void bringup_plan(const struct bringup_inputs *inputs, struct tunnel_report **ret_reports,
		  struct plan *ret_plan)
{
	struct tunnel_report *reports = tunnels_judge(inputs);
	struct plan plan = { 0 };

	strangers_plan(inputs, &plan);
	for (size_t i = 0; i < inputs->peers->count; i++)
		peer_plan(inputs, &reports[i], &plan);
	*ret_reports = reports;
	*ret_plan = plan;
}

void replaced_done(struct replaced *replaced)
{
	strings_done(&replaced->sites);
	tunnels_done(&replaced->before);
}

/* --- what is remembered --- */

static bool plan_initiates(const struct plan *plan, const char *peer)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->actions[i].kind == ACTION_INITIATE &&
		    connection_is_of(plan->actions[i].name, peer))
			return true;
	return false;
}

static void tunnel_remember(const struct bringup_inputs *inputs, const struct tunnel_report *report,
			    const struct plan *plan, struct recent *recent)
{
	const char *site = report->peer->name;
	int64_t wanted = tunnel_hash(inputs->own, report);
	struct tunnel_wait *wait = recent_wait(recent, site);

	if (wait != NULL &&
	    ((report->health == TUNNEL_UP && report->settled <= 1) || wait->wanted != wanted)) {
		recent_wait_drop(recent, site);
		wait = NULL;
	}
	if (report->health == TUNNEL_UP && report->settled <= 1)
		return;
	if (wait == NULL) {
		wait = recent_wait_add(recent, site);
		wait->since_ms = inputs->now_ms;
		wait->wanted = wanted;
	}
	if (plan_initiates(plan, site)) {
		wait->initiated_ms = inputs->now_ms;
		wait->tries++;
	}
}

void bringup_remember(const struct bringup_inputs *inputs, const struct tunnel_report *reports,
		      const struct plan *plan, struct recent *recent)
{
	for (size_t i = recent->wait_count; i-- > 0;)
		if (sites_find(inputs->peers, recent->waits[i].site) == NULL)
			recent_wait_drop(recent, recent->waits[i].site);
	for (size_t i = 0; i < inputs->peers->count; i++)
		tunnel_remember(inputs, &reports[i], plan, recent);
}
