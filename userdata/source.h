/* source: where a new instance gets cygnet from. */
#ifndef CYGNET_USERDATA_SOURCE_H
#define CYGNET_USERDATA_SOURCE_H

#include <stdbool.h>

#include "base/err.h"

enum source_kind {
	SOURCE_S3,	/* s3://BUCKET/KEY, or with ?region=REGION behind it */
	SOURCE_HTTPS,	/* https://HOST/PATH */
	SOURCE_IMAGE,	/* package: — the machine image has it */
	SOURCE_APT,	/* apt:https://HOST/PATH SUITE COMPONENT... */
	SOURCE_DNF,	/* dnf:https://HOST/PATH — for dnf and for yum */
};

struct source {
	enum source_kind kind;
	char *text;			/* as it was given */
	char *bucket, *key, *region;	/* of SOURCE_S3; region NULL: the instance's own */
	char *url;			/* of the others but SOURCE_IMAGE */
	char *suite;			/* of SOURCE_APT: what follows the URL */
};

#define SOURCE_ARCH "{arch}"	/* in a key or URL: x86_64 or aarch64, as `uname -m` says */

/* Pure. EXIT_USAGE naming the rule for anything else. Keys and URLs need no encoding or quotes. */
int source_parse(const char *text, struct source *ret_source, struct err *e);

/* Whether the binary itself is fetched, so that its hash has to be pinned. */
bool source_is_binary(const struct source *source);

/* Whether it is a repository whose packages are signed. */
bool source_is_repository(const struct source *source);

void source_done(struct source *source);

#endif
