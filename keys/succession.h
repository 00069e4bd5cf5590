/* succession: which instance fills the site. */
#ifndef CYGNET_KEYS_SUCCESSION_H
#define CYGNET_KEYS_SUCCESSION_H

#include "keys/state.h"
#include "metadata/config.h"

enum tenure {
	TENURE_CLAIM,		/* this instance is to claim the site: with .generation */
	TENURE_HELD,		/* it is ours: with .generation */
	TENURE_SUPERSEDED,	/* another instance's: .by */
	TENURE_LEFT,		/* nobody's: a tombstone was put over our record, or we have left */
};

struct succession {
	enum tenure tenure;
	int64_t generation;
	const struct site *by;	/* borrowed from what was found; NULL */
	/*
	 * Superseded or left for good: the own key is listed no more, or the site was left, so
	 * nobody accepts a tunnel of ours. Otherwise (also while there is no record to list it) the
	 * tunnels that there are carry on.
	 */
	bool over;
};

/* All borrowed. */
struct succession_inputs {
	const struct site *found;	/* the own site's record in the registry; NULL: none */
	const struct refusal *refused;	/* one that is there and could not be used; NULL: none */
	const char *instance;		/* our id */
	const struct state *state;
	const struct public_key *key;	/* our active key; NULL: none yet */
	bool claim;			/* bootstrap --claim, or by hand where the site was left */
};

/*
 * Pure. The record with the greater (generation, instance id) fills the site; no clock decides.
 * - An instance that never filled the site (state->generation 0) claims it with the generation
 *   found + 1 (1 when there is no record), unless the record found names it already: then it is
 *   its own, whose state was lost.
 * - One that fills it, and finds its record gone or lesser, holds it: the record is put again.
 * - A greater one, or a tombstone of a greater generation, ends its tenure; state->duty keeps it
 *   ended until claim.
 * - A claim by one whose tenure has ended, or would, or may have (it is refused), is of a greater
 *   generation than all that it knows of. Above GENERATION_MAX it is one that nobody can make.
 */
void succession_judge(const struct succession_inputs *inputs, struct succession *ret_succession);

/*
 * Pure. The record that claims the site: what was found with own's instance and generation. Where
 * there was none, a tombstone or another empty one, an empty one (site.empty): own's name, region,
 * account, vpc and zone, and nothing that a peer could use.
 */
void succession_claim(const struct site *found, const struct site *own, struct site *ret_claim);

/*
 * Pure. The tombstone to put over a record: of the next generation, if there is one, and it still
 * says where the site was and which instance filled it last.
 */
void succession_tombstone(const struct site *last, struct site *ret_tombstone);

/*
 * Pure. A site outlives its instances, but only inside its VPC, and with scope az its zone:
 * EXIT_CONFIG when the record found (NULL: none) is neither a tombstone nor of the same account,
 * region and VPC (and zone) as own.
 */
int succession_check(const struct site *found, const struct site *own, enum scope scope,
		     struct err *e);

#endif
