/* registry: the records of the mesh, as a pass gets to know them. */
#ifndef CYGNET_BOOTSTRAP_REGISTRY_H
#define CYGNET_BOOTSTRAP_REGISTRY_H

#include "bootstrap/session.h"

/*
 * Every record of the registry, or with news only those that were announced since the epoch that
 * was applied, where the epoch's history tells; and in either case what is remembered of the
 * others, as absence says nothing. That the history cannot be read is a setback. Fails as
 * exchange_list; yours to listing_done.
 */
int registry_read(struct session *session, bool news, struct listing *ret_listing, struct err *e);

#endif
