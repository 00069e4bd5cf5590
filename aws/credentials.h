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

/* Where credentials come from; errors are the source's own. */
typedef int credentials_source(void *context, struct credentials *ret_credentials, struct err *e);

/* Those of a struct aws_environment, which never expire. */
credentials_source credentials_of_environment;
/* The instance role's, from a struct imds. EXIT_MISSING when it has none, and as imds_get does. */
credentials_source credentials_of_instance;

struct credentials_cache;	/* one source and what it gave last; for several threads at once */

/* Never contacts anything. context is borrowed, and only used under the cache's lock. */
struct credentials_cache *credentials_cache_new(credentials_source *source, void *context);
void credentials_cache_free(struct credentials_cache *cache);

/*
 * What the source gave, kept until shortly before it expires; a copy, wiped by credentials_done.
 * Fails as the source does.
 */
int credentials_get(struct credentials_cache *cache, int64_t now,
		    struct credentials *ret_credentials, struct err *e);

/*
 * AWS finds these too old: the next get asks the source again, unless another thread's has done so
 * since. False when they never expire, as the source would give the same.
 */
bool credentials_outdate(struct credentials_cache *cache, const struct credentials *outdated);

void credentials_done(struct credentials *credentials);

/* "2026-01-31T23:59:59Z", perhaps with a fraction, as Unix time. False for anything else. */
bool credentials_time(const char *text, int64_t *ret_time);

/* Decode what IMDS answers for a role. Fails with EXIT_DENIED when EC2 could not assume it. */
int credentials_parse(const char *text, struct credentials *ret_credentials, struct err *e);

#endif
