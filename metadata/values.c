/*
 * values: the grammar of settings. Every parser is strict, as a value that is half understood would
 * configure half a gateway. It knows neither keys nor where a text came from: callers add both.
 */
#include "metadata/values.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cidr.h"
#include "base/mem.h"
#include "metadata/config.h"
#include "metadata/shape.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

#define SERVERS_MAX 8
#define PREFIX_MAX 64
#define HOOK_MAX 255
#define TABLES_MAX 200		/* default quota of route tables a VPC */
#define NUMBER_DIGITS 9		/* whatever they are, an int64_t holds them in seconds */

char *value_item(char **rest)
{
	char *item;

	while ((item = strsep(rest, ", \t")) != NULL)
		if (*item != '\0')
			return item;
	return NULL;
}

int value_label(const struct value *value, void *ret_value, struct err *e)
{
	char **ret_text = ret_value;

	if (!shape_label(value->text))
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is not 1 to 63 of a-z, 0-9 and '-', "
			       "with no '-' at either end", value->text);
	*ret_text = mem_strdup(value->text);
	return 0;
}

int value_prefix(const struct value *value, void *ret_value, struct err *e)
{
	char **ret_text = ret_value;

	if (!shape_word(value->text, LETTERS DIGITS "_.-", 1, PREFIX_MAX))
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is not 1 to %d letters, digits, '_', '.' and '-'",
			       value->text, PREFIX_MAX);
	if (strncasecmp(value->text, "aws", 3) == 0 || strncasecmp(value->text, "ssm", 3) == 0)
		return err_set(e, EXIT_CONFIG,
			       "value '%s' begins with 'aws' or 'ssm', "
			       "which Parameter Store reserves", value->text);
	*ret_text = mem_strdup(value->text);
	return 0;
}

/* The range that text would be without its host bits; false when it is no range at all. */
static bool range_canonical(const char *text, struct cidr *ret_range)
{
	size_t len = strcspn(text, "/");
	AUTO_FREE char *address_text = mem_strndup(text, len);
	AUTO_FREE char *any = mem_printf("0.0.0.0%s", text + len);
	struct cidr range;
	uint32_t address;

	if (!address_parse(address_text, &address) || !cidr_parse(any, &range))
		return false;
	range.address = range.length == 0 ? 0 : address & UINT32_MAX << (32 - range.length);
	*ret_range = range;
	return true;
}

static int range_parse(const char *text, struct cidr *ret_range, struct err *e)
{
	struct cidr range;
	char canonical[CIDR_TEXT];

	if (!range_canonical(text, &range))
		return err_set(e, EXIT_CONFIG, "'%s' is not an IPv4 range such as '10.1.0.0/16'",
			       text);
	if (!cidr_parse(text, ret_range)) {
		cidr_format(range, canonical);
		err_set(e, EXIT_CONFIG, "'%s' has bits set beyond its length", text);
		return err_remedy(e, "write '%s'", canonical);
	}
	if (range.length == 0)
		return err_set(e, EXIT_CONFIG, "'%s' is every address there is", text);
	return 0;
}

static int range_add(struct cidrs *ranges, const char *text, struct err *e)
{
	const struct cidr *other;
	char other_text[CIDR_TEXT];
	struct cidr range;

	if (range_parse(text, &range, e) < 0)
		return -1;
	other = cidrs_overlap(ranges, range);
	if (other != NULL) {
		cidr_format(*other, other_text);
		return err_set(e, EXIT_CONFIG, "'%s' overlaps '%s'", text, other_text);
	}
	if (ranges->count == RANGES_MAX)
		return err_set(e, EXIT_CONFIG, "more than %d ranges", RANGES_MAX);
	cidrs_add(ranges, range);
	return 0;
}

int value_ranges(const struct value *value, void *ret_value, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(value->text);
	CLEANUP(cidrs_done) struct cidrs ranges = { 0 };
	struct cidrs *ret_ranges = ret_value;
	char *rest = copy, *item;

	while ((item = value_item(&rest)) != NULL)
		if (range_add(&ranges, item, e) < 0)
			return -1;
	if (ranges.count == 0)
		return err_set(e, EXIT_CONFIG, "value '%s' names no range", value->text);
	cidrs_sort(&ranges);
	*ret_ranges = ranges;
	ranges = (struct cidrs){ 0 };
	return 0;
}

