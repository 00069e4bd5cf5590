/*
 * userdata: text for EC2, CloudFormation and IAM, printed by an operator or a pipeline anywhere. It
 * needs neither root nor an instance, calls nobody, and writes nothing.
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

/*
 * The settings of machines that are not there yet: those that this command was given. A file here
 * is of the machine that prints, and its site is not theirs.
 */
static int settings_read(struct session *session, char *const environment[], struct err *e)
{
	const struct config_sources sources = {
		.options = session->options->settings,
		.environment = environment,
	};

	session_step(session, "settings");
	return config_given(&sources, &session->config, e);
}

enum exit_code command_userdata(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(order_done) struct order order = { 0 };
	AUTO_FREE char *text = NULL;
	char own[HASH_TEXT];

	session_step(session, "what is asked for");
	if (program_hash(own, e) < 0 || order_make(&session->options->order, own, &order, e) < 0 ||
	    settings_read(session, environment, e) < 0)
		return EXIT_STEP;
	session_step(session, "user-data");
	if (userdata_make(&order, &session->config, &text, e) < 0)
		return EXIT_STEP;
	if (order.endpoints)
		log_warn(session->log, "endpoints answer for their own region alone: elsewhere "
			 "than in the registry's ('%s') the gateway needs a way there, by NAT or "
			 "by an endpoint across regions",
			 session->config.registry ? session->config.registry : "not set here");
	fputs(text, stdout);
	return EXIT_DONE;
}
