/* cloud_parts: what render/cloud is made of, for this room's use. */
#ifndef CYGNET_RENDER_CLOUD_PARTS_H
#define CYGNET_RENDER_CLOUD_PARTS_H

#include "render/cloud.h"

/*
 * Another site of the mesh whose gateway this instance is; borrowed, or NULL. instance may be NULL.
 * (cloud.c)
 */
const struct site *cloud_site_of(const struct cloud_inputs *inputs, const char *instance);

/* Another site, in the own VPC. (cloud.c) */
bool cloud_is_neighbour(const struct cloud_inputs *inputs, const struct site *site);

/*
 * Each appends its part of cloud_plan; address tells of nothing itself. (cloud_address.c,
 * _routes.c, _rules.c)
 */
void cloud_address_plan(const struct cloud_inputs *inputs, struct plan *plan);
void cloud_routes_plan(const struct cloud_inputs *inputs, struct plan *plan,
		       struct strings *warnings);
void cloud_rules_plan(const struct cloud_inputs *inputs, struct plan *plan,
		      struct strings *warnings);

/* Each appends its part of cloud_leave_plan, or all of cloud_release_plan. */
void cloud_address_leave(const struct cloud_inputs *inputs, struct plan *plan);
void cloud_rules_leave(const struct cloud_inputs *inputs, struct plan *plan);

/*
 * Whether a table is this gateway's to keep: by its tag, and with scope az if it serves the own
 * zone alone. One that serves others too is warned of. (cloud_tables.c)
 */
bool cloud_table_chosen(const struct cloud_inputs *inputs, const struct ec2_route_table *table,
			struct strings *warnings);

/* With scope az, warn of the VPC's zones that no site serves. (cloud_tables.c) */
void cloud_zones_warn(const struct cloud_inputs *inputs, struct strings *warnings);

/* A route of this very range, static before propagated; borrowed, or NULL. (cloud_made.c) */
const struct ec2_route *cloud_route_find(const struct ec2_route_table *table, struct cidr range);

/* A static route to the own interface. (cloud_made.c) */
bool cloud_leads_here(const struct cloud_inputs *inputs, const struct ec2_route *route);

/*
 * Append the deletion of what cygnet made, what is still its, and what none of these sites needs.
 * (cloud_made.c)
 */
void cloud_made_delete(const struct cloud_inputs *inputs, const struct sites *needed,
		       struct plan *plan);

#endif
