/* bringup_judge: how each tunnel is, for this room's use. */
#ifndef CYGNET_RENDER_BRINGUP_JUDGE_H
#define CYGNET_RENDER_BRINGUP_JUDGE_H

#include "render/bringup.h"

/* One entry a peer, in their order; yours to free. */
struct tunnel_report *tunnels_judge(const struct bringup_inputs *inputs);

/* Whether an SA's address, and once it is established its ids, are the planned ones. */
bool sa_is_planned(const struct ike_sa *sa, const struct site *own, const struct site *peer);

/* Likewise, and it is established and the peer's. */
bool sa_carries(const struct ike_sa *sa, const struct site *own, const struct site *peer);

/* By its selectors and state. */
enum tunnel_health child_judge(const struct child_sa *child, const struct site *own, const struct site *peer);

/* Installed, and not being replaced just now. */
bool child_is_settled(const struct child_sa *child);

#endif
