/*
 * exchange: where a mesh's documents are in the registry, and in which order they are read and
 * written. It judges each parameter by itself; which records become peers is not its business.
 */
#include "keys/exchange.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "keys/exchange_parts.h"
#include "metadata/config.h"

#define SHARDS 16
#define HEX "0123456789abcdef"

bool epoch_equal(const struct epoch *a, const struct epoch *b)
{
	return a->version == b->version && strcmp(a->token, b->token) == 0;
}

/* --- names --- */

static char *sites_path(const struct registry *registry)
{
	return mem_printf("/%s/%s/sites", registry->prefix, registry->mesh);
}

char *exchange_epoch_path(const struct registry *registry)
{
	return mem_printf("/%s/%s/epoch", registry->prefix, registry->mesh);
}

char *exchange_policy_path(const struct registry *registry)
{
	return mem_printf("/%s/%s/policy", registry->prefix, registry->mesh);
}

/* Sites spread over SHARDS folders by the first hex digit of the SHA-256 of their names. */
static char site_shard(const char *site)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)site, strlen(site), digest);
	return HEX[digest[0] >> 4];
}

char *exchange_record_path(const struct registry *registry, const char *site)
{
	AUTO_FREE char *folder = sites_path(registry);

	return mem_printf("%s/%c/%s", folder, site_shard(site), site);
}

/* --- the epoch, and the policy beside it --- */

bool epoch_token_valid(const char *token)
{
	return strlen(token) == EPOCH_TOKEN_SIZE - 1 && strspn(token, HEX) == EPOCH_TOKEN_SIZE - 1;
}

static void epoch_parse(const struct parameter *parameter, struct epoch *ret_epoch)
{
	AUTO_JSON json_t *document = NULL;
	AUTO_FREE char *token = NULL;
	struct epoch epoch = { .version = parameter->version };
	struct err ignored = ERR_INIT;

	if (json_read(parameter->value, strlen(parameter->value), &document, &ignored) == 0 &&
	    json_get_string(document, "random", EPOCH_TOKEN_SIZE - 1, &token, &ignored) == 0 &&
	    epoch_token_valid(token))
		memcpy(epoch.token, token, EPOCH_TOKEN_SIZE);
	*ret_epoch = epoch;
}

const struct parameter *exchange_find(const struct parameters *found, const char *path)
{
	for (size_t i = 0; i < found->count; i++)
		if (strcmp(found->items[i].name, path) == 0)
			return &found->items[i];
	return NULL;
}

void exchange_policy(const struct registry *registry, const struct parameters *found,
		     struct policy *ret_policy)
{
	AUTO_FREE char *path = exchange_policy_path(registry);
	const struct parameter *parameter = exchange_find(found, path);

	*ret_policy = (struct policy){ 0 };
	if (parameter != NULL)
		policy_parse(parameter->value, ret_policy);
}

int exchange_epoch(const struct registry *registry, struct epoch *ret_epoch,
		   struct policy *ret_policy, struct err *e)
{
	AUTO_FREE char *epoch_path = exchange_epoch_path(registry);
	AUTO_FREE char *policy_path = exchange_policy_path(registry);
	CLEANUP(strings_done) struct strings names = { 0 };
	CLEANUP(parameters_done) struct parameters found = { 0 };
	const struct parameter *epoch;

	strings_add(&names, epoch_path);
	strings_add(&names, policy_path);
	if (ssm_get(registry->aws, registry->region, &names, &found, e) < 0)
		return err_wrap(e, "read the epoch of mesh '%s'", registry->mesh);
	*ret_epoch = (struct epoch){ 0 };
	epoch = exchange_find(&found, epoch_path);
	if (epoch != NULL)
		epoch_parse(epoch, ret_epoch);
	exchange_policy(registry, &found, ret_policy);
	return 0;
}

int exchange_put_epoch(const struct registry *registry, const char *site, int64_t record_version,
		       const char token[EPOCH_TOKEN_SIZE], struct epoch *ret_epoch, struct err *e)
{
	AUTO_FREE char *path = exchange_epoch_path(registry);
	AUTO_JSON json_t *document = json_pack("{s:s, s:I, s:s}", "site", site, "version",
					       (json_int_t)record_version, "random", token);
	AUTO_FREE char *text = json_text(document);
	struct epoch epoch = { 0 };

	if (ssm_put(registry->aws, registry->region, path, text, &epoch.version, e) < 0)
		return err_wrap(e, "announce the record of site '%s'", site);
	memcpy(epoch.token, token, EPOCH_TOKEN_SIZE);
	*ret_epoch = epoch;
	return 0;
}

/* --- the records --- */

static struct refusal *listing_refuse(struct listing *listing, const char *site, const char *rule)
{
	struct refusal *refusal = MEM_GROW(listing->refusals, listing->refusal_count);

	*refusal = (struct refusal){ .site = mem_strdup(site), .rule = mem_strdup(rule) };
	return refusal;
}

static void record_refuse(struct listing *listing, const char *site, const char *rule,
			  const char *text)
{
	struct refusal *refusal = listing_refuse(listing, site, rule);

	refusal->in_place = true;
	refusal->generation = record_generation(text);
}

const struct refusal *listing_refusal(const struct listing *listing, const char *site)
{
	for (size_t i = 0; i < listing->refusal_count; i++)
		if (listing->refusals[i].in_place && strcmp(listing->refusals[i].site, site) == 0)
			return &listing->refusals[i];
	return NULL;
}

static int parameter_parse(const struct parameter *parameter, const char *name,
			   struct site *ret_site, struct err *e)
{
	if (record_parse(parameter->value, name, ret_site, e) < 0)
		return -1;
	ret_site->version = parameter->version;
	return 0;
}

