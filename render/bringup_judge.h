/* bringup_judge: how each tunnel is, for this room's use. */
#ifndef CYGNET_RENDER_BRINGUP_JUDGE_H
#define CYGNET_RENDER_BRINGUP_JUDGE_H

#include "render/bringup.h"

/* One entry a peer, in their order; yours to free. */
struct tunnel_report *tunnels_judge(const struct bringup_inputs *inputs);

/* Whether an SA's address, and once it is established its ids, are the planned ones. */
bool sa_is_planned(const struct ike_sa *sa, const struct site *own, const struct site *peer);

/* Charon has taken leave of the peer, and waits for its answer. */
bool sa_is_ending(const struct ike_sa *sa);

/* Whether its peer was replaced, and it was there before: it is with an instance that is gone. */
bool sa_is_former(const struct bringup_inputs *inputs, const struct ike_sa *sa);

/* Whether it is planned, the peer's, established and not ending. */
bool sa_carries(const struct ike_sa *sa, const struct site *own, const struct site *peer);

/* Likewise, and it is not with an instance that is gone. */
bool sa_counts(const struct bringup_inputs *inputs, const struct ike_sa *sa,
	       const struct site *peer);

/* By its selectors and state. */
enum tunnel_health child_judge(const struct child_sa *child, const struct site *own,
			       const struct site *peer);

/* Installed, and not being replaced just now. */
bool child_is_settled(const struct child_sa *child);

#endif
