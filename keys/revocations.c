/*
 * revocations: pairs of a site and a key of it that was dealt with. It knows neither how keys come
 * to be revoked nor what is done about it.
 */
#include "keys/revocations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of(const struct revocation *revocation, const char *site)
{
	return strcmp(revocation->site, site) == 0;
}

bool revocations_has(const struct revocations *list, const char *site, const char *id)
{
	for (size_t i = 0; i < list->count; i++)
		if (is_of(&list->items[i], site) && strcmp(list->items[i].id, id) == 0)
			return true;
	return false;
}

static void revocations_remove(struct revocations *list, size_t index)
{
	free(list->items[index].site);
	list->count--;
	memmove(&list->items[index], &list->items[index + 1],
		(list->count - index) * sizeof *list->items);
}

static void oldest_remove(struct revocations *list, const char *site)
{
	size_t of_site = 0, oldest = 0;

	for (size_t i = list->count; i-- > 0; ) {
		if (is_of(&list->items[i], site)) {
			of_site++;
			oldest = i;
		}
	}
	if (of_site >= REVOKED_MAX)
		revocations_remove(list, oldest);
}

void revocations_add(struct revocations *list, const char *site, const char *id)
{
	struct revocation revocation = { 0 };

	if (revocations_has(list, site, id))
		return;
	oldest_remove(list, site);
	revocation.site = mem_strdup(site);
	snprintf(revocation.id, sizeof revocation.id, "%s", id);
	*MEM_GROW(list->items, list->count) = revocation;
}

void revocations_prune(struct revocations *list, const struct sites *peers)
{
	for (size_t i = list->count; i-- > 0; )
		if (sites_find(peers, list->items[i].site) == NULL)
			revocations_remove(list, i);
}

void revocations_done(struct revocations *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].site);
	free(list->items);
	*list = (struct revocations){ 0 };
}
