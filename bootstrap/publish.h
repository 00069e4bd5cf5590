/* publish: the own record into the registry, and the epoch after it. */
#ifndef CYGNET_BOOTSTRAP_PUBLISH_H
#define CYGNET_BOOTSTRAP_PUBLISH_H

#include "bootstrap/session.h"

/* Whether own has to be put: it differs from the listing's, or an announcement is pending. */
bool publish_due(const struct session *session, const struct listing *listing,
		 const struct site *own);

/* Move the epoch, as this version of a site's record is news; *ret_epoch is the new one. */
int publish_announce(const struct registry *registry, const char *site, int64_t version,
		     struct epoch *ret_epoch, struct err *e);

/*
 * Put the record and move the epoch. "Pending" is on disk before the first and gone after the
 * second, so that a run that is killed between them is made up for by the next. *ret_behind: others
 * have announced since the listing was read, or have written this record since own->version.
 */
int publish_record(struct session *session, const struct site *own, bool *ret_behind,
		   struct err *e);

#endif
