/*
 * connection: names, roles and numbers, which both ends or both formats have to agree on. It knows
 * neither format.
 */
#include "render/connection.h"

#include <string.h>

#include "base/hash.h"

#define NAME_PREFIX "cygnet-"

char *connection_name(const char *peer)
{
	return mem_printf(NAME_PREFIX "%s", peer);
}

const char *connection_peer(const char *connection)
{
	size_t length = strlen(NAME_PREFIX);

	return strncmp(connection, NAME_PREFIX, length) == 0 ? connection + length : NULL;
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
