/*
 * config: from five sources to typed values: which one wins, what the defaults are, and every
 * refusal whole.
 */
#include "tests/unit/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "metadata/config.h"

#define PRIVATE 0xac10010a	/* 172.16.1.10 */
#define PUBLIC 0xc6336407	/* 198.51.100.7 */

/* What is set where; the instance is always the same one. Unset members set nothing. */
struct world {
	const char *tags[6];		/* key, value, … */
	const char *file;
	const char *environment[4];
	struct { enum setting setting; const char *text; } options[2];
	bool tags_off, no_public_address;
	bool away;			/* there is neither instance nor tags */
	uint32_t private_address;	/* 0: PRIVATE */
};

#define REQUIRED "mesh", "prod", "registry", "us-east-1"

static int make(const struct world *world, struct config *ret_config, struct err *e)
{
	struct cidr ranges[] = { { 0xac100000, 16 }, { 0x64400000, 16 } };
	const struct instance instance = {
		.region = (char []){ "eu-west-1" },
		.zone = (char []){ "eu-west-1a" },
		.vpc = (char []){ "vpc-0123456789abcdef0" },
		.interface = (char []){ "eni-0123456789abcdef1" },
		.private_address = world->private_address ? world->private_address : PRIVATE,
		.public_address = world->no_public_address ? 0 : PUBLIC,
		.vpc_ranges = { ranges, COUNT_OF(ranges) },
	};
	const char *options[SETTING_COUNT] = { NULL };
	struct tag items[COUNT_OF(world->tags) / 2];
	struct tags tags = { .items = items, .off = world->tags_off };
	const struct config_sources sources = {
		.options = options,
		.environment = (char *const *)world->environment,
		.file_text = world->file,
		.tags = world->away ? NULL : &tags,
		.instance = world->away ? NULL : &instance,
	};

	for (; tags.count < COUNT_OF(items) && world->tags[2 * tags.count] != NULL; tags.count++)
		items[tags.count] = (struct tag){
			.key = (char *)world->tags[2 * tags.count],
			.value = (char *)world->tags[2 * tags.count + 1],
		};
	for (size_t i = 0; i < COUNT_OF(world->options); i++)
		if (world->options[i].text != NULL)
			options[world->options[i].setting] = world->options[i].text;
	return world->away ? config_registry(&sources, ret_config, e) :
			     config_make(&sources, ret_config, e);
}

static void assert_joined(char *joined, const char *expected)
{
	assert_string_equal(joined, expected);
	free(joined);
}

static void defaults_are_those_of_the_table(void **state)
{
	static const struct { const char *key, *value; } shown[] = {
		{ "mesh", "prod" }, { "registry", "us-east-1" }, { "site", "eu-west-1" }, { "scope", "vpc" },
		{ "prefix", "cygnet" }, { "registry-role", "none" }, { "subnets", "100.64.0.0/16, 172.16.0.0/16" },
		{ "allow-subnets", "10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10" },
		{ "address", "198.51.100.7" }, { "routes", "tagged" }, { "security-group", "audit" },
		{ "lifecycle-hook", "none" }, { "unhealthy-after", "off" }, { "backend", "detected" }, { "proposals", "strong, article" },
		{ "key-bits", "4096" }, { "rekey-after", "off" },
		{ "ntp", "169.254.169.123, 0.amazon.pool.ntp.org, 1.amazon.pool.ntp.org, 2.amazon.pool.ntp.org, "
		  "3.amazon.pool.ntp.org" },
		{ "interval", "15s" }, { "reconcile", "10m" }, { "tunnel-wait", "60s" }, { "timeout", "5m" },
		{ "mss", "1360" },
	};
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED } }, &config, &e), 0);
	assert_int_equal(COUNT_OF(shown), SETTING_COUNT);
	for (unsigned i = 0; i < SETTING_COUNT; i++) {
		assert_string_equal(config_key(i), shown[i].key);
		assert_int_equal(config_setting(shown[i].key), i);
		assert_string_equal(config.values[i], shown[i].value);
		if (i >= SETTING_SITE)
			assert_string_equal(config.origins[i], "default");
	}
	config_done(&config);
}

