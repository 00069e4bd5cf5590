/* rotate: what a pass does about keys replaced or revoked, own and peers'. The lock is held. */
#ifndef CYGNET_BOOTSTRAP_ROTATE_H
#define CYGNET_BOOTSTRAP_ROTATE_H

#include "bootstrap/tunnels.h"

/* Whether passes have anything to do about the own keys. */
bool rotate_is_on(const struct session *session);

/*
 * A key is made: the next one, or one in place of all that were there. The state knows of it before
 * it is on the disk, so that a key which the state does not know is a stranger's.
 */
int rotate_store(struct session *session, const struct buf *private_pem,
		 const struct public_key *key, struct err *e);

/*
 * Charon has loaded what peers published: terminate the SAs of a site that has revoked a key, once
 * for each, and then say in the registry what was dealt with, where anybody waits for that. A
 * registry that does not take it is a setback.
 */
int rotate_answer(struct session *session, const struct sites *peers, struct outcome *outcome,
		  struct err *e);

/*
 * Look at charon and at peers' acks, do what the rotation needs now, and take its next step.
 * outcome->behind: that was one, and the files, the record and charon are to follow;
 * outcome->moving: more is to be done soon.
 */
int rotate_tend(struct session *session, const struct site *own, const struct sites *peers,
		struct outcome *outcome, struct err *e);

/* Begin one, if 'rekey-after' says that the key is old enough. *ret_begun: it was. */
int rotate_begin_due(struct session *session, bool *ret_begun, struct err *e);

/* rotation_abort and rotation_compromise. *ret_done is theirs; to be saved then. */
int rotate_abort(struct session *session, bool *ret_done, struct err *e);
int rotate_compromise(struct session *session, bool *ret_done, struct err *e);

/* Keep what was changed of the rotation; the next pass looks at everything. */
int rotate_save(struct session *session, struct err *e);

#endif
