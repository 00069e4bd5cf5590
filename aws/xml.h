/* xml: reading EC2's replies, by path. */
#ifndef CYGNET_AWS_XML_H
#define CYGNET_AWS_XML_H

#include <stddef.h>

#include "base/err.h"

struct xml;		/* an element: its name, its text, its children */

/*
 * Parse a document; the result is its root element, yours to xml_free. One with a document type
 * declaration (and so with entities of its own), deeper than 32 elements or with more than 100,000,
 * or not well-formed, is EXIT_CONFIG with the line; never with the text itself.
 */
int xml_read(const char *text, size_t len, struct xml **ret_root, struct err *e);
void xml_free(struct xml *root);
void xml_cleanup(struct xml **root);
#define AUTO_XML CLEANUP(xml_cleanup)

/* The text of the first descendant at path ("sourceDestCheck/value"); borrowed, or NULL. */
const char *xml_text(const struct xml *element, const char *path);

/* Name and version of the library behind it. Static. */
const char *xml_library(void);

#endif
