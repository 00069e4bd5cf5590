/*
 * rsa: key pairs by OpenSSL's EVP interface. It owns what counts as a good key and what a key is
 * called; it knows no file, no record and no peer. OpenSSL's queue of errors is left empty, as curl
 * reads it too.
 */
#include "keys/rsa.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPKI_MAX 4096		/* characters; a key of KEY_BITS_MAX has 2,784 */
#define EXPONENT_BITS_MAX 64	/* OpenSSL verifies with no larger one */
#define PEM_LINE 64

static void pkey_cleanup(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
	ERR_clear_error();
}

static void ctx_cleanup(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static void bio_cleanup(BIO **bio)
{
	BIO_free(*bio);
}

static void bn_cleanup(BIGNUM **number)
{
	BN_clear_free(*number);
}

/* --- the public half --- */

static void public_key_of(const EVP_PKEY *key, struct public_key *ret_public)
{
	unsigned char *der = NULL, digest[SHA256_DIGEST_LENGTH];
	int len = i2d_PUBKEY(key, &der);
	size_t size = len > 0 ? (size_t)len : 0;
	struct public_key public = { .bits = (unsigned)EVP_PKEY_get_bits(key) };

	if (size == 0)
		abort();	/* out of memory: the key has been read or made a moment ago */
	SHA256(der, size, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(public.id + 2 * i, 3, "%02x", digest[i]);
	public.spki = mem_calloc((size + 2) / 3 * 4 + 1, 1);
	EVP_EncodeBlock((unsigned char *)public.spki, der, len);
	OPENSSL_free(der);
	*ret_public = public;
}

static bool exponent_is_good(const EVP_PKEY *key)
{
	CLEANUP(bn_cleanup) BIGNUM *exponent = NULL;

	return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 &&
	       BN_is_odd(exponent) && !BN_is_one(exponent) &&
	       BN_num_bits(exponent) <= EXPONENT_BITS_MAX;
}

static int key_check(const EVP_PKEY *key, unsigned bits_min, struct err *e)
{
	int bits = EVP_PKEY_get_bits(key);

	if (!EVP_PKEY_is_a(key, "RSA"))
		return err_set(e, EXIT_CONFIG, "not an RSA key");
	if (bits < (int)bits_min || bits > KEY_BITS_MAX)
		return err_set(e, EXIT_CONFIG, "an RSA key of %d bits, outside %u..%d", bits,
			       bits_min, KEY_BITS_MAX);
	if (!exponent_is_good(key))
		return err_set(e, EXIT_CONFIG,
			       "an RSA key whose public exponent is not odd or outside 3..2^%d",
			       EXPONENT_BITS_MAX);
	return 0;
}

/*
 * Canonical base64 only, so that a key has one spelling. The result has *ret_len bytes; NULL: it is
 * not base64.
 */
static unsigned char *base64_decode(const char *text, size_t *ret_len)
{
	size_t len = strlen(text), padding = len - strcspn(text, "=");
	AUTO_FREE unsigned char *bytes = NULL;
	AUTO_FREE unsigned char *again = NULL;
	int decoded;

	if (len == 0 || len > SPKI_MAX || len % 4 != 0 || padding > 2)
		return NULL;
	bytes = mem_calloc(len, 1);
	again = mem_calloc(len + 1, 1);
	decoded = EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) - (int)padding;
	if (decoded <= 0)
		return NULL;
	EVP_EncodeBlock(again, bytes, decoded);
	if (strcmp((const char *)again, text) != 0)
		return NULL;
	*ret_len = (size_t)decoded;
	return TAKE(bytes);
}

int public_key_parse(const char *spki, struct public_key *ret_key, struct err *e)
{
	CLEANUP(pkey_cleanup) EVP_PKEY *key = NULL;
	CLEANUP(public_key_done) struct public_key parsed = { 0 };
	size_t len = 0;
	AUTO_FREE unsigned char *der = base64_decode(spki, &len);
	const unsigned char *rest = der;

	if (der == NULL)
		return err_set(e, EXIT_CONFIG, "not base64 of at most %d characters", SPKI_MAX);
	key = d2i_PUBKEY(NULL, &rest, (long)len);
	if (key == NULL)
		return err_set(e, EXIT_CONFIG, "not a SubjectPublicKeyInfo");
	if (key_check(key, KEY_BITS_MIN, e) < 0)
		return -1;
	public_key_of(key, &parsed);
	if (strcmp(parsed.spki, spki) != 0)
		return err_set(e, EXIT_CONFIG,
			       "not the DER of one SubjectPublicKeyInfo and nothing else");
	*ret_key = parsed;
	parsed = (struct public_key){ 0 };
	return 0;
}

char *public_key_pem(const struct public_key *key)
{
	struct buf pem = { 0 };

	buf_adds(&pem, "-----BEGIN PUBLIC KEY-----\n");
	for (const char *s = key->spki; *s != '\0'; s += strnlen(s, PEM_LINE))
		buf_addf(&pem, "%.*s\n", PEM_LINE, s);
	buf_adds(&pem, "-----END PUBLIC KEY-----\n");
	return buf_take(&pem);
}

void public_key_copy(const struct public_key *from, struct public_key *ret_key)
{
	*ret_key = *from;
	ret_key->spki = mem_strdup(from->spki);
}

void public_key_done(struct public_key *key)
{
	free(key->spki);
	*key = (struct public_key){ 0 };
}

/* --- making a pair --- */

static int generation_goes_on(EVP_PKEY_CTX *ctx)
{
	const atomic_bool *stop = EVP_PKEY_CTX_get_app_data(ctx);

	return !atomic_load(stop);
}

static EVP_PKEY *pkey_generate(unsigned bits, const atomic_bool *stop)
{
	CLEANUP(ctx_cleanup) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) <= 0)
		return NULL;
	EVP_PKEY_CTX_set_app_data(ctx, (void *)stop);
	EVP_PKEY_CTX_set_cb(ctx, generation_goes_on);
	return EVP_PKEY_generate(ctx, &key) > 0 ? key : NULL;
}