static bool server_valid(const char *text)
{
	struct in6_addr address;

	if (strchr(text, ':') != NULL)
		return inet_pton(AF_INET6, text, &address) == 1;
	return shape_domain(text);
}

int value_servers(const struct value *value, void *ret_value, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(value->text);
	CLEANUP(strings_done) struct strings servers = { 0 };
	struct strings *ret_servers = ret_value;
	char *rest = copy, *item;

	while ((item = value_item(&rest)) != NULL) {
		if (!server_valid(item))
			return err_set(e, EXIT_CONFIG,
				       "'%s' is not a lower-case host name or an address", item);
		if (servers.count == SERVERS_MAX)
			return err_set(e, EXIT_CONFIG, "more than %d servers", SERVERS_MAX);
		strings_add(&servers, item);
	}
	if (servers.count == 0)
		return err_set(e, EXIT_CONFIG, "value '%s' names no server", value->text);
	*ret_servers = servers;
	servers = (struct strings){ 0 };
	return 0;
}

/* A decimal number without sign or leading zero; what follows it, or NULL. */
static const char *number_scan(const char *text, int64_t *ret_number)
{
	size_t len = strspn(text, DIGITS);

	if (len == 0 || len > NUMBER_DIGITS || (text[0] == '0' && len > 1))
		return NULL;
	*ret_number = strtol(text, NULL, 10);
	return text + len;
}

static bool number_parse(const char *text, int64_t *ret_number)
{
	const char *rest = number_scan(text, ret_number);

	return rest != NULL && *rest == '\0';
}

static bool value_bounds(const struct value *value, int64_t number)
{
	return number >= value->min && number <= value->max;
}

int value_bits(const struct value *value, void *ret_value, struct err *e)
{
	unsigned *ret_bits = ret_value;
	int64_t bits;

	if (!number_parse(value->text, &bits) || bits % 8 != 0 || !value_bounds(value, bits))
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is not a multiple of 8 between %lld and %lld",
			       value->text, (long long)value->min, (long long)value->max);
	*ret_bits = (unsigned)bits;
	return 0;
}

int value_mss(const struct value *value, void *ret_value, struct err *e)
{
	unsigned *ret_mss = ret_value;
	int64_t mss;

	if (!number_parse(value->text, &mss) || (mss != 0 && !value_bounds(value, mss)))
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is neither 0 nor between %lld and %lld bytes",
			       value->text, (long long)value->min, (long long)value->max);
	*ret_mss = (unsigned)mss;
	return 0;
}

int value_duration(const struct value *value, void *ret_value, struct err *e)
{
	static const struct { const char *name; int64_t seconds; } units[] = {
		{ "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	int64_t number, seconds = -1, *ret_seconds = ret_value;
	const char *unit = number_scan(value->text, &number);

	for (size_t i = 0; unit != NULL && i < COUNT_OF(units); i++)
		if (strcmp(unit, units[i].name) == 0)
			seconds = number * units[i].seconds;
	if (seconds < 0)
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is not a whole number with its unit, "
			       "as in 15s, 10m, 1h or 90d", value->text);
	if (!value_bounds(value, seconds))
		return err_set(e, EXIT_CONFIG, "value '%s' is not between %llds and %llds",
			       value->text, (long long)value->min, (long long)value->max);
	*ret_seconds = seconds;
	return 0;
}

int value_period(const struct value *value, void *ret_value, struct err *e)
{
	int64_t *ret_seconds = ret_value;

	if (strcmp(value->text, "off") != 0)
		return value_duration(value, ret_value, e);
	*ret_seconds = 0;
	return 0;
}

/* --- one of a few words --- */

/* "'a', 'b' or 'c'"; yours to free. */
static char *words_text(const char *const words[], size_t count)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%s'%s'", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
	return buf_take(&text);
}

