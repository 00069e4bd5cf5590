/*
 * site: what a site publishes as a value, and lists of them. It knows no document and no registry.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/record.h"

const struct public_key *site_active_key(const struct site *site)
{
	for (size_t i = 0; i < site->key_count; i++)
		if (site->keys[i].state == KEY_ACTIVE)
			return &site->keys[i].key;
	return NULL;
}

bool site_lists_key(const struct site *site, const char *id)
{
	for (size_t i = 0; i < site->key_count; i++)
		if (strcmp(site->keys[i].key.id, id) == 0)
			return true;
	return false;
}

void site_copy(const struct site *from, struct site *ret_site)
{
	struct site copy = *from;

	copy.name = mem_strdup(from->name);
	copy.region = mem_strdup(from->region);
	copy.account = mem_strdup(from->account);
	copy.vpc = mem_strdup(from->vpc);
	copy.zone = mem_strdup(from->zone);
	copy.instance = mem_strdup(from->instance);
	cidrs_copy(&from->subnets, &copy.subnets);
	copy.keys = from->key_count > 0 ? mem_calloc(from->key_count, sizeof *copy.keys) : NULL;
	for (size_t i = 0; i < from->key_count; i++) {
		copy.keys[i].state = from->keys[i].state;
		public_key_copy(&from->keys[i].key, &copy.keys[i].key);
	}
	strings_copy(&from->revoked, &copy.revoked);
	*ret_site = copy;
}

void site_done(struct site *site)
{
	free(site->name);
	free(site->region);
	free(site->account);
	free(site->vpc);
	free(site->zone);
	free(site->instance);
	cidrs_done(&site->subnets);
	for (size_t i = 0; i < site->key_count; i++)
		public_key_done(&site->keys[i].key);
	free(site->keys);
	strings_done(&site->revoked);
	*site = (struct site){ 0 };
}

const struct site *sites_find(const struct sites *sites, const char *name)
{
	for (size_t i = 0; i < sites->count; i++)
		if (strcmp(sites->items[i].name, name) == 0)
			return &sites->items[i];
	return NULL;
}

void sites_add(struct sites *sites, struct site *taken)
{
	*MEM_GROW(sites->items, sites->count) = *taken;
	*taken = (struct site){ 0 };
}

static int site_compare(const void *a, const void *b)
{
	return strcmp(((const struct site *)a)->name, ((const struct site *)b)->name);
}

void sites_sort(struct sites *sites)
{
	if (sites->count > 1)
		qsort(sites->items, sites->count, sizeof *sites->items, site_compare);
}

void sites_done(struct sites *sites)
{
	for (size_t i = 0; i < sites->count; i++)
		site_done(&sites->items[i]);
	free(sites->items);
	*sites = (struct sites){ 0 };
}
