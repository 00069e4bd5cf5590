/* revocations: which peers' revoked keys this gateway has dealt with. */
#ifndef CYGNET_KEYS_REVOCATIONS_H
#define CYGNET_KEYS_REVOCATIONS_H

#include "keys/record.h"

/* Every SA of this site was terminated, as it revoked this key. */
struct revocation {
	char *site;
	char id[KEY_ID_SIZE];
};

/* Zeroed is empty. */
struct revocations {
	struct revocation *items;
	size_t count;
};

bool revocations_has(const struct revocations *list, const char *site, const char *id);

/* At most REVOKED_MAX a site: its oldest goes. */
void revocations_add(struct revocations *list, const char *site, const char *id);

/*
 * Forget those of sites that are no peers. Others stay, whatever their records list now: an old
 * record that is read once more would have their tunnels torn down again.
 */
void revocations_prune(struct revocations *list, const struct sites *peers);

void revocations_done(struct revocations *list);

#endif
