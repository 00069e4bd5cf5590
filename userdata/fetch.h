/* fetch: the part of the script that gets cygnet from its source. */
#ifndef CYGNET_USERDATA_FETCH_H
#define CYGNET_USERDATA_FETCH_H

#include "userdata/order.h"

/*
 * Add commands after which "$program" is cygnet's path: fetched and installed, or found. A hash that is pinned is
 * checked first. They need step, say, fail and try of the script, "$work" (a folder of its own), and what
 * packages_add defines.
 */
void fetch_add(struct buf *out, const struct order *order);

#endif
