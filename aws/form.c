/*
 * form: percent-encoding as SigV4 wants it: RFC 3986's unreserved characters stay, and a blank
 * is no '+'.
 */
#include "aws/form.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NAME_BYTES 100

static void form_encode(struct buf *form, const char *text)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text != '\0'; text++) {
		if (strchr(unreserved, *text) != NULL)
			buf_add(form, text, 1);
		else
			buf_addf(form, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

void form_add(struct buf *form, const char *name, const char *value)
{
	if (form->len > 0)
		buf_adds(form, "&");
	form_encode(form, name);
	buf_adds(form, "=");
	form_encode(form, value);
}

void form_addf(struct buf *form, const char *value, const char *name, ...)
{
	char text[NAME_BYTES];
	va_list ap;

	va_start(ap, name);
	vsnprintf(text, sizeof text, name, ap);
	va_end(ap);
	form_add(form, text, value);
}
