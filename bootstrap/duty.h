/* duty: an instance that serves its site no more. */
#ifndef CYGNET_BOOTSTRAP_DUTY_H
#define CYGNET_BOOTSTRAP_DUTY_H

#include "bootstrap/tunnels.h"
#include "keys/succession.h"

/*
 * A run that is to make this instance a gateway begins: it claims a site that was left, and with
 * --claim any.
 */
void duty_resume(struct session *session);

/*
 * EXIT_CONFIG, naming what takes the site back, once this instance has stopped; unless this run
 * claims the site.
 */
int duty_check(const struct session *session, struct err *e);

/* The same of one whose tenure has ended, whether or not it has stopped already. */
int duty_refuse(const struct session *session, struct err *e);

/* Warn that the site is another's, naming whose, or nobody's, and what this instance does then. */
void duty_tell(struct session *session, const struct succession *succession);

/*
 * Stop for good, in two steps, of which what is done already is not done again. The lock is held.
 * - Connections go out of charon and off the disk, and SAs are terminated.
 * - cygnet.service and its timer are disabled (the run that does this goes on), and duty is saved:
 *   nobody goes on then with what is not done.
 */
int duty_disconnect(struct session *session, struct outcome *outcome, struct err *e);
int duty_stop(struct session *session, enum duty duty, struct outcome *outcome, struct err *e);

/* Both. */
int duty_retire(struct session *session, enum duty duty, struct outcome *outcome, struct err *e);

#endif
