/* cloud: what the VPC around the gateway should be, against what it is. Pure. */
#ifndef CYGNET_RENDER_CLOUD_H
#define CYGNET_RENDER_CLOUD_H

#include "keys/state.h"
#include "metadata/cloud.h"
#include "render/plan.h"

/* All borrowed. */
struct cloud_inputs {
	const struct config *config;
	const struct instance *instance;
	const struct cloud *cloud;
	const struct site *own;			/* to be published; cloud_address does without it */
	const struct sites *peers;		/* accepted ones, static ones too */
	const struct sites *listed;		/* the registry, to know gateways; NULL: not read */
	const struct state *state;		/* predecessors, and the routes made */
};

/*
 * The public address the site is to have, from 'address' and what was found: *ret_address, and the
 * Elastic IP it belongs to (borrowed; NULL with the default, the instance's own). EXIT_CONFIG when
 * there is not exactly one, when it is another site's, or an instance's that never filled this
 * site, naming both; EXIT_MISSING when it could not be read.
 */
int cloud_address(const struct cloud_inputs *inputs, uint32_t *ret_address,
		  const struct ec2_address **ret_elastic, struct err *e);

/*
 * Append what has to be done, in order: source/dest check, address, routes, rules; plan_sort finds
 * each its place among the host's. Each that cannot be done, or is left to the operator, is a
 * warning, which whoever tells it ends ", ignoring"; what cloud_address refuses is its caller's to
 * tell. Parts that were not read are left alone, and without a listing all but the source/dest
 * check. A quota that would be exceeded is a warning naming it, and none of that part's actions.
 */
void cloud_plan(const struct cloud_inputs *inputs, struct plan *plan, struct strings *warnings);

/*
 * Append what `leave` has to do: delete the routes to the own interface that were made, and remove
 * the own rules; and, by itself, give the address back. What is known to be there, or may be, and
 * was not read is a warning.
 */
void cloud_leave_plan(const struct cloud_inputs *inputs, struct plan *plan,
		      struct strings *warnings);
void cloud_release_plan(const struct cloud_inputs *inputs, struct plan *plan,
			struct strings *warnings);

/*
 * The routes that are, or by this plan become, cygnet's, for state->routes: to be saved before the
 * plan is done, as a run that is killed half way leaves none behind unknown then. One that is to be
 * deleted stays among them until it is seen gone. Yours to made_routes_done.
 */
void cloud_routes_made(const struct cloud_inputs *inputs, struct made_route **ret_routes,
		       size_t *ret_count);

/* The ranges of the own zone's subnets, sorted; yours to cidrs_done. Empty when not read. */
void cloud_zone_ranges(const struct cloud *cloud, const char *zone, struct cidrs *ret_ranges);

#endif
