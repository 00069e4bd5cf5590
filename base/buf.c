/*
 * buf: the growing buffer. Every block it lets go of is cleansed, because nobody
 * remembers which buffer held a key; the cost is not measurable here.
 */
#include "base/buf.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void buf_reserve(struct buf *b, size_t more)
{
	size_t wanted = b->len + more + 1, size = b->size ? b->size : 256;
	char *grown;

	if (wanted <= b->size)
		return;
	while (size < wanted)
		size *= 2;
	grown = mem_calloc(size, 1);
	if (b->data != NULL) {
		memcpy(grown, b->data, b->len);
		OPENSSL_cleanse(b->data, b->size);
		free(b->data);
	}
	b->data = grown;
	b->size = size;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	buf_reserve(b, len);
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

const char *buf_str(const struct buf *b)
{
	return b->data ? b->data : "";
}

char *buf_take(struct buf *b)
{
	char *s = b->data ? b->data : mem_strdup("");

	*b = (struct buf){ 0 };
	return s;
}

void buf_wipe(struct buf *b)
{
	if (b->data != NULL)
		OPENSSL_cleanse(b->data, b->size);
	free(b->data);
	*b = (struct buf){ 0 };
}

void buf_done(struct buf *b)
{
	buf_wipe(b);
}
