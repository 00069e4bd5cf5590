/* CA certificates: the places, their order, and what is said when there are none. */
#include "tests/unit/support.h"

#include "aws/ca.h"
#include "base/file.h"
#include "base/mem.h"

static void file_put(const char *root, const char *path)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_replace(root, path, "x", 1, 0644, &e), 0);
}

static void assert_found(const char *root, const struct aws_environment *environment,
			 const char *expected)
{
	AUTO_FREE char *path = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(ca_find(root, environment, &path, &e), 0);
	assert_string_equal(path, expected);
}

static void each_place_goes_before_the_next(void **state)
{
	static const char *const places[] = {
		"/var/lib/ca-certificates/ca-bundle.pem", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem",
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	};
	const struct aws_environment nothing = { 0 };
	char root[] = ROOT_TEMPLATE;

	(void)state;
	root_make(root);
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		file_put(root, places[i]);
		assert_found(root, &nothing, places[i]);
	}
	root_remove(root);
}

static void the_environment_goes_before_all_places(void **state)
{
	char bundle[] = "/my/ca.pem", openssl[] = "/my/ssl.pem", root[] = ROOT_TEMPLATE;
	const struct aws_environment both = { .ca_bundle = bundle, .ssl_cert_file = openssl };
	const struct aws_environment one = { .ssl_cert_file = openssl };

	(void)state;
	root_make(root);
	file_put(root, "/etc/ssl/cert.pem");
	file_put(root, bundle);
	file_put(root, openssl);
	assert_found(root, &both, bundle);
	assert_found(root, &one, openssl);
	root_remove(root);
}

static void a_named_file_that_is_missing_is_no_reason_to_trust_another(void **state)
{
	char bundle[] = "/my/ca.pem", root[] = ROOT_TEMPLATE, *path = NULL;
	const struct aws_environment environment = { .ca_bundle = bundle };
	struct err e = ERR_INIT;

	(void)state;
	root_make(root);
	file_put(root, "/etc/ssl/cert.pem");
	assert_int_equal(ca_find(root, &environment, &path, &e), -1);
	assert_error(&e, EXIT_MISSING, "no CA certificates at '/my/ca.pem', which AWS_CA_BUNDLE names", "");
	root_remove(root);
}

static void nowhere_any_names_all_places(void **state)
{
	const struct aws_environment nothing = { 0 };
	char root[] = ROOT_TEMPLATE, *path = NULL;
	struct err e = ERR_INIT;

	(void)state;
	root_make(root);
	assert_int_equal(ca_find(root, &nothing, &path, &e), -1);
	assert_error(&e, EXIT_MISSING,
		     "no CA certificates at any of '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', "
		     "'/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/ca-bundle.pem', "
		     "'/etc/ssl/cert.pem', '/var/lib/ca-certificates/ca-bundle.pem'",
		     "install the package ca-certificates, or name a PEM file in AWS_CA_BUNDLE or SSL_CERT_FILE");
	root_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_goes_before_the_next),
		cmocka_unit_test(the_environment_goes_before_all_places),
		cmocka_unit_test(a_named_file_that_is_missing_is_no_reason_to_trust_another),
		cmocka_unit_test(nowhere_any_names_all_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
