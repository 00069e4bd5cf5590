/* settings: the table of settings. */
#ifndef CYGNET_METADATA_SETTINGS_H
#define CYGNET_METADATA_SETTINGS_H

#include "metadata/config.h"
#include "metadata/values.h"

struct setting_row {
	const char *key;
	/*
	 * The default's text, or what makes it of the instance and of what has no such default;
	 * both NULL: the setting is required. Derived to be empty, it is not known yet.
	 */
	const char *standard;
	int (*derive)(const struct config *config, const struct instance *instance,
		      char **ret_text, struct err *e);
	bool not_by_tag;	/* who may tag an instance may not decide what its gateway trusts */
	value_parser *parse;
	size_t member;		/* of struct config: where parse puts the value */
	int64_t min, max;
};

/* The row of a setting. Static. */
const struct setting_row *setting_row(enum setting setting);

#endif
