/*
 * shape: predicates over text from outside, so that every room means the same by "a region" or "an
 * id". They know nothing of where the text came from, and set no error.
 */
#include "metadata/shape.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define LABEL LOWER DIGITS "-"
#define ROLE_NAME LOWER UPPER DIGITS "_+=,.@-"

#define LABEL_MAX 63
#define DOMAIN_MAX 253
#define ACCOUNT_DIGITS 12
#define ROLE_NAME_MAX 64
#define ROLE_PATH_MAX 512

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
	return shape_word(text, DIGITS, ACCOUNT_DIGITS, ACCOUNT_DIGITS);
}

/* What is left of text after the prefix; NULL when it begins otherwise, or is NULL. */
static const char *text_after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text != NULL && strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* What is left of text after its first len bytes, which are all of allowed; NULL as above. */
static const char *text_past(const char *text, const char *allowed, size_t len)
{
	return text != NULL && len > 0 && strspn(text, allowed) >= len ? text + len : NULL;
}

bool shape_role(const char *text)
{
	const char *rest = text_after(text, "arn:"), *path, *name;

	rest = text_past(rest, LABEL, rest != NULL ? strcspn(rest, ":") : 0);
	rest = text_after(rest, ":iam::");
	rest = text_past(rest, DIGITS, ACCOUNT_DIGITS);
	path = text_after(rest, ":role/");
	if (path == NULL)
		return false;
	for (const char *p = path; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	name = strrchr(path, '/');
	name = name != NULL ? name + 1 : path;
	return name - path <= ROLE_PATH_MAX && shape_word(name, ROLE_NAME, 1, ROLE_NAME_MAX);
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