static int word_find(const char *text, const char *const words[], size_t count, size_t *ret_index,
		     struct err *e)
{
	AUTO_FREE char *all = words_text(words, count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return err_set(e, EXIT_CONFIG, "value '%s' is not %s", text, all);
}

int value_backend(const struct value *value, void *ret_value, struct err *e)
{
	static const char *const words[] = {
		[BACKEND_DETECTED] = "detected", [BACKEND_SWANCTL] = "swanctl",
		[BACKEND_IPSEC] = "ipsec",
	};
	enum backend *ret_backend = ret_value;
	size_t index;

	if (word_find(value->text, words, COUNT_OF(words), &index, e) < 0)
		return -1;
	*ret_backend = (enum backend)index;
	return 0;
}

int value_scope(const struct value *value, void *ret_value, struct err *e)
{
	static const char *const words[] = { [SCOPE_VPC] = "vpc", [SCOPE_AZ] = "az" };
	enum scope *ret_scope = ret_value;
	size_t index;

	if (word_find(value->text, words, COUNT_OF(words), &index, e) < 0)
		return -1;
	*ret_scope = (enum scope)index;
	return 0;
}

int value_routes(const struct value *value, void *ret_value, struct err *e)
{
	static const char *const words[] = {
		[ROUTES_NONE] = "none", [ROUTES_TAGGED] = "tagged", [ROUTES_ALL] = "all",
	};
	enum route_choice *ret_choice = ret_value;
	size_t index;

	if (word_find(value->text, words, COUNT_OF(words), &index, e) < 0)
		return -1;
	*ret_choice = (enum route_choice)index;
	return 0;
}

int value_security(const struct value *value, void *ret_value, struct err *e)
{
	static const char *const words[] = {
		[SECURITY_NONE] = "none", [SECURITY_AUDIT] = "audit", [SECURITY_MANAGE] = "manage",
	};
	enum security *ret_security = ret_value;
	size_t index;

	if (word_find(value->text, words, COUNT_OF(words), &index, e) < 0)
		return -1;
	*ret_security = (enum security)index;
	return 0;
}

/* --- what AWS calls things --- */

int value_address(const struct value *value, void *ret_value, struct err *e)
{
	struct address_choice choice = { .kind = ADDRESS_INSTANCE }, *ret_choice = ret_value;

	if (!value->standard) {
		if (strcmp(value->text, "tag") == 0)
			choice.kind = ADDRESS_TAG;
		else if (shape_resource(value->text, "eipalloc-"))
			choice.kind = ADDRESS_ALLOCATION;
		else if (address_parse(value->text, &choice.literal) &&
			 address_plausible(choice.literal))
			choice.kind = ADDRESS_LITERAL;
		else
			return err_set(e, EXIT_CONFIG,
				       "value '%s' is not an Elastic IP's allocation id "
				       "('eipalloc-' and 8 or 17 hex digits), its address, "
				       "or 'tag'", value->text);
	}
	if (choice.kind == ADDRESS_ALLOCATION)
		choice.allocation = mem_strdup(value->text);
	*ret_choice = choice;
	return 0;
}

int value_tables(const struct value *value, void *ret_value, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(value->text);
	CLEANUP(strings_done) struct strings tables = { 0 };
	struct strings *ret_tables = ret_value;
	char *rest = copy, *item;

	while ((item = value_item(&rest)) != NULL) {
		if (!shape_resource(item, "rtb-"))
			return err_set(e, EXIT_CONFIG, "'%s' is not a route table's id "
				       "('rtb-' and 8 or 17 hex digits)", item);
		if (tables.count == TABLES_MAX)
			return err_set(e, EXIT_CONFIG, "more than %d route tables", TABLES_MAX);
		strings_add(&tables, item);
	}
	*ret_tables = tables;
	tables = (struct strings){ 0 };
	return 0;
}

int value_role(const struct value *value, void *ret_value, struct err *e)
{
	bool none = strcmp(value->text, "none") == 0;
	char **ret_text = ret_value;

	if (!none && !shape_role(value->text))
		return err_set(e, EXIT_CONFIG, "value '%s' is neither a role's ARN such as "
			       "'arn:aws:iam::123456789012:role/mesh' nor 'none'", value->text);
	*ret_text = none ? NULL : mem_strdup(value->text);
	return 0;
}

/* Source: Amazon EC2 Auto Scaling API Reference, "PutLifecycleHook". */
int value_hook(const struct value *value, void *ret_value, struct err *e)
{
	bool none = strcmp(value->text, "none") == 0;
	char **ret_text = ret_value;

	if (!shape_word(value->text, LETTERS DIGITS "-_/", 1, HOOK_MAX))
		return err_set(e, EXIT_CONFIG,
			       "value '%s' is not 1 to %d letters, digits, '-', '_' and '/'",
			       value->text, HOOK_MAX);
	*ret_text = none ? NULL : mem_strdup(value->text);
	return 0;
}
