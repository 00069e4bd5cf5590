/*
 * policy: filling the table's rows in, and putting them together. Which calls there are is the
 * table's business.
 */
#include "userdata/policy.h"

#include <string.h>

#include "keys/exchange.h"

const char *policy_partition(const char *region)
{
	static const struct { const char *prefix, *partition; } partitions[] = {
		{ "cn-", "aws-cn" },
		{ "us-gov-", "aws-us-gov" },
		{ "eusc-", "aws-eusc" },
		{ "us-iso-", "aws-iso" },
		{ "us-isob-", "aws-iso-b" },
		{ "eu-isoe-", "aws-iso-e" },
		{ "us-isof-", "aws-iso-f" },
	};

	for (size_t i = 0; i < COUNT_OF(partitions); i++)
		if (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) == 0)
			return partitions[i].partition;
	return "aws";
}

/* --- filling in --- */

static int option_missing(const char *option, struct err *e)
{
	err_set(e, EXIT_CONFIG, "the least policy depends on '%s', which is not known here",
		option);
	return err_remedy(e, "give --%s", option);
}

/* The value of the name in braces that text begins with; *ret_len: its length with the braces. */
static int name_fill(const struct names *names, const char *text, size_t *ret_len,
		     const char **ret_value, struct err *e)
{
	const struct { const char *name, *value, *option; } all[] = {
		{ "partition", names->partition, "region" },
		{ "region", names->region, "region" },
		{ "account", names->account, "account" },
		{ "registry-account", names->registry_account, "account" },
		{ "registry", names->registry, "registry" },
		{ "registry-role", names->config->registry_role, "registry-role" },
		{ "prefix", names->config->prefix, "prefix" },
		{ "mesh", names->mesh, "mesh" },
		{ "site", names->site, "site" },
		{ "record", names->record, "site" },
		{ "address", names->config->values[SETTING_ADDRESS], "address" },
		{ "allocation", names->allocation, "address" },
		{ "vpc", names->vpc, "vpc" },
		{ "scaling-group", names->scaling_group, "scaling-group" },
	};
	size_t len = strcspn(text, "}") + 1;

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (strlen(all[i].name) != len - 2 || strncmp(all[i].name, text + 1, len - 2) != 0)
			continue;
		if (all[i].value == NULL)
			return option_missing(all[i].option, e);
		*ret_len = len;
		*ret_value = all[i].value;
		return 0;
	}
	return err_set(e, EXIT_STEP, "no name of a policy begins '%s'", text);
}

static int text_fill(const struct names *names, const char *template, struct buf *out,
		     struct err *e)
{
	while (*template != '\0') {
		size_t len = strcspn(template, "{");
		const char *value;

		buf_add(out, template, len);
		template += len;
		if (*template == '\0')
			break;
		if (name_fill(names, template, &len, &value, e) < 0)
			return -1;
		buf_adds(out, value);
		template += len;
	}
	return 0;
}

/* The object for each architecture that it may be fetched for. */
static json_t *objects_json(const struct names *names)
{
	const struct source *source = names->source;
	json_t *array = json_array();

	for (enum arch arch = 0; arch < ARCH_COUNT; arch++) {
		const char *key = source->key, *hole;
		AUTO_BUF struct buf arn = { 0 };

		buf_addf(&arn, "arn:%s:s3:::%s/", names->partition, source->bucket);
		while ((hole = strstr(key, SOURCE_ARCH)) != NULL) {
			buf_add(&arn, key, (size_t)(hole - key));
			buf_adds(&arn, arch_name(arch));
			key = hole + strlen(SOURCE_ARCH);
		}
		buf_adds(&arn, key);
		json_array_append_new(array, json_string(buf_str(&arn)));
		if (strstr(source->key, SOURCE_ARCH) == NULL)
			break;
	}
	return array;
}

static json_t *strings_json(const struct strings *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, json_string(list->items[i]));
	return array;
}

/* What a resource or a condition's value is: a string, or an array where there are several. */
static int value_make(const struct names *names, const char *template, json_t **ret_value,
		      struct err *e)
{
	AUTO_BUF struct buf text = { 0 };

	if (strstr(template, "{object}") != NULL) {
		*ret_value = objects_json(names);
		return 0;
	}
	if (strcmp(template, "{route-tables}") == 0) {
		*ret_value = names->route_tables ? json_string(names->route_tables) :
						   strings_json(&names->config->route_tables);
		return 0;
	}
	if (text_fill(names, template, &text, e) < 0)
		return -1;
	*ret_value = json_string(buf_str(&text));
	return 0;
}

/* --- statements --- */

static int condition_add(const struct names *names, const struct condition *condition, json_t *all,
			 struct err *e)
{
	json_t *operator = json_object_get(all, condition->operator), *value;

	if (value_make(names, condition->value, &value, e) < 0)
		return -1;
	if (operator == NULL) {
		operator = json_object();
		json_object_set_new(all, condition->operator, operator);
	}
	json_object_set_new(operator, condition->key, value);
	return 0;
}

