/* xml: reading the replies of the query protocol, by path. */
#ifndef CYGNET_AWS_XML_H
#define CYGNET_AWS_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cidr.h"
#include "base/err.h"
#include "base/mem.h"

struct xml;		/* an element: its name, its text, its children */

/*
 * Parse a document; the result is its root element, yours to xml_free. One with a document type
 * declaration (and so with entities of its own), deeper than 32 elements or with more than 100,000,
 * or not well-formed, is EXIT_CONFIG with the line; never with the text itself.
 */
int xml_read(const char *text, size_t len, struct xml **ret_root, struct err *e);
void xml_free(struct xml *root);		/* wipes: it may hold credentials */
void xml_cleanup(struct xml **root);
#define AUTO_XML CLEANUP(xml_cleanup)

/* Its tag; borrowed. */
const char *xml_name(const struct xml *element);
/* The first descendant at path ("routeSet/item"); borrowed, or NULL. */
const struct xml *xml_find(const struct xml *element, const char *path);
/* The text of the first descendant at path ("sourceDestCheck/value"); borrowed, or NULL. */
const char *xml_text(const struct xml *element, const char *path);

/* The next child, of the same parent, with the name of element; borrowed, or NULL. */
const struct xml *xml_next(const struct xml *element);
#define XML_EACH(item, element, path) \
	for (const struct xml *item = xml_find((element), (path)); item != NULL; \
	     item = xml_next(item))

/*
 * The text at path as a typed value; texts are yours to free. One that is missing, empty or breaks
 * the rule is EXIT_CONFIG naming path, rule and, where that is fit to be shown, the value; the _or
 * forms take what is missing or empty as absent instead.
 */
#define XML_ID_MAX 256
/* At most XML_ID_MAX printable ASCII characters, no blanks, as the ids and ARNs of AWS have. */
int xml_get_id(const struct xml *element, const char *path, char **ret_id, struct err *e);
int xml_get_id_or(const struct xml *element, const char *path, const char *absent, char **ret_id,
		  struct err *e);		/* NULL gives NULL */
/* Any text of at most max bytes without control characters. */
int xml_get_text(const struct xml *element, const char *path, size_t max, char **ret_text,
		 struct err *e);
int xml_get_text_or(const struct xml *element, const char *path, size_t max, const char *absent,
		    char **ret_text, struct err *e);
int xml_get_bool(const struct xml *element, const char *path, bool *ret_value, struct err *e);
int xml_get_bool_or(const struct xml *element, const char *path, bool absent, bool *ret_value,
		    struct err *e);
int xml_get_integer_or(const struct xml *element, const char *path, int64_t min, int64_t max,
		       int64_t absent, int64_t *ret_value, struct err *e);
int xml_get_range(const struct xml *element, const char *path, struct cidr *ret_range,
		  struct err *e);
int xml_get_address(const struct xml *element, const char *path, uint32_t *ret_address,
		    struct err *e);
int xml_get_address_or(const struct xml *element, const char *path, uint32_t absent,
		       uint32_t *ret_address, struct err *e);

/* Name and version of the library behind it. Static. */
const char *xml_library(void);

#endif
