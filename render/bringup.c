/*
 * bringup: judging tunnels and deciding who initiates. One end initiates, because two make duplicate SAs, of which
 * `unique = replace` may delete the wrong one; the other steps in only when nothing came for two intervals.
 */
#include "render/bringup.h"

#include <inttypes.h>
#include <string.h>

#include "render/connection.h"

static bool child_installed(const struct child_sa *child)
{
	static const char *const installed[] = { "INSTALLED", "UPDATING", "REKEYING", "REKEYED" };

	for (size_t i = 0; i < COUNT_OF(installed); i++)
		if (strcmp(child->state, installed[i]) == 0)
			return true;
	return false;
}

static bool sa_planned(const struct ike_sa *sa, const struct site *own, const struct site *peer)
{
	char own_id[ADDRESS_TEXT], peer_id[ADDRESS_TEXT];

	address_format(own->address, own_id);
	address_format(peer->address, peer_id);
	if (strcmp(sa->remote_address, peer_id) != 0)
		return false;
	return sa->established_s < 0 || (strcmp(sa->local_id, own_id) == 0 && strcmp(sa->remote_id, peer_id) == 0);
}

static bool cidrs_within(const struct cidrs *inner, const struct cidrs *outer)
{
	for (size_t i = 0; i < inner->count; i++)
		if (!cidrs_cover(outer, inner->items[i]))
			return false;
	return inner->count > 0;
}

static enum tunnel_health child_health(const struct child_sa *child, const struct site *own, const struct site *peer)
{
	if (!child_installed(child))
		return TUNNEL_CONNECTING;
	if (cidrs_equal(&child->local_subnets, &own->subnets) &&
	    cidrs_equal(&child->remote_subnets, &peer->subnets))
		return TUNNEL_UP;
	if (cidrs_within(&child->local_subnets, &own->subnets) &&
	    cidrs_within(&child->remote_subnets, &peer->subnets))
		return TUNNEL_NARROWED;
	return TUNNEL_DOWN;
}

/* The best of an SA's children decides; an SA that is still connecting counts as such. */
static void report_sa(struct tunnel_report *report, const struct ike_sa *sa, const struct site *own)
{
	bool established = sa->established_s >= 0;

	if (!established && report->health < TUNNEL_CONNECTING) {
		report->health = TUNNEL_CONNECTING;
		report->sa = sa;
	}
	for (size_t i = 0; established && i < sa->child_count; i++) {
		enum tunnel_health health = child_health(&sa->children[i], own, report->peer);

		if (health <= report->health)
			continue;
		report->health = health;
		report->sa = sa;
		report->child = health >= TUNNEL_NARROWED ? &sa->children[i] : NULL;
	}
}

static struct tunnel_report *report_make(const struct bringup_inputs *inputs)
{
	struct tunnel_report *reports = mem_calloc(inputs->peers->count, sizeof *reports);

	for (size_t i = 0; i < inputs->peers->count; i++) {
		AUTO_FREE char *name = connection_name(inputs->peers->items[i].name);

		reports[i].peer = &inputs->peers->items[i];
		for (size_t k = 0; k < inputs->tunnels->sa_count; k++) {
			const struct ike_sa *sa = &inputs->tunnels->sas[k];

			if (strcmp(sa->name, name) == 0 && sa_planned(sa, inputs->own, reports[i].peer))
				report_sa(&reports[i], sa, inputs->own);
		}
	}
	return reports;
}

static void terminate_plan(const struct bringup_inputs *inputs, struct plan *plan)
{
	for (size_t i = 0; i < inputs->tunnels->sa_count; i++) {
		const struct ike_sa *sa = &inputs->tunnels->sas[i];
		const char *name = connection_peer(sa->name);
		const struct site *peer = name ? sites_find(inputs->peers, name) : NULL;

		if (name == NULL || (peer != NULL && sa_planned(sa, inputs->own, peer)))
			continue;
		plan_add(plan, ACTION_TERMINATE, sa->name,
			 peer ? "its address or id is no longer planned" : "the site is no peer")->sa = sa->id;
	}
}

