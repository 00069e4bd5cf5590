/* keyring: the gateway's own key pair on disk. */
#ifndef CYGNET_KEYS_KEYRING_H
#define CYGNET_KEYS_KEYRING_H

#include <stdbool.h>

#include "keys/rsa.h"

struct keyring {
	bool present;			/* a good key is there */
	struct public_key active;
};

/* "cygnet-<short id>.key" and "cygnet-<site>-<short id>.pub"; yours to free. */
char *keyring_private_name(const struct public_key *key);
char *keyring_public_name(const char *site, const struct public_key *key);

/*
 * Observe the key in folder (for instance /etc/swanctl/private) below root. None there: present is
 * false. A key that is damaged, shorter than KEY_BITS_MIN, readable by others, not root's, in a
 * folder others can enter, not the one its name says, or one of several is EXIT_CONFIG with advice;
 * nothing is ever changed.
 */
int keyring_load(const char *root, const char *folder, struct keyring *ret_keyring, struct err *e);

/*
 * Write a new private key (0600) into folder (made 0700), and give the keyring that holds it. What
 * a killed run left of a key there is removed.
 */
int keyring_store(const char *root, const char *folder, const struct buf *private_pem,
		  const struct public_key *key, struct keyring *ret_keyring, struct err *e);

/* The paths of all private keys of cygnet's in folder, sorted; yours to strings_done. */
int keyring_list(const char *root, const char *folder, struct strings *ret_paths, struct err *e);

/* Wipe and remove every private key of cygnet's in folder but this one. */
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
