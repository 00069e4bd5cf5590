/*
 * config: the settings of a run, from defaults and sources to typed values. The one place where a
 * value meets its origin, so that every message can name both.
 */
#include "metadata/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "metadata/settings.h"
#include "metadata/shape.h"
#include "metadata/sources.h"

#define FILE_MAX 65536
#define VALUE_MAX 4096
#define DEFAULT "default"		/* origin of what no source sets */

int config_file_read(const char *root, char **ret_text, struct err *e)
{
	AUTO_BUF struct buf content = { 0 };

	if (file_read(root, CONFIG_FILE, FILE_MAX, &content, NULL, e) < 0) {
		if (e->code != EXIT_MISSING)
			return -1;
		err_clear(e);
		*ret_text = NULL;
		return 0;
	}
	if (strlen(buf_str(&content)) != content.len)
		return err_set(e, EXIT_CONFIG, "'" CONFIG_FILE "' has a NUL byte");
	*ret_text = buf_take(&content);
	return 0;
}

static int setting_missing(const char *key, const struct tags *tags, struct err *e)
{
	const char *first = tags == NULL || !tags->off ? "" :
		"IMDS shows no tags: set InstanceMetadataTags to 'enabled' among the launch "
		"template's MetadataOptions, then ";

	err_set(e, EXIT_CONFIG, "setting '%s' is required and set nowhere", key);
	if (tags == NULL)
		return err_remedy(e, "give --%s, or set '%s' in " CONFIG_FILE, key, key);
	return err_remedy(e, "%stag the instance '" TAG_PREFIX "%s' or set '%s' in " CONFIG_FILE,
			  first, key, key);
}

/* A setting that no source has set gets its default. */
static int standard_choose(const struct config_sources *sources, enum setting setting,
			   struct config *config, struct err *e)
{
	const struct setting_row *row = setting_row(setting);
	AUTO_FREE char *derived = NULL;

	if (row->derive == NULL && row->standard == NULL)
		return setting_missing(row->key, sources->tags, e);
	if (row->derive != NULL && row->derive(config, sources->instance, &derived, e) < 0)
		return err_wrap(e, "setting '%s' (default)", row->key);
	sources_choose(config, setting, derived != NULL ? derived : row->standard,
		       mem_strdup(DEFAULT));
	return 0;
}

static int text_check(const char *text, struct err *e)
{
	if (*text == '\0')
		return err_set(e, EXIT_CONFIG, "value is empty");
	if (strlen(text) > VALUE_MAX)
		return err_set(e, EXIT_CONFIG, "value is longer than %d bytes", VALUE_MAX);
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return err_set(e, EXIT_CONFIG, "value has control characters");
	return 0;
}

static int setting_parse(const struct config_sources *sources, enum setting setting,
			 struct config *config, struct err *e)
{
	const struct setting_row *row = setting_row(setting);
	struct value value = { .min = row->min, .max = row->max };

	value.standard = config->values[setting] == NULL;
	if (value.standard && standard_choose(sources, setting, config, e) < 0)
		return -1;
	value.text = config->values[setting];
	if (value.standard && *value.text == '\0')
		return 0;
	if (text_check(value.text, e) < 0 ||
	    row->parse(&value, (char *)config + row->member, e) < 0)
		return err_wrap(e, "setting '%s' (%s)", row->key, config->origins[setting]);
	return 0;
}

/* Peers reach the gateway itself by its primary private address, so that is offered in any case. */
static int subnets_complete(uint32_t primary, struct config *config, struct err *e)
{
	struct cidr address = { primary, 32 };
	AUTO_FREE char *before = TAKE(config->origins[SETTING_SUBNETS]);
	AUTO_FREE char *origin = NULL, *text = NULL;

	if (cidrs_cover(&config->subnets, address)) {
		origin = mem_strdup(before);
	} else {
		cidrs_add(&config->subnets, address);
		cidrs_sort(&config->subnets);
		origin = mem_printf("%s, and the primary private address", before);
	}
	text = cidrs_join(&config->subnets, ", ");
	sources_choose(config, SETTING_SUBNETS, text, TAKE(origin));
	if (config->subnets.count <= RANGES_MAX)
		return 0;
	err_set(e, EXIT_CONFIG, "setting 'subnets' (%s): more than %d ranges",
		config->origins[SETTING_SUBNETS], RANGES_MAX);
	return err_remedy(e, "set 'subnets' to fewer, wider ranges");
}

