/* contest: who keeps what two sites claim, for this room's use. */
#ifndef CYGNET_KEYS_CONTEST_H
#define CYGNET_KEYS_CONTEST_H

#include "keys/mesh.h"

/* A site that may become a peer. */
struct candidate {
	struct site site;
	const struct site *before;	/* as last applied; borrowed, NULL: it has no history */
	bool refused;
	const struct candidate *rival;	/* who stands in its way, while identities are settled */
};

/* All of one decision. */
struct selection {
	const struct mesh_inputs *inputs;
	struct candidate *items;	/* sorted by name */
	size_t count;
	struct strings *warnings;
};

/*
 * An address or an active key belongs to one site: refuse who has the own one's or another
 * candidate's. Who had it before keeps it, whatever the order; static ones go before all.
 */
void contest_identities(struct selection *s);

/* Leave each candidate the subnets that nobody of its or a greater standing claims as well. */
void contest_subnets(struct selection *s);

#endif
