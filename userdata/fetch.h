/* fetch: the part of the script that gets cygnet from its source. */
#ifndef CYGNET_USERDATA_FETCH_H
#define CYGNET_USERDATA_FETCH_H

#include "userdata/order.h"

/*
 * Add commands that end the script where nothing on the machine, and nothing that its distribution
 * has, can ask the source: before minutes go by. "$way" is the function that can, of fetch_add.
 */
void fetch_begin(struct buf *out, const struct order *order);

/*
 * Add commands after which "$program" is cygnet's path: fetched and installed, or found. A hash
 * that is pinned is checked first. They need step, say, fail and try of the script, "$work" (a
 * folder of its own), what packages_add defines, and fetch_begin's.
 */
void fetch_add(struct buf *out, const struct order *order);

#endif
