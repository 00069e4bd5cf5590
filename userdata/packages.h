/* packages: how each distribution installs what a gateway needs, as cases of the script. */
#ifndef CYGNET_USERDATA_PACKAGES_H
#define CYGNET_USERDATA_PACKAGES_H

#include "userdata/order.h"

/*
 * Add cases over "$os" (os-release's ID, a blank, and VERSION_ID up to the first dot), made from the table of
 * distributions, and functions that use them: repositories (make its packages known), present (all is installed),
 * packages (install all), add (install those named), refresh (read the indexes anew). Where the order has a use for them, also upgrade, and the
 * variables agent (package of the CloudWatch agent) and aws_cli (one to install where curl cannot sign), empty where
 * there is none.
 */
void packages_add(struct buf *out, const struct order *order, enum backend backend);

#endif
