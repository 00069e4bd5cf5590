/* statusall: reading what `ipsec statusall` prints, where charon has no vici plugin. */
#ifndef CYGNET_BOOTSTRAP_CHARON_STATUSALL_H
#define CYGNET_BOOTSTRAP_CHARON_STATUSALL_H

#include "metadata/tunnels.h"

/*
 * Pure. Read the text into what charon_probe gives. A line of one of cygnet's that has another
 * shape, and a text that lacks its head or its list of SAs, is EXIT_STEP naming line and rule. Ages
 * are as coarse as they are printed ("2 minutes").
 * Source: strongSwan's stroke plugin (stroke_list.c), which prints the same lines from 5.4 to 6.0.
 */
int statusall_parse(const char *text, struct tunnels *ret_tunnels, struct err *e);

#endif
