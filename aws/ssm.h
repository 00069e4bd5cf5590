/* ssm: the parts of Systems Manager Parameter Store that the registry needs. */
#ifndef CYGNET_AWS_SSM_H
#define CYGNET_AWS_SSM_H

#include <stdint.h>

#include "aws/call.h"
#include "base/mem.h"

struct parameter {
	char *name;
	char *value;		/* at most 8 KiB */
	int64_t version;	/* grows by one with each Put */
};

/* Zeroed is empty. */
struct parameters {
	struct parameter *items;
	size_t count;
};

/*
 * All calls: region is the registry's. Throttling, 5xx and connection errors are tried again within
 * AWS_MAX_ATTEMPTS with jittered backoff and then fail with EXIT_AGAIN; AccessDenied fails with
 * EXIT_DENIED and a remedy that names the IAM action and the parameter; expired credentials are
 * fetched anew once.
 * Source: Systems Manager API Reference, and botocore's model of it for the limits.
 */

/* GetParameters: those of at most 10 names that exist, in no particular order. */
int ssm_get(struct aws *aws, const char *region, const struct strings *names,
	    struct parameters *ret_found, struct err *e);

/*
 * GetParametersByPath, recursive: one page. token is NULL for the first; *ret_token is NULL after
 * the last, else yours to free. A page may be empty and still have a token.
 */
int ssm_list_page(struct aws *aws, const char *region, const char *path, const char *token,
		  struct parameters *ret_page, char **ret_token, struct err *e);

/*
 * All pages below each path, the paths side by side (at most 8 requests in flight), as one list.
 * If one fails all fail. At most 10,000 parameters.
 */
int ssm_list(struct aws *aws, const char *region, const struct strings *paths,
	     struct parameters *ret_found, struct err *e);

/* PutParameter: a String of the standard tier, overwriting; *ret_version is the new version. */
int ssm_put(struct aws *aws, const char *region, const char *name, const char *value,
	    int64_t *ret_version, struct err *e);

/* DeleteParameter; one that is not there is no error. */
int ssm_delete(struct aws *aws, const char *region, const char *name, struct err *e);

/* GetParameterHistory, all pages (at most 100 versions): oldest first. No such parameter: empty. */
int ssm_history(struct aws *aws, const char *region, const char *name, struct parameters *ret_found,
		struct err *e);

/* To the end of to; from is empty then. */
void parameters_move(struct parameters *from, struct parameters *to);
void parameters_done(struct parameters *list);

#endif