static void defaults_become_typed_values(void **state)
{
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED } }, &config, &e), 0);
	assert_string_equal(config.mesh, "prod");
	assert_string_equal(config.registry, "us-east-1");
	assert_string_equal(config.site, "eu-west-1");
	assert_string_equal(config.prefix, "cygnet");
	assert_joined(cidrs_join(&config.subnets, " "), "100.64.0.0/16 172.16.0.0/16");
	assert_joined(cidrs_join(&config.allow_subnets, " "), "10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16");
	assert_int_equal(config.scope, SCOPE_VPC);
	assert_false(config.zonal);
	assert_null(config.registry_role);
	assert_int_equal(config.address.kind, ADDRESS_INSTANCE);
	assert_int_equal(config.routes, ROUTES_TAGGED);
	assert_int_equal(config.security, SECURITY_AUDIT);
	assert_null(config.lifecycle_hook);
	assert_int_equal(config.unhealthy_after_s, 0);
	assert_int_equal(config.rekey_after_s, 0);
	assert_int_equal(config.backend, BACKEND_DETECTED);
	assert_int_equal(config.ike_proposals.count, 5);
	assert_int_equal(config.esp_proposals.count, 4);
	assert_int_equal(config.key_bits, 4096);
	assert_int_equal(config.ntp.count, 5);
	assert_string_equal(config.ntp.items[0], "169.254.169.123");
	assert_int_equal(config.interval_s, 15);
	assert_int_equal(config.reconcile_s, 600);
	assert_int_equal(config.tunnel_wait_s, 60);
	assert_int_equal(config.timeout_s, 300);
	assert_int_equal(config.mss, 1360);
	config_done(&config);
	assert_null(config.values[SETTING_MESH]);
}

/* One more source a row, each stronger than those before. */
static void a_weaker_source_wins(void **state)
{
	static const struct { struct world world; const char *value, *origin; int64_t wait_s; } rows[] = {
		{ { .tags = { REQUIRED } }, "60s", "default", 60 },
		{ { .tags = { REQUIRED, "tunnel-wait", "1s" } }, "1s", "tag 'cygnet:tunnel-wait'", 1 },
		{ { .tags = { REQUIRED, "tunnel-wait", "1s" }, .file = "# comment\n\n tunnel-wait\t=  2s \r\n" },
		  "2s", "/etc/cygnet.conf line 3", 2 },
		{ { .tags = { REQUIRED, "tunnel-wait", "1s" }, .file = "tunnel-wait=2s",
		    .environment = { "HOME=/", "CYGNET_TUNNEL_WAIT=3s", "CYGNET_CACHE=/x" } },
		  "3s", "CYGNET_TUNNEL_WAIT", 3 },
		{ { .tags = { REQUIRED, "tunnel-wait", "1s" }, .file = "tunnel-wait=2s",
		    .environment = { "CYGNET_TUNNEL_WAIT=3s" }, .options = { { SETTING_TUNNEL_WAIT, "4s" } } },
		  "4s", "--tunnel-wait", 4 },
		{ { .tags = { REQUIRED }, .file = "tunnel-wait=2s", .environment = { "CYGNET_TUNNEL_WAIT=" } },
		  "2s", "/etc/cygnet.conf line 1", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config config = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(make(&rows[i].world, &config, &e), 0);
		assert_string_equal(config.values[SETTING_TUNNEL_WAIT], rows[i].value);
		assert_string_equal(config.origins[SETTING_TUNNEL_WAIT], rows[i].origin);
		assert_int_equal(config.tunnel_wait_s, rows[i].wait_s);
		config_done(&config);
	}
}

static void any_setting_comes_from_any_source(void **state)
{
	static const struct world world = {
		.tags = { "mesh", "a", "mss", "0" },
		.environment = { "CYGNET_MESH=b", "CYGNET_MSS=536" },
		.options = { { SETTING_REGISTRY, "us-east-1" }, { SETTING_MSS, "537" } },
	};
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&world, &config, &e), 0);
	assert_string_equal(config.mesh, "b");
	assert_string_equal(config.registry, "us-east-1");
	assert_int_equal(config.mss, 537);
	config_done(&config);
}

