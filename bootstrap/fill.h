/* fill: the instance becomes, or goes on as, the gateway of its site. */
#ifndef CYGNET_BOOTSTRAP_FILL_H
#define CYGNET_BOOTSTRAP_FILL_H

#include "bootstrap/picture.h"
#include "bootstrap/tunnels.h"

/*
 * Do what the picture's plan has to do outside of this host, in this order: the source/dest check;
 * ask whether IAM allows the rest; claim; address; record and epoch; routes and rules. EC2 is
 * written only after the own record was read once more and still names this instance, a site is
 * claimed only by who can take its address, its record tells of no address that the instance has
 * not, and routes lead to it only once its key is published. What does not work is a setback; what
 * only another look can settle makes outcome->behind true. What is denied goes out of the plan.
 * Fails when the record cannot be written for good.
 */
int fill_site(struct session *session, struct picture *picture, struct plan *plan,
	      struct outcome *outcome, struct err *e);

#endif
