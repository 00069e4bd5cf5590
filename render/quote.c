/*
 * quote: the one way by which text from outside gets into strongSwan's files. It escapes nothing:
 * what would need an escape was to be refused where it came in, and gets no further here.
 */
#include "render/quote.h"

#include <stdio.h>
#include <stdlib.h>

bool quote_fits(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return true;
}

void quote_add(struct buf *out, const char *s)
{
	if (!quote_fits(s)) {
		fputs("cygnet: a value that cannot be quoted was not refused in time\n", stderr);
		abort();
	}
	buf_addf(out, "\"%s\"", s);
}
