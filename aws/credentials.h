/* credentials: with what requests are signed, and where that comes from. */
#ifndef CYGNET_AWS_CREDENTIALS_H
#define CYGNET_AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/environment.h"
#include "aws/imds.h"

struct credentials {
	char *access_key_id;
	char *secret_access_key;
	char *session_token;	/* NULL: long-lived keys have none */
	int64_t expires;	/* Unix time; INT64_MAX: never */
};

struct credentials_cache;	/* one source and what it gave last; for several threads at once */

/*
 * Never contacts anything. Both are borrowed; imds is used by one thread at a time, under the
 * cache's lock.
 */
struct credentials_cache *credentials_cache_new(const struct aws_environment *environment,
						struct imds *imds);
void credentials_cache_free(struct credentials_cache *cache);

/*
 * The environment's keys, else those of the instance's role, kept until shortly before they expire;
 * a copy, wiped by credentials_done. Fails with EXIT_MISSING when the instance has no role, and as
 * imds_get does.
 */
int credentials_get(struct credentials_cache *cache, int64_t now,
		    struct credentials *ret_credentials, struct err *e);

/*
 * AWS finds these too old: the next get asks the role again, unless another thread's has done so
 * since. False when they are the environment's, which stay what they are.
 */
bool credentials_outdate(struct credentials_cache *cache, const struct credentials *outdated);

void credentials_done(struct credentials *credentials);

/* Decode what IMDS answers for a role. Fails with EXIT_DENIED when EC2 could not assume it. */
int credentials_parse(const char *text, struct credentials *ret_credentials, struct err *e);

#endif
