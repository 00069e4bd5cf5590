/*
 * connection: names, roles and numbers, which both ends or both formats have to agree on. It knows
 * neither format.
 */
#include "render/connection.h"

#include <string.h>

#include "base/hash.h"

#define NAME_PREFIX "cygnet-"
#define NEXT_SUFFIX ".next"	/* no site's name has a dot */
#define LAST_PREFIX "cygnet.files-"

char *connection_name(const char *peer)
{
	return mem_printf(NAME_PREFIX "%s", peer);
}

char *connection_next_name(const char *peer)
{
	return mem_printf(NAME_PREFIX "%s" NEXT_SUFFIX, peer);
}

char *connection_last_name(uint32_t hash)
{
	return mem_printf(LAST_PREFIX "%08x", hash);
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool connection_is_ours(const char *connection)
{
	return begins(connection, NAME_PREFIX) || begins(connection, LAST_PREFIX);
}

bool connection_is_twofold(const struct tunnels *tunnels, const char *peer)
{
	AUTO_FREE char *next = connection_next_name(peer);

	for (size_t i = 0; i < tunnels->connection_count; i++)
		if (strcmp(tunnels->connections[i].name, next) == 0)
			return true;
	return false;
}

char *connection_tried(const struct tunnels *tunnels, const char *peer, int64_t tries)
{
	bool second = tries % 2 == 1 && connection_is_twofold(tunnels, peer);

	return second ? connection_next_name(peer) : connection_name(peer);
}

bool connection_is_of(const char *connection, const char *peer)
{
	size_t length = strlen(peer);
	const char *site = connection + strlen(NAME_PREFIX);

	return begins(connection, NAME_PREFIX) && begins(site, peer) &&
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
