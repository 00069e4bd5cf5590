/* words: taking a line of another program's apart. */
#ifndef CYGNET_BOOTSTRAP_CHARON_WORDS_H
#define CYGNET_BOOTSTRAP_CHARON_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* Take what is before the mark off *rest, which then stands behind it; NULL: there is no mark. */
char *word_take(char **rest, const char *mark);

/* Whether *rest begins so; then it stands behind that. */
bool word_skip(char **rest, const char *prefix);

/* Decimal digits alone, at most max. */
bool word_number(const char *text, uint64_t max, uint64_t *ret_value);

/* "5 seconds" or "1 hour", as charon writes a time span; cuts text. */
bool word_age(char *text, int64_t *ret_seconds);

#endif
