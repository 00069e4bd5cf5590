/* stack: a CloudFormation template for one site. */
#ifndef CYGNET_USERDATA_STACK_H
#define CYGNET_USERDATA_STACK_H

#include "userdata/order.h"

/*
 * Whether the stack itself says what this setting is, by a tag: by a parameter, whose default is
 * what was given, or as it has made the resource. Such settings are not in the user-data, where
 * they would hide the tag.
 */
bool stack_sets(enum setting setting);

/*
 * The template: Elastic IP, security group, role, launch template, and an Auto Scaling group of one
 * with a launch hook. Indented JSON with a newline, yours to free. EXIT_CONFIG when a setting was
 * given that only the stack can know. However long user-data is, CloudFormation takes the template
 * at once, without S3.
 */
int stack_make(const struct order *order, const struct config *config, const char *userdata,
	       char **ret_text, struct err *e);

#endif
