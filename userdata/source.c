/*
 * source: the grammar of --source. What it accepts can stand in a URL, in a repository's file and
 * between a shell's single quotes as it is.
 */
#include "userdata/source.h"

#include <stdlib.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/mem.h"
#include "metadata/shape.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define UNRESERVED LOWER UPPER DIGITS "-._~"

#define TEXT_MAX 1024

static const char forms[] =
	"s3://BUCKET/KEY, https://HOST/PATH, package:, "
	"'apt:https://HOST/PATH SUITE COMPONENT' or dnf:https://HOST/PATH";

/* Whether each byte is one of allowed, but for SOURCE_ARCH, which may stand anywhere in it. */
static bool text_consists(const char *text, const char *allowed)
{
	while (*text != '\0') {
		if (strncmp(text, SOURCE_ARCH, strlen(SOURCE_ARCH)) == 0)
			text += strlen(SOURCE_ARCH);
		else if (strchr(allowed, *text) != NULL)
			text++;
		else
			return false;
	}
	return true;
}

/*
 * Source: Amazon S3 User Guide, "General purpose bucket naming rules"; a dot would not fit S3's
 * certificate.
 */
static bool bucket_valid(const char *bucket)
{
	return shape_label(bucket) && strlen(bucket) >= 3;
}

static int s3_parse(const char *rest, struct source *source, struct err *e)
{
	size_t bucket = strcspn(rest, "/"), key;
	const char *region;

	source->bucket = mem_strndup(rest, bucket);
	rest += bucket + (rest[bucket] == '/');
	key = strcspn(rest, "?");
	source->key = mem_strndup(rest, key);
	region = rest + key;
	if (!bucket_valid(source->bucket))
		return err_set(e, EXIT_USAGE, "bucket '%s' is not 3 to 63 of a-z, 0-9 and '-'",
			       source->bucket);
	if (key == 0 || !text_consists(source->key, UNRESERVED "/"))
		return err_set(e, EXIT_USAGE, "key '%s' is not letters, digits, '-', '.', '_', "
			       "'~', '/' and " SOURCE_ARCH, source->key);
	if (*region == '\0')
		return 0;
	if (strncmp(region, "?region=", strlen("?region=")) != 0 ||
	    !region_valid(region + strlen("?region=")))
		return err_set(e, EXIT_USAGE, "'%s' is not '?region=' and a region", region);
	source->region = mem_strdup(region + strlen("?region="));
	return 0;
}

/* "HOST", or "HOST:PORT". */
static bool host_valid(const char *text, size_t len)
{
	AUTO_FREE char *host = mem_strndup(text, len);
	char *port = strchr(host, ':');

	if (port != NULL) {
		*port++ = '\0';
		if (!shape_word(port, DIGITS, 1, 5))
			return false;
	}
	return shape_domain(host);
}

/* What a URL may consist of: RFC 3986, but for brackets. */
static int url_parse(const char *url, struct source *source, struct err *e)
{
	static const char scheme[] = "https://";
	const char *host = url + strlen(scheme);

	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return err_set(e, EXIT_USAGE, "'%s' does not begin with 'https://'", url);
	if (!host_valid(host, strcspn(host, "/")))
		return err_set(e, EXIT_USAGE, "'%s' has no lower-case host name behind 'https://'",
			       url);
	host += strcspn(host, "/");
	if (*host == '\0' || !text_consists(host, UNRESERVED "/:@!$&'()*+,;=?%"))
		return err_set(e, EXIT_USAGE, "'%s' has no path of the characters of a URL "
			       "and " SOURCE_ARCH, url);
	source->url = mem_strdup(url);
	return 0;
}

static int apt_parse(const char *rest, struct source *source, struct err *e)
{
	AUTO_FREE char *url = mem_strndup(rest, strcspn(rest, " "));

	rest += strlen(url);
	rest += strspn(rest, " ");
	if (*rest == '\0' || !text_consists(rest, UNRESERVED "/+ "))
		return err_set(e, EXIT_USAGE, "'%s' has no suite and components behind the URL",
			       source->text);
	source->suite = mem_strdup(rest);
	return url_parse(url, source, e);
}

static int image_parse(const char *rest, struct source *source, struct err *e)
{
	(void)source;
	return *rest == '\0' ? 0 : err_set(e, EXIT_USAGE, "'%s' follows 'package:'", rest);
}

/* The prefixes of --source; what url_parse gets begins with its own. */
static const struct kind {
	const char *prefix;
	size_t skipped;
	enum source_kind kind;
	int (*parse)(const char *rest, struct source *source, struct err *e);
} kinds[] = {
	{ "s3://", 5, SOURCE_S3, s3_parse },
	{ "https://", 0, SOURCE_HTTPS, url_parse },
	{ "package:", 8, SOURCE_IMAGE, image_parse },
	{ "apt:", 4, SOURCE_APT, apt_parse },
	{ "dnf:", 4, SOURCE_DNF, url_parse },
};

int source_parse(const char *text, struct source *ret_source, struct err *e)
{
	CLEANUP(source_done) struct source source = { .text = mem_strdup(text) };

	if (strlen(text) > TEXT_MAX)
		return err_set(e, EXIT_USAGE, "--source is longer than %d bytes", TEXT_MAX);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) != 0)
			continue;
		source.kind = kinds[i].kind;
		if (kinds[i].parse(text + kinds[i].skipped, &source, e) < 0)
			return err_wrap(e, "--source");
		*ret_source = source;
		source = (struct source){ 0 };
		return 0;
	}
	return err_set(e, EXIT_USAGE, "--source '%s' is not %s", text, forms);
}

bool source_is_binary(const struct source *source)
{
	return source->kind == SOURCE_S3 || source->kind == SOURCE_HTTPS;
}

bool source_is_repository(const struct source *source)
{
	return source->kind == SOURCE_APT || source->kind == SOURCE_DNF;
}

void source_done(struct source *source)
{
	free(source->text);
	free(source->bucket);
	free(source->key);
	free(source->region);
	free(source->url);
	free(source->suite);
	*source = (struct source){ 0 };
}