static void gateway_outside_of_its_subnets(void **state)
{
	static const struct { struct world world; const char *subnets, *origin; } rows[] = {
		{ { .tags = { REQUIRED } }, "100.64.0.0/16, 172.16.0.0/16", "default" },
		{ { .tags = { REQUIRED, "subnets", "172.16.2.0/24 172.16.1.0/24" } },
		  "172.16.1.0/24, 172.16.2.0/24", "tag 'cygnet:subnets'" },
		{ { .tags = { REQUIRED, "subnets", "172.16.2.0/24" } }, "172.16.1.10/32, 172.16.2.0/24",
		  "tag 'cygnet:subnets', and the primary private address" },
		{ { .tags = { REQUIRED }, .private_address = 0x0a000001 },
		  "10.0.0.1/32, 100.64.0.0/16, 172.16.0.0/16", "default, and the primary private address" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config config = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(make(&rows[i].world, &config, &e), 0);
		assert_joined(cidrs_join(&config.subnets, ", "), rows[i].subnets);
		assert_string_equal(config.values[SETTING_SUBNETS], rows[i].subnets);
		assert_string_equal(config.origins[SETTING_SUBNETS], rows[i].origin);
		config_done(&config);
	}
}

static void gateway_outside_of_64_subnets(void **state)
{
	struct strings ranges = { 0 };
	AUTO_FREE char *text = NULL;
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		strings_addf(&ranges, "10.%d.0.0/16", i);
	text = strings_join(&ranges, " ");
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "subnets", text } }, &config, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'subnets' (tag 'cygnet:subnets', and the primary private address): more "
		     "than 64 ranges", "set 'subnets' to fewer, wider ranges");
	strings_done(&ranges);
}

static void setting_of_the_vpc_is_lost(void **state)
{
	static const struct world world = {
		.tags = { REQUIRED, "registry-role", "arn:aws:iam::123456789012:role/mesh" },
		.file = "address = eipalloc-0123456789abcdef0\nroutes = all\nsecurity-group = manage\n"
			"lifecycle-hook = launch\nunhealthy-after = 5m\nrekey-after = 90d\n",
		.no_public_address = true,
	};
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&world, &config, &e), 0);
	assert_string_equal(config.registry_role, "arn:aws:iam::123456789012:role/mesh");
	assert_int_equal(config.address.kind, ADDRESS_ALLOCATION);
	assert_string_equal(config.address.allocation, "eipalloc-0123456789abcdef0");
	assert_string_equal(config.values[SETTING_ADDRESS], "eipalloc-0123456789abcdef0");
	assert_int_equal(config.routes, ROUTES_ALL);
	assert_int_equal(config.security, SECURITY_MANAGE);
	assert_string_equal(config.lifecycle_hook, "launch");
	assert_int_equal(config.unhealthy_after_s, 300);
	assert_int_equal(config.rekey_after_s, 90 * 86400);
	config_done(&config);
}

/* The address that the instance happens to have is another thing when it is set. */
static void address_that_is_set_is_taken_for_the_default(void **state)
{
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "address", "198.51.100.7" } }, &config, &e), 0);
	assert_int_equal(config.address.kind, ADDRESS_LITERAL);
	assert_int_equal(config.address.literal, PUBLIC);
	config_done(&config);
}

static const struct instance zone_instance = {
	.zone = (char *)"eu-west-1a", .vpc = (char *)"vpc-0123456789abcdef0", .private_address = PRIVATE,
};

