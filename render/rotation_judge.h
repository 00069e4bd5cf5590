/* rotation_judge: how a peer's SAs stand to the key that goes, for this room's use. */
#ifndef CYGNET_RENDER_ROTATION_JUDGE_H
#define CYGNET_RENDER_ROTATION_JUDGE_H

#include "render/bringup_judge.h"
#include "render/rotation.h"

/* What a peer's SAs carry at best: those that the key that goes has signed, and the others. */
struct standing {
	bool has_old;			/* there are such */
	bool connects;			/* and one that is being set up */
	enum tunnel_health old, fresh;
};

struct standing standing_of(const struct state *state, const struct rotation_inputs *inputs,
			    const struct site *peer);

/* Whether an SA is one that the key that goes has signed, and is not on its way out. */
bool sa_is_old(const struct state *state, const struct ike_sa *sa);

/* Whether what the other key has signed takes the old ones' place: it carries no less. */
bool standing_is_replaced(const struct standing *standing);

/* What recent says of a peer; borrowed, zeroed when it says nothing. */
const struct follower *follower_find(const struct recent *recent, const char *site);

/* Whether an SA with the peer is established. */
bool peer_is_connected(const struct rotation_inputs *inputs, const struct site *peer);

/* Or was not long ago. */
bool peer_is_live(const struct state *state, const struct rotation_inputs *inputs,
		  const struct site *peer);

#endif
