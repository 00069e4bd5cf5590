/* quote: putting text from outside into other programs' files. */
#ifndef CYGNET_RENDER_QUOTE_H
#define CYGNET_RENDER_QUOTE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * True when s can stand in a strongswan.conf-style file as one double-quoted value without escapes:
 * printable ASCII, no '"', '\\', newline.
 */
bool quote_fits(const char *s);

/*
 * Add "s" in double quotes. Aborts when it does not fit: callers validate at the edge, so this is a
 * bug of ours.
 */
void quote_add(struct buf *out, const char *s);

#endif
