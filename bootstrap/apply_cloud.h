/* apply_cloud: carrying out the part of a plan that writes EC2. */
#ifndef CYGNET_BOOTSTRAP_APPLY_CLOUD_H
#define CYGNET_BOOTSTRAP_APPLY_CLOUD_H

#include "bootstrap/session.h"
#include "render/plan.h"

/*
 * Ask with DryRun whether IAM allows what the plan writes to EC2, once for each action and
 * resource. What it does not is a setback, and goes out of the plan.
 */
void cloud_rehearse(struct session *session, struct plan *plan);

/* Whether a phase of the plan writes EC2. */
bool cloud_writes(const struct plan *plan, enum phase phase);

/*
 * Do what a phase of the plan writes to EC2, in order, each with a line on the log. A failure is a
 * setback and costs the others nothing. False: the next pass has to look again at once, as EC2 is
 * not what the plan was made from.
 */
bool cloud_apply(struct session *session, const struct plan *plan, enum phase phase);

#endif
