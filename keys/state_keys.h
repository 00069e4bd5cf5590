/* state_keys: what state.json says of keys, for this room's use. */
#ifndef CYGNET_KEYS_STATE_KEYS_H
#define CYGNET_KEYS_STATE_KEYS_H

#include "base/json.h"
#include "keys/state.h"

/* All of it may be missing: nothing was replaced or revoked. EXIT_CONFIG names member and rule. */
int state_keys_parse(const json_t *document, struct state *state, struct err *e);
/* What is none is left out. */
void state_keys_write(const struct state *state, json_t *document);

#endif
