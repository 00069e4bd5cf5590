/* tags: the instance's own cygnet tags, from IMDS. */
#ifndef CYGNET_METADATA_TAGS_H
#define CYGNET_METADATA_TAGS_H

#include <stdbool.h>

#include "aws/imds.h"
#include "base/mem.h"

struct tag {
	char *key;		/* without "cygnet:" */
	char *value;
};

/* Zeroed is empty. */
struct tags {
	struct tag *items;
	size_t count;
	bool off;		/* IMDS shows no tags at all: InstanceMetadataTags is not enabled */
};

#define TAG_PREFIX "cygnet:"

/*
 * Read the tags that begin with TAG_PREFIX. That tags are off is no error here; it is one when a
 * required setting lacks. Errors as imds_get and tags_listed.
 */
int tags_read(struct imds *imds, struct tags *ret_tags, struct err *e);

/*
 * Pure. The keys of IMDS's listing that begin with TAG_PREFIX, whole. EXIT_CONFIG when one has a
 * character that EC2 does not allow in tags that IMDS shows (so that a key is a path element as it
 * stands), or when there are more than 100 tags.
 * Source: EC2 User Guide, "Access tags using instance metadata".
 */
int tags_listed(const char *listing, struct strings *ret_keys, struct err *e);
void tags_done(struct tags *tags);

#endif
