/* hash: spreading names evenly over numbers; not for security. */
#ifndef CYGNET_BASE_HASH_H
#define CYGNET_BASE_HASH_H

#include <stdint.h>

/* FNV-1a over the bytes of s: the same on every machine and in every version. */
uint32_t hash_text(const char *s);

#endif
