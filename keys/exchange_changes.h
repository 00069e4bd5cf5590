/* exchange_changes: reading only what was announced since an epoch. */
#ifndef CYGNET_KEYS_EXCHANGE_CHANGES_H
#define CYGNET_KEYS_EXCHANGE_CHANGES_H

#include "keys/exchange.h"

/* A site's record that the epoch was moved for. */
struct announcement {
	char *site;
	int64_t version;	/* of the record's parameter */
};

/* What was announced since an epoch. Zeroed is nothing. */
struct changes {
	struct epoch epoch;		/* after the last of them */
	struct announcement *items;	/* the last one of each site */
	size_t count;
};

/*
 * Pure. Judge the versions of the epoch's parameter, oldest first. They tell all that was announced
 * since applied only if the one of its version carries its token (or they begin at 1, and applied
 * is none), and if all after it are there and can be read. Else false, and nothing: the epoch was
 * deleted, or made anew, or more has happened than Parameter Store keeps.
 */
bool changes_judge(const struct parameters *history, const struct epoch *applied,
		   struct changes *ret_changes);
void changes_done(struct changes *changes);

/*
 * The records announced since applied, that of the own site and the policy. *ret_complete is false,
 * and *ret_listing untouched, when the history does not tell: exchange_list does. A record that is
 * missing, or older than announced, leaves listing.epoch at applied, so that it is looked at again.
 * Of no use after a refusal or another policy: what they held back is not announced again.
 */
int exchange_changes(const struct registry *registry, const char *own, const struct epoch *applied,
		     bool *ret_complete, struct listing *ret_listing, struct err *e);

#endif
