/* packages: how each distribution installs what a gateway needs, as a shell's case. */
#ifndef CYGNET_USERDATA_PACKAGES_H
#define CYGNET_USERDATA_PACKAGES_H

#include "userdata/order.h"

/*
 * Add the case over "$os" (os-release's ID, a blank, and VERSION_ID up to the first dot), made from the table of
 * distributions. Each arm defines functions: repositories (make its packages known, read the indexes), present (all is
 * installed), packages (install all) and add (install those named). Where the order has a use for them, also upgrade,
 * and the variables agent (package of the CloudWatch agent) and aws_cli (one to install where curl cannot sign), empty
 * where there is none.
 */
void packages_cases(struct buf *out, const struct order *order, enum backend backend);

#endif
