/*
 * order: from the command line's words to what a generator needs, with everything checked that
 * would otherwise fail on a machine that nobody watches. It knows no format's text.
 */
#include "userdata/order.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/file.h"
#include "metadata/shape.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define KEY_MAX 16384
#define KEY_BEGINS "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define DEFAULT_TYPE "t3.small"

const char *arch_name(enum arch arch)
{
	static const char *const names[ARCH_COUNT] = {
		[ARCH_X86_64] = "x86_64",
		[ARCH_AARCH64] = "aarch64",
	};

	return names[arch];
}

enum arch arch_own(void)
{
#ifdef __aarch64__
	return ARCH_AARCH64;
#else
	return ARCH_X86_64;
#endif
}

/* --- formats --- */

/* What a format is made from, besides the settings: kinds of options. */
enum kind {
	SCRIPT = 1,		/* what the script does */
	SOURCE = 2,
	LAUNCH = 4,		/* how an instance is launched */
	MACHINE = 8,		/* what it is launched with, where no stack makes that */
	PLACE = 16,		/* where a policy's resources are */
	GATEWAY = 32,		/* which of them are a gateway's */
};

#define USER_DATA (SCRIPT | SOURCE)

static const struct {
	const char *name;
	unsigned uses;
} formats[] = {
	[FORMAT_SHELL] = { "shell", USER_DATA },
	[FORMAT_CLOUD_CONFIG] = { "cloud-config", USER_DATA },
	[FORMAT_MIME] = { "mime", USER_DATA },
	[FORMAT_LAUNCH_TEMPLATE] = { "launch-template", USER_DATA | LAUNCH | MACHINE },
	[FORMAT_CLOUDFORMATION] = { "cloudformation", USER_DATA | LAUNCH },
	[FORMAT_GATEWAY_POLICY] = { "iam-policy", SOURCE | PLACE | GATEWAY },
	[FORMAT_REGISTRY_POLICY] = { "registry-policy", PLACE },
	[FORMAT_OPERATOR_POLICY] = { "operator-policy", PLACE },
	[FORMAT_PERMISSIONS] = { "permissions", 0 },
};

static int format_parse(const char *text, enum format *ret_format, struct err *e)
{
	struct buf names = { 0 };

	for (size_t i = 0; text != NULL && i < COUNT_OF(formats); i++) {
		if (strcmp(text, formats[i].name) == 0) {
			*ret_format = (enum format)i;
			return 0;
		}
	}
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		buf_addf(&names, "%s%s", i == 0 ? "" : i + 1 < COUNT_OF(formats) ? ", " : " or ",
			 formats[i].name);
	if (text == NULL)
		err_set(e, EXIT_USAGE, "--format is missing: give %s", buf_str(&names));
	else
		err_set(e, EXIT_USAGE, "--format '%s' is not %s", text, buf_str(&names));
	buf_done(&names);
	return -1;
}

/* --- options --- */

#define WORD(name) offsetof(struct order_words, name), false
#define FLAG(name) offsetof(struct order_words, name), true

static const struct option {
	const char *name;
	size_t member;			/* of struct order_words */
	bool is_flag;
	enum kind kind;
} options[] = {
	{ "--source", WORD(source), SOURCE },
	{ "--sha256", WORD(sha256), SCRIPT },
	{ "--repository-key", WORD(repository_key), SCRIPT },
	{ "--upgrade", FLAG(upgrade), SCRIPT },
	{ "--cloudwatch", FLAG(cloudwatch), SCRIPT },
	{ "--endpoints", FLAG(endpoints), LAUNCH },
	{ "--ami", WORD(ami), LAUNCH },
	{ "--type", WORD(type), LAUNCH },
	{ "--group", WORD(group), MACHINE },
	{ "--profile", WORD(profile), MACHINE },
	{ "--region", WORD(region), PLACE },
	{ "--account", WORD(account), PLACE },
	{ "--vpc", WORD(vpc), GATEWAY },
	{ "--scaling-group", WORD(scaling_group), GATEWAY },
};

