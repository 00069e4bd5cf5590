/* launch_template: what EC2 launches, as EC2's API has it. */
#ifndef CYGNET_USERDATA_LAUNCH_TEMPLATE_H
#define CYGNET_USERDATA_LAUNCH_TEMPLATE_H

#include <jansson.h>

#include "userdata/order.h"

/*
 * Launch template data for `aws ec2 create-launch-template --launch-template-data`: indented JSON
 * with a newline, yours to free. EXIT_CONFIG without a mesh, as that is among the tags. Source: EC2
 * API Reference, "RequestLaunchTemplateData".
 */
int launch_template_make(const struct order *order, const struct config *config,
			 const char *userdata, char **ret_text, struct err *e);

/* The parts that a stack has as well; each is yours to json_decref. */

/* IMDSv2 alone, for the instance itself and no container, with the instance's tags. */
json_t *launch_metadata_options(void);

/* {"Key": …, "Value": …}; takes value. */
json_t *launch_tag(const char *key, json_t *value);

/* The same tags for the instance and for its network interfaces, by which a policy knows them. */
json_t *launch_tag_specifications(json_t *tags);

#endif
