/*
 * userdata: text for EC2, CloudFormation and IAM, printed by an operator or a pipeline anywhere. It needs neither root
 * nor an instance, calls nobody, and writes nothing.
 */
#include <openssl/sha.h>
#include <stdio.h>

#include "base/file.h"
#include "bootstrap/command.h"
#include "userdata/userdata.h"

#define PROGRAM_MAX (64 * 1024 * 1024)

/* The SHA-256 of the binary that runs. */
static int program_hash(char ret_hash[HASH_TEXT], struct err *e)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	AUTO_BUF struct buf program = { 0 };

	if (file_read("", "/proc/self/exe", PROGRAM_MAX, &program, NULL, e) < 0)
		return err_wrap(e, "cygnet itself");
	SHA256((const unsigned char *)program.data, program.len, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
	return 0;
}

enum exit_code command_userdata(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(order_done) struct order order = { 0 };
	AUTO_FREE char *text = NULL;
	char own[HASH_TEXT];

	session_step(session, "what is asked for");
	if (program_hash(own, e) < 0 || order_make(&session->options->order, own, &order, e) < 0 ||
	    session_observe_settings(session, environment, e) < 0)
		return EXIT_STEP;
	session_step(session, "user-data");
	if (userdata_make(&order, &session->config, &text, e) < 0)
		return EXIT_STEP;
	fputs(text, stdout);
	return EXIT_DONE;
}
