/* document: JSON files of cygnet's own, for this room's use. */
#ifndef CYGNET_KEYS_DOCUMENT_H
#define CYGNET_KEYS_DOCUMENT_H

#include "base/json.h"

#define NUMBER_MAX (INT64_C(1) << 53)	/* what every JSON reader holds exactly */

/*
 * Read path below root; NULL in *ret_document when it is not there, EXIT_CONFIG when it is no JSON
 * object. Yours to json_decref.
 */
int document_load(const char *root, const char *path, json_t **ret_document, struct err *e);

/* Make path hold the document, with mode 0600, unless it does already. */
int document_save(const char *root, const char *path, const json_t *document, struct err *e);

#endif
