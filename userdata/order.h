/* order: what `cygnet userdata` is asked for. */
#ifndef CYGNET_USERDATA_ORDER_H
#define CYGNET_USERDATA_ORDER_H

#include <stdbool.h>

#include "base/buf.h"
#include "metadata/config.h"
#include "userdata/source.h"

enum format {
	FORMAT_SHELL,
	FORMAT_CLOUD_CONFIG,
	FORMAT_MIME,
	FORMAT_LAUNCH_TEMPLATE,
	FORMAT_CLOUDFORMATION,
	FORMAT_GATEWAY_POLICY,
	FORMAT_REGISTRY_POLICY,
	FORMAT_OPERATOR_POLICY,
	FORMAT_PERMISSIONS,
};

enum arch { ARCH_X86_64, ARCH_AARCH64, ARCH_COUNT };

/* As `uname -m` calls it. Static. */
const char *arch_name(enum arch arch);

/* The architecture that this binary is for. */
enum arch arch_own(void);

#define HASH_TEXT 65		/* bytes that hold a SHA-256 in hex and its NUL */

/* The command line's words; all borrowed, NULL where not given. */
struct order_words {
	const char *format, *source, *repository_key;
	const char *sha256[ARCH_COUNT];
	const char *ami, *type, *group, *profile;
	const char *region, *account, *vpc, *scaling_group;
	bool upgrade, cloudwatch, endpoints;
};

struct order {
	enum format format;
	bool has_source;
	struct source source;
	char hashes[ARCH_COUNT][HASH_TEXT];	/* in lower case; "": not pinned */
	char *key;				/* PGP public key of a repository; NULL: none */
	bool upgrade;				/* what is installed is brought up to date first */
	bool cloudwatch;			/* install the CloudWatch agent */
	bool endpoints;				/* no own public address: the VPC has endpoints */

	/* What a launch template or a policy is about; borrowed, NULL where not given. */
	const char *ami, *type, *group, *profile;
	const char *region, *account, *vpc, *scaling_group;
};

/*
 * Read the words; own is the hash of the binary that runs, "" when it is not known. EXIT_USAGE
 * naming option and rule for what is malformed, missing for the format, or of no use to it; the
 * file of --repository-key is read.
 */
int order_make(const struct order_words *words, const char *own, struct order *ret_order,
	       struct err *e);

void order_done(struct order *order);

#endif
