/*
 * contest: settling what two sites claim, the same in whatever order they stand: no clock and no
 * chance decides, only whose it was before. It knows no registry.
 */
#include "keys/contest.h"

#include <stdlib.h>
#include <string.h>

/* Who keeps what two sites have: the one of the greater standing, or neither of equals. */
enum standing {
	STANDING_NEW,
	STANDING_HELD,		/* it was applied before */
	STANDING_MANUAL,	/* an operator's file says so */
};

/* A candidate's claim to a range. */
struct claim {
	struct cidr range;
	const struct candidate *by;
	enum standing standing;
	bool lost;
	const struct claim *rival;	/* what stands in its way: the first such candidate's */
};

/* Of the one that wins, or of both that lose. */
static const char *const standing_texts[] = {
	[STANDING_NEW] = ", and neither had it before",
	[STANDING_HELD] = ", which had it before",
	[STANDING_MANUAL] = ", which is static",
};

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

static enum standing identity_standing(const struct identity *identity,
				       const struct candidate *candidate)
{
	if (candidate->site.manual)
		return STANDING_MANUAL;
	return candidate->before != NULL && identity->same(candidate->before, &candidate->site) ?
	       STANDING_HELD : STANDING_NEW;
}

/* The first of the greatest standing of those in its way: nobody yields to a lesser. */
static const struct candidate *rival_of(const struct selection *s,
					const struct candidate *candidate,
					const struct identity *identity)
{
	enum standing least = identity_standing(identity, candidate);
	const struct candidate *rival = NULL;

	for (size_t i = 0; i < s->count; i++) {
		const struct candidate *other = &s->items[i];
		enum standing standing = identity_standing(identity, other);

		if (other == candidate || other->refused || standing < least ||
		    (rival != NULL && standing == least) ||
		    !identity->same(&other->site, &candidate->site))
			continue;
		rival = other;
		least = standing;
	}
	return rival;
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
			     standing_texts[identity_standing(identity, candidate->rival)]);
	}
}

void contest_identities(struct selection *s)
{
	for (size_t i = 0; i < COUNT_OF(identities); i++) {
		identity_refuse_own(s, &identities[i]);
		identity_settle(s, &identities[i]);
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

static enum standing claim_standing(const struct candidate *by, struct cidr range)
{
	if (by->site.manual)
		return STANDING_MANUAL;
	return by->before != NULL && cidrs_cover(&by->before->subnets, range) ? STANDING_HELD :
										STANDING_NEW;
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
				.standing = claim_standing(by, range),
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

static void rivals_note(struct claim *a, struct claim *b, enum standing least)
{
	if (b->standing >= least)
		rival_note(a, b);
	if (a->standing >= least)
		rival_note(b, a);
}

/*
 * Ranges nest or are apart, so what overlaps a claim stands directly behind it, or in front as one
 * that contains it.
 */
static void rivals_find(struct claim *claims, size_t count, enum standing least)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = i + 1; j < count; j++) {
			if (!cidr_within(claims[j].range, claims[i].range))
				break;
			if (claims[i].by != claims[j].by && !claims[i].lost && !claims[j].lost)
				rivals_note(&claims[i], &claims[j], least);
		}
}

static void claims_settle(const struct selection *s, struct claim *claims, size_t count,
			  enum standing least)
{
	char text[CIDR_TEXT], rival[CIDR_TEXT];

	rivals_find(claims, count, least);
	for (size_t i = 0; i < count; i++) {
		struct claim *claim = &claims[i];

		if (claim->lost || claim->rival == NULL)
			continue;
		claim->lost = true;
		cidr_format(claim->range, text);
		cidr_format(claim->rival->range, rival);
		strings_addf(s->warnings, "site '%s': subnet '%s' overlaps '%s' of site '%s'%s",
			     claim->by->site.name, text, rival, claim->rival->by->site.name,
			     standing_texts[least]);
	}
}

/*
 * First all yield to static ones, and then the new ones to those held before; at last, of the new
 * ones that are left, each to each. Who was refused is left with nothing.
 */
void contest_subnets(struct selection *s)
{
	AUTO_FREE struct claim *claims = NULL;
	size_t count = claims_gather(s, &claims);

	claims_settle(s, claims, count, STANDING_MANUAL);
	claims_settle(s, claims, count, STANDING_HELD);
	claims_settle(s, claims, count, STANDING_NEW);
	for (size_t i = 0; i < s->count; i++)
		s->items[i].site.subnets.count = 0;
	for (size_t i = 0; i < count; i++) {
		struct candidate *by = &s->items[claims[i].by - s->items];

		if (!claims[i].lost)
			cidrs_add(&by->site.subnets, claims[i].range);
	}
}
