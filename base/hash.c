/*
 * hash: FNV-1a (draft-eastlake-fnv). Its values must never change: a reqid is made from them,
 * and a changed reqid cuts a live tunnel.
 */
#include "base/hash.h"

uint32_t hash_text(const char *s)
{
	uint32_t hash = 2166136261u;

	for (; *s; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619u;
	return hash;
}
