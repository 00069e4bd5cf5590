/*
 * xml_get: typed, bounded values out of an element. What they are for it does not know. A value
 * that is refused is shown only where nothing in it can disturb a console.
 */
#include "aws/xml.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 64

/* The text at path; NULL when it is missing or empty, as EC2 writes what is not there both ways. */
static const char *text_present(const struct xml *element, const char *path)
{
	const char *text = xml_text(element, path);

	return text != NULL && text[0] != '\0' ? text : NULL;
}

static bool text_is_id(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool text_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int value_missing(const char *path, struct err *e)
{
	return err_set(e, EXIT_CONFIG, "'%s' is missing", path);
}

static int value_refuse(const char *path, const char *value, const char *rule, struct err *e)
{
	if (strlen(value) > SHOWN_MAX || !text_is_id(value))
		return err_set(e, EXIT_CONFIG, "'%s' is %s", path, rule);
	return err_set(e, EXIT_CONFIG, "'%s' is %s: '%s'", path, rule, value);
}

int xml_get_text_or(const struct xml *element, const char *path, size_t max, const char *absent,
		    char **ret_text, struct err *e)
{
	const char *text = text_present(element, path);

	if (text == NULL) {
		*ret_text = mem_strdup(absent);
		return 0;
	}
	if (strlen(text) > max)
		return err_set(e, EXIT_CONFIG, "'%s' is longer than %zu bytes", path, max);
	if (!text_is_plain(text))
		return err_set(e, EXIT_CONFIG, "'%s' has control characters", path);
	*ret_text = mem_strdup(text);
	return 0;
}

int xml_get_text(const struct xml *element, const char *path, size_t max, char **ret_text,
		 struct err *e)
{
	if (text_present(element, path) == NULL)
		return value_missing(path, e);
	return xml_get_text_or(element, path, max, NULL, ret_text, e);
}

int xml_get_id_or(const struct xml *element, const char *path, const char *absent, char **ret_id,
		  struct err *e)
{
	const char *text = text_present(element, path);

	if (text != NULL && !text_is_id(text))
		return value_refuse(path, text, "no id", e);
	return xml_get_text_or(element, path, XML_ID_MAX, absent, ret_id, e);
}

int xml_get_id(const struct xml *element, const char *path, char **ret_id, struct err *e)
{
	if (text_present(element, path) == NULL)
		return value_missing(path, e);
	return xml_get_id_or(element, path, NULL, ret_id, e);
}

int xml_get_bool(const struct xml *element, const char *path, bool *ret_value, struct err *e)
{
	const char *text = text_present(element, path);

	if (text == NULL)
		return value_missing(path, e);
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return value_refuse(path, text, "neither true nor false", e);
	*ret_value = strcmp(text, "true") == 0;
	return 0;
}

int xml_get_bool_or(const struct xml *element, const char *path, bool absent, bool *ret_value,
		    struct err *e)
{
	if (text_present(element, path) != NULL)
		return xml_get_bool(element, path, ret_value, e);
	*ret_value = absent;
	return 0;
}

int xml_get_integer_or(const struct xml *element, const char *path, int64_t min, int64_t max,
		       int64_t absent, int64_t *ret_value, struct err *e)
{
	const char *text = text_present(element, path);
	int64_t value;
	char *end;

	if (text == NULL) {
		*ret_value = absent;
		return 0;
	}
	value = strtoll(text, &end, 10);
	if (*end != '\0' || strchr("-0123456789", text[0]) == NULL)
		return value_refuse(path, text, "no number", e);
	if (value < min || value > max)
		return err_set(e, EXIT_CONFIG, "'%s' is outside %lld..%lld", path, (long long)min,
			       (long long)max);
	*ret_value = value;
	return 0;
}

int xml_get_range(const struct xml *element, const char *path, struct cidr *ret_range,
		  struct err *e)
{
	const char *text = text_present(element, path);

	if (text == NULL)
		return value_missing(path, e);
	if (!cidr_parse(text, ret_range))
		return value_refuse(path, text, "no IPv4 range", e);
	return 0;
}

int xml_get_address(const struct xml *element, const char *path, uint32_t *ret_address,
		    struct err *e)
{
	const char *text = text_present(element, path);

	if (text == NULL)
		return value_missing(path, e);
	if (!address_parse(text, ret_address))
		return value_refuse(path, text, "no IPv4 address", e);
	return 0;
}

int xml_get_address_or(const struct xml *element, const char *path, uint32_t absent,
		       uint32_t *ret_address, struct err *e)
{
	if (text_present(element, path) != NULL)
		return xml_get_address(element, path, ret_address, e);
	*ret_address = absent;
	return 0;
}
