/*
 * version: what this binary is and what it was linked with.
 */
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "aws/http.h"
#include "aws/xml.h"
#include "bootstrap/command.h"

enum exit_code command_version(struct session *session, char *const environment[], struct err *e)
{
	(void)session;
	(void)environment;
	(void)e;
	printf("cygnet %s (sources %s)\n", CYGNET_VERSION, CYGNET_SOURCES);
	printf("linked with %s, %s, jansson %s, %s, musl %s\n",
	       OpenSSL_version(OPENSSL_VERSION), http_library(), jansson_version_str(),
	       xml_library(), CYGNET_MUSL_VERSION);
	return EXIT_DONE;
}
