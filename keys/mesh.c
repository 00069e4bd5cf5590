/*
 * mesh: who becomes a peer, and with which subnets. Pure, and the same in whatever order the
 * registry lists: no clock and no chance decides between two sites, only what was applied before.
 */
#include "keys/mesh.h"

#include <stdlib.h>
#include <string.h>

/* A site that may become a peer. */
struct candidate {
	struct site site;
	const struct site *before;	/* as last applied; borrowed, NULL: it has no history */
	bool refused;
	const struct candidate *rival;	/* who stands in its way, while identities are settled */
};

/* A candidate's claim to a range. */
struct claim {
	struct cidr range;
	const struct candidate *by;
	bool held;			/* it was applied before */
	bool lost;
	const struct claim *rival;	/* what stands in its way: the first such candidate's */
};

struct selection {
	const struct mesh_inputs *inputs;
	struct candidate *items;	/* sorted by name */
	size_t count;
	struct strings *warnings;
};

static const char held_before[] = ", which had it before";
static const char new_to_both[] = ", and neither had it before";

/* --- candidates --- */

static bool site_is_remote(const struct site *site, const struct site *own)
{
	bool same_vpc = !site->left && strcmp(site->account, own->account) == 0 &&
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

static void candidates_gather(struct selection *s)
{
	const struct sites *listed = &s->inputs->listing->sites, *applied = s->inputs->applied;

	for (size_t i = 0; i < listed->count; i++)
		candidate_add(s, &listed->items[i]);
	for (size_t i = 0; i < applied->count; i++)
		if (sites_find(listed, applied->items[i].name) == NULL)
			candidate_add(s, &applied->items[i]);
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

/* --- what only one site can have --- */

static bool address_same(const struct site *a, const struct site *b)
{
	return a->address == b->address;
}

static bool key_same(const struct site *a, const struct site *b)
{
	const struct public_key *key_a = site_active_key(a), *key_b = site_active_key(b);

	return key_a != NULL && key_b != NULL && strcmp(key_a->id, key_b->id) == 0;
}

static const struct identity {
	const char *name;
	bool (*same)(const struct site *a, const struct site *b);
} identities[] = {
	{ "address", address_same },
	{ "active key", key_same },
};

static bool identity_held(const struct identity *identity, const struct candidate *candidate)
{
	return candidate->before != NULL && identity->same(candidate->before, &candidate->site);
}

/*
 * The first other candidate with the same identity; of those who held it before, if such a one is
 * wanted.
 */
static const struct candidate *rival_find(const struct selection *s,
					  const struct candidate *candidate,
					  const struct identity *identity, bool holders_only)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct candidate *other = &s->items[i];

		if (other != candidate && !other->refused &&
		    identity->same(&other->site, &candidate->site) &&
		    (!holders_only || identity_held(identity, other)))
			return other;
	}
	return NULL;
}

/* Who had it before yields only to another who had. */
static const struct candidate *rival_of(const struct selection *s,
					const struct candidate *candidate,
					const struct identity *identity)
{
	const struct candidate *holder = rival_find(s, candidate, identity, true);

	if (holder != NULL || identity_held(identity, candidate))
		return holder;
	return rival_find(s, candidate, identity, false);
}

static void identity_refuse_own(struct selection *s, const struct identity *identity)
{
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *candidate = &s->items[i];

		if (candidate->refused || !identity->same(&candidate->site, s->inputs->own))
			continue;
		candidate->refused = true;
		strings_addf(s->warnings, "site '%s': its %s is the own one", candidate->site.name,
			     identity->name);
	}
}

/*
 * All rivals are found before anybody is refused: a loser must not lose its place to who comes
 * later in the list.
 */
static void identity_settle(struct selection *s, const struct identity *identity)
{
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *candidate = &s->items[i];

		candidate->rival = NULL;
		if (!candidate->refused)
			candidate->rival = rival_of(s, candidate, identity);
	}
	for (size_t i = 0; i < s->count; i++) {
		struct candidate *candidate = &s->items[i];

		if (candidate->rival == NULL)
			continue;
		candidate->refused = true;
		strings_addf(s->warnings, "site '%s': its %s is that of site '%s'%s",
			     candidate->site.name, identity->name, candidate->rival->site.name,
			     identity_held(identity, candidate->rival) ? held_before : new_to_both);
	}
}

