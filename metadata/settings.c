/*
 * settings: one row a setting, in the order of the README's table; a new setting is a new row. What
 * a value may look like is for values.c, which source wins for config.c.
 */
#include "metadata/settings.h"

#include <stddef.h>
#include <string.h>

#include "metadata/proposals.h"

static int derive_site(const struct config *config, const struct instance *instance,
		       char **ret_text, struct err *e)
{
	(void)e;
	*ret_text = mem_strdup(config->scope == SCOPE_AZ ? instance->zone : instance->region);
	return 0;
}

static int derive_subnets(const struct config *config, const struct instance *instance,
			  char **ret_text, struct err *e)
{
	(void)e;
	*ret_text = config->zonal ? mem_strdup("") : cidrs_join(&instance->vpc_ranges, ", ");
	return 0;
}

static int derive_address(const struct config *config, const struct instance *instance,
			  char **ret_text, struct err *e)
{
	char text[ADDRESS_TEXT];

	(void)config;
	if (instance->public_address == 0) {
		err_set(e, EXIT_CONFIG, "the instance has no public IPv4 address");
		return err_remedy(e, "associate an Elastic IP with network interface '%s', "
				  "or name one in 'address'", instance->interface);
	}
	address_format(instance->public_address, text);
	*ret_text = mem_strdup(text);
	return 0;
}

static int parse_proposals(const struct value *value, void *ret_value, struct err *e)
{
	struct config *ret_config = ret_value;

	return proposals_parse(value->text, &ret_config->ike_proposals,
			       &ret_config->esp_proposals, e);
}

static int parse_routes(const struct value *value, void *ret_value, struct err *e)
{
	struct config *ret_config = ret_value;

	if (strncmp(value->text, "rtb-", strlen("rtb-")) != 0) {
		if (value_routes(value, &ret_config->routes, e) == 0)
			return 0;
		return err_remedy(e, "or list the route tables, as in "
				  "'rtb-0123456789abcdef0, rtb-0123456789abcdef1'");
	}
	if (value_tables(value, &ret_config->route_tables, e) < 0)
		return -1;
	ret_config->routes = ROUTES_LISTED;
	return 0;
}

#define MEMBER(name) .member = offsetof(struct config, name)

static const struct setting_row rows[SETTING_COUNT] = {
	[SETTING_MESH] = {
		"mesh", .parse = value_label, MEMBER(mesh),
	},
	[SETTING_REGISTRY] = {
		"registry", .parse = value_label, MEMBER(registry),
	},
	[SETTING_SITE] = {
		"site", .derive = derive_site, .parse = value_label, MEMBER(site),
	},
	[SETTING_SCOPE] = {
		"scope", "vpc", .parse = value_scope, MEMBER(scope),
	},
	[SETTING_PREFIX] = {
		"prefix", "cygnet", .parse = value_prefix, MEMBER(prefix),
	},
	[SETTING_REGISTRY_ROLE] = {
		"registry-role", "none", .parse = value_role, MEMBER(registry_role),
	},
	[SETTING_SUBNETS] = {
		"subnets", .derive = derive_subnets, .parse = value_ranges, MEMBER(subnets),
	},
	[SETTING_ALLOW_SUBNETS] = {
		"allow-subnets", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10",
		.not_by_tag = true, .parse = value_ranges, MEMBER(allow_subnets),
	},
	[SETTING_ADDRESS] = {
		"address", .derive = derive_address, .parse = value_address, MEMBER(address),
	},
	[SETTING_ROUTES] = {
		"routes", "tagged", .parse = parse_routes,
	},
	[SETTING_SECURITY_GROUP] = {
		"security-group", "audit", .parse = value_security, MEMBER(security),
	},
	[SETTING_LIFECYCLE_HOOK] = {
		"lifecycle-hook", "none", .parse = value_hook, MEMBER(lifecycle_hook),
	},
	[SETTING_UNHEALTHY_AFTER] = {
		"unhealthy-after", "off",
		.parse = value_period, MEMBER(unhealthy_after_s), .min = 60, .max = 86400,
	},
	[SETTING_BACKEND] = {
		"backend", "detected", .parse = value_backend, MEMBER(backend),
	},
	[SETTING_PROPOSALS] = {
		"proposals", "strong, article", .not_by_tag = true, .parse = parse_proposals,
	},
	[SETTING_KEY_BITS] = {
		"key-bits", "4096", .parse = value_bits, MEMBER(key_bits), .min = 3072, .max = 8192,
	},
	[SETTING_REKEY_AFTER] = {
		"rekey-after", "off", .parse = value_period, MEMBER(rekey_after_s),
		.min = 3600, .max = 3650 * 86400,
	},
	[SETTING_NTP] = {
		"ntp", "169.254.169.123, 0.amazon.pool.ntp.org, 1.amazon.pool.ntp.org, "
		"2.amazon.pool.ntp.org, 3.amazon.pool.ntp.org",
		.parse = value_servers, MEMBER(ntp),
	},
	[SETTING_INTERVAL] = {
		"interval", "15s",
		.parse = value_duration, MEMBER(interval_s), .min = 5, .max = 3600,
	},
	[SETTING_RECONCILE] = {
		"reconcile", "10m",
		.parse = value_duration, MEMBER(reconcile_s), .min = 5, .max = 86400,
	},
	[SETTING_TUNNEL_WAIT] = {
		"tunnel-wait", "60s",
		.parse = value_duration, MEMBER(tunnel_wait_s), .min = 0, .max = 3600,
	},
	[SETTING_TIMEOUT] = {
		"timeout", "5m",
		.parse = value_duration, MEMBER(timeout_s), .min = 10, .max = 3600,
	},
	[SETTING_MSS] = {
		"mss", "1360", .parse = value_mss, MEMBER(mss), .min = 536, .max = 1460,
	},
};

const struct setting_row *setting_row(enum setting setting)
{
	return &rows[setting];
}

const char *config_key(enum setting setting)
{
	return rows[setting].key;
}

int config_setting(const char *key)
{
	for (int i = 0; i < SETTING_COUNT; i++)
		if (strcmp(key, rows[i].key) == 0)
			return i;
	return -1;
}