#undef WORD
#undef FLAG

static bool option_is_given(const struct option *option, const struct order_words *words)
{
	const char *member = (const char *)words + option->member;

	return option->is_flag ? *(const bool *)member : *(const char *const *)member != NULL;
}

/* What would pass in silence may have been meant to do something. */
static int options_check(const struct order_words *words, enum format format, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (option_is_given(&options[i], words) &&
		    (formats[format].uses & options[i].kind) == 0)
			return err_set(e, EXIT_USAGE, "%s is of no use to --format %s",
				       options[i].name, formats[format].name);
	return 0;
}

/* --- hashes --- */

static int hash_parse(const char *text, struct order *order, struct err *e)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	const char *digits = strchr(text, '=');

	for (enum arch arch = 0; digits != NULL && arch < ARCH_COUNT; arch++) {
		size_t len = strlen(arch_name(arch));

		if ((size_t)(digits - text) != len || strncmp(text, arch_name(arch), len) != 0 ||
		    !shape_word(digits + 1, hex, HASH_TEXT - 1, HASH_TEXT - 1))
			continue;
		if (order->hashes[arch][0] != '\0')
			return err_set(e, EXIT_USAGE, "--sha256 is given twice for %s",
				       arch_name(arch));
		for (size_t i = 0; i < HASH_TEXT; i++)
			order->hashes[arch][i] = digits[1 + i] >= 'A' && digits[1 + i] <= 'F'
				? (char)(digits[1 + i] - 'A' + 'a') : digits[1 + i];
		return 0;
	}
	return err_set(e, EXIT_USAGE, "--sha256 '%s' is not x86_64= or aarch64= and 64 hex digits",
		       text);
}

static int hashes_parse(const struct order_words *words, const char *own, struct order *order,
			struct err *e)
{
	for (size_t i = 0; i < ARCH_COUNT; i++)
		if (words->sha256[i] != NULL && hash_parse(words->sha256[i], order, e) < 0)
			return -1;
	if (source_is_binary(&order->source) && order->hashes[arch_own()][0] == '\0')
		memcpy(order->hashes[arch_own()], own, strlen(own) + 1);
	return 0;
}

/* --- the source --- */

static int key_read(const char *path, char **ret_key, struct err *e)
{
	AUTO_FREE char *absolute = path[0] == '/' ? mem_strdup(path) : NULL;
	AUTO_BUF struct buf text = { 0 };

	if (absolute == NULL)
		return err_set(e, EXIT_USAGE, "--repository-key '%s' is no absolute path", path);
	if (file_read("", absolute, KEY_MAX, &text, NULL, e) < 0)
		return err_wrap(e, "--repository-key");
	if (strncmp(buf_str(&text), KEY_BEGINS, strlen(KEY_BEGINS)) != 0 ||
	    strlen(buf_str(&text)) != text.len)
		return err_set(e, EXIT_USAGE, "--repository-key '%s' is no armoured PGP public key",
			       path);
	for (const char *c = buf_str(&text); *c != '\0'; c++)
		if ((*c < ' ' && *c != '\n') || *c > '~')
			return err_set(e, EXIT_USAGE, "--repository-key '%s' is not plain text",
				       path);
	*ret_key = buf_take(&text);
	return 0;
}

static int origin_make(const struct order_words *words, const char *own, struct order *order,
		       struct err *e)
{
	if (words->source == NULL)
		return 0;
	if (source_parse(words->source, &order->source, e) < 0)
		return -1;
	order->has_source = true;
	if (source_is_repository(&order->source) != (words->repository_key != NULL))
		return err_set(e, EXIT_USAGE, words->repository_key
			       ? "--repository-key is for the sources apt: and dnf:"
			       : "packages of '%s' are checked by their signatures: "
				 "give --repository-key",
			       order->source.text);
	if (words->repository_key != NULL && key_read(words->repository_key, &order->key, e) < 0)
		return -1;
	return hashes_parse(words, own, order, e);
}

