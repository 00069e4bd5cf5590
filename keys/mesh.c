/*
 * mesh: who becomes a peer, and with which subnets. Pure, and the same in whatever order the
 * registry lists: no clock and no chance decides between two sites, only what was applied before.
 */
#include "keys/mesh.h"

#include <stdlib.h>
#include <string.h>

#include "keys/contest.h"

/* --- candidates --- */

static bool site_is_remote(const struct site *site, const struct site *own)
{
	bool same_vpc = !site->left && !site->manual &&
			strcmp(site->account, own->account) == 0 &&
			strcmp(site->region, own->region) == 0 && strcmp(site->vpc, own->vpc) == 0;

	return !site->left && !same_vpc && strcmp(site->name, own->name) != 0;
}

static void candidate_add(struct selection *s, const struct site *site)
{
	struct candidate candidate = { .before = sites_find(s->inputs->applied, site->name) };

	if (!site_is_remote(site, s->inputs->own))
		return;
	site_copy(site, &candidate.site);
	*MEM_GROW(s->items, s->count) = candidate;
}

static int candidate_compare(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->site.name,
		      ((const struct candidate *)b)->site.name);
}

static bool is_static(const struct selection *s, const char *name)
{
	return s->inputs->statics != NULL && sites_find(&s->inputs->statics->sites, name) != NULL;
}

static void listed_gather(struct selection *s, const struct sites *listed)
{
	for (size_t i = 0; i < listed->count; i++) {
		const struct site *site = &listed->items[i];

		if (!is_static(s, site->name))
			candidate_add(s, site);
		else if (!site->left)
			strings_addf(s->warnings, "site '%s': a static peer takes its place",
				     site->name);
	}
}

/* A static peer whose file has gone is not kept. */
static void applied_gather(struct selection *s, const struct sites *listed)
{
	const struct sites *applied = s->inputs->applied;

	for (size_t i = 0; i < applied->count; i++) {
		const struct site *site = &applied->items[i];

		if (!site->manual && !is_static(s, site->name) &&
		    sites_find(listed, site->name) == NULL)
			candidate_add(s, site);
	}
}

static void statics_gather(struct selection *s)
{
	const struct statics *statics = s->inputs->statics;

	for (size_t i = 0; statics != NULL && i < statics->sites.count; i++) {
		const struct site *site = &statics->sites.items[i];

		if (strcmp(site->name, s->inputs->own->name) == 0)
			strings_addf(s->warnings, "site '%s': a static peer has the own name",
				     site->name);
		candidate_add(s, site);
	}
}

static void candidates_gather(struct selection *s)
{
	const struct sites *listed = &s->inputs->listing->sites;

	listed_gather(s, listed);
	applied_gather(s, listed);
	statics_gather(s);
	if (s->count > 1)
		qsort(s->items, s->count, sizeof *s->items, candidate_compare);
}

/* --- what one record alone decides --- */

static bool subnet_is_acceptable(const struct selection *s, const char *name, struct cidr range)
{
	const struct cidr *own = cidrs_overlap(&s->inputs->own->subnets, range);
	char text[CIDR_TEXT], own_text[CIDR_TEXT];

	cidr_format(range, text);
	if (!cidrs_cover(s->inputs->allow_subnets, range)) {
		strings_addf(s->warnings, "site '%s': subnet '%s' is outside 'allow-subnets'", name,
			     text);
		return false;
	}
	if (own != NULL) {
		cidr_format(*own, own_text);
		strings_addf(s->warnings, "site '%s': subnet '%s' overlaps the own '%s'", name,
			     text, own_text);
		return false;
	}
	return true;
}

static void subnets_filter(const struct selection *s, struct site *site)
{
	size_t kept = 0;

	for (size_t i = 0; i < site->subnets.count; i++)
		if (subnet_is_acceptable(s, site->name, site->subnets.items[i]))
			site->subnets.items[kept++] = site->subnets.items[i];
	site->subnets.count = kept;
}

/* --- all together --- */

static int warning_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void warnings_begin(struct selection *s)
{
	const struct listing *listing = s->inputs->listing;
	const struct statics *statics = s->inputs->statics;

	for (size_t i = 0; i < listing->refusal_count; i++)
		strings_addf(s->warnings, "site '%s': %s", listing->refusals[i].site,
			     listing->refusals[i].rule);
	for (size_t i = 0; statics != NULL && i < statics->warnings.count; i++)
		strings_add(s->warnings, statics->warnings.items[i]);
}

/* Whoever still has a subnet to offer becomes a peer. */
static void peers_take(struct selection *s, struct sites *peers)
{
	for (size_t i = 0; i < s->count; i++) {
		struct site *site = &s->items[i].site;

		if (site->subnets.count > 0)
			sites_add(peers, site);
		site_done(site);
	}
	free(s->items);
}

void mesh_select(const struct mesh_inputs *inputs, struct mesh *ret_mesh)
{
	struct mesh mesh = { 0 };
	struct selection s = { .inputs = inputs, .warnings = &mesh.warnings };

	warnings_begin(&s);
	candidates_gather(&s);
	for (size_t i = 0; i < s.count; i++) {
		subnets_filter(&s, &s.items[i].site);
		s.items[i].refused = s.items[i].site.subnets.count == 0;
	}
	contest_identities(&s);
	contest_subnets(&s);
	peers_take(&s, &mesh.peers);
	if (mesh.warnings.count > 1)
		qsort(mesh.warnings.items, mesh.warnings.count, sizeof *mesh.warnings.items,
		      warning_compare);
	*ret_mesh = mesh;
}

void mesh_done(struct mesh *mesh)
{
	sites_done(&mesh->peers);
	strings_done(&mesh->warnings);
}
