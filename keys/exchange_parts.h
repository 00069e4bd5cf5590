/* exchange_parts: what readers of the registry share, for this room's use. */
#ifndef CYGNET_KEYS_EXCHANGE_PARTS_H
#define CYGNET_KEYS_EXCHANGE_PARTS_H

#include "keys/exchange.h"

/* The random part of an epoch, as exchange_put_epoch is given it. */
bool epoch_token_valid(const char *token);

/* The parameter of this name among those found; borrowed, NULL: it is not there. */
const struct parameter *exchange_find(const struct parameters *found, const char *path);

/* The policy among those found, none when it is not there; yours to policy_done. */
void exchange_policy(const struct registry *registry, const struct parameters *found,
		     struct policy *ret_policy);

#endif
