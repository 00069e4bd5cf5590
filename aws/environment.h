/* environment: the variables that the AWS SDKs honour, read once. */
#ifndef CYGNET_AWS_ENVIRONMENT_H
#define CYGNET_AWS_ENVIRONMENT_H

#include <stdbool.h>

#include "base/err.h"

struct aws_environment {
	char *access_key_id;		/* AWS_ACCESS_KEY_ID; all three go before the role's */
	char *secret_access_key;	/* AWS_SECRET_ACCESS_KEY; wiped by done */
	char *session_token;		/* AWS_SESSION_TOKEN; wiped by done */
	char *endpoint;			/* AWS_ENDPOINT_URL */
	char *endpoint_ssm;		/* AWS_ENDPOINT_URL_SSM */
	char *endpoint_ec2;		/* AWS_ENDPOINT_URL_EC2 */
	char *endpoint_auto_scaling;	/* AWS_ENDPOINT_URL_AUTO_SCALING */
	char *endpoint_sts;		/* AWS_ENDPOINT_URL_STS */
	char *ca_bundle;		/* AWS_CA_BUNDLE, an absolute path */
	char *ssl_cert_file;		/* SSL_CERT_FILE, likewise; OpenSSL's own variable */
	char *metadata_endpoint;	/* AWS_EC2_METADATA_SERVICE_ENDPOINT */
	bool metadata_disabled;		/* AWS_EC2_METADATA_DISABLED */
	bool fips;			/* AWS_USE_FIPS_ENDPOINT */
	bool dualstack;			/* AWS_USE_DUALSTACK_ENDPOINT */
	int max_attempts;		/* AWS_MAX_ATTEMPTS, default 3 */
};

/*
 * Read environment ("NAME=value" strings, NULL-terminated). An empty variable counts as unset. A
 * malformed boolean, number, path or URL, or a key without its secret, is EXIT_CONFIG naming the
 * variable and the rule.
 */
int aws_environment_read(char *const environment[], struct aws_environment *ret_environment,
			 struct err *e);
void aws_environment_done(struct aws_environment *environment);

#endif
