/* bringup: how the tunnels are, and which to initiate or terminate. Pure. */
#ifndef CYGNET_RENDER_BRINGUP_H
#define CYGNET_RENDER_BRINGUP_H

#include "keys/state.h"
#include "render/plan.h"

enum tunnel_health {
	TUNNEL_DOWN,
	TUNNEL_CONNECTING,	/* charon is at it */
	TUNNEL_OUTDATED,	/* up, with subnets that are planned and others that are not */
	TUNNEL_NARROWED,	/* up, but the peer agreed to fewer subnets than planned */
	TUNNEL_UP,		/* with the planned address and ids, planned selectors installed */
};

struct tunnel_report {
	const struct site *peer;	/* borrowed */
	enum tunnel_health health;
	const struct ike_sa *sa;	/* borrowed; the one that is up or connecting, else NULL */
	const struct child_sa *child;	/* borrowed; the best installed, then newest; else NULL */
	bool busy;			/* charon is setting up or taking down something for it */
	size_t settled;			/* its children that are installed, and not being rekeyed */
};

/*
 * Peers whose sites another instance fills than as applied before, and the SAs that there were
 * before its key was loaded, which cannot be with it. Zeroed: none was replaced.
 */
struct replaced {
	struct strings sites;
	struct tunnels before;
};

void replaced_done(struct replaced *replaced);

/* All borrowed. */
struct bringup_inputs {
	const struct site *own;
	const struct sites *peers;
	const struct tunnels *tunnels;
	const struct recent *recent;
	const struct replaced *replaced;	/* NULL: none was */
	int64_t now_ms, interval_ms;
	bool passive;			/* the site is not ours, or not yet: nothing is initiated */
};

/*
 * Judge each peer's tunnel: ret_reports has one entry a peer, in their order (yours to free).
 * ret_plan has what to do.
 * - One end acts: the smaller name at once, the other after two intervals; with one that was
 *   replaced either at once.
 * - A tunnel that is down, or is up with other subnets than planned, is initiated; the latter as a
 *   further child. Again after half an interval at the soonest when it is down, after one
 *   otherwise, and then ever later, up to 5 minutes; at once when what is planned has changed, but
 *   after an interval when it is the own subnets that have.
 * - A child is terminated once a newer one is there that is nearer to the plan; and beside the
 *   planned one, after four intervals, a newer one too. Of two alike the newer goes: a peer that
 *   has not read its side yet has narrowed it.
 * - An SA to an address or id that is not planned, of a site that is no peer, or with an instance
 *   that was replaced, is terminated. One that is being terminated counts as gone.
 */
void bringup_plan(const struct bringup_inputs *inputs, struct tunnel_report **ret_reports,
		  struct plan *ret_plan);

/* Note in recent since when which tunnels are not as planned, and when they were last initiated. */
void bringup_remember(const struct bringup_inputs *inputs, const struct tunnel_report *reports,
		      const struct plan *plan, struct recent *recent);

bool tunnel_is_up(const struct tunnel_report *report);

/* One line on a tunnel, for people. Yours to free. */
char *tunnel_text(const struct tunnel_report *report);

#endif
