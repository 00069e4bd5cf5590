/*
 * environment: from "NAME=value" strings to checked settings. It knows the rules of each variable,
 * not what they are used for; the values of keys and tokens never go into a message.
 */
#include "aws/environment.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/secret.h"

#define ATTEMPTS_DEFAULT 3
#define ATTEMPTS_MAX 100

typedef int variable_read(const char *name, const char *value, void *ret_field, struct err *e);

static int read_text(const char *name, const char *value, void *ret_field, struct err *e)
{
	for (const char *p = value; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return err_set(e, EXIT_CONFIG,
				       "%s holds blanks or characters that are not ASCII", name);
	*(char **)ret_field = mem_strdup(value);
	return 0;
}

/* Of what may hold a password, no other message may show the value. */
static int url_refuse_user(const char *name, const char *value, struct err *e)
{
	if (strchr(value, '@') == NULL)
		return 0;
	return err_set(e, EXIT_CONFIG, "%s holds a user or a password, which is never sent", name);
}

/* Host, perhaps port and path after the scheme; a query would not survive signing. */
static int read_http_url(const char *name, const char *value, void *ret_field, struct err *e)
{
	const char *host = strstr(value, "://");

	if (url_refuse_user(name, value, e) < 0)
		return -1;
	if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
		return err_set(e, EXIT_CONFIG,
			       "%s: '%s' does not begin with 'http://' or 'https://'", name, value);
	if (host[3] == '\0' || host[3] == '/' || strpbrk(value, "?#\\\"'<> ") != NULL)
		return err_set(e, EXIT_CONFIG, "%s: '%s' is not a scheme, a host and a path alone",
			       name, value);
	return read_text(name, value, ret_field, e);
}

static int read_metadata_url(const char *name, const char *value, void *ret_field, struct err *e)
{
	if (url_refuse_user(name, value, e) < 0)
		return -1;
	if (strncmp(value, "http://", 7) != 0)
		return err_set(e, EXIT_CONFIG, "%s: '%s' does not begin with 'http://'", name,
			       value);
	return read_http_url(name, value, ret_field, e);
}

static int read_file(const char *name, const char *value, void *ret_field, struct err *e)
{
	if (value[0] != '/')
		return err_set(e, EXIT_CONFIG, "%s: '%s' is not an absolute path", name, value);
	*(char **)ret_field = mem_strdup(value);
	return 0;
}

static int read_bool(const char *name, const char *value, void *ret_field, struct err *e)
{
	bool on = strcasecmp(value, "true") == 0;

	if (!on && strcasecmp(value, "false") != 0)
		return err_set(e, EXIT_CONFIG, "%s: '%s' is neither 'true' nor 'false'", name,
			       value);
	*(bool *)ret_field = on;
	return 0;
}

static int read_attempts(const char *name, const char *value, void *ret_field, struct err *e)
{
	char *end;
	long attempts = strtol(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || *end != '\0' || attempts < 1 ||
	    attempts > ATTEMPTS_MAX)
		return err_set(e, EXIT_CONFIG, "%s: '%s' is not a number in 1..%d", name, value,
			       ATTEMPTS_MAX);
	*(int *)ret_field = (int)attempts;
	return 0;
}

#define FIELD(name) offsetof(struct aws_environment, name)

static const struct variable {
	const char *name;
	variable_read *read;
	size_t field;
} variables[] = {
	{ "AWS_ACCESS_KEY_ID", read_text, FIELD(access_key_id) },
	{ "AWS_SECRET_ACCESS_KEY", read_text, FIELD(secret_access_key) },
	{ "AWS_SESSION_TOKEN", read_text, FIELD(session_token) },
	{ "AWS_ENDPOINT_URL", read_http_url, FIELD(endpoint) },
	{ "AWS_ENDPOINT_URL_SSM", read_http_url, FIELD(endpoint_ssm) },
	{ "AWS_ENDPOINT_URL_EC2", read_http_url, FIELD(endpoint_ec2) },
	{ "AWS_ENDPOINT_URL_AUTO_SCALING", read_http_url, FIELD(endpoint_auto_scaling) },
	{ "AWS_ENDPOINT_URL_STS", read_http_url, FIELD(endpoint_sts) },
	{ "AWS_CA_BUNDLE", read_file, FIELD(ca_bundle) },
	{ "SSL_CERT_FILE", read_file, FIELD(ssl_cert_file) },
	{ "AWS_EC2_METADATA_SERVICE_ENDPOINT", read_metadata_url, FIELD(metadata_endpoint) },
	{ "AWS_EC2_METADATA_DISABLED", read_bool, FIELD(metadata_disabled) },
	{ "AWS_USE_FIPS_ENDPOINT", read_bool, FIELD(fips) },
	{ "AWS_USE_DUALSTACK_ENDPOINT", read_bool, FIELD(dualstack) },
	{ "AWS_MAX_ATTEMPTS", read_attempts, FIELD(max_attempts) },
};

/* The value of a variable; NULL when it is unset or empty. */
static const char *variable_value(char *const environment[], const char *name)
{
	size_t len = strlen(name);

	for (; *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return (*environment)[len + 1] != '\0' ? *environment + len + 1 : NULL;
	return NULL;
}

static int variable_apply(const struct variable *variable, char *const environment[],
			  struct aws_environment *settings, struct err *e)
{
	const char *value = variable_value(environment, variable->name);

	if (value == NULL)
		return 0;
	return variable->read(variable->name, value, (char *)settings + variable->field, e);
}

static int keys_check(const struct aws_environment *settings, struct err *e)
{
	bool id = settings->access_key_id != NULL, secret = settings->secret_access_key != NULL;

	if (id == secret && (id || settings->session_token == NULL))
		return 0;
	err_set(e, EXIT_CONFIG, "%s is missing, and other parts of the credentials are set",
		id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
	return err_remedy(e, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or none of them");
}

int aws_environment_read(char *const environment[], struct aws_environment *ret_environment,
			 struct err *e)
{
	CLEANUP(aws_environment_done)
	struct aws_environment settings = { .max_attempts = ATTEMPTS_DEFAULT };

	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (variable_apply(&variables[i], environment, &settings, e) < 0)
			return -1;
	if (keys_check(&settings, e) < 0)
		return -1;
	*ret_environment = settings;
	settings = (struct aws_environment){ 0 };
	return 0;
}

void aws_environment_done(struct aws_environment *environment)
{
	free(environment->access_key_id);
	secret_free(environment->secret_access_key);
	secret_free(environment->session_token);
	free(environment->endpoint);
	free(environment->endpoint_ssm);
	free(environment->endpoint_ec2);
	free(environment->endpoint_auto_scaling);
	free(environment->endpoint_sts);
	free(environment->ca_bundle);
	free(environment->ssl_cert_file);
	free(environment->metadata_endpoint);
	*environment = (struct aws_environment){ 0 };
}
