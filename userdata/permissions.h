/* permissions: every call to AWS that the program makes, and what it takes to be allowed to. */
#ifndef CYGNET_USERDATA_PERMISSIONS_H
#define CYGNET_USERDATA_PERMISSIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "metadata/config.h"
#include "userdata/source.h"

/* Whose policy a row is in. */
enum principal {
	PRINCIPAL_INSTANCE,	/* the role of the gateway's instance profile */
	PRINCIPAL_REGISTRY,	/* who it is for the registry: 'registry-role', or the same role */
	PRINCIPAL_OPERATOR,	/* whoever runs `cygnet forget` */
};

/* Which settings, or which source, lead to a call. */
struct reason {
	const char *words;
	/* source may be NULL */
	bool (*holds)(const struct config *config, const struct source *source);
};

/* A call is allowed only if this key of it has this value. */
struct condition {
	const char *operator;	/* NULL ends a list */
	const char *key;
	const char *value;	/* with names in braces, as a resource */
};

struct permission {
	const char *action;		/* "ssm:PutParameter" */
	enum principal principal;
	const char *commands;		/* that make it, blanks between; "user-data": the script */
	const struct reason *reason;	/* NULL: always */
	const char *resource;		/* ARN; what it has in braces a policy fills in */
	struct condition conditions[3];
};

/* The table, and its length; the rows of an action are together. Static. */
const struct permission *permissions_table(size_t *ret_count);

/* Which command may make which call, as a table for people. Yours to free. */
char *permissions_text(void);

#endif
