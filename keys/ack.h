/* ack: what a gateway has done about its peers' next and revoked keys, as peers read it. */
#ifndef CYGNET_KEYS_ACK_H
#define CYGNET_KEYS_ACK_H

#include "keys/exchange.h"
#include "keys/revocations.h"

#define ACK_IDS_MAX 56		/* of 67 characters each: they fit a standard parameter */

/* A site's document. Zeroed is empty. */
struct ack {
	char *site;
	struct strings keys;	/* ids of peers' next keys that charon has loaded */
	struct strings revoked;	/* ids of peers' revoked keys that it has dealt with */
};

/* Zeroed is empty. */
struct acks {
	struct ack *items;
	size_t count;
	struct strings warnings;	/* one a document that cannot be used, no ", ignoring" */
};

/*
 * Pure. What site has to say once charon has loaded what peers have published: their next keys, and
 * those revoked ones of theirs that were dealt with. False, and nothing, when peers have neither.
 * At most ACK_IDS_MAX, revoked ones first: the others' turn comes when these are listed no more.
 */
bool ack_make(const char *site, const struct sites *peers, const struct revocations *dealt,
	      struct ack *ret_ack);

/* The document; equal acks give equal text. Yours to free. */
char *ack_text(const struct ack *ack);

/*
 * Pure. Parse a document with suspicion; expected_site is what the parameter is called. EXIT_CONFIG
 * names the member and the rule; unknown members are ignored. The result is yours to ack_done.
 */
int ack_parse(const char *text, const char *expected_site, struct ack *ret_ack, struct err *e);

/* Put the document of ack->site. */
int ack_put(const struct registry *registry, const struct ack *ack, struct err *e);

/* Remove the document of a site; one that is not there is no error. */
int ack_remove(const struct registry *registry, const char *site, struct err *e);

/* Every site's, own included. */
int acks_list(const struct registry *registry, struct acks *ret_acks, struct err *e);

/* Pure. Judge what was found below the mesh's "acks". */
void acks_fill(struct acks *acks, const struct registry *registry, const struct parameters *found);

/* Whether the site has loaded this next key, or dealt with this revoked one. */
bool acks_have_key(const struct acks *acks, const char *site, const char *id);
bool acks_have_revoked(const struct acks *acks, const char *site, const char *id);

/* "/<prefix>/<mesh>/acks/<site>"; yours to free. */
char *ack_path(const struct registry *registry, const char *site);

void ack_done(struct ack *ack);
void acks_done(struct acks *acks);

#endif
