/* form: bodies of the query protocol. */
#ifndef CYGNET_AWS_FORM_H
#define CYGNET_AWS_FORM_H

#include "base/buf.h"

/* Add "name=value", percent-encoded, after a '&' where there is something before it. */
void form_add(struct buf *form, const char *name, const char *value);
/* The same with a name of fewer than 100 bytes from a format: list members are numbered from 1. */
void form_addf(struct buf *form, const char *value, const char *name, ...)
	__attribute__((format(printf, 3, 4)));

#endif
