/* secret: strings that are wiped before they are released. */
#ifndef CYGNET_AWS_SECRET_H
#define CYGNET_AWS_SECRET_H

#include "base/mem.h"

void secret_free(char *secret);			/* NULL is accepted */
void secret_cleanup(char **secret);

#define AUTO_SECRET CLEANUP(secret_cleanup)

#endif
