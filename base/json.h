/* json: typed, bounded reading of documents from outside, over jansson. */
#ifndef CYGNET_BASE_JSON_H
#define CYGNET_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

void json_cleanup(json_t **document);
#define AUTO_JSON CLEANUP(json_cleanup)

/*
 * Parse text as one JSON object; duplicate keys and anything after it are errors (EXIT_CONFIG, with
 * line and column; never with the text itself). The result is yours to json_decref.
 */
int json_read(const char *text, size_t len, json_t **ret_document, struct err *e);

/*
 * Members of an object. Each fails with EXIT_CONFIG naming the key and the rule when the member is
 * missing, of another type or out of bounds. Strings with control characters or a NUL are refused.
 */
int json_get_string(const json_t *object, const char *key, size_t max, char **ret_value,
		    struct err *e);
int json_get_string_or(
	const json_t *object, const char *key, size_t max, const char *absent, char **ret_value,
	struct err *e); /* a missing or null member gives a copy of absent (NULL gives NULL) */
int json_get_integer(const json_t *object, const char *key, int64_t min, int64_t max,
		     int64_t *ret_value, struct err *e);
int json_get_bool_or(const json_t *object, const char *key, bool absent, bool *ret_value,
		     struct err *e);
/* An array of at most max_count elements, borrowed from object; NULL when it is missing. */
int json_get_array(const json_t *object, const char *key, size_t max_count, json_t **ret_array,
		   struct err *e);

/* Compact text with sorted keys, so that equal documents are equal text. Yours to free. */
char *json_text(const json_t *document);

#endif
