/* sources: where settings are written: tags, the file, the environment, the command line. */
#ifndef CYGNET_METADATA_SOURCES_H
#define CYGNET_METADATA_SOURCES_H

#include "metadata/config.h"

/*
 * Pure. Put each setting's strongest text and its origin into config->values and config->origins;
 * those set nowhere stay NULL. EXIT_CONFIG when a source names an unknown setting (the remedy names
 * the nearest), when a tag sets what tags may not, or when a line of the file cannot be read or
 * sets what an earlier one has set.
 */
int sources_merge(const struct config_sources *sources, struct config *config, struct err *e);

/* Let text be the setting's value; takes origin. */
void sources_choose(struct config *config, enum setting setting, const char *text, char *origin);

#endif
