/* rsa: RSA key pairs: making, loading, and their identity. */
#ifndef CYGNET_KEYS_RSA_H
#define CYGNET_KEYS_RSA_H

#include "base/buf.h"
#include "base/err.h"

#define KEY_ID_SIZE 65		/* SHA-256 of the SPKI in lower-case hex, and NUL */
#define KEY_ID_SHORT 16		/* hex digits of it in file names */
#define KEY_BITS_MIN 3072	/* of a peer's key */
#define KEY_BITS_MAX 16384

/* The public half of an RSA key. Zeroed is none. */
struct public_key {
	char id[KEY_ID_SIZE];
	unsigned bits;
	char *spki;		/* DER SubjectPublicKeyInfo in base64, one line (RFC 5280) */
};

/* Parse base64 SPKI: strictly one RSA key of KEY_BITS_MIN..KEY_BITS_MAX bits, public exponent >= 3 and odd, nothing after it. EXIT_CONFIG with the rule. */
int public_key_parse(const char *spki, struct public_key *ret_key, struct err *e);
char *public_key_pem(const struct public_key *key);	/* "-----BEGIN PUBLIC KEY-----…"; yours to free */
void public_key_copy(const struct public_key *from, struct public_key *ret_key);
void public_key_done(struct public_key *key);

/*
 * Make a key pair. ret_private is unencrypted PKCS#8 PEM (wipe it). Takes seconds: callers run it in a thread; it shares nothing.
 */
int rsa_make(unsigned bits, struct buf *ret_private, struct public_key *ret_public, struct err *e);

/* Read a private key's PEM and give its public half. EXIT_CONFIG: not RSA, damaged (checked arithmetically), or fewer than bits_min bits. */
int rsa_public_of(const struct buf *private_pem, unsigned bits_min, struct public_key *ret_public, struct err *e);

#endif
