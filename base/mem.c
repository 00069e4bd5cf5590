/*
 * mem: allocation and lists of strings. It knows nothing of what the strings mean;
 * secrets are not its business (see buf_wipe).
 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *mem_check(void *p)
{
	if (p == NULL) {
		fputs("cygnet: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *mem_calloc(size_t count, size_t size)
{
	return mem_check(calloc(count ? count : 1, size ? size : 1));
}

void *mem_realloc(void *p, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return mem_check(NULL);
	return mem_check(realloc(p, bytes > 0 ? bytes : 1));
}

char *mem_strdup(const char *s)
{
	return s ? mem_check(strdup(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	return mem_check(strndup(s, n));
}

static char *mem_vprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return mem_check(s);
}

char *mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vprintf(fmt, ap);
	va_end(ap);
	return s;
}

void mem_cleanup(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void mem_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

void strings_add(struct strings *list, const char *s)
{
	*MEM_GROW(list->items, list->count) = mem_strdup(s);
}

void strings_addf(struct strings *list, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vprintf(fmt, ap);
	va_end(ap);
	*MEM_GROW(list->items, list->count) = s;
}

bool strings_has(const struct strings *list, const char *s)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], s) == 0)
			return true;
	return false;
}

void strings_copy(const struct strings *from, struct strings *ret_list)
{
	*ret_list = (struct strings){ 0 };
	for (size_t i = 0; i < from->count; i++)
		strings_add(ret_list, from->items[i]);
}

bool strings_equal(const struct strings *a, const struct strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

char *strings_join(const struct strings *list, const char *separator)
{
	size_t size = 1;
	char *joined, *end;

	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + strlen(separator);
	joined = end = mem_calloc(size, 1);
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			end = stpcpy(end, separator);
		end = stpcpy(end, list->items[i]);
	}
	return joined;
}

void strings_done(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){ 0 };
}
