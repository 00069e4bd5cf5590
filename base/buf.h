/* buf: a growing byte buffer, always NUL-terminated, so that it also serves as a string. */
#ifndef CYGNET_BASE_BUF_H
#define CYGNET_BASE_BUF_H

#include <stddef.h>

#include "base/mem.h"

struct buf {
	char *data;		/* owned; NULL while empty: read it through buf_str */
	size_t len;		/* bytes, without the terminating NUL */
	size_t size;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_str(const struct buf *b);	/* borrowed, never NULL */
char *buf_take(struct buf *b);			/* yours to free, never NULL; b is empty after it */
void buf_done(struct buf *b);
void buf_wipe(struct buf *b);			/* for secrets: cleanses first, as growth does */

#define AUTO_BUF CLEANUP(buf_done)
#define AUTO_WIPE CLEANUP(buf_wipe)

#endif
