/*
 * policy: the operator's document of what the mesh may be. A slip in it must open nothing, so what
 * is not understood whole is a fault; what then becomes of the peers is mesh's business.
 */
#include "keys/policy.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "keys/members.h"
#include "metadata/config.h"

#define SUBNETS_MAX 64

static int site_parse(const char *name, const json_t *value, struct policy_site *site,
		      struct err *e)
{
	static const char *const known[] = { "subnets" };

	if (!config_name_valid(name))
		return err_set(e, EXIT_CONFIG, "no site can have this name");
	if (!json_is_object(value))
		return err_set(e, EXIT_CONFIG, "not an object");
	site->limited = json_object_get(value, known[0]) != NULL;
	if (members_check(value, known, COUNT_OF(known), e) < 0)
		return -1;
	return member_ranges(value, known[0], SUBNETS_MAX, &site->subnets, e);
}

static int sites_parse(const json_t *document, struct policy *policy, struct err *e)
{
	json_t *sites = json_object_get(document, "sites"), *value;
	const char *name;

	policy->closed = sites != NULL;
	if (sites != NULL && !json_is_object(sites))
		return err_set(e, EXIT_CONFIG, "'sites' is not an object");
	json_object_foreach(sites, name, value) {
		struct policy_site *site = MEM_GROW(policy->sites, policy->site_count);

		*site = (struct policy_site){ .name = mem_strdup(name) };
		if (site_parse(name, value, site, e) < 0)
			return err_wrap(e, "'sites' member '%.63s'", name);
	}
	return 0;
}

static int document_parse(const char *text, struct policy *policy, struct err *e)
{
	static const char *const known[] = { "schema", "freeze", "sites" };
	AUTO_JSON json_t *document = NULL;

	if (json_read(text, strlen(text), &document, e) < 0 || member_schema(document, e) < 0 ||
	    members_check(document, known, COUNT_OF(known), e) < 0 ||
	    json_get_bool_or(document, "freeze", false, &policy->freeze, e) < 0)
		return -1;
	return sites_parse(document, policy, e);
}

/* 0 is kept for no policy. */
static uint32_t policy_hash(const char *text)
{
	uint32_t hash = hash_text(text);

	return hash != 0 ? hash : 1;
}

void policy_parse(const char *text, struct policy *ret_policy)
{
	struct policy policy = { 0 };
	struct err e = ERR_INIT;

	if (document_parse(text, &policy, &e) < 0) {
		policy_done(&policy);
		policy.fault = mem_strdup(e.cause);
	}
	policy.hash = policy_hash(text);
	*ret_policy = policy;
}

const struct policy_site *policy_site(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->site_count; i++)
		if (strcmp(policy->sites[i].name, name) == 0)
			return &policy->sites[i];
	return NULL;
}

void policy_done(struct policy *policy)
{
	for (size_t i = 0; i < policy->site_count; i++) {
		free(policy->sites[i].name);
		cidrs_done(&policy->sites[i].subnets);
	}
	free(policy->sites);
	free(policy->fault);
	*policy = (struct policy){ 0 };
}
