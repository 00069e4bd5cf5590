/* render_support: one gateway of a mesh of three, and expected files, for the tests of render/. */
#ifndef CYGNET_TESTS_UNIT_RENDER_SUPPORT_H
#define CYGNET_TESTS_UNIT_RENDER_SUPPORT_H

#include "base/file.h"
#include "render/tree.h"
#include "tests/unit/keys_support.h"

#define EXPECTED "tests/unit/expected/render"

/* As keys A and B: nobody has the private half. */
#define KEY_C_ID "399e4f65dfedbaed593ca6912349d340b7dc01b5b2dd70a41f8c47e3dc1740e5"
#define KEY_C_SPKI \
	"MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAyVS+FHlZir4i5lmfmfbIdGMIt8KUl0MvEb/znIQ0Qp1K" \
	"uLTCc+O10RBTbVhnFdlP8ogI7lh55vLX9dvURYTECOztrgOyiayMenKBbx7gNLUrJchTgmbzQGtTbcsJDApTSTeN" \
	"00mEk98zETE7Mu4KVj34tRF/E7Rrx9HKQQCyUS6tFhbLmg99Wu9FmGRsMDWZV96VNBE6MTb21ayfZnK4uLQO2n4H" \
	"2ikrWXlnXvLD/V1Xms3I23zyZUOLwcT1wnDiDkwoKbtXP3pxSpzFX1zecmcXHxkrgHt+BRYQhT3xDI/Er/OPnj4x" \
	"QMpA1QOXS9V7cAx563nH7AC9SzgsP4qvYgBgpBLeCFs+xOE8C9I44kZwUQYIx7TU2XQNXoAwtJRp38ABd6EYffV7" \
	"6CGQBNboQtQiEEyaB2QCusCtbo1mDMkIYFjnujys8lpBj2hySk48BQ1Tz2+LbN767vZuIy9hkyNc160tEhOjY4HX" \
	"GbtHyU4HRu4cvsF19sTYoyua7oTdAgMBAAE="

static const struct flavour scene_swanctl = {
	.backend = BACKEND_SWANCTL,
	.swanctl_folder = "/etc/swanctl",
	.keys_folder = "/etc/swanctl/private",
	.certs_folder = "/etc/swanctl/pubkey",
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan.service",
	.charon_sections = { "charon", "charon-systemd" },
};

static const struct firewall scene_nft = {
	.kind = FIREWALL_NFT,
	.program = "/usr/sbin/nft",
	.host_units = "nftables.service",
};

static const struct distro scene_distro = {
	.unit_folder = "/etc/systemd/system",
	.sysctl_file = "/etc/sysctl.d/99-zz-cygnet.conf",
};

static const struct time_source scene_time = {
	.daemon = TIME_CHRONY,
	.file = "/etc/chrony/sources.d/cygnet.sources",
};

/* Gateway us-east-1, whose peers are eu-west-1, which initiates, and us-east-2, which does not. */
struct scene {
	struct host host;
	struct config config;
	struct site own;
	struct sites peers;
	struct tree_inputs inputs;
};

static inline void ranges_add(struct cidrs *ranges, const char *text)
{
	struct cidr range;

	assert_true(cidr_parse(text, &range));
	cidrs_add(ranges, range);
}

static inline void scene_key_add(struct site *site, enum key_state state, const char *id,
				 const char *spki)
{
	struct site_key *key = MEM_GROW(site->keys, site->key_count);

	*key = (struct site_key){ state, public_key_of_text(id, spki) };
}

static inline struct site scene_site(const char *name, const char *address, const char *subnet)
{
	struct site site = { .name = mem_strdup(name), .generation = 1 };

	assert_true(address_parse(address, &site.address));
	ranges_add(&site.subnets, subnet);
	return site;
}

static inline void scene_config(struct config *config)
{
	*config = (struct config){
		.site = mem_strdup("us-east-1"),
		.interval_s = 15,
		.timeout_s = 300,
		.mss = 1360,
	};
	strings_add(&config->ike_proposals, "aes256gcm16-prfsha384-ecp384");
	strings_add(&config->ike_proposals, "aes192-sha256-ecp256-ecp521");
	strings_add(&config->esp_proposals, "aes256gcm16-ecp384");
	strings_add(&config->esp_proposals, "aes192-sha256-ecp256");
	strings_add(&config->ntp, "169.254.169.123");
	strings_add(&config->ntp, "0.amazon.pool.ntp.org");
	strings_add(&config->ntp, "1.amazon.pool.ntp.org");
}

static inline void scene_init(struct scene *scene)
{
	struct site west = scene_site("eu-west-1", "203.0.113.3", "10.1.0.0/16");
	struct site east = scene_site("us-east-2", "203.0.113.2", "10.9.0.0/24");

	*scene = (struct scene){ .host = {
		.distro = &scene_distro, .flavour = &scene_swanctl, .firewall = &scene_nft, .time = &scene_time,
	} };
	scene_config(&scene->config);
	scene->own = scene_site("us-east-1", "203.0.113.1", "172.16.0.0/16");
	scene_key_add(&scene->own, KEY_ACTIVE, KEY_A_ID, KEY_A_SPKI);
	scene_key_add(&west, KEY_ACTIVE, KEY_B_ID, KEY_B_SPKI);
	ranges_add(&east.subnets, "172.31.0.0/16");
	scene_key_add(&east, KEY_ACTIVE, KEY_C_ID, KEY_C_SPKI);
	sites_add(&scene->peers, &west);
	sites_add(&scene->peers, &east);
	scene->inputs = (struct tree_inputs){
		.host = &scene->host,
		.config = &scene->config,
		.own = &scene->own,
		.peers = &scene->peers,
		.interface = "ens5",
		.program = "/usr/local/bin/cygnet",
	};
}

static inline void scene_done(struct scene *scene)
{
	config_done(&scene->config);
	site_done(&scene->own);
	sites_done(&scene->peers);
}

#define AUTO_SCENE CLEANUP(scene_done) struct scene

/* The buffer is to the byte what the file below EXPECTED holds. */
static inline void assert_expected(const struct buf *rendered, const char *path)
{
	AUTO_FREE char *expected = root_read(EXPECTED, path);

	assert_string_equal(buf_str(rendered), expected);
}

#endif
