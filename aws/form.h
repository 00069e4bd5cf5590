/* form: bodies of the query protocol. */
#ifndef CYGNET_AWS_FORM_H
#define CYGNET_AWS_FORM_H

#include "base/buf.h"

/* Add "name=value", percent-encoded, after a '&' where there is something before it. */
void form_add(struct buf *form, const char *name, const char *value);

#endif
