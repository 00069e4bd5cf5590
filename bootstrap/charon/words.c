/*
 * words: taking a line of another program's apart, in place. It knows no such program.
 */
#include "bootstrap/charon/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char *word_take(char **rest, const char *mark)
{
	char *text = *rest, *end = strstr(text, mark);

	if (end == NULL)
		return NULL;
	*end = '\0';
	*rest = end + strlen(mark);
	return text;
}

bool word_skip(char **rest, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(*rest, prefix, len) != 0)
		return false;
	*rest += len;
	return true;
}

bool word_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max)
		return false;
	*ret_value = value;
	return true;
}

bool word_age(char *text, int64_t *ret_seconds)
{
	static const struct {
		const char *one, *many;
		int64_t seconds;
	} units[] = {
		{ "second", "seconds", 1 },
		{ "minute", "minutes", 60 },
		{ "hour", "hours", 3600 },
		{ "day", "days", 86400 },
	};
	char *unit = text, *number = word_take(&unit, " ");
	uint64_t count;

	if (number == NULL || !word_number(number, INT32_MAX, &count))
		return false;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (strcmp(unit, units[i].one) == 0 || strcmp(unit, units[i].many) == 0) {
			*ret_seconds = (int64_t)count * units[i].seconds;
			return true;
		}
	return false;
}
