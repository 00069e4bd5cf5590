/* keys_support: two public keys, and temporary roots, for the tests of keys/. */
#ifndef CYGNET_TESTS_UNIT_KEYS_SUPPORT_H
#define CYGNET_TESTS_UNIT_KEYS_SUPPORT_H

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "keys/record.h"
#include "tests/unit/support.h"

/*
 * Made by "openssl genrsa 3072"; the ids are what sha256sum says of the DER. Nobody has the private
 * halves.
 */
#define KEY_A_ID "8979b8f51ae63b98516b0de3d9d6dd8b04a3de9704069c85b3b8768ecb1f0e44"
#define KEY_A_SPKI \
	"MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAxdTdhRfwY0m7g0UPMxIxau8K6woaR6Ces0GvrBtCnpGN" \
	"iMhKb3BjE4lktj5XeKb/f+C6u+fdsPwiElVstc68jdAMyxtX+gPHCLRNdnTrn3c7FqaxQrBY6nwEef3vRJ+28DbR" \
	"+FDHH9FPAQyQxkGI37dl91tOu6X/Fr5Wk3ha50cG1XIn1GqH575BlRc+yDZ/hne4oj7pSzAZ/rFX5bgTWIlwp27s" \
	"yZPWWeKbL/B6DksBJ6m6dOW3Pz+QeSJerKqoomgc+4eGkd2lLcY4almjdn34YCqc7rYX3xbY38drJxAgTfG12NP0" \
	"Q6Ld+Z2Cxu+0Cb1ET/HrpPWSET9EGNe3sUegjNBLI0o3fMtfickQIEYyw344SA7yLVyI7AYk+kEpTouxaD2Lc5q+" \
	"tQ+9O6b9c0Fl5prKmHGx2qzUZwN9oCsst/cmfCAWCPnHwtQgkVsCtNwd2/3EWmTuz08JQIX2yOqhKdwOVmqHjcy8" \
	"p9/Andqc0oVEyt231zOz2aQF5dalAgMBAAE="

#define KEY_B_ID "c15e7d8557478a4976216bbfffafed31b1a086d7ababf5c060153d92741b8ad9"
#define KEY_B_SPKI \
	"MIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEAr4luwYwhVF3oCwae+EYRA+B76FEhDWAkXyJmHJng7I9a" \
	"6U7R3bVG9Hz/Vhr7G/DmVcXoNQTeYU6LHAtmA1bPws2o7l2sX4mMAwJRG3m5AKRtzsjg1YR4A41KthQRUKTZNIoa" \
	"zCyzJGv2PeqDJcqrEAx9/dmk8zAqKAgPsc6+NMlgL/o33JTeEzotfri7s5P+VeC+58Za+OuNjXVAz6RQ/KJhRQyx" \
	"o6IiDvcuju3f4PFyihH+blgS/FkGWlFZOpEQshjqf74ZgTmLv4L1kmGMnG2ZehFS/OWVijxXQggecSIp7FFhkCsp" \
	"Z9a3Y7TqIXMe0Z5YxKHXHCNmhw+vLxUYLq5b/gWq1YI6+MNYFhYz/IowzGdCpXc5KQTQ+Nu0Kdk0/xYPE5s42WN6" \
	"crGc4BbQxXladPz6quW95CeAg42ICj3d4NHYKR2PNSziugvrpXwnw8E+z3ASli/f08q0Xm374W0cVGB4SiHxV0TF" \
	"fgukVgOmJSZJOn45w+JDJncxEYf7AgMBAAE="

static inline struct public_key public_key_of_text(const char *id, const char *spki)
{
	struct public_key key = { .bits = 3072, .spki = mem_strdup(spki) };

	memcpy(key.id, id, KEY_ID_SIZE);
	return key;
}

/* Site "frankfurt" with key A; its subnets are 10.1.0.0/16 and 10.9.0.0/24. */
static inline struct site site_example(void)
{
	struct site site = {
		.name = mem_strdup("frankfurt"),
		.generation = 3,
		.region = mem_strdup("eu-central-1"),
		.account = mem_strdup("123456789012"),
		.vpc = mem_strdup("vpc-0123456789abcdef0"),
		.zone = mem_strdup("eu-central-1a"),
		.instance = mem_strdup("i-0fedcba9876543210"),
		.address = 0xcb007107,	/* 203.0.113.7 */
		.probe = 0x0a01000a,	/* 10.1.0.10 */
		.keys = mem_calloc(2, sizeof *site.keys),
		.key_count = 1,
	};

	cidrs_add(&site.subnets, (struct cidr){ 0x0a010000, 16 });
	cidrs_add(&site.subnets, (struct cidr){ 0x0a090000, 24 });
	site.keys[0] = (struct site_key){ KEY_ACTIVE, public_key_of_text(KEY_A_ID, KEY_A_SPKI) };
	return site;
}

/* An empty root folder; removed with all that is in it when an AUTO_ROOT leaves its scope. */
static inline char *root_new(void)
{
	return root_make(mem_strdup(ROOT_TEMPLATE));
}

static inline void root_done(char **root)
{
	root_remove(*root);
	free(*root);
}

#define AUTO_ROOT CLEANUP(root_done)

/* Put a file below root, as an operator's hand or an earlier run would. */
static inline void root_write(const char *root, const char *path, const char *text, mode_t mode)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_replace(root, path, text, strlen(text), mode, &e), 0);
}

/* What a file below root holds; yours to free. */
static inline char *root_read(const char *root, const char *path)
{
	struct buf text = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_read(root, path, 1 << 20, &text, NULL, &e), 0);
	return buf_take(&text);
}

#endif