/* path is what follows ".../sites/": "<shard>/<site>". */
static void listing_take(struct listing *listing, const char *path,
			 const struct parameter *parameter)
{
	const char *slash = strchr(path, '/'), *name = slash ? slash + 1 : path;
	struct site site = { 0 };
	struct err e = ERR_INIT;

	if (slash == NULL || !config_name_valid(name))
		listing_refuse(listing, path, "no site can have this name");
	else if (slash - path != 1 || path[0] != site_shard(name))
		listing_refuse(listing, name, "its record is below the wrong shard");
	else if (parameter_parse(parameter, name, &site, &e) < 0)
		record_refuse(listing, name, e.cause, parameter->value);
	else
		sites_add(&listing->sites, &site);
}

void listing_fill(struct listing *listing, const struct registry *registry,
		  const struct parameters *found)
{
	AUTO_FREE char *folder = sites_path(registry);
	size_t len = strlen(folder);

	for (size_t i = 0; i < found->count; i++) {
		const struct parameter *parameter = &found->items[i];

		if (strncmp(parameter->name, folder, len) == 0 && parameter->name[len] == '/')
			listing_take(listing, parameter->name + len + 1, parameter);
	}
	sites_sort(&listing->sites);
}

void listing_complete(struct listing *listing, const struct sites *remembered)
{
	struct sites lacking = { 0 };

	for (size_t i = 0; i < remembered->count; i++) {
		const struct site *site = &remembered->items[i];
		struct site copy;

		if (site->manual || sites_find(&listing->sites, site->name) != NULL)
			continue;
		site_copy(site, &copy);
		sites_add(&lacking, &copy);
	}
	for (size_t i = 0; i < lacking.count; i++)
		sites_add(&listing->sites, &lacking.items[i]);
	sites_done(&lacking);
	sites_sort(&listing->sites);
}

/*
 * What the first page began to list is listed again: with more than a page, the shards are faster
 * side by side.
 */
static int parameters_list(const struct registry *registry, struct parameters *ret_found,
			   struct err *e)
{
	AUTO_FREE char *folder = sites_path(registry);
	AUTO_FREE char *token = NULL;
	CLEANUP(parameters_done) struct parameters page = { 0 };
	CLEANUP(strings_done) struct strings shards = { 0 };

	if (ssm_list_page(registry->aws, registry->region, folder, NULL, &page, &token, e) < 0)
		return -1;
	if (token == NULL) {
		*ret_found = page;
		page = (struct parameters){ 0 };
		return 0;
	}
	for (size_t i = 0; i < SHARDS; i++)
		strings_addf(&shards, "%s/%c", folder, HEX[i]);
	return ssm_list(registry->aws, registry->region, &shards, ret_found, e);
}

int exchange_list(const struct registry *registry, struct listing *ret_listing, struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	CLEANUP(listing_done) struct listing listing = { 0 };

	if (exchange_epoch(registry, &listing.epoch, &listing.policy, e) < 0)
		return -1;
	if (parameters_list(registry, &found, e) < 0)
		return err_wrap(e, "read the records of mesh '%s'", registry->mesh);
	listing_fill(&listing, registry, &found);
	*ret_listing = listing;
	listing = (struct listing){ 0 };
	return 0;
}

/* --- one record --- */

int exchange_record(const struct registry *registry, const char *site, bool *ret_found,
		    struct site *ret_site, struct err *e)
{
	AUTO_FREE char *path = exchange_record_path(registry, site);
	CLEANUP(strings_done) struct strings names = { 0 };
	CLEANUP(parameters_done) struct parameters found = { 0 };

	strings_add(&names, path);
	if (ssm_get(registry->aws, registry->region, &names, &found, e) < 0 ||
	    (found.count > 0 && parameter_parse(&found.items[0], site, ret_site, e) < 0))
		return err_wrap(e, "read the record of site '%s'", site);
	*ret_found = found.count > 0;
	return 0;
}

int exchange_predecessors(const struct registry *registry, const char *site, const char *instance,
			  struct strings *ret_instances, struct err *e)
{
	AUTO_FREE char *path = exchange_record_path(registry, site);
	CLEANUP(parameters_done) struct parameters found = { 0 };
	struct strings instances = { 0 };

	if (ssm_history(registry->aws, registry->region, path, &found, e) < 0)
		return err_wrap(e, "read the history of the record of site '%s'", site);
	for (size_t i = found.count; i-- > 0 && instances.count < PREDECESSORS_MAX; ) {
		CLEANUP(site_done) struct site version = { 0 };
		struct err damaged = ERR_INIT;

		if (record_parse(found.items[i].value, site, &version, &damaged) == 0 &&
		    version.instance != NULL && strcmp(version.instance, instance) != 0 &&
		    !strings_has(&instances, version.instance))
			strings_add(&instances, version.instance);
	}
	*ret_instances = instances;
	return 0;
}

int exchange_put_record(const struct registry *registry, const struct site *site,
			int64_t *ret_version, struct err *e)
{
	AUTO_FREE char *path = exchange_record_path(registry, site->name);
	AUTO_FREE char *text = NULL;

	if (record_text(site, &text, e) < 0)
		return -1;
	if (ssm_put(registry->aws, registry->region, path, text, ret_version, e) < 0)
		return err_wrap(e, "publish the record of site '%s'", site->name);
	return 0;
}

void listing_done(struct listing *listing)
{
	policy_done(&listing->policy);
	sites_done(&listing->sites);
	for (size_t i = 0; i < listing->refusal_count; i++) {
		free(listing->refusals[i].site);
		free(listing->refusals[i].rule);
	}
	free(listing->refusals);
	*listing = (struct listing){ 0 };
}
