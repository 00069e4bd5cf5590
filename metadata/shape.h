/* shape: what names and ids from outside may look like. */
#ifndef CYGNET_METADATA_SHAPE_H
#define CYGNET_METADATA_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

/* [a-z0-9-]{1,63}, not beginning or ending with '-': a region, zone, partition, site or mesh. */
bool shape_label(const char *text);

/* Labels with dots between, at most 253 bytes: "amazonaws.com.cn". */
bool shape_domain(const char *text);

/* The prefix ("vpc-") and 8 or 17 lower-case hex digits. Source: EC2 User Guide, "Resource IDs". */
bool shape_resource(const char *text, const char *prefix);

/* An AWS account id: 12 digits. */
bool shape_account(const char *text);

/* Six pairs of lower-case hex digits, colons between. */
bool shape_mac(const char *text);

/* "arn:<partition>:iam::<account>:role/<path/name>". Source: IAM User Guide, "IAM identifiers". */
bool shape_role(const char *text);

/* Between min and max bytes, each of them one of allowed. */
bool shape_word(const char *text, const char *allowed, size_t min, size_t max);

#endif
