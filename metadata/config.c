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

/* The text of a setting's default: a copy, NULL when it has none. */
static int standard_make(const struct setting_row *row, const struct instance *instance,
			 char **ret_text, struct err *e)
{
	if (row->derive == NULL) {
		*ret_text = mem_strdup(row->standard);
		return 0;
	}
	if (row->derive(instance, ret_text, e) < 0)
		return err_wrap(e, "setting '%s' (default)", row->key);
	return 0;
}

static int setting_missing(const char *key, const struct tags *tags, struct err *e)
{
	const char *first = !tags->off ? "" :
		"IMDS shows no tags: set InstanceMetadataTags to 'enabled' among the launch template's "
		"MetadataOptions, then ";

	err_set(e, EXIT_CONFIG, "setting '%s' is required and set nowhere", key);
	return err_remedy(e, "%stag the instance '" TAG_PREFIX "%s' or set '%s' in " CONFIG_FILE,
			  first, key, key);
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
	AUTO_FREE char *standard = NULL;
	struct value value = { .min = row->min, .max = row->max };

	if (standard_make(row, sources->instance, &standard, e) < 0)
		return -1;
	if (config->values[setting] == NULL && standard == NULL)
		return setting_missing(row->key, sources->tags, e);
	if (config->values[setting] == NULL)
		sources_choose(config, setting, standard, mem_strdup("default"));
	value.text = config->values[setting];
	value.standard = standard;
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
	if (config->subnets.count > RANGES_MAX)
		return err_set(e, EXIT_CONFIG, "setting 'subnets' (%s): more than %d ranges",
			       config->origins[SETTING_SUBNETS], RANGES_MAX);
	return 0;
}

/* A wait that outlasts the run would end it as a failure. */
static int waits_check(const struct config *config, struct err *e)
{
	if (config->tunnel_wait_s < config->timeout_s)
		return 0;
	return err_set(e, EXIT_CONFIG, "setting 'tunnel-wait' (%s): '%s' is not shorter than 'timeout' (%s): '%s'",
		       config->origins[SETTING_TUNNEL_WAIT], config->values[SETTING_TUNNEL_WAIT],
		       config->origins[SETTING_TIMEOUT], config->values[SETTING_TIMEOUT]);
}

int config_make(const struct config_sources *sources, struct config *ret_config, struct err *e)
{
	CLEANUP(config_done) struct config config = { 0 };

	if (sources_merge(sources, &config, e) < 0)
		return -1;
	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if (setting_parse(sources, i, &config, e) < 0)
			return -1;
	if (subnets_complete(sources->instance->private_address, &config, e) < 0 || waits_check(&config, e) < 0)
		return -1;
	*ret_config = config;
	config = (struct config){ 0 };
	return 0;
}

void config_done(struct config *config)
{
	free(config->mesh);
	free(config->registry);
	free(config->site);
	free(config->prefix);
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
