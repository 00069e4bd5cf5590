/* mem: allocation that cannot fail, owned strings and lists of them, and the cleanup attributes. */
#ifndef CYGNET_BASE_MEM_H
#define CYGNET_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

/* Each prints one line and aborts when memory is out: at boot there is nothing better to do. */
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *p, size_t count, size_t size);
char *mem_strdup(const char *s);			/* NULL gives NULL */
char *mem_strndup(const char *s, size_t n);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Make room for one more element in a growing array: items and count are lvalues. */
#define MEM_GROW(items, count) \
	((items) = mem_realloc((items), (size_t)(count) + 1, sizeof *(items)), &(items)[(count)++])

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* Hand an owned pointer over: the variable becomes NULL, so its cleanup releases nothing. */
#define TAKE(p) ({ __typeof__(p) take_ = (p); (p) = NULL; take_; })

#define CLEANUP(function) __attribute__((cleanup(function)))
void mem_cleanup(void *pointer_to_pointer);
void mem_close(const int *fd);
#define AUTO_FREE CLEANUP(mem_cleanup)
#define AUTO_CLOSE CLEANUP(mem_close)		/* an int; negative is not closed */

/* A list of owned strings. Zeroed is empty. */
struct strings {
	char **items;
	size_t count;
};

void strings_add(struct strings *list, const char *s);		/* copies s */
void strings_addf(struct strings *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool strings_has(const struct strings *list, const char *s);
void strings_copy(const struct strings *from, struct strings *ret_list);
bool strings_equal(const struct strings *a, const struct strings *b);	/* same order */
char *strings_join(const struct strings *list, const char *separator);
void strings_done(struct strings *list);

#endif
