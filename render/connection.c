/*
 * connection: names, roles and numbers, which both ends or both formats have to agree on. It knows
 * neither format.
 */
#include "render/connection.h"

#include <string.h>

#include "base/hash.h"

#define NAME_PREFIX "cygnet-"
#define NEXT_SUFFIX ".next"	/* no site's name has a dot */

char *connection_name(const char *peer)
{
	return mem_printf(NAME_PREFIX "%s", peer);
}

char *connection_next_name(const char *peer)
{
	return mem_printf(NAME_PREFIX "%s" NEXT_SUFFIX, peer);
}

bool connection_is_ours(const char *connection)
{
	return strncmp(connection, NAME_PREFIX, strlen(NAME_PREFIX)) == 0;
}

bool connection_is_of(const char *connection, const char *peer)
{
	size_t length = strlen(peer);
	const char *site = connection + strlen(NAME_PREFIX);

	return connection_is_ours(connection) && strncmp(site, peer, length) == 0 &&
	       (site[length] == '\0' || strcmp(site + length, NEXT_SUFFIX) == 0);
}

const struct site *connection_peer(const char *connection, const struct sites *peers)
{
	for (size_t i = 0; i < peers->count; i++)
		if (connection_is_of(connection, peers->items[i].name))
			return &peers->items[i];
	return NULL;
}

bool connection_initiates(const struct site *own, const struct site *peer)
{
	return !peer->manual && strcmp(own->name, peer->name) < 0;
}

#define REQID_FIRST (UINT32_C(1) << 30)
#define REQID_MASK (REQID_FIRST - 1)

static bool reqid_taken(const uint32_t *reqids, size_t count, uint32_t reqid)
{
	for (size_t i = 0; i < count; i++)
		if (reqids[i] == reqid)
			return true;
	return false;
}

void connection_reqids(const struct sites *peers, uint32_t *ret_reqids)
{
	for (size_t i = 0; i < peers->count; i++) {
		uint32_t offset = hash_text(peers->items[i].name);

		while (reqid_taken(ret_reqids, i, REQID_FIRST | (offset & REQID_MASK)))
			offset++;
		ret_reqids[i] = REQID_FIRST | (offset & REQID_MASK);
	}
}
