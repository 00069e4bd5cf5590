/* policy: the least IAM policy, made from the table of permissions. */
#ifndef CYGNET_USERDATA_POLICY_H
#define CYGNET_USERDATA_POLICY_H

#include "base/json.h"
#include "userdata/order.h"
#include "userdata/permissions.h"

/* What names in braces stand for; all borrowed. NULL: not known; what needs it cannot be made. */
struct names {
	const struct config *config;
	const struct source *source;		/* NULL: cygnet is not fetched from S3 */
	const char *partition, *region, *account, *registry_account;
	const char *mesh, *registry, *site;
	const char *record;			/* path of the own record below the mesh's */
	const char *allocation, *vpc, *scaling_group, *route_tables;
};

/*
 * The statements that principal needs under the settings, as a JSON array; the registry's are the
 * instance's own where no role is assumed for it. Rows that differ in nothing but the action share
 * a statement. EXIT_CONFIG naming the setting or the option that is missing.
 */
int policy_statements(const struct names *names, enum principal principal, json_t **ret_statements,
		      struct err *e);

/* The whole document, indented, with a newline. Yours to free. */
int policy_make(const struct order *order, const struct config *config, enum principal principal,
		char **ret_text, struct err *e);

/* The partition that a region is in, from its name alone. Static. */
const char *policy_partition(const char *region);

#endif