static void zone_offers_the_whole_vpc(void **state)
{
	static const struct { struct cidr ranges[2]; const char *subnets, *origin; } rows[] = {
		{ { { 0xac100100, 24 }, { 0xac100200, 24 } }, "172.16.1.0/24, 172.16.2.0/24", "default" },
		/* called again, when a subnet was added to the zone and another one deleted */
		{ { { 0xac100200, 24 }, { 0xac100300, 24 } }, "172.16.1.10/32, 172.16.2.0/24, 172.16.3.0/24",
		  "default, and the primary private address" },
		{ { { 0xac100000, 24 }, { 0xac100100, 24 } }, "172.16.0.0/24, 172.16.1.0/24", "default" },
	};
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "scope", "az" } }, &config, &e), 0);
	assert_string_equal(config.site, "eu-west-1a");
	assert_true(config.zonal);
	assert_int_equal(config.subnets.count, 0);
	assert_string_equal(config.values[SETTING_SUBNETS], "");
	assert_string_equal(config.origins[SETTING_SUBNETS], "default");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct cidrs ranges = { (struct cidr *)rows[i].ranges, COUNT_OF(rows[i].ranges) };

		assert_int_equal(config_zone(&config, &zone_instance, &ranges, &e), 0);
		assert_joined(cidrs_join(&config.subnets, ", "), rows[i].subnets);
		assert_string_equal(config.values[SETTING_SUBNETS], rows[i].subnets);
		assert_string_equal(config.origins[SETTING_SUBNETS], rows[i].origin);
	}
	config_done(&config);
}

static void zone_overrides_what_was_set(void **state)
{
	static const struct { struct world world; const char *site, *subnets; } rows[] = {
		{ { .tags = { REQUIRED, "subnets", "172.16.0.0/20" }, .file = "scope = az" }, "eu-west-1a",
		  "172.16.0.0/20" },
		{ { .tags = { REQUIRED, "site", "east" }, .file = "scope = az\nsubnets = 172.16.0.0/20" }, "east",
		  "172.16.0.0/20" },
		{ { .tags = { REQUIRED } }, "eu-west-1", "100.64.0.0/16, 172.16.0.0/16" },
	};
	struct cidr range = { 0xac100100, 24 };
	const struct cidrs ranges = { &range, 1 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config config = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(make(&rows[i].world, &config, &e), 0);
		assert_false(config.zonal);
		assert_int_equal(config_zone(&config, &zone_instance, &ranges, &e), 0);
		assert_string_equal(config.site, rows[i].site);
		assert_joined(cidrs_join(&config.subnets, ", "), rows[i].subnets);
		config_done(&config);
	}
}