/* --- subnets that several sites offer --- */

static int claim_compare(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	if (x->range.address != y->range.address)
		return x->range.address < y->range.address ? -1 : 1;
	if (x->range.length != y->range.length)
		return x->range.length < y->range.length ? -1 : 1;
	return x->by < y->by ? -1 : x->by > y->by;
}

static size_t claims_gather(const struct selection *s, struct claim **ret_claims)
{
	struct claim *claims = NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct candidate *by = &s->items[i];

		for (size_t j = 0; !by->refused && j < by->site.subnets.count; j++) {
			struct cidr range = by->site.subnets.items[j];

			*MEM_GROW(claims, count) = (struct claim){
				.range = range,
				.by = by,
				.held = by->before != NULL &&
					cidrs_cover(&by->before->subnets, range),
			};
		}
	}
	if (count > 1)
		qsort(claims, count, sizeof *claims, claim_compare);
	*ret_claims = claims;
	return count;
}

static void rival_note(struct claim *claim, const struct claim *rival)
{
	if (claim->rival == NULL || rival->by < claim->rival->by)
		claim->rival = rival;
}

static void rivals_note(struct claim *a, struct claim *b, bool holders_only)
{
	if (!holders_only || b->held)
		rival_note(a, b);
	if (!holders_only || a->held)
		rival_note(b, a);
}

/*
 * Ranges nest or are apart, so what overlaps a claim stands directly behind it, or in front as one
 * that contains it.
 */
static void rivals_find(struct claim *claims, size_t count, bool holders_only)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			if (!cidr_within(claims[j].range, claims[i].range))
				break;
			if (claims[i].by != claims[j].by && !claims[i].lost && !claims[j].lost)
				rivals_note(&claims[i], &claims[j], holders_only);
		}
}

static void claims_settle(const struct selection *s, struct claim *claims, size_t count,
			  bool holders_only)
{
	char text[CIDR_TEXT], rival[CIDR_TEXT];

	rivals_find(claims, count, holders_only);
	for (size_t i = 0; i < count; i++) {
		struct claim *claim = &claims[i];

		if (claim->lost || claim->rival == NULL)
			continue;
		claim->lost = true;
		cidr_format(claim->range, text);
		cidr_format(claim->rival->range, rival);
		strings_addf(s->warnings, "site '%s': subnet '%s' overlaps '%s' of site '%s'%s",
			     claim->by->site.name, text, rival, claim->rival->by->site.name,
			     holders_only ? held_before : new_to_both);
	}
}

/*
 * First the new ones yield to those held before; then, of the new ones that are left, each to each.
 * Who was refused is left with nothing.
 */
static void subnets_settle(struct selection *s)
{
	AUTO_FREE struct claim *claims = NULL;
	size_t count = claims_gather(s, &claims);

	claims_settle(s, claims, count, true);
	claims_settle(s, claims, count, false);
	for (size_t i = 0; i < s->count; i++)
		s->items[i].site.subnets.count = 0;
	for (size_t i = 0; i < count; i++) {
		struct candidate *by = &s->items[claims[i].by - s->items];

		if (!claims[i].lost)
			cidrs_add(&by->site.subnets, claims[i].range);
	}
}

/* --- all together --- */

static int warning_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void warnings_begin(struct selection *s)
{
	const struct listing *listing = s->inputs->listing;

	for (size_t i = 0; i < listing->refusal_count; i++)
		strings_addf(s->warnings, "site '%s': %s", listing->refusals[i].site,
			     listing->refusals[i].rule);
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
	for (size_t i = 0; i < COUNT_OF(identities); i++) {
		identity_refuse_own(&s, &identities[i]);
		identity_settle(&s, &identities[i]);
	}
	subnets_settle(&s);
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