int rsa_make_unless(const atomic_bool *stop, unsigned bits, struct buf *ret_private,
		    struct public_key *ret_public, struct err *e)
{
	CLEANUP(pkey_cleanup) EVP_PKEY *key = pkey_generate(bits, stop);
	CLEANUP(bio_cleanup) BIO *pem = BIO_new(BIO_s_mem());	/* cleanses what it frees */
	char *text;
	long len;

	if (key == NULL || pem == NULL ||
	    PEM_write_bio_PKCS8PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) <= 0)
		return err_set(e, EXIT_STEP, "cannot make an RSA key of %u bits", bits);
	len = BIO_get_mem_data(pem, &text);
	buf_wipe(ret_private);
	buf_add(ret_private, text, (size_t)len);
	public_key_of(key, ret_public);
	return 0;
}

int rsa_make(unsigned bits, struct buf *ret_private, struct public_key *ret_public, struct err *e)
{
	const atomic_bool never = false;

	return rsa_make_unless(&never, bits, ret_private, ret_public, e);
}

/* --- reading a private key --- */

/* One PEM block, decoded. */
struct pem {
	char *name, *header;
	unsigned char *der;
	long len;
};

static void pem_done(struct pem *pem)
{
	OPENSSL_secure_free(pem->name);
	OPENSSL_secure_free(pem->header);
	OPENSSL_secure_clear_free(pem->der, (size_t)pem->len);
}

static int pem_read(const struct buf *text, struct pem *ret_pem, struct err *e)
{
	CLEANUP(bio_cleanup) BIO *bio = BIO_new_mem_buf(buf_str(text), (int)text->len);
	char *rest;
	long len;

	if (bio == NULL || !PEM_read_bio_ex(bio, &ret_pem->name, &ret_pem->header, &ret_pem->der,
					    &ret_pem->len, PEM_FLAG_SECURE))
		return err_set(e, EXIT_CONFIG, "damaged: not a whole PEM block");
	len = BIO_get_mem_data(bio, &rest);
	for (long i = 0; i < len; i++)
		if (strchr(" \t\r\n", rest[i]) == NULL)
			return err_set(e, EXIT_CONFIG, "damaged: something follows the key");
	return 0;
}