/* --- what AWS calls things --- */

static bool is_ami(const char *text) { return shape_resource(text, "ami-"); }
static bool is_group(const char *text) { return shape_resource(text, "sg-"); }
static bool is_vpc(const char *text) { return shape_resource(text, "vpc-"); }
static bool is_type(const char *text)
{
	return strchr(text, '.') != NULL && shape_word(text, LETTERS DIGITS ".-", 3, 64);
}

/* Source: IAM API Reference, "CreateInstanceProfile". */
static bool is_profile(const char *text)
{
	return shape_word(text, LETTERS DIGITS "_+=,.@-", 1, 128);
}

/* An Auto Scaling group's, without what would be a wildcard or end an ARN's part. */
static bool is_scaling_group(const char *text)
{
	return shape_word(text, LETTERS DIGITS "_+=,.@- ", 1, 255);
}

static const struct word {
	const char *option;
	size_t word, member;		/* of struct order_words, of struct order */
	bool (*is_valid)(const char *text);
	const char *example;
	unsigned needed;		/* formats, as bits, that cannot do without */
} known[] = {
#define WORD(name) offsetof(struct order_words, name), offsetof(struct order, name)
#define BIT(format) (1U << FORMAT_##format)
	{ "--ami", WORD(ami), is_ami, "ami-0123456789abcdef0", BIT(LAUNCH_TEMPLATE) },
	{ "--type", WORD(type), is_type, DEFAULT_TYPE, 0 },
	{ "--group", WORD(group), is_group, "sg-0123456789abcdef0", BIT(LAUNCH_TEMPLATE) },
	{ "--profile", WORD(profile), is_profile, "cygnet-gateway", BIT(LAUNCH_TEMPLATE) },
	{ "--region", WORD(region), region_valid, "eu-west-1", BIT(GATEWAY_POLICY) },
	{ "--account", WORD(account), shape_account, "123456789012", 0 },
	{ "--vpc", WORD(vpc), is_vpc, "vpc-0123456789abcdef0", 0 },
	{ "--scaling-group", WORD(scaling_group), is_scaling_group, "cygnet-us-east-1", 0 },
#undef WORD
#undef BIT
};

static int word_take(const struct word *word, const struct order_words *words, struct order *order,
		     struct err *e)
{
	const char *text = *(const char *const *)((const char *)words + word->word);

	if (text == NULL && (word->needed & 1U << order->format) != 0)
		return err_set(e, EXIT_USAGE, "--format %s needs %s, as in '%s %s'",
			       formats[order->format].name,
			       word->option, word->option, word->example);
	if (text != NULL && !word->is_valid(text))
		return err_set(e, EXIT_USAGE, "%s '%s' is not like '%s'",
			       word->option, text, word->example);
	*(const char **)((char *)order + word->member) = text;
	return 0;
}

int order_make(const struct order_words *words, const char *own, struct order *ret_order,
	       struct err *e)
{
	CLEANUP(order_done) struct order order = {
		.upgrade = words->upgrade,
		.cloudwatch = words->cloudwatch,
		.endpoints = words->endpoints,
	};

	if (format_parse(words->format, &order.format, e) < 0 ||
	    options_check(words, order.format, e) < 0 || origin_make(words, own, &order, e) < 0)
		return -1;
	if (!order.has_source && (formats[order.format].uses & SCRIPT) != 0)
		return err_set(e, EXIT_USAGE, "--format %s needs --source",
			       formats[order.format].name);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (word_take(&known[i], words, &order, e) < 0)
			return -1;
	if (order.type == NULL)
		order.type = DEFAULT_TYPE;
	*ret_order = order;
	order = (struct order){ 0 };
	return 0;
}

void order_done(struct order *order)
{
	source_done(&order->source);
	free(order->key);
	*order = (struct order){ 0 };
}
