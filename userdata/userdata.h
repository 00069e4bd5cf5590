/*
 * userdata: what an operator gives to EC2, CloudFormation or IAM so that an instance becomes a
 * gateway.
 */
#ifndef CYGNET_USERDATA_USERDATA_H
#define CYGNET_USERDATA_USERDATA_H

#include "userdata/order.h"

/* Bytes before base64. Source: EC2 User Guide, "Run commands when you launch …". */
#define USERDATA_MAX 16384

/*
 * Pure. The text in the format that was ordered; yours to free. EXIT_CONFIG naming both sizes when
 * user-data is larger than EC2 takes, and for settings that a format cannot do with or without.
 */
int userdata_make(const struct order *order, const struct config *config, char **ret_text,
		  struct err *e);

#endif