static int pkey_read(const struct buf *text, EVP_PKEY **ret_key, struct err *e)
{
	CLEANUP(pem_done) struct pem pem = { 0 };
	CLEANUP(pkey_cleanup) EVP_PKEY *key = NULL;
	const unsigned char *rest;

	if (pem_read(text, &pem, e) < 0)
		return -1;
	if (strcmp(pem.name, PEM_STRING_PKCS8) == 0 || pem.header[0] != '\0')
		return err_set(e, EXIT_CONFIG, "encrypted, and charon has no passphrase for it");
	if (strstr(pem.name, "PRIVATE KEY") == NULL)
		return err_set(e, EXIT_CONFIG, "not a private key");
	rest = pem.der;
	key = d2i_AutoPrivateKey(NULL, &rest, pem.len);
	if (key == NULL || rest != pem.der + pem.len)
		return err_set(e, EXIT_CONFIG, "damaged: not the DER of a private key");
	*ret_key = TAKE(key);
	return 0;
}

enum number { N, E, D, P, Q, DP, DQ, QINV, NUMBERS };

static const char *const number_names[NUMBERS] = {
	[N] = OSSL_PKEY_PARAM_RSA_N,
	[E] = OSSL_PKEY_PARAM_RSA_E,
	[D] = OSSL_PKEY_PARAM_RSA_D,
	[P] = OSSL_PKEY_PARAM_RSA_FACTOR1,
	[Q] = OSSL_PKEY_PARAM_RSA_FACTOR2,
	[DP] = OSSL_PKEY_PARAM_RSA_EXPONENT1,
	[DQ] = OSSL_PKEY_PARAM_RSA_EXPONENT2,
	[QINV] = OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* d e = 1 and d = exponent, both modulo factor - 1. */
static bool exponent_fits(const BIGNUM *d, const BIGNUM *e, const BIGNUM *factor,
			  const BIGNUM *exponent, BN_CTX *ctx)
{
	BIGNUM *order = BN_CTX_get(ctx), *x = BN_CTX_get(ctx);

	return x != NULL && BN_sub(order, factor, BN_value_one()) &&
	       BN_mod_mul(x, d, e, order, ctx) && BN_is_one(x) &&
	       BN_mod(x, d, order, ctx) && BN_cmp(x, exponent) == 0;
}

static bool numbers_fit(BIGNUM *const n[NUMBERS], BN_CTX *ctx)
{
	BIGNUM *x = BN_CTX_get(ctx);

	return x != NULL && BN_mul(x, n[P], n[Q], ctx) && BN_cmp(x, n[N]) == 0 &&
	       exponent_fits(n[D], n[E], n[P], n[DP], ctx) &&
	       exponent_fits(n[D], n[E], n[Q], n[DQ], ctx) &&
	       BN_mod_mul(x, n[QINV], n[Q], n[P], ctx) && BN_is_one(x);
}

/*
 * The equations of RFC 8017, 3.2: no flipped bit passes. EVP_PKEY_check would prove the factors
 * prime as well, which damage cannot change without breaking n = p q, and takes 0.4 s of each run
 * for it.
 */
static bool pkey_is_whole(const EVP_PKEY *key)
{
	BIGNUM *n[NUMBERS] = { NULL };
	BN_CTX *ctx = BN_CTX_secure_new();
	bool whole = ctx != NULL;

	for (size_t i = 0; i < NUMBERS; i++)
		whole = whole && EVP_PKEY_get_bn_param(key, number_names[i], &n[i]) == 1;
	if (whole) {
		BN_CTX_start(ctx);
		whole = numbers_fit(n, ctx);
		BN_CTX_end(ctx);
	}
	for (size_t i = 0; i < NUMBERS; i++)
		BN_clear_free(n[i]);
	BN_CTX_free(ctx);
	return whole;
}

int rsa_public_of(const struct buf *private_pem, unsigned bits_min, struct public_key *ret_public,
		  struct err *e)
{
	CLEANUP(pkey_cleanup) EVP_PKEY *key = NULL;

	if (pkey_read(private_pem, &key, e) < 0 || key_check(key, bits_min, e) < 0)
		return -1;
	if (!pkey_is_whole(key))
		return err_set(e, EXIT_CONFIG, "damaged: its numbers do not belong together");
	public_key_of(key, ret_public);
	return 0;
}
