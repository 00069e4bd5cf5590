/* ca: where this machine keeps the certificates of the authorities it trusts. */
#ifndef CYGNET_AWS_CA_H
#define CYGNET_AWS_CA_H

#include "aws/environment.h"

/*
 * The path of a PEM file, yours to free: AWS_CA_BUNDLE, SSL_CERT_FILE, or the first place below
 * root where a distribution puts it. One that is named but not there, and no place that has one, is
 * EXIT_MISSING with the places.
 */
int ca_find(const char *root, const struct aws_environment *environment, char **ret_path,
	    struct err *e);

#endif