static void zone_without_subnets_or_with_too_many(void **state)
{
	struct cidrs ranges = { 0 };
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "scope", "az" } }, &config, &e), 0);
	assert_int_equal(config_zone(&config, &zone_instance, &ranges, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'subnets' (default): zone 'eu-west-1a' has no subnet in "
		     "'vpc-0123456789abcdef0'", "");
	for (uint32_t i = 0; i < 65; i++)
		cidrs_add(&ranges, (struct cidr){ 0xac100000 + (i << 8), 24 });
	assert_int_equal(config_zone(&config, &zone_instance, &ranges, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'subnets' (default): more than 64 ranges",
		     "set 'subnets' to fewer, wider ranges");
	cidrs_done(&ranges);
	config_done(&config);
}

static void away_from_any_instance(void **state)
{
	static const struct world world = {
		.away = true,
		.file = "mesh = prod\nprefix = net\nlifecycle-hook = not parsed\n",
		.environment = { "CYGNET_REGISTRY=us-east-1" },
		.options = { { SETTING_REGISTRY_ROLE, "arn:aws:iam::123456789012:role/mesh" } },
	};
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(make(&world, &config, &e), 0);
	assert_string_equal(config.mesh, "prod");
	assert_string_equal(config.registry, "us-east-1");
	assert_string_equal(config.prefix, "net");
	assert_string_equal(config.registry_role, "arn:aws:iam::123456789012:role/mesh");
	assert_string_equal(config.origins[SETTING_PREFIX], "/etc/cygnet.conf line 2");
	assert_null(config.site);
	assert_null(config.lifecycle_hook);
	config_done(&config);
}

#define KEYS											\
	"the settings are mesh, registry, site, scope, prefix, registry-role, subnets, allow-subnets, address, "	\
	"routes, security-group, lifecycle-hook, unhealthy-after, backend, proposals, key-bits, rekey-after, ntp, interval, "		\
	"reconcile, tunnel-wait, timeout, mss"
#define LABEL_RULE "is not 1 to 63 of a-z, 0-9 and '-', with no '-' at either end"

static const struct {
	struct world world;
	const char *cause, *remedy;
} refusals[] = {
	/* a required setting that is missing */
	{ { .tags = { "registry", "us-east-1" } }, "setting 'mesh' is required and set nowhere",
	  "tag the instance 'cygnet:mesh' or set 'mesh' in /etc/cygnet.conf" },
	{ { .file = "mesh = prod", .tags_off = true }, "setting 'registry' is required and set nowhere",
	  "IMDS shows no tags: set InstanceMetadataTags to 'enabled' among the launch template's MetadataOptions, then "
	  "tag the instance 'cygnet:registry' or set 'registry' in /etc/cygnet.conf" },
	{ { .tags = { REQUIRED }, .no_public_address = true },
	  "setting 'address' (default): the instance has no public IPv4 address",
	  "associate an Elastic IP with network interface 'eni-0123456789abcdef1', or name one in 'address'" },

	{ { .file = "mesh = prod", .away = true }, "setting 'registry' is required and set nowhere",
	  "give --registry, or set 'registry' in /etc/cygnet.conf" },

	/* a key that no setting has */
	{ { .tags = { REQUIRED, "mehs", "x" } }, "unknown setting 'cygnet:mehs' (a tag of the instance)",
	  "write 'cygnet:mesh' if that was meant" },
	{ { .tags = { REQUIRED, "esh", "x" } }, "unknown setting 'cygnet:esh' (a tag of the instance)",
	  "write 'cygnet:mesh' if that was meant" },
	{ { .tags = { REQUIRED, "tunnelwait", "x" } }, "unknown setting 'cygnet:tunnelwait' (a tag of the instance)",
	  "write 'cygnet:tunnel-wait' if that was meant" },
	{ { .tags = { REQUIRED, "", "x" } }, "unknown setting 'cygnet:' (a tag of the instance)", KEYS },
	{ { .tags = { REQUIRED }, .file = "\ntunnel_wait = 1s" },
	  "unknown setting 'tunnel_wait' (/etc/cygnet.conf line 2)", "write 'tunnel-wait' if that was meant" },
	{ { .tags = { REQUIRED }, .file = "colour = blue" }, "unknown setting 'colour' (/etc/cygnet.conf line 1)", KEYS },
	{ { .tags = { REQUIRED }, .file = "= blue" }, "unknown setting '' (/etc/cygnet.conf line 1)", KEYS },
	{ { .tags = { REQUIRED }, .file = "Mesh = blue" }, "unknown setting 'Mesh' (/etc/cygnet.conf line 1)",
	  "write 'mesh' if that was meant" },
	{ { .tags = { REQUIRED }, .file = "123456789 123456789 123456789 123456789 123456789 123456789 123456789 = x" },
	  "unknown setting '123456789 123456789 123456789 123456789 123456789 123456789 1234' (/etc/cygnet.conf line "
	  "1)", KEYS },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_INTERVALL=5s" } },
	  "unknown setting 'CYGNET_INTERVALL' (the environment)", "write 'CYGNET_INTERVAL' if that was meant" },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_mesh=x" } },
	  "unknown setting 'CYGNET_mesh' (the environment)", "write 'CYGNET_MESH' if that was meant" },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_TUNNEL-WAIT=5s" } },
	  "unknown setting 'CYGNET_TUNNEL-WAIT' (the environment)", "write 'CYGNET_TUNNEL_WAIT' if that was meant" },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_SOMETHING=" } },
	  "unknown setting 'CYGNET_SOMETHING' (the environment)",
	  "unset it: what begins with CYGNET_ is a setting" },

	/* a key that tags may not set, even where a stronger source does too */
	{ { .tags = { REQUIRED, "allow-subnets", "10.0.0.0/8" }, .file = "allow-subnets = 10.0.0.0/8" },
	  "tag 'cygnet:allow-subnets': tags may not set this",
	  "remove it and set 'allow-subnets' in /etc/cygnet.conf" },
	{ { .tags = { REQUIRED, "proposals", "strong" } },
	  "tag 'cygnet:proposals': tags may not set this",
	  "remove it and set 'proposals' in /etc/cygnet.conf" },

	/* a file that cannot be read */
	{ { .tags = { REQUIRED }, .file = "# mesh\nmesh\n" }, "/etc/cygnet.conf line 2 is not 'key = value'", "" },
	{ { .tags = { REQUIRED }, .file = "\r\nmesh = a\rb\r\n" }, "/etc/cygnet.conf line 2 has control characters", "" },
	{ { .tags = { REQUIRED }, .file = "mesh = a\x7f" }, "/etc/cygnet.conf line 1 has control characters", "" },
	{ { .tags = { REQUIRED }, .file = "mesh = a\nsite = b\nmesh = a\n" },
	  "/etc/cygnet.conf line 3 sets 'mesh' again, after line 1", "" },

	/* a value that is no text, whoever set it */
	{ { .tags = { REQUIRED }, .file = "site =\n" }, "setting 'site' (/etc/cygnet.conf line 1): value is empty", "" },
	{ { .tags = { REQUIRED, "site", "" } }, "setting 'site' (tag 'cygnet:site'): value is empty", "" },
	{ { .tags = { REQUIRED }, .options = { { SETTING_SITE, "" } } }, "setting 'site' (--site): value is empty", "" },
	{ { .tags = { REQUIRED, "site", "a\nb" } }, "setting 'site' (tag 'cygnet:site'): value has control characters",
	  "" },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_NTP=a\tb" } },
	  "setting 'ntp' (CYGNET_NTP): value has control characters", "" },

	/* two values that contradict each other */
	{ { .tags = { REQUIRED, "tunnel-wait", "10m" } },
	  "setting 'tunnel-wait' (tag 'cygnet:tunnel-wait'): '10m' is not shorter than 'timeout' (default): '5m'", "" },

	/* one bad value a setting: that each has a parser */
	{ { .tags = { "mesh", "Prod", "registry", "us-east-1" } },
	  "setting 'mesh' (tag 'cygnet:mesh'): value 'Prod' " LABEL_RULE, "" },
	{ { .tags = { REQUIRED }, .options = { { SETTING_REGISTRY, "us_east_1" } } },
	  "setting 'registry' (--registry): value 'us_east_1' " LABEL_RULE, "" },
	{ { .tags = { REQUIRED }, .file = "site = eu.west" },
	  "setting 'site' (/etc/cygnet.conf line 1): value 'eu.west' " LABEL_RULE, "" },
	{ { .tags = { REQUIRED }, .file = "scope = zone" },
	  "setting 'scope' (/etc/cygnet.conf line 1): value 'zone' is not 'vpc' or 'az'", "" },
	{ { .tags = { REQUIRED }, .environment = { "CYGNET_PREFIX=aws-x" } },
	  "setting 'prefix' (CYGNET_PREFIX): value 'aws-x' begins with 'aws' or 'ssm', which Parameter Store reserves",
	  "" },
	{ { .tags = { REQUIRED, "registry-role", "mesh" } },
	  "setting 'registry-role' (tag 'cygnet:registry-role'): value 'mesh' is neither a role's ARN such as "
	  "'arn:aws:iam::123456789012:role/mesh' nor 'none'", "" },
	{ { .tags = { REQUIRED, "subnets", "172.16.1.1/24" } },
	  "setting 'subnets' (tag 'cygnet:subnets'): '172.16.1.1/24' has bits set beyond its length",
	  "write '172.16.1.0/24'" },
	{ { .tags = { REQUIRED }, .file = "allow-subnets = 0.0.0.0/0" },
	  "setting 'allow-subnets' (/etc/cygnet.conf line 1): '0.0.0.0/0' is every address there is", "" },
	{ { .tags = { REQUIRED, "address", "eth0" }, .no_public_address = true },
	  "setting 'address' (tag 'cygnet:address'): value 'eth0' is not an Elastic IP's allocation id ('eipalloc-' "
	  "and 8 or 17 hex digits), its address, or 'tag'", "" },
	{ { .tags = { REQUIRED, "routes", "some" } },
	  "setting 'routes' (tag 'cygnet:routes'): value 'some' is not 'none', 'tagged' or 'all'",
	  "or list the route tables, as in 'rtb-0123456789abcdef0, rtb-0123456789abcdef1'" },
	{ { .tags = { REQUIRED, "routes", "rtb-01234567, all" } },
	  "setting 'routes' (tag 'cygnet:routes'): 'all' is not a route table's id ('rtb-' and 8 or 17 hex digits)", "" },
	{ { .tags = { REQUIRED, "security-group", "off" } },
	  "setting 'security-group' (tag 'cygnet:security-group'): value 'off' is not 'none', 'audit' or 'manage'", "" },
	{ { .tags = { REQUIRED, "lifecycle-hook", "a b" } },
	  "setting 'lifecycle-hook' (tag 'cygnet:lifecycle-hook'): value 'a b' is not 1 to 255 letters, digits, '-', "
	  "'_' and '/'", "" },
	{ { .tags = { REQUIRED, "unhealthy-after", "1s" } },
	  "setting 'unhealthy-after' (tag 'cygnet:unhealthy-after'): value '1s' is not between 60s and 86400s", "" },
	{ { .tags = { REQUIRED, "backend", "libreswan" } },
	  "setting 'backend' (tag 'cygnet:backend'): value 'libreswan' is not 'detected', 'swanctl' or 'ipsec'", "" },
	{ { .tags = { REQUIRED }, .file = "proposals = weak" },
	  "setting 'proposals' (/etc/cygnet.conf line 1): 'weak' is not 'strong', 'article', 'ike:…' or 'esp:…'", "" },
	{ { .tags = { REQUIRED, "key-bits", "2048" } },
	  "setting 'key-bits' (tag 'cygnet:key-bits'): value '2048' is not a multiple of 8 between 3072 and 8192", "" },
	{ { .tags = { REQUIRED, "rekey-after", "59m" } },
	  "setting 'rekey-after' (tag 'cygnet:rekey-after'): value '59m' is not between 3600s and 315360000s", "" },
	{ { .tags = { REQUIRED, "ntp", "time.example; x" } },
	  "setting 'ntp' (tag 'cygnet:ntp'): 'time.example;' is not a lower-case host name or an address", "" },
	{ { .tags = { REQUIRED, "interval", "4s" } },
	  "setting 'interval' (tag 'cygnet:interval'): value '4s' is not between 5s and 3600s", "" },
	{ { .tags = { REQUIRED, "reconcile", "25h" } },
	  "setting 'reconcile' (tag 'cygnet:reconcile'): value '25h' is not between 5s and 86400s", "" },
	{ { .tags = { REQUIRED, "tunnel-wait", "60" } },
	  "setting 'tunnel-wait' (tag 'cygnet:tunnel-wait'): value '60' is not a whole number with its unit, as in 15s, "
	  "10m, 1h or 90d", "" },
	{ { .tags = { REQUIRED, "timeout", "9s" } },
	  "setting 'timeout' (tag 'cygnet:timeout'): value '9s' is not between 10s and 3600s", "" },
	{ { .tags = { REQUIRED, "mss", "9000" } },
	  "setting 'mss' (tag 'cygnet:mss'): value '9000' is neither 0 nor between 536 and 1460 bytes", "" },
};

