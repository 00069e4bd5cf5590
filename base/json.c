/*
 * json: the edge where documents from outside become typed fields. It knows the rules of JSON,
 * not what any document means.
 */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

void json_cleanup(json_t **document)
{
	json_decref(*document);
}

int json_read(const char *text, size_t len, json_t **ret_document, struct err *e)
{
	json_error_t fault;
	json_t *document = json_loadb(text, len, JSON_REJECT_DUPLICATES, &fault);

	if (document == NULL)
		return err_set(e, EXIT_CONFIG, "not valid JSON at line %d, column %d",
			       fault.line, fault.column);
	if (!json_is_object(document)) {
		json_decref(document);
		return err_set(e, EXIT_CONFIG, "not a JSON object");
	}
	*ret_document = document;
	return 0;
}

static bool text_is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
			return false;
	return true;
}

int json_get_string_or(const json_t *object, const char *key, size_t max, const char *absent,
		       char **ret_value, struct err *e)
{
	const json_t *member = json_object_get(object, key);

	if (member == NULL || json_is_null(member)) {
		*ret_value = mem_strdup(absent);
		return 0;
	}
	if (!json_is_string(member))
		return err_set(e, EXIT_CONFIG, "'%s' is not a string", key);
	if (json_string_length(member) > max)
		return err_set(e, EXIT_CONFIG, "'%s' is longer than %zu bytes", key, max);
	if (!text_is_plain(json_string_value(member), json_string_length(member)))
		return err_set(e, EXIT_CONFIG, "'%s' has control characters", key);
	*ret_value = mem_strdup(json_string_value(member));
	return 0;
}

int json_get_string(const json_t *object, const char *key, size_t max, char **ret_value,
		    struct err *e)
{
	AUTO_FREE char *value = NULL;

	if (json_get_string_or(object, key, max, NULL, &value, e) < 0)
		return -1;
	if (value == NULL)
		return err_set(e, EXIT_CONFIG, "'%s' is missing", key);
	*ret_value = TAKE(value);
	return 0;
}

int json_get_integer(const json_t *object, const char *key, int64_t min, int64_t max,
		     int64_t *ret_value, struct err *e)
{
	const json_t *member = json_object_get(object, key);

	if (!json_is_integer(member))
		return err_set(e, EXIT_CONFIG, "'%s' is %s",
			       key, member ? "not an integer" : "missing");
	if (json_integer_value(member) < min || json_integer_value(member) > max)
		return err_set(e, EXIT_CONFIG, "'%s' is outside %lld..%lld",
			       key, (long long)min, (long long)max);
	*ret_value = json_integer_value(member);
	return 0;
}

int json_get_bool_or(const json_t *object, const char *key, bool absent, bool *ret_value,
		     struct err *e)
{
	const json_t *member = json_object_get(object, key);

	if (member != NULL && !json_is_boolean(member))
		return err_set(e, EXIT_CONFIG, "'%s' is not true or false", key);
	*ret_value = member ? json_boolean_value(member) : absent;
	return 0;
}

int json_get_array(const json_t *object, const char *key, size_t max_count, json_t **ret_array,
		   struct err *e)
{
	json_t *member = json_object_get(object, key);

	if (member != NULL && !json_is_array(member))
		return err_set(e, EXIT_CONFIG, "'%s' is not an array", key);
	if (json_array_size(member) > max_count)
		return err_set(e, EXIT_CONFIG, "'%s' has more than %zu elements", key, max_count);
	*ret_array = member;
	return 0;
}

char *json_text(const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (text == NULL)
		abort();	/* out of memory, or a cycle: both are ours */
	return text;
}
