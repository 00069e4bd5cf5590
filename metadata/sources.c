/*
 * sources: reading what each source says, weakest first, so that a stronger one overrides. It knows
 * how a key is spelt in each of them, but nothing of what a value means.
 */
#include "metadata/sources.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "metadata/settings.h"

#define VARIABLE_PREFIX "CYGNET_"
#define KEY_SHOWN 64		/* bytes of an unknown key that a message quotes */
#define NEAR 2			/* edits between a key and what a slip makes of it */

void sources_choose(struct config *config, enum setting setting, const char *text, char *origin)
{
	free(config->values[setting]);
	free(config->origins[setting]);
	config->values[setting] = mem_strdup(text);
	config->origins[setting] = origin;
}

/* Characters to insert, drop or replace to make b of a (Levenshtein); a has at most KEY_SHOWN. */
static size_t edits_between(const char *a, const char *b)
{
	size_t row[KEY_SHOWN + 1], len = strlen(a);

	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (; *b != '\0'; b++) {
		size_t diagonal = row[0]++;

		for (size_t i = 1; i <= len; i++) {
			size_t best = diagonal + (a[i - 1] != *b);

			best = best < row[i] + 1 ? best : row[i] + 1;
			best = best < row[i - 1] + 1 ? best : row[i - 1] + 1;
			diagonal = row[i];
			row[i] = best;
		}
	}
	return row[len];
}

/* The key that a slip most likely made into this one, or NULL. */
static const char *key_near(const char *unknown)
{
	const char *nearest = NULL;
	size_t least = NEAR + 1;

	for (unsigned i = 0; i < SETTING_COUNT && strlen(unknown) <= KEY_SHOWN; i++) {
		size_t edits = edits_between(unknown, config_key(i));

		if (edits < least) {
			least = edits;
			nearest = config_key(i);
		}
	}
	return nearest;
}

static int key_unknown(const char *prefix, const char *key, const char *origin, struct err *e)
{
	const char *meant = key_near(key);
	AUTO_FREE char *known = NULL;
	struct strings keys = { 0 };

	err_set(e, EXIT_CONFIG, "unknown setting '%s%.*s' (%s)", prefix, KEY_SHOWN, key, origin);
	if (meant != NULL)
		return err_remedy(e, "write '%s%s' if that was meant", prefix, meant);
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		strings_add(&keys, config_key(i));
	known = strings_join(&keys, ", ");
	strings_done(&keys);
	return err_remedy(e, "the settings are %s", known);
}

static int tags_merge(const struct tags *tags, struct config *config, struct err *e)
{
	for (size_t i = 0; i < tags->count; i++) {
		const struct tag *tag = &tags->items[i];
		int setting = config_setting(tag->key);

		if (setting < 0)
			return key_unknown(TAG_PREFIX, tag->key, "a tag of the instance", e);
		if (setting_row((enum setting)setting)->not_by_tag) {
			err_set(e, EXIT_CONFIG, "tag '" TAG_PREFIX "%s': tags may not set this",
				tag->key);
			return err_remedy(e, "remove it and set '%s' in " CONFIG_FILE, tag->key);
		}
		sources_choose(config, (enum setting)setting, tag->value,
			       mem_printf("tag '" TAG_PREFIX "%s'", tag->key));
	}
	return 0;
}

/* What is left of a line without the blanks around it; a line of CR LF ends in one. */
static char *text_trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	for (len = strlen(text); len > 0 && strchr(" \t\r", text[len - 1]) != NULL; len--)
		;
	text[len] = '\0';
	return text;
}

static bool text_is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
			return false;
	return true;
}

static int line_merge(char *line, unsigned number, unsigned lines[SETTING_COUNT],
		      struct config *config, struct err *e)
{
	AUTO_FREE char *origin = mem_printf(CONFIG_FILE " line %u", number);
	char *value = strchr(line, '='), *key = line;
	int setting;

	if (value == NULL)
		return err_set(e, EXIT_CONFIG, "%s is not 'key = value'", origin);
	*value++ = '\0';
	key = text_trim(key);
	setting = config_setting(key);
	if (setting < 0)
		return key_unknown("", key, origin, e);
	if (lines[setting] != 0)
		return err_set(e, EXIT_CONFIG, "%s sets '%s' again, after line %u", origin, key,
			       lines[setting]);
	lines[setting] = number;
	sources_choose(config, (enum setting)setting, text_trim(value), TAKE(origin));
	return 0;
}

static int file_merge(const char *text, struct config *config, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(text);
	unsigned lines[SETTING_COUNT] = { 0 }, number = 0;
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		line = text_trim(line);
		if (!text_is_plain(line))
			return err_set(e, EXIT_CONFIG,
				       CONFIG_FILE " line %u has control characters", number);
		if (*line != '\0' && *line != '#' && line_merge(line, number, lines, config, e) < 0)
			return -1;
	}
	return 0;
}

/* "CYGNET_TUNNEL_WAIT" of "tunnel-wait"; yours to free. */
static char *variable_name(const char *key)
{
	char *name = mem_printf(VARIABLE_PREFIX "%s", key);

	for (char *p = name; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
	return name;
}

static int variable_setting(const char *name)
{
	for (unsigned i = 0; i < SETTING_COUNT; i++) {
		AUTO_FREE char *known = variable_name(config_key(i));

		if (strcmp(name, known) == 0)
			return (int)i;
	}
	return -1;
}

static int variable_unknown(const char *name, struct err *e)
{
	AUTO_FREE char *key = mem_strdup(name + strlen(VARIABLE_PREFIX)), *meant = NULL;

	for (char *p = key; *p != '\0'; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
	if (key_near(key) != NULL)
		meant = variable_name(key_near(key));
	err_set(e, EXIT_CONFIG, "unknown setting '%.*s' (the environment)", KEY_SHOWN, name);
	if (meant != NULL)
		return err_remedy(e, "write '%s' if that was meant", meant);
	return err_remedy(e, "unset it: what begins with " VARIABLE_PREFIX " is a setting");
}

static int variable_merge(const char *variable, struct config *config, struct err *e)
{
	AUTO_FREE char *name = mem_strndup(variable, strcspn(variable, "="));
	const char *value = variable[strlen(name)] == '=' ? variable + strlen(name) + 1 : "";
	int setting = variable_setting(name);

	if (strcmp(name, VARIABLE_PREFIX "CACHE") == 0)	/* of the build */
		return 0;
	if (setting < 0)
		return variable_unknown(name, e);
	if (*value != '\0')
		sources_choose(config, (enum setting)setting, value, TAKE(name));
	return 0;
}

static int environment_merge(char *const environment[], struct config *config, struct err *e)
{
	for (; *environment != NULL; environment++)
		if (strncmp(*environment, VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) == 0 &&
		    variable_merge(*environment, config, e) < 0)
			return -1;
	return 0;
}

int sources_merge(const struct config_sources *sources, struct config *config, struct err *e)
{
	if ((sources->tags != NULL && tags_merge(sources->tags, config, e) < 0) ||
	    (sources->file_text != NULL && file_merge(sources->file_text, config, e) < 0) ||
	    environment_merge(sources->environment, config, e) < 0)
		return -1;
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if (sources->options[i] != NULL)
			sources_choose(config, i, sources->options[i],
				       mem_printf("--%s", config_key(i)));
	return 0;
}