static void a_setting_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct config config = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(make(&refusals[i].world, &config, &e), -1);
		assert_error(&e, EXIT_CONFIG, refusals[i].cause, refusals[i].remedy);
		assert_null(config.mesh);
	}
}

static void value_of_4097_bytes(void **state)
{
	struct config config = { 0 };
	struct err e = ERR_INIT;
	char text[4098] = { 0 };

	(void)state;
	memset(text, ',', sizeof text - 2);
	text[0] = 'a';
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "ntp", text } }, &config, &e), 0);
	config_done(&config);
	text[sizeof text - 2] = ',';
	assert_int_equal(make(&(struct world){ .tags = { REQUIRED, "ntp", text } }, &config, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'ntp' (tag 'cygnet:ntp'): value is longer than 4096 bytes", "");
}

static int given(const char *file, struct config *ret_config, struct err *e)
{
	const char *options[SETTING_COUNT] = { NULL };
	char *environment[] = { NULL };

	return config_given(&(struct config_sources){
		.options = options, .environment = environment, .file_text = file,
	}, ret_config, e);
}

static void machine_that_is_not_there_yet(void **state)
{
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(given("mss = 1360\nroutes = rtb-01234567 rtb-89abcdef\n", &config, &e), 0);
	assert_true(config_is_given(&config, SETTING_MSS));
	assert_true(config_is_given(&config, SETTING_ROUTES));
	assert_int_equal(config.routes, ROUTES_LISTED);
	assert_joined(strings_join(&config.route_tables, " "), "rtb-01234567 rtb-89abcdef");
	assert_false(config_is_given(&config, SETTING_PREFIX));
	assert_string_equal(config.values[SETTING_PREFIX], "cygnet");
	assert_string_equal(config.prefix, "cygnet");
	for (enum setting setting = SETTING_MESH; setting <= SETTING_SITE; setting++) {
		assert_false(config_is_given(&config, setting));
		assert_null(config.values[setting]);
	}
	assert_null(config.values[SETTING_SUBNETS]);
	assert_int_equal(config.address.kind, ADDRESS_INSTANCE);
	config_done(&config);
}

static void machine_that_is_not_there_yet_gets_nonsense(void **state)
{
	struct config config = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(given("site = Berlin\n", &config, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'site' (/etc/cygnet.conf line 1): value 'Berlin' is not 1 to 63 of a-z, "
		     "0-9 and '-', with no '-' at either end", "");
	err_clear(&e);
	assert_int_equal(given("timeout = 30s\n", &config, &e), -1);
	assert_error(&e, EXIT_CONFIG, "setting 'tunnel-wait' (default): '60s' is not shorter than 'timeout' "
		     "(/etc/cygnet.conf line 1): '30s'", "");
}

static void file_is_missing_damaged_or_a_folder(void **state)
{
	char root[] = ROOT_TEMPLATE;
	AUTO_FREE char *text = NULL, *damaged = NULL;
	struct err e = ERR_INIT;

	(void)state;
	root_make(root);
	assert_int_equal(config_file_read(root, &text, &e), 0);
	assert_null(text);
	assert_int_equal(file_replace(root, CONFIG_FILE, "mesh = a\n", 9, 0644, &e), 0);
	assert_int_equal(config_file_read(root, &text, &e), 0);
	assert_string_equal(text, "mesh = a\n");
	assert_int_equal(file_replace(root, CONFIG_FILE, "mesh = a\0b\n", 11, 0644, &e), 0);
	assert_int_equal(config_file_read(root, &damaged, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'/etc/cygnet.conf' has a NUL byte", "");
	assert_int_equal(file_remove(root, CONFIG_FILE, &e), 0);
	assert_int_equal(file_folder(root, CONFIG_FILE, 0755, &e), 0);
	assert_int_equal(config_file_read(root, &damaged, &e), -1);
	assert_error(&e, EXIT_CONFIG, "'/etc/cygnet.conf' is not a regular file", "");
	root_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_table),
		cmocka_unit_test(defaults_become_typed_values),
		cmocka_unit_test(a_weaker_source_wins),
		cmocka_unit_test(any_setting_comes_from_any_source),
		cmocka_unit_test(gateway_outside_of_its_subnets),
		cmocka_unit_test(gateway_outside_of_64_subnets),
		cmocka_unit_test(setting_of_the_vpc_is_lost),
		cmocka_unit_test(address_that_is_set_is_taken_for_the_default),
		cmocka_unit_test(zone_offers_the_whole_vpc),
		cmocka_unit_test(zone_overrides_what_was_set),
		cmocka_unit_test(zone_without_subnets_or_with_too_many),
		cmocka_unit_test(away_from_any_instance),
		cmocka_unit_test(a_setting_is_wrong),
		cmocka_unit_test(value_of_4097_bytes),
		cmocka_unit_test(machine_that_is_not_there_yet),
		cmocka_unit_test(machine_that_is_not_there_yet_gets_nonsense),
		cmocka_unit_test(file_is_missing_damaged_or_a_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
