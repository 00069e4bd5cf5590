/* config: the settings of a run, each with its origin. */
#ifndef CYGNET_METADATA_CONFIG_H
#define CYGNET_METADATA_CONFIG_H

#include "base/cidr.h"
#include "base/mem.h"
#include "metadata/instance.h"
#include "metadata/tags.h"

enum backend { BACKEND_DETECTED, BACKEND_SWANCTL, BACKEND_IPSEC };

enum scope { SCOPE_VPC, SCOPE_AZ };
enum address_kind { ADDRESS_INSTANCE, ADDRESS_ALLOCATION, ADDRESS_LITERAL, ADDRESS_TAG };
enum route_choice { ROUTES_NONE, ROUTES_TAGGED, ROUTES_ALL, ROUTES_LISTED };
enum security { SECURITY_NONE, SECURITY_AUDIT, SECURITY_MANAGE };

/* One row a key, in the order of the README's table; config_key() names them. */
enum setting {
	SETTING_MESH, SETTING_REGISTRY, SETTING_SITE, SETTING_SCOPE, SETTING_PREFIX,
	SETTING_REGISTRY_ROLE, SETTING_SUBNETS, SETTING_ALLOW_SUBNETS, SETTING_ADDRESS,
	SETTING_ROUTES, SETTING_SECURITY_GROUP, SETTING_LIFECYCLE_HOOK, SETTING_UNHEALTHY_AFTER,
	SETTING_BACKEND, SETTING_PROPOSALS, SETTING_KEY_BITS, SETTING_REKEY_AFTER, SETTING_NTP,
	SETTING_INTERVAL, SETTING_RECONCILE, SETTING_TUNNEL_WAIT, SETTING_TIMEOUT, SETTING_MSS,
	SETTING_COUNT
};

/* Which public address the site has. */
struct address_choice {
	enum address_kind kind;
	char *allocation;		/* of ADDRESS_ALLOCATION: an Elastic IP's */
	uint32_t literal;		/* of ADDRESS_LITERAL: an Elastic IP's, host byte order */
};

struct config {
	char *mesh;			/* [a-z0-9-]{1,63} */
	char *registry;			/* region */
	char *site;			/* [a-z0-9-]{1,63} */
	char *prefix;			/* first element of the parameter path */
	struct cidrs subnets;		/* what this site offers; sorted; no 0.0.0.0/0 */
	bool zonal;			/* they are the own zone's, and none until config_zone */
	struct cidrs allow_subnets;	/* what a peer may offer */
	enum scope scope;
	char *registry_role;		/* ARN of the role to assume for the registry; NULL: none */
	struct address_choice address;
	enum route_choice routes;
	struct strings route_tables;	/* of ROUTES_LISTED: their ids */
	enum security security;
	char *lifecycle_hook;		/* NULL: none */
	int64_t unhealthy_after_s;	/* 0: off */
	enum backend backend;
	struct strings ike_proposals;	/* strongest first, in strongSwan's words */
	struct strings esp_proposals;
	unsigned key_bits;		/* 3072..8192 */
	int64_t rekey_after_s;		/* age of a key that is to be replaced; 0: off */
	struct strings ntp;		/* the first is preferred */
	int64_t interval_s, reconcile_s, tunnel_wait_s, timeout_s;
	unsigned mss;			/* 0: no clamp */

	/*
	 * Each as text, as `cygnet plan` shows it, and where it is from: "default", "--mesh",
	 * "tag 'cygnet:mesh'", "/etc/cygnet.conf line 3" or "CYGNET_MESH"; that of subnets ends
	 * ", and the primary private address" where this was added.
	 */
	char *values[SETTING_COUNT];
	char *origins[SETTING_COUNT];
};

/* What settings are read from, strongest first; all borrowed. */
struct config_sources {
	const char *const *options;	/* of the command line: SETTING_COUNT, NULL if not given */
	char *const *environment;	/* "NAME=value": those of CYGNET_… count, unless empty */
	const char *file_text;		/* of CONFIG_FILE, or NULL when there is none */
	const struct tags *tags;
	const struct instance *instance;
};

#define CONFIG_FILE "/etc/cygnet.conf"

/*
 * Read CONFIG_FILE below root: lines "key = value", blank ones, and comments that begin with '#'.
 * *ret_text is yours to free, NULL when there is no such file; a NUL byte or more than 64 KiB is
 * EXIT_CONFIG.
 */
int config_file_read(const char *root, char **ret_text, struct err *e);

/* A setting's key as in the file ("tunnel-wait"; its variable is CYGNET_TUNNEL_WAIT). Static. */
const char *config_key(enum setting setting);

/* The setting of a key, or -1. */
int config_setting(const char *key);

/*
 * Pure. Merge the sources and parse every value. An unknown key, a bad value, a key that the source
 * may not set or a missing required one is EXIT_CONFIG naming origin (file and line), key and rule;
 * for a missing one with tags off the remedy names InstanceMetadataTags and the launch template.
 */
int config_make(const struct config_sources *sources, struct config *ret_config, struct err *e);

/*
 * Pure. The same for a command that runs away from any instance (tags and instance are NULL): mesh,
 * registry, prefix and registry-role are parsed, and no others.
 */
int config_registry(const struct config_sources *sources, struct config *ret_config, struct err *e);

/*
 * Pure. The same for a machine that is not there yet: what a source sets is parsed, and the rest
 * has its default where that is known without the instance. values is NULL of what has none;
 * nothing is missing.
 */
int config_given(const struct config_sources *sources, struct config *ret_config, struct err *e);

/* Whether a source has set it: the origin is not "default". */
bool config_is_given(const struct config *config, enum setting setting);

/*
 * The ranges of the own zone's subnets are known: with scope az they are what the site offers,
 * unless 'subnets' was set; the primary private address is added as usual. EXIT_CONFIG when ranges
 * is empty, or too many; config is of no use then. May be called again.
 */
int config_zone(struct config *config, const struct instance *instance, const struct cidrs *ranges,
		struct err *e);

void config_done(struct config *config);

/* [a-z0-9-]{1,63}, not beginning or ending with '-': what a site or a mesh may be called. */
bool config_name_valid(const char *name);

#endif