int config_zone(struct config *config, const struct instance *instance, const struct cidrs *ranges,
		struct err *e)
{
	if (!config->zonal)
		return 0;
	if (ranges->count == 0)
		return err_set(e, EXIT_CONFIG,
			       "setting 'subnets' (default): zone '%s' has no subnet in '%s'",
			       instance->zone, instance->vpc);
	cidrs_done(&config->subnets);
	cidrs_copy(ranges, &config->subnets);
	sources_choose(config, SETTING_SUBNETS, "", mem_strdup(DEFAULT));
	return subnets_complete(instance->private_address, config, e);
}

/* A wait that outlasts the run would end it as a failure. */
static int waits_check(const struct config *config, struct err *e)
{
	if (config->tunnel_wait_s < config->timeout_s)
		return 0;
	return err_set(e, EXIT_CONFIG,
		       "setting 'tunnel-wait' (%s): '%s' is not shorter than 'timeout' (%s): '%s'",
		       config->origins[SETTING_TUNNEL_WAIT], config->values[SETTING_TUNNEL_WAIT],
		       config->origins[SETTING_TIMEOUT], config->values[SETTING_TIMEOUT]);
}

/* What is derived comes last, as it may depend on the others. */
static int settings_parse(const struct config_sources *sources, bool derived,
			  struct config *config, struct err *e)
{
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if ((setting_row(i)->derive != NULL) == derived &&
		    setting_parse(sources, i, config, e) < 0)
			return -1;
	return 0;
}

int config_make(const struct config_sources *sources, struct config *ret_config, struct err *e)
{
	CLEANUP(config_done) struct config config = { 0 };

	if (sources_merge(sources, &config, e) < 0 ||
	    settings_parse(sources, false, &config, e) < 0)
		return -1;
	config.zonal = config.scope == SCOPE_AZ && config.values[SETTING_SUBNETS] == NULL;
	if (settings_parse(sources, true, &config, e) < 0 || waits_check(&config, e) < 0)
		return -1;
	if (!config.zonal && subnets_complete(sources->instance->private_address, &config, e) < 0)
		return -1;
	*ret_config = config;
	config = (struct config){ 0 };
	return 0;
}

int config_registry(const struct config_sources *sources, struct config *ret_config, struct err *e)
{
	static const enum setting needed[] = {
		SETTING_MESH, SETTING_REGISTRY, SETTING_PREFIX, SETTING_REGISTRY_ROLE,
	};
	CLEANUP(config_done) struct config config = { 0 };

	if (sources_merge(sources, &config, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(needed); i++)
		if (setting_parse(sources, needed[i], &config, e) < 0)
			return -1;
	*ret_config = config;
	config = (struct config){ 0 };
	return 0;
}

int config_given(const struct config_sources *sources, struct config *ret_config, struct err *e)
{
	CLEANUP(config_done) struct config config = { 0 };

	if (sources_merge(sources, &config, e) < 0)
		return -1;
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if ((config.values[i] != NULL || setting_row(i)->standard != NULL) &&
		    setting_parse(sources, i, &config, e) < 0)
			return -1;
	if (waits_check(&config, e) < 0)
		return -1;
	*ret_config = config;
	config = (struct config){ 0 };
	return 0;
}

bool config_is_given(const struct config *config, enum setting setting)
{
	return config->origins[setting] != NULL && strcmp(config->origins[setting], DEFAULT) != 0;
}

void config_done(struct config *config)
{
	free(config->mesh);
	free(config->registry);
	free(config->site);
	free(config->prefix);
	free(config->registry_role);
	free(config->address.allocation);
	free(config->lifecycle_hook);
	strings_done(&config->route_tables);
	cidrs_done(&config->subnets);
	cidrs_done(&config->allow_subnets);
	strings_done(&config->ike_proposals);
	strings_done(&config->esp_proposals);
	strings_done(&config->ntp);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		free(config->values[i]);
		free(config->origins[i]);
	}
	*config = (struct config){ 0 };
}

bool config_name_valid(const char *name)
{
	return shape_label(name);
}
