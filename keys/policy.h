/* policy: what the operator allows the mesh. */
#ifndef CYGNET_KEYS_POLICY_H
#define CYGNET_KEYS_POLICY_H

#include "base/cidr.h"
#include "base/err.h"

/* A site that may exist. */
struct policy_site {
	char *name;
	bool limited;		/* it may offer what is within subnets only */
	struct cidrs subnets;
};

/* Zeroed is none: any site may offer anything. */
struct policy {
	uint32_t hash;		/* of its text; 0: there is none */
	char *fault;		/* why it is not understood, and taken for a freeze; NULL: it is */
	bool freeze;		/* records add, change and remove no peer */
	bool closed;		/* no other sites than these may exist */
	struct policy_site *sites;
	size_t site_count;
};

/*
 * Pure. {"schema": 1, "freeze": bool, "sites": {"<site>": {"subnets": ["<range>", …]}, …}};
 * all but schema may be missing. Anything else in it, or in another shape, is a fault naming
 * member and rule. The result is yours to policy_done.
 */
void policy_parse(const char *text, struct policy *ret_policy);

/* Borrowed; NULL when the policy does not name the site. */
const struct policy_site *policy_site(const struct policy *policy, const char *name);

void policy_done(struct policy *policy);

#endif
