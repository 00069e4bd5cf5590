/* keyring: the gateway's own key pairs on disk. */
#ifndef CYGNET_KEYS_KEYRING_H
#define CYGNET_KEYS_KEYRING_H

#include <stdbool.h>

#include "keys/rsa.h"

struct keyring {
	bool present;			/* a good active key is there */
	struct public_key active;	/* as the record calls it */
	struct public_key next;		/* the other one of a rotation; its id is "": not there */
};

/* Which keys are to be told from one another: full ids, or "". */
struct keyring_ids {
	const char *active;	/* "": whichever is there but the other two, if the only one */
	const char *next;
	const char *retired;	/* to be wiped; it may be half wiped, and is not looked at */
};

/* "cygnet-<short id>.key" and "cygnet-<site>-<short id>.pub"; yours to free. */
char *keyring_private_name(const struct public_key *key);
char *keyring_public_name(const char *site, const struct public_key *key);

/*
 * Observe the keys in folder (for instance /etc/swanctl/private) below root. No active one there,
 * and no other: present is false. A missing next one has not been stored yet. A key that is
 * damaged, shorter than KEY_BITS_MIN, readable by others, not root's, in a folder others can enter,
 * not the one its name says, or that ids does not know is EXIT_CONFIG with advice; so is a missing
 * active one beside others. Nothing is ever changed.
 */
int keyring_load(const char *root, const char *folder, const struct keyring_ids *ids,
		 struct keyring *ret_keyring, struct err *e);

/*
 * Write a new private key (0600) into folder (made 0700), and let it be the keyring's active one,
 * or the next one beside it. What a killed run left of a key there is wiped. The id of a next one
 * has to be in the state on disk before: a key that ids does not know stops every run.
 */
int keyring_store(const char *root, const char *folder, const struct buf *private_pem,
		  const struct public_key *key, struct keyring *keyring, struct err *e);
int keyring_store_next(const char *root, const char *folder, const struct buf *private_pem,
		       const struct public_key *key, struct keyring *keyring, struct err *e);

/* The paths of all private keys of cygnet's in folder, sorted; yours to strings_done. */
int keyring_list(const char *root, const char *folder, struct strings *ret_paths, struct err *e);

/*
 * Wipe and remove every private key of cygnet's in folder but this one, and what killed runs left:
 * each is overwritten, synced, removed, and the folder synced. Killed at any point, it may be
 * called again.
 */
int keyring_wipe_others(const char *root, const char *folder, const struct public_key *key,
			struct err *e);

void keyring_done(struct keyring *keyring);

/* Making a key beside other work. */
struct key_maker;
struct key_maker *key_maker_start(unsigned bits);		/* a thread begins at once */
/* Wait for it; as rsa_make. The maker is released. */
int key_maker_finish(struct key_maker *maker, struct buf *ret_private,
		     struct public_key *ret_public, struct err *e);
/* NULL is accepted; the thread is stopped, and what it has made is wiped. */
void key_maker_abandon(struct key_maker *maker);

#endif
