/* packages: how each distribution installs what a gateway needs, as cases of the script. */
#ifndef CYGNET_USERDATA_PACKAGES_H
#define CYGNET_USERDATA_PACKAGES_H

#include "userdata/order.h"

/*
 * Add cases over "$os" (os-release's ID, a blank, and VERSION_ID up to the first dot), made from
 * the table of distributions, and functions that use them: repositories (make its packages known),
 * needs (run a command with the packages of a gateway), missing (print those that are not
 * installed), obtain (install packages, all or fail), refresh (read the indexes anew) and anew (run
 * a command, and refresh if that fails). Where the order has a use for them, also upgrade, and the
 * variables agent and syslog (packages of the CloudWatch agent, and of what writes its logs) and
 * aws_cli (one to install where curl cannot sign), empty where there is none.
 */
void packages_add(struct buf *out, const struct order *order, enum backend backend);

#endif
