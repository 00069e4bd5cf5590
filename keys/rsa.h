/* rsa: RSA key pairs: making, loading, and their identity. */
#ifndef CYGNET_KEYS_RSA_H
#define CYGNET_KEYS_RSA_H

#include <stdatomic.h>

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

/*
 * Parse base64 SPKI: strictly one RSA key of KEY_BITS_MIN..KEY_BITS_MAX bits, with an odd public
 * exponent of 3 or more in at most 64 bits, in its one canonical spelling, nothing after it.
 * EXIT_CONFIG with the rule.
 */
int public_key_parse(const char *spki, struct public_key *ret_key, struct err *e);
/* "-----BEGIN PUBLIC KEY-----…"; yours to free. */
char *public_key_pem(const struct public_key *key);
void public_key_copy(const struct public_key *from, struct public_key *ret_key);
void public_key_done(struct public_key *key);

/*
 * Make a key pair. ret_private is unencrypted PKCS#8 PEM (initialised, emptied first; wipe it).
 * Takes seconds: callers run it in a thread; it shares nothing. EXIT_STEP when OpenSSL cannot.
 */
int rsa_make(unsigned bits, struct buf *ret_private, struct public_key *ret_public, struct err *e);

/* As rsa_make, and fails soon after *stop becomes true. */
int rsa_make_unless(const atomic_bool *stop, unsigned bits, struct buf *ret_private,
		    struct public_key *ret_public, struct err *e);

/*
 * Read a private key's PEM, PKCS#8 or traditional, and give its public half. EXIT_CONFIG: not RSA,
 * encrypted, damaged (checked arithmetically), followed by anything, or outside
 * bits_min..KEY_BITS_MAX bits.
 */
int rsa_public_of(const struct buf *private_pem, unsigned bits_min, struct public_key *ret_public,
		  struct err *e);

#endif
