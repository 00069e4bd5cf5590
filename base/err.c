/*
 * err: the single error value that travels from the layer that failed up to main.
 * It knows nothing of printing; only main prints.
 */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

int err_set(struct err *e, enum exit_code code, const char *fmt, ...)
{
	va_list ap;

	if (e->code != EXIT_DONE)
		return -1;
	e->code = code;
	va_start(ap, fmt);
	vsnprintf(e->cause, sizeof e->cause, fmt, ap);
	va_end(ap);
	return -1;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char why[sizeof e->cause / 2];
	size_t len, room = sizeof e->cause - 1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof why - 2, fmt, ap);
	va_end(ap);
	strcat(why, ": ");
	len = strlen(why);
	memmove(e->cause + len, e->cause, room - len);
	memcpy(e->cause, why, len);
	e->cause[room] = '\0';
	return -1;
}

int err_remedy(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e->remedy[0] != '\0')
		return -1;
	va_start(ap, fmt);
	vsnprintf(e->remedy, sizeof e->remedy, fmt, ap);
	va_end(ap);
	return -1;
}

void err_clear(struct err *e)
{
	*e = (struct err)ERR_INIT;
}