/* The row's statement but for its action. */
static int grant_make(const struct names *names, const struct permission *row, json_t **ret_grant,
		      struct err *e)
{
	AUTO_JSON json_t *all = json_object(), *resource = NULL, *grant = NULL;

	if (value_make(names, row->resource, &resource, e) < 0)
		return err_wrap(e, "%s", row->action);
	for (size_t i = 0;
	     i < COUNT_OF(row->conditions) && row->conditions[i].operator != NULL; i++)
		if (condition_add(names, &row->conditions[i], all, e) < 0)
			return err_wrap(e, "%s", row->action);
	grant = json_pack("{s:s, s:O}", "Effect", "Allow", "Resource", resource);
	if (json_object_size(all) > 0)
		json_object_set(grant, "Condition", all);
	*ret_grant = TAKE(grant);
	return 0;
}

/* Add the action to the statement that grants nothing else than this, or make one. */
static void statement_add(json_t *statements, json_t *grant, const char *action)
{
	json_t *statement;
	size_t i;

	json_array_foreach(statements, i, statement) {
		AUTO_JSON json_t *other = json_copy(statement);

		json_object_del(other, "Action");
		if (json_equal(other, grant)) {
			json_array_append_new(json_object_get(statement, "Action"),
					      json_string(action));
			return;
		}
	}
	statement = json_pack("{s:s, s:[s]}", "Effect", "Allow", "Action", action);
	json_object_update(statement, grant);
	json_array_append_new(statements, statement);
}

static bool row_concerns(const struct permission *row, const struct names *names,
			 enum principal principal)
{
	enum principal whose = row->principal;

	if (whose == PRINCIPAL_REGISTRY && names->config->registry_role == NULL &&
	    principal == PRINCIPAL_INSTANCE)
		whose = PRINCIPAL_INSTANCE;
	return whose == principal &&
	       (row->reason == NULL || row->reason->holds(names->config, names->source));
}

int policy_statements(const struct names *names, enum principal principal, json_t **ret_statements,
		      struct err *e)
{
	AUTO_JSON json_t *statements = json_array();
	size_t count;
	const struct permission *rows = permissions_table(&count);

	for (size_t i = 0; i < count; i++) {
		AUTO_JSON json_t *grant = NULL;

		if (!row_concerns(&rows[i], names, principal))
			continue;
		if (grant_make(names, &rows[i], &grant, e) < 0)
			return -1;
		statement_add(statements, grant, rows[i].action);
	}
	*ret_statements = TAKE(statements);
	return 0;
}

/* --- the document --- */

/* "arn:aws:iam::123456789012:role/mesh" names an account; yours to free. */
static char *role_account(const char *role)
{
	const char *account = strstr(role, "::") + 2;

	return mem_strndup(account, strcspn(account, ":"));
}

/* The own record's path below the mesh's; NULL while mesh or site is not known. Yours to free. */
static char *record_path(const struct config *config, const char *site)
{
	const struct registry registry = { .prefix = config->prefix, .mesh = config->mesh };
	AUTO_FREE char *path = NULL, *folder = NULL;

	if (config->mesh == NULL || site == NULL)
		return NULL;
	path = exchange_record_path(&registry, site);
	folder = mem_printf("/%s/%s/", config->prefix, config->mesh);
	return mem_strdup(path + strlen(folder));
}

/* The site's name has its default only where it does not depend on the zone. */
static const char *site_name(const struct order *order, const struct config *config)
{
	if (config->site != NULL)
		return config->site;
	return config->scope == SCOPE_VPC ? order->region : NULL;
}

int policy_make(const struct order *order, const struct config *config, enum principal principal,
		char **ret_text, struct err *e)
{
	const char *site = site_name(order, config);
	const char *account = order->account ? order->account : "*";
	const char *place = order->region ? order->region : config->registry;
	AUTO_FREE char *record = record_path(config, site);
	AUTO_FREE char *theirs = config->registry_role ? role_account(config->registry_role) :
							 mem_strdup(account);
	AUTO_JSON json_t *statements = NULL, *document = NULL;
	AUTO_FREE char *text = NULL;
	const struct names names = {
		.config = config,
		.source = order->has_source ? &order->source : NULL,
		.partition = place ? policy_partition(place) : NULL,
		.region = order->region,
		.account = account,
		.registry_account = theirs,
		.mesh = config->mesh,
		.registry = config->registry,
		.site = site,
		.record = record,
		.allocation = config->address.allocation,
		.vpc = order->vpc,
		.scaling_group = order->scaling_group,
	};

	if (policy_statements(&names, principal, &statements, e) < 0)
		return -1;
	document = json_pack("{s:s, s:O}", "Version", "2012-10-17", "Statement", statements);
	text = json_dumps(document, JSON_INDENT(2));
	*ret_text = mem_printf("%s\n", text);
	return 0;
}
