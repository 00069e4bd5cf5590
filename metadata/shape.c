/*
 * shape: predicates over text from outside, so that every room means the same by "a region" or "an
 * id". They know nothing of where the text came from, and set no error.
 */
#include "metadata/shape.h"

#include <string.h>

#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define LABEL "abcdefghijklmnopqrstuvwxyz" DIGITS "-"

#define LABEL_MAX 63
#define DOMAIN_MAX 253

static bool label_valid(const char *text, size_t len)
{
	return len >= 1 && len <= LABEL_MAX && strspn(text, LABEL) >= len &&
	       text[0] != '-' && text[len - 1] != '-';
}

bool shape_label(const char *text)
{
	return label_valid(text, strlen(text));
}

bool shape_domain(const char *text)
{
	size_t len;

	if (strlen(text) > DOMAIN_MAX)
		return false;
	for (;; text += len + 1) {
		len = strcspn(text, ".");
		if (!label_valid(text, len))
			return false;
		if (text[len] == '\0')
			return true;
	}
}

bool shape_resource(const char *text, const char *prefix)
{
	size_t skipped = strlen(prefix);

	if (strncmp(text, prefix, skipped) != 0)
		return false;
	return shape_word(text + skipped, HEX, 8, 8) || shape_word(text + skipped, HEX, 17, 17);
}

bool shape_account(const char *text)
{
	return shape_word(text, DIGITS, 12, 12);
}

bool shape_mac(const char *text)
{
	if (strlen(text) != strlen("00:00:00:00:00:00"))
		return false;
	for (size_t i = 0; text[i] != '\0'; i++)
		if (i % 3 == 2 ? text[i] != ':' : strchr(HEX, text[i]) == NULL)
			return false;
	return true;
}

bool shape_word(const char *text, const char *allowed, size_t min, size_t max)
{
	size_t len = strlen(text);

	return len >= min && len <= max && strspn(text, allowed) == len;
}
