/*
 * bringup_judge: what charon has established, against what is planned. What is done about a
 * difference is bringup's business.
 */
#include "render/bringup_judge.h"

#include <inttypes.h>
#include <string.h>

#include "render/connection.h"

static bool child_is_installed(const struct child_sa *child)
{
	static const char *const installed[] = { "INSTALLED", "UPDATING", "REKEYING", "REKEYED" };

	for (size_t i = 0; i < COUNT_OF(installed); i++)
		if (strcmp(child->state, installed[i]) == 0)
			return true;
	return false;
}

bool child_is_settled(const struct child_sa *child)
{
	return strcmp(child->state, "INSTALLED") == 0;
}

bool sa_is_planned(const struct ike_sa *sa, const struct site *own, const struct site *peer)
{
	char own_id[ADDRESS_TEXT], peer_id[ADDRESS_TEXT];

	address_format(own->address, own_id);
	address_format(peer->address, peer_id);
	if (strcmp(sa->remote_address, peer_id) != 0)
		return false;
	return sa->established_s < 0 ||
	       (strcmp(sa->local_id, own_id) == 0 && strcmp(sa->remote_id, peer_id) == 0);
}

bool sa_is_ending(const struct ike_sa *sa)
{
	return strcmp(sa->state, "DELETING") == 0;
}

bool sa_is_former(const struct bringup_inputs *inputs, const struct ike_sa *sa)
{
	const struct replaced *replaced = inputs->replaced;
	bool its = false;

	for (size_t i = 0; replaced != NULL && i < replaced->sites.count; i++)
		its |= connection_is_of(sa->name, replaced->sites.items[i]);
	if (!its)
		return false;
	for (size_t i = 0; i < replaced->before.sa_count; i++)
		if (replaced->before.sas[i].id == sa->id)
			return true;
	return false;
}

static bool sa_is_of(const struct ike_sa *sa, const struct site *own, const struct site *peer)
{
	return connection_is_of(sa->name, peer->name) && sa_is_planned(sa, own, peer) &&
	       !sa_is_ending(sa);
}

bool sa_carries(const struct ike_sa *sa, const struct site *own, const struct site *peer)
{
	return sa->established_s >= 0 && sa_is_of(sa, own, peer);
}

bool sa_counts(const struct bringup_inputs *inputs, const struct ike_sa *sa,
	       const struct site *peer)
{
	return sa_carries(sa, inputs->own, peer) && !sa_is_former(inputs, sa);
}

static bool cidrs_within(const struct cidrs *inner, const struct cidrs *outer)
{
	for (size_t i = 0; i < inner->count; i++)
		if (!cidrs_cover(outer, inner->items[i]))
			return false;
	return inner->count > 0;
}

static bool cidrs_meet(const struct cidrs *a, const struct cidrs *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (cidrs_overlap(b, a->items[i]) != NULL)
			return true;
	return false;
}

enum tunnel_health child_judge(const struct child_sa *child, const struct site *own,
			       const struct site *peer)
{
	if (!child_is_installed(child))
		return TUNNEL_CONNECTING;
	if (cidrs_equal(&child->local_subnets, &own->subnets) &&
	    cidrs_equal(&child->remote_subnets, &peer->subnets))
		return TUNNEL_UP;
	if (cidrs_within(&child->local_subnets, &own->subnets) &&
	    cidrs_within(&child->remote_subnets, &peer->subnets))
		return TUNNEL_NARROWED;
	if (cidrs_meet(&child->local_subnets, &own->subnets) &&
	    cidrs_meet(&child->remote_subnets, &peer->subnets))
		return TUNNEL_OUTDATED;
	return TUNNEL_DOWN;
}

/* The best of the children decides, of equally good ones the newest. */
static void report_child(struct tunnel_report *report, const struct ike_sa *sa,
			 const struct child_sa *child, const struct site *own)
{
	enum tunnel_health health = child_judge(child, own, report->peer);

	report->busy |= health == TUNNEL_CONNECTING;
	report->settled += child_is_settled(child);
	if (health < report->health ||
	    (health == report->health && (report->child == NULL || child->id < report->child->id)))
		return;
	report->health = health;
	report->sa = sa;
	report->child = health >= TUNNEL_OUTDATED ? child : NULL;
}

/* An SA that is still connecting counts as such. */
static void report_sa(struct tunnel_report *report, const struct ike_sa *sa, const struct site *own)
{
	report->busy |= sa->established_s < 0;
	if (sa->established_s < 0 && report->health < TUNNEL_CONNECTING) {
		report->health = TUNNEL_CONNECTING;
		report->sa = sa;
	}
	for (size_t i = 0; sa->established_s >= 0 && i < sa->child_count; i++)
		report_child(report, sa, &sa->children[i], own);
}

struct tunnel_report *tunnels_judge(const struct bringup_inputs *inputs)
{
	struct tunnel_report *reports = mem_calloc(inputs->peers->count, sizeof *reports);

	for (size_t i = 0; i < inputs->peers->count; i++) {
		reports[i].peer = &inputs->peers->items[i];
		for (size_t k = 0; k < inputs->tunnels->sa_count; k++) {
			const struct ike_sa *sa = &inputs->tunnels->sas[k];

			if (sa_is_of(sa, inputs->own, reports[i].peer) && !sa_is_former(inputs, sa))
				report_sa(&reports[i], sa, inputs->own);
		}
	}
	return reports;
}

bool tunnel_is_up(const struct tunnel_report *report)
{
	return report->health >= TUNNEL_OUTDATED;
}

char *tunnel_text(const struct tunnel_report *report)
{
	static const char *const words[] = {
		[TUNNEL_DOWN] = "down",
		[TUNNEL_CONNECTING] = "connecting",
		[TUNNEL_OUTDATED] = "up, outdated",
		[TUNNEL_NARROWED] = "up, narrowed",
		[TUNNEL_UP] = "up",
	};
	char address[ADDRESS_TEXT];
	AUTO_FREE char *subnets = NULL;

	address_format(report->peer->address, address);
	if (report->child == NULL) {
		subnets = cidrs_join(&report->peer->subnets, ", ");
		return mem_printf("tunnel %s: %s, %s, %s", report->peer->name,
				  words[report->health], address, subnets);
	}
	subnets = cidrs_join(&report->child->remote_subnets, ", ");
	return mem_printf("tunnel %s: %s, %s, %s, %" PRIu64 " bytes in, %" PRIu64 " bytes out",
			  report->peer->name, words[report->health], address, subnets,
			  report->child->bytes_in, report->child->bytes_out);
}
