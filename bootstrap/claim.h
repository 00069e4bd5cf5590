/* claim: making the site this instance's, and making sure that it still is. */
#ifndef CYGNET_BOOTSTRAP_CLAIM_H
#define CYGNET_BOOTSTRAP_CLAIM_H

#include "bootstrap/session.h"
#include "keys/succession.h"

/*
 * Write this instance's name over the record found (NULL: none), with own's generation. The record
 * version that comes back tells whether somebody else has written meanwhile: then what is there is
 * judged anew, and the name written again, CLAIM_TRIES times at most. own gets the generation and
 * the version of its record, and state, saved, knows that the site is ours and its record yet to be
 * put. EXIT_AGAIN when another instance was faster.
 */
int claim_make(struct session *session, const struct site *found, struct site *own, struct err *e);

#define CLAIM_TRIES 5

/* EXIT_CONFIG, with what mends it, where the site is to be claimed and no generation is left. */
int claim_check(const struct session *session, const struct succession *succession, struct err *e);

/* Read the own record once more; *ret_ours: nobody else has taken the site. */
int claim_confirm(const struct session *session, bool *ret_ours, struct err *e);

#endif
