/*
 * identity: the settings by which one site is told from every other, as a gateway keeps them. What
 * follows when they have changed is not decided here.
 */
#include "keys/identity.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "metadata/settings.h"

#define TEXT_MAX 255

static const struct part {
	enum setting setting;
	size_t member;		/* of struct identity: where its text is */
} parts[] = {
	{ SETTING_REGISTRY, offsetof(struct identity, registry) },
	{ SETTING_PREFIX, offsetof(struct identity, prefix) },
	{ SETTING_MESH, offsetof(struct identity, mesh) },
	{ SETTING_SITE, offsetof(struct identity, site) },
};

static char **part_of(const struct part *part, struct identity *identity)
{
	return (char **)(void *)((char *)identity + part->member);
}

static const char *part_text(const struct part *part, const struct identity *identity)
{
	return *(const char *const *)(const void *)((const char *)identity + part->member);
}

void identity_make(const struct config *config, struct identity *ret_identity)
{
	*ret_identity = (struct identity){
		.registry = mem_strdup(config->registry),
		.prefix = mem_strdup(config->prefix),
		.mesh = mem_strdup(config->mesh),
		.site = mem_strdup(config->site),
	};
}

void identity_told(const char *const options[], struct identity *ret_identity)
{
	struct identity identity = { 0 };

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		*part_of(&parts[i], &identity) = mem_strdup(options[parts[i].setting]);
	*ret_identity = identity;
}

void identity_set(const struct identity *identity, struct config *config)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		char **text =
			(char **)(void *)((char *)config + setting_row(parts[i].setting)->member);

		free(*text);
		*text = mem_strdup(part_text(&parts[i], identity));
	}
}

void identity_complete(struct identity *identity, const struct identity *other)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		char **text = part_of(&parts[i], identity);

		if (*text == NULL)
			*text = mem_strdup(part_text(&parts[i], other));
	}
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (strcmp(part_text(&parts[i], a), part_text(&parts[i], b)) != 0)
			return false;
	return true;
}

char *identity_text(const struct identity *identity)
{
	return mem_printf("site '%s' of mesh '%s', whose registry is '/%s' in '%s'", identity->site,
			  identity->mesh, identity->prefix, identity->registry);
}

/* As strict as the setting itself. */
static int part_parse(const struct part *part, const json_t *document, struct identity *identity,
		      struct err *e)
{
	const struct setting_row *row = setting_row(part->setting);
	AUTO_FREE char *text = NULL;

	if (json_get_string_or(document, row->key, TEXT_MAX, NULL, &text, e) < 0)
		return -1;
	if (text == NULL)
		return 0;
	if (row->parse(&(struct value){ .text = text }, part_of(part, identity), e) < 0)
		return err_wrap(e, "'%s'", row->key);
	return 0;
}

int identity_parse(const json_t *document, struct identity *ret_identity, struct err *e)
{
	CLEANUP(identity_done) struct identity identity = { 0 };

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (part_parse(&parts[i], document, &identity, e) < 0)
			return -1;
	*ret_identity = identity;
	identity = (struct identity){ 0 };
	return 0;
}

void identity_write(const struct identity *identity, json_t *document)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const char *text = part_text(&parts[i], identity);

		if (text != NULL)
			json_object_set_new(document, config_key(parts[i].setting),
					    json_string(text));
	}
}

void identity_done(struct identity *identity)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		free(*part_of(&parts[i], identity));
	*identity = (struct identity){ 0 };
}
