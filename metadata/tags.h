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

/* Read the tags that begin with TAG_PREFIX. That tags are off is not an error here; it is when a required setting lacks. */
int tags_read(struct imds *imds, struct tags *ret_tags, struct err *e);
void tags_done(struct tags *tags);

#endif
