/* record: what a site publishes, and the document that carries it. */
#ifndef CYGNET_KEYS_RECORD_H
#define CYGNET_KEYS_RECORD_H

#include "base/cidr.h"
#include "base/json.h"
#include "keys/rsa.h"

#define RECORD_MAX 4096		/* characters of a standard parameter's value */
#define REVOKED_MAX 16		/* key ids in a record */

/*
 * Of a record that is read. None can follow the last one: half of what JSON holds exactly, it is
 * nobody's by counting, and no claim may become a record that is refused.
 */
#define GENERATION_MAX (INT64_C(1) << 52)

enum key_state { KEY_ACTIVE, KEY_NEXT };

struct site_key {
	enum key_state state;
	struct public_key key;
};

/* A site's published document, own or a peer's. Zeroed is empty. */
struct site {
	char *name;
	int64_t generation;	/* of the gateway that fills it: 1.. */
	char *region, *account, *vpc, *zone;
	char *instance;		/* id of the gateway's instance */
	uint32_t address;	/* public, host byte order */
	uint32_t probe;		/* private address that answers pings */
	struct cidrs subnets;	/* sorted */
	struct site_key *keys;	/* one active, then at most one next */
	size_t key_count;
	struct strings revoked;	/* key ids, oldest first */
	struct strings acks;	/* of a manual one: ids of our keys that its operator has loaded */
	bool left;		/* a tombstone: region to instance may be NULL, the rest is empty */
	bool empty;		/* claimed, nothing published yet: no address, subnets or keys */
	bool manual;		/* an operator's file: region to instance are NULL */
	int64_t version;	/* of the parameter it is from; 0: none. No part of the document */
};

/*
 * Parse a record's JSON, with suspicion. expected_name is what the parameter is called. EXIT_CONFIG
 * names the member and the rule: schema 1, names, region/account/vpc/zone/instance shapes, a
 * plausible address, canonical subnets (1..64), keys as public_key_parse, unknown members ignored
 * (a later version may add some). A tombstone needs only schema, generation and site; an empty one
 * has no key in "keys", and neither address, probe nor subnets. The result is yours to site_done.
 */
int record_parse(const char *text, const char *expected_name, struct site *ret_site, struct err *e);

/* The generation that a document tells which record_parse may refuse; 0: none that could be. */
int64_t record_generation(const char *text);

/*
 * The document; EXIT_CONFIG when it would exceed RECORD_MAX with two keys, as it will have them
 * while a key is replaced. Equal sites give equal text. ret_text is yours to free.
 *
 * Of the revoked ids the newest that fit are in it, at most REVOKED_MAX. Beside a single key at
 * least 9 always fit, where a second one would be; beside two keys of 4096 bits all 16 do with 32
 * subnets, and 12 with 64. An older one gets in when peers have dealt with a newer one and it
 * leaves.
 */
int record_text(const struct site *site, char **ret_text, struct err *e);

/*
 * The same two, of a document within another one, without its limit; expected_name may be NULL.
 * Yours to json_decref.
 */
int record_parse_json(const json_t *document, const char *expected_name, struct site *ret_site,
		      struct err *e);
json_t *record_json(const struct site *site);

/* Borrowed; NULL for a tombstone and an empty one. */
const struct public_key *site_active_key(const struct site *site);
/* Borrowed; NULL: it replaces no key. */
const struct public_key *site_next_key(const struct site *site);
/* Whether it has a key of this id, active or next. */
bool site_lists_key(const struct site *site, const char *id);
void site_copy(const struct site *from, struct site *ret_site);
void site_done(struct site *site);

/* A list of sites. Zeroed is empty. */
struct sites {
	struct site *items;
	size_t count;
};

/* Borrowed, or NULL. */
const struct site *sites_find(const struct sites *sites, const char *name);
void sites_add(struct sites *sites, struct site *taken);	/* takes what *taken holds */
void sites_sort(struct sites *sites);				/* by name */
void sites_done(struct sites *sites);

#endif
