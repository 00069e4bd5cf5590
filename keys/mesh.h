/* mesh: which of the registry's records become peers. */
#ifndef CYGNET_KEYS_MESH_H
#define CYGNET_KEYS_MESH_H

#include "keys/exchange.h"
#include "keys/static.h"

struct mesh {
	struct sites peers;	/* sorted by name; their subnets are those accepted, never empty */
	struct sites neighbours;	/* records of the own VPC's other sites, sorted by name */
	/*
	 * Sorted, one a site and rule, the listing's refusals but the own site's, and the statics'
	 * warnings too. What is refused may have to be no more once any other record changes: with
	 * a warning, the next change wants a full listing.
	 */
	struct strings warnings;
};

/* All borrowed. */
struct mesh_inputs {
	const struct listing *listing;
	const struct sites *applied;	/* from disk: absence from the listing removes nobody */
	const struct statics *statics;	/* NULL: none */
	const struct site *own;
	const struct cidrs *allow_subnets;
};

/*
 * Pure, and the same in whatever order the registry lists. A record becomes a peer unless it is the
 * own one, of the own VPC (same account, region and vpc), or a tombstone. A record that a refusal
 * hides, or that is missing, stays as last applied; and so does one that is empty, unless its
 * generation is greater than that applied: then a tombstone was in between. A claim, which has the
 * key of the instance before, still counts as that one's. Refused, each with a warning: a site that
 * the policy has not, a subnet outside those of the policy or outside allow_subnets, one that
 * overlaps the own ones, one that two peers offer (the last applied owner keeps it; with no history
 * neither gets it), an address or an active key that is the own one or another peer's (with no
 * history neither gets in), a key that the record itself has revoked. A record left without subnets
 * or without an active key is no peer. One that has an active key which was revoked as last applied
 * is an old one, read once more: with a warning, the site stays as applied.
 *
 * A static peer needs no record: it takes the place of one with its name, with a warning, goes when
 * its file goes, and what it has it has before any record; otherwise the same rules are its, but
 * not the policy, which is of the mesh. A frozen policy leaves all else as last applied.
 */
void mesh_select(const struct mesh_inputs *inputs, struct mesh *ret_mesh);
void mesh_done(struct mesh *mesh);

/*
 * Pure. The peers whose sites another instance fills than as applied before; yours to strings_done.
 * Only what has a key of its own is another: a key that replaces one of the same instance is none.
 */
void mesh_replaced(const struct sites *applied, const struct sites *peers,
		   struct strings *ret_sites);

#endif
