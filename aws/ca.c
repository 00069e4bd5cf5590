/*
 * ca: finding the CA certificates. A static binary has no default for them, as distributions
 * differ; whether the file holds good certificates is for TLS to say.
 */
#include "aws/ca.h"

#include "base/buf.h"
#include "base/file.h"

static const char *const places[] = {
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",	/* Amazon Linux, EL, Fedora */
	"/etc/pki/tls/certs/ca-bundle.crt",			/* older ones of these */
	"/etc/ssl/certs/ca-certificates.crt",			/* Debian, Ubuntu */
	"/etc/ssl/ca-bundle.pem",				/* SUSE */
	"/etc/ssl/cert.pem",					/* Alpine */
	"/var/lib/ca-certificates/ca-bundle.pem",		/* newer SUSE */
};

static int ca_named(const char *root, const char *variable, const char *path, char **ret_path,
		    struct err *e)
{
	if (!file_exists(root, path))
		return err_set(e, EXIT_MISSING, "no CA certificates at '%s', which %s names", path,
			       variable);
	*ret_path = mem_strdup(path);
	return 0;
}

static int ca_missing(struct err *e)
{
	AUTO_BUF struct buf list = { 0 };

	for (size_t i = 0; i < COUNT_OF(places); i++)
		buf_addf(&list, "%s'%s'", i > 0 ? ", " : "", places[i]);
	err_set(e, EXIT_MISSING, "no CA certificates at any of %s", buf_str(&list));
	return err_remedy(e, "install the package ca-certificates, or name a PEM file in "
			     "AWS_CA_BUNDLE or SSL_CERT_FILE");
}

int ca_find(const char *root, const struct aws_environment *environment, char **ret_path,
	    struct err *e)
{
	if (environment->ca_bundle != NULL)
		return ca_named(root, "AWS_CA_BUNDLE", environment->ca_bundle, ret_path, e);
	if (environment->ssl_cert_file != NULL)
		return ca_named(root, "SSL_CERT_FILE", environment->ssl_cert_file, ret_path, e);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		if (file_exists(root, places[i])) {
			*ret_path = mem_strdup(places[i]);
			return 0;
		}
	}
	return ca_missing(e);
}