static const struct tunnel_wait *wait_find(const struct recent *recent, const char *site)
{
	for (size_t i = 0; i < recent->wait_count; i++)
		if (strcmp(recent->waits[i].site, site) == 0)
			return &recent->waits[i];
	return NULL;
}

static bool initiate_due(const struct bringup_inputs *inputs, const struct site *peer)
{
	const struct tunnel_wait *wait = wait_find(inputs->recent, peer->name);

	if (inputs->passive)
		return false;
	if (wait != NULL && wait->initiated_ms != 0 && inputs->now_ms - wait->initiated_ms < inputs->interval_ms / 2)
		return false;
	if (connection_initiates(inputs->own, peer))
		return true;
	return wait != NULL && inputs->now_ms - wait->down_since_ms >= 2 * inputs->interval_ms;
}

void bringup_plan(const struct bringup_inputs *inputs, struct tunnel_report **ret_reports, struct plan *ret_plan)
{
	struct tunnel_report *reports = report_make(inputs);
	struct plan plan = { 0 };

	terminate_plan(inputs, &plan);
	for (size_t i = 0; i < inputs->peers->count; i++) {
		AUTO_FREE char *name = connection_name(reports[i].peer->name);

		if (reports[i].health == TUNNEL_DOWN && initiate_due(inputs, reports[i].peer))
			plan_add(&plan, ACTION_INITIATE, name, NULL);
	}
	*ret_reports = reports;
	*ret_plan = plan;
}

static bool plan_initiates(const struct plan *plan, const char *peer)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->actions[i].kind == ACTION_INITIATE &&
		    strcmp(connection_peer(plan->actions[i].name), peer) == 0)
			return true;
	return false;
}

void bringup_remember(const struct bringup_inputs *inputs, const struct tunnel_report *reports,
		      const struct plan *plan, struct recent *recent)
{
	for (size_t i = recent->wait_count; i-- > 0;)
		if (sites_find(inputs->peers, recent->waits[i].site) == NULL)
			recent_wait_drop(recent, recent->waits[i].site);
	for (size_t i = 0; i < inputs->peers->count; i++) {
		const char *site = reports[i].peer->name;
		struct tunnel_wait *wait = recent_wait(recent, site);

		if (tunnel_is_up(&reports[i])) {
			recent_wait_drop(recent, site);
			continue;
		}
		if (wait == NULL) {
			wait = recent_wait_add(recent, site);
			wait->down_since_ms = inputs->now_ms;
		}
		if (plan_initiates(plan, site)) {
			wait->initiated_ms = inputs->now_ms;
			wait->tries++;
		}
	}
}

bool tunnel_is_up(const struct tunnel_report *report)
{
	return report->health >= TUNNEL_NARROWED;
}

char *tunnel_text(const struct tunnel_report *report)
{
	static const char *const words[] = {
		[TUNNEL_DOWN] = "down", [TUNNEL_CONNECTING] = "connecting",
		[TUNNEL_NARROWED] = "up, narrowed", [TUNNEL_UP] = "up",
	};
	char address[ADDRESS_TEXT];
	AUTO_FREE char *subnets = NULL;

	address_format(report->peer->address, address);
	if (report->child == NULL) {
		subnets = cidrs_join(&report->peer->subnets, ", ");
		return mem_printf("tunnel %s: %s, %s, %s", report->peer->name, words[report->health], address,
				  subnets);
	}
	subnets = cidrs_join(&report->child->remote_subnets, ", ");
	return mem_printf("tunnel %s: %s, %s, %s, %" PRIu64 " bytes in, %" PRIu64 " bytes out", report->peer->name,
			  words[report->health], address, subnets, report->child->bytes_in,
			  report->child->bytes_out);
}
