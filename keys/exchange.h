/* exchange: reading and publishing records through the registry. */
#ifndef CYGNET_KEYS_EXCHANGE_H
#define CYGNET_KEYS_EXCHANGE_H

#include "aws/ssm.h"
#include "keys/policy.h"
#include "keys/record.h"

/* Where a mesh's records are; all borrowed. */
struct registry {
	struct aws *aws;
	const char *region, *prefix, *mesh;
};

#define PREDECESSORS_MAX 16

#define EPOCH_TOKEN_SIZE 33	/* 128 random bits in hex, and NUL */

/* The change counter; version 0: there is none. Equal only if both members are. */
struct epoch {
	int64_t version;
	char token[EPOCH_TOKEN_SIZE];
};

bool epoch_equal(const struct epoch *a, const struct epoch *b);

/* A record that could not be used. */
struct refusal {
	char *site;		/* as the parameter is called */
	char *rule;		/* why */
	bool in_place;		/* it stands where the site's record belongs */
	int64_t generation;	/* that it tells all the same; 0: none */
};

/* What the registry holds. Zeroed is empty. */
struct listing {
	struct epoch epoch;	/* as it was before the records were read; so is the policy */
	struct policy policy;
	bool partial;		/* only what has changed was read: see listing_complete */
	struct sites sites;	/* every record that parses, own included, sorted by name */
	struct refusal *refusals;	/* the others */
	size_t refusal_count;
};

/*
 * The epoch and the policy, in one GetParameters. A missing epoch is version 0. A malformed one is
 * version of the parameter with token "". The policy is yours to policy_done.
 */
int exchange_epoch(const struct registry *registry, struct epoch *ret_epoch,
		   struct policy *ret_policy, struct err *e);

/*
 * The epoch and the policy, then every record: one recursive listing, and the sixteen shards side
 * by side where that has more pages. A record below the wrong shard or with a name that is no
 * site's is a refusal, not a failure.
 */
int exchange_list(const struct registry *registry, struct listing *ret_listing, struct err *e);

/* What stands in the place of a site's record and could not be used; borrowed, NULL: nothing. */
const struct refusal *listing_refusal(const struct listing *listing, const char *site);

/*
 * The record of one site, straight from its parameter; *ret_found is false when there is none, and
 * *ret_site then untouched. One that does not parse is EXIT_CONFIG.
 */
int exchange_record(const struct registry *registry, const char *site, bool *ret_found,
		    struct site *ret_site, struct err *e);

/*
 * The instances that filled a site before `instance` does, newest first, at most PREDECESSORS_MAX:
 * those its parameter's history names. Versions that do not parse are passed over.
 */
int exchange_predecessors(const struct registry *registry, const char *site, const char *instance,
			  struct strings *ret_instances, struct err *e);

/* Put the record; *ret_version is its parameter's new version. */
int exchange_put_record(const struct registry *registry, const struct site *site,
			int64_t *ret_version, struct err *e);

/*
 * Move the epoch: {site, version of its record, token}. token is random; *ret_epoch is the new one.
 */
int exchange_put_epoch(const struct registry *registry, const char *site, int64_t record_version,
		       const char token[EPOCH_TOKEN_SIZE], struct epoch *ret_epoch, struct err *e);

/* Pure. Judge what was found below the mesh's "sites", and sort it into the listing. */
void listing_fill(struct listing *listing, const struct registry *registry,
		  const struct parameters *found);

/*
 * Pure. Add those remembered records (static peers are none) that the listing lacks: absence
 * removes nobody, and of a partial listing it says nothing at all.
 */
void listing_complete(struct listing *listing, const struct sites *remembered);

/* "/<prefix>/<mesh>/sites/<shard>/<site>"; yours to free. */
char *exchange_record_path(const struct registry *registry, const char *site);
/* "/<prefix>/<mesh>/epoch"; yours to free. */
char *exchange_epoch_path(const struct registry *registry);
/* "/<prefix>/<mesh>/policy"; yours to free. */
char *exchange_policy_path(const struct registry *registry);

void listing_done(struct listing *listing);

#endif
