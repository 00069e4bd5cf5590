/* client: what the files of the command line for the calls of aws/ share. */
#ifndef CYGNET_TESTS_AWS_CLIENT_H
#define CYGNET_TESTS_AWS_CLIENT_H

#include "aws/call.h"
#include "base/json.h"

struct client {
	struct aws_environment environment;
	struct imds *imds;
	struct aws *aws;
	struct aws *base;	/* what aws assumes a role with; NULL: aws is no role's */
	struct strings role;	/* then: the role, the region of STS and the session */
	bool dry;		/* changes are only asked for */
};

/* arguments begins behind the step's name. */
typedef int client_step(struct client *client, const struct strings *arguments, json_t **ret_result,
			struct err *e);

struct client_entry {
	const char *name;
	size_t arguments;	/* at least */
	client_step *run;
};

extern const struct client_entry client_ec2_steps[];	/* ended by one without a name */

#endif
