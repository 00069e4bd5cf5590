/*
 * rsa: every damage to a private key is found, and a public key has one spelling.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tests/unit/keys_support.h"

/* One pair serves all tests: making them is what takes time. */
struct pair {
	struct buf pem;
	struct public_key public;
};

static int pair_make(void **state)
{
	struct pair *pair = mem_calloc(1, sizeof *pair);
	struct err e = ERR_INIT;

	*state = pair;
	return rsa_make(KEY_BITS_MIN, &pair->pem, &pair->public, &e);
}

static int pair_free(void **state)
{
	struct pair *pair = *state;

	buf_wipe(&pair->pem);
	public_key_done(&pair->public);
	free(pair);
	return 0;
}

static void assert_private_refused(const struct buf *pem, unsigned bits_min, const char *cause)
{
	struct public_key none = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(rsa_public_of(pem, bits_min, &none, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_null(none.spki);
	assert_int_equal(ERR_peek_error(), 0);
}

static void assert_public_refused(const char *spki, const char *cause)
{
	struct public_key none = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(public_key_parse(spki, &none, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_null(none.spki);
	assert_int_equal(ERR_peek_error(), 0);
}

static char *base64(const unsigned char *der, size_t len)
{
	char *text = mem_calloc(len * 2 + 8, 1);

	EVP_EncodeBlock((unsigned char *)text, der, (int)len);
	return text;
}

static char *spki_of(EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	char *text = base64(der, (size_t)len);

	OPENSSL_free(der);
	return text;
}

/* What was written to bio; bio is freed. */
static void bio_take(BIO *bio, struct buf *out)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	buf_wipe(out);
	buf_add(out, text, (size_t)len);
	BIO_free(bio);
}

/* Private half as PEM: PKCS#8, encrypted if there is a passphrase, or traditional. */
static void pem_of(EVP_PKEY *key, bool traditional, const char *passphrase, struct buf *out)
{
	const EVP_CIPHER *cipher = passphrase ? EVP_aes_128_cbc() : NULL;
	BIO *bio = BIO_new(BIO_s_mem());

	if (traditional)
		PEM_write_bio_PrivateKey_traditional(bio, key, cipher, NULL, 0, NULL,
						     (void *)passphrase);
	else
		PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, NULL, (void *)passphrase);
	bio_take(bio, out);
}

static EVP_PKEY *pkey_of(const struct buf *pem)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

	assert_non_null(key);
	BIO_free(bio);
	return key;
}

/* A public key of these numbers, good or not. */
static char *spki_of_numbers(const BIGNUM *n, const char *exponent)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params;
	EVP_PKEY *key = NULL;
	BIGNUM *e = NULL;
	char *spki;

	BN_hex2bn(&e, exponent);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
	params = OSSL_PARAM_BLD_to_param(builder);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
	spki = spki_of(key);
	EVP_PKEY_free(key);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	BN_free(e);
	return spki;
}

static void made_pair_is_one_key(void **state)
{
	const struct pair *pair = *state;
	struct public_key of_private = { 0 }, of_text = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(rsa_public_of(&pair->pem, KEY_BITS_MIN, &of_private, &e), 0);
	assert_int_equal(public_key_parse(pair->public.spki, &of_text, &e), 0);
	assert_string_equal(of_private.id, pair->public.id);
	assert_string_equal(of_private.spki, pair->public.spki);
	assert_string_equal(of_text.id, pair->public.id);
	assert_int_equal(of_text.bits, 3072);
	assert_int_equal(of_private.bits, 3072);
	public_key_done(&of_private);
	public_key_done(&of_text);
}

static void id_is_what_sha256sum_says_of_the_der(void **state)
{
	struct public_key key = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(public_key_parse(KEY_A_SPKI, &key, &e), 0);
	assert_string_equal(key.id, KEY_A_ID);
	public_key_done(&key);
}

static void pem_is_what_openssl_writes(void **state)
{
	const struct pair *pair = *state;
	AUTO_FREE char *pem = public_key_pem(&pair->public);
	EVP_PKEY *key = pkey_of(&pair->pem);
	BIO *bio = BIO_new(BIO_s_mem());
	AUTO_BUF struct buf expected = { 0 };

	PEM_write_bio_PUBKEY(bio, key);
	bio_take(bio, &expected);
	assert_string_equal(pem, expected.data);
	EVP_PKEY_free(key);
}

static void key_making_that_is_called_off(void **state)
{
	const atomic_bool stop = true;
	struct buf pem = { 0 };
	struct public_key none = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(rsa_make_unless(&stop, KEY_BITS_MAX, &pem, &none, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot make an RSA key of 16384 bits", "");
	assert_null(pem.data);
	assert_null(none.spki);
}

/* PKCS#8 in PEM. */
static void pem_of_der(const unsigned char *der, long len, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());

	PEM_write_bio(bio, PEM_STRING_PKCS8INF, "", der, len);
	bio_take(bio, out);
}

static unsigned char *der_of_pem(const struct buf *pem, long *ret_len)
{
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	char *name, *header;
	unsigned char *der;

	assert_int_equal(PEM_read_bio(bio, &name, &header, &der, ret_len), 1);
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	return der;
}

/*
 * What is before the modulus says what kind of document it is; a flip there may leave the key as it
 * was.
 */
static void flipped_bits(void **state)
{
	enum { BEFORE_NUMBERS = 33 * 8, STRIDE = 23 };
	const struct pair *pair = *state;
	AUTO_WIPE struct buf flipped = { 0 };
	long len;
	unsigned char *der = der_of_pem(&pair->pem, &len);

	for (long bit = 0; bit < len * 8; bit += bit < BEFORE_NUMBERS ? 1 : STRIDE) {
		struct public_key key = { 0 };
		struct err e = ERR_INIT;

		der[bit / 8] ^= (unsigned char)(1 << bit % 8);
		pem_of_der(der, len, &flipped);
		der[bit / 8] ^= (unsigned char)(1 << bit % 8);
		if (rsa_public_of(&flipped, KEY_BITS_MIN, &key, &e) == 0) {
			assert_in_range(bit, 0, BEFORE_NUMBERS - 1);
			assert_string_equal(key.id, pair->public.id);
		} else {
			assert_int_equal(e.code, EXIT_CONFIG);
		}
		public_key_done(&key);
	}
	OPENSSL_free(der);
}

static void something_behind_the_der(void **state)
{
	const struct pair *pair = *state;
	AUTO_WIPE struct buf pem = { 0 };
	long len;
	unsigned char *der = der_of_pem(&pair->pem, &len), *longer = mem_calloc((size_t)len + 1, 1);

	memcpy(longer, der, (size_t)len);
	pem_of_der(longer, len + 1, &pem);
	assert_private_refused(&pem, KEY_BITS_MIN, "damaged: not the DER of a private key");
	free(longer);
	OPENSSL_free(der);
}

/* Put the numbers called by name from key into builder. */
static void numbers_copy(EVP_PKEY *key, const char *const names[], size_t count,
			 OSSL_PARAM_BLD *builder, BIGNUM *numbers[])
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(EVP_PKEY_get_bn_param(key, names[i], &numbers[i]), 1);
		OSSL_PARAM_BLD_push_BN(builder, names[i], numbers[i]);
	}
}

static void private_exponent_of_another_key(void **state)
{
	static const char *const names[] = {
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
	};
	const struct pair *pair = *state;
	EVP_PKEY *key = pkey_of(&pair->pem), *mixed = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	BIGNUM *numbers[COUNT_OF(names)] = { NULL };
	AUTO_WIPE struct buf pem = { 0 };
	OSSL_PARAM *params;

	numbers_copy(key, names, COUNT_OF(names), builder, numbers);
	BN_add_word(numbers[0], 2);
	params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_fromdata_init(ctx);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &mixed, EVP_PKEY_KEYPAIR, params), 1);
	pem_of(mixed, false, NULL, &pem);
	assert_private_refused(&pem, KEY_BITS_MIN, "damaged: its numbers do not belong together");
	for (size_t i = 0; i < COUNT_OF(names); i++)
		BN_free(numbers[i]);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(mixed);
	EVP_PKEY_free(key);
}

static void truncated_file(void **state)
{
	const struct pair *pair = *state;

	for (size_t len = 0; len < pair->pem.len - 1; len += 37) {
		AUTO_WIPE struct buf part = { 0 };

		buf_add(&part, pair->pem.data, len);
		assert_private_refused(&part, KEY_BITS_MIN, "damaged: not a whole PEM block");
	}
}

static void something_behind_the_private_key(void **state)
{
	const struct pair *pair = *state;
	AUTO_WIPE struct buf pem = { 0 };
	struct public_key key = { 0 };
	struct err e = ERR_INIT;

	buf_add(&pem, pair->pem.data, pair->pem.len);
	buf_adds(&pem, " \r\n\t\n");
	assert_int_equal(rsa_public_of(&pem, KEY_BITS_MIN, &key, &e), 0);
	public_key_done(&key);
	buf_add(&pem, pair->pem.data, pair->pem.len);
	assert_private_refused(&pem, KEY_BITS_MIN, "damaged: something follows the key");
}

static void traditional_pem_is_the_same_key(void **state)
{
	const struct pair *pair = *state;
	EVP_PKEY *key = pkey_of(&pair->pem);
	AUTO_WIPE struct buf pem = { 0 };
	struct public_key public = { 0 };
	struct err e = ERR_INIT;

	pem_of(key, true, NULL, &pem);
	assert_non_null(strstr(pem.data, "BEGIN RSA PRIVATE KEY"));
	assert_int_equal(rsa_public_of(&pem, KEY_BITS_MIN, &public, &e), 0);
	assert_string_equal(public.id, pair->public.id);
	public_key_done(&public);
	EVP_PKEY_free(key);
}

static void encrypted_key(void **state)
{
	const struct pair *pair = *state;
	EVP_PKEY *key = pkey_of(&pair->pem);
	AUTO_WIPE struct buf pem = { 0 };

	for (int traditional = 0; traditional < 2; traditional++) {
		pem_of(key, traditional, "secret", &pem);
		assert_private_refused(&pem, KEY_BITS_MIN,
				       "encrypted, and charon has no passphrase for it");
	}
	EVP_PKEY_free(key);
}

static void public_half_instead_of_the_private(void **state)
{
	const struct pair *pair = *state;
	AUTO_FREE char *text = public_key_pem(&pair->public);
	AUTO_BUF struct buf pem = { 0 };

	buf_adds(&pem, text);
	assert_private_refused(&pem, KEY_BITS_MIN, "not a private key");
}

static void elliptic_key(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	AUTO_FREE char *spki = spki_of(key);
	AUTO_WIPE struct buf pem = { 0 };

	(void)state;
	pem_of(key, false, NULL, &pem);
	assert_private_refused(&pem, KEY_BITS_MIN, "not an RSA key");
	assert_public_refused(spki, "not an RSA key");
	EVP_PKEY_free(key);
}

static void short_key(void **state)
{
	const struct pair *pair = *state;
	AUTO_WIPE struct buf pem = { 0 };
	struct public_key public = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(rsa_make(2048, &pem, &public, &e), 0);
	assert_private_refused(&pem, KEY_BITS_MIN, "an RSA key of 2048 bits, outside 3072..16384");
	assert_public_refused(public.spki, "an RSA key of 2048 bits, outside 3072..16384");
	assert_private_refused(&pair->pem, 4096, "an RSA key of 3072 bits, outside 4096..16384");
	public_key_done(&public);
}

static void public_exponents(void **state)
{
	static const struct {
		const char *exponent;
		bool good;
	} rows[] = {
		{ "03", true },
		{ "10001", true },
		{ "FFFFFFFFFFFFFFFF", true },
		{ "00", false },
		{ "01", false },
		{ "02", false },
		{ "10000", false },
		{ "10000000000000001", false },
	};
	const struct pair *pair = *state;
	EVP_PKEY *key = pkey_of(&pair->pem);
	BIGNUM *n = NULL;

	EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *spki = spki_of_numbers(n, rows[i].exponent);
		struct public_key public = { 0 };
		struct err e = ERR_INIT;

		if (rows[i].good)
			assert_int_equal(public_key_parse(spki, &public, &e), 0);
		else
			assert_public_refused(
				spki,
				"an RSA key whose public exponent is not odd or outside 3..2^64");
		public_key_done(&public);
	}
	BN_free(n);
	EVP_PKEY_free(key);
}

static void huge_modulus(void **state)
{
	BIGNUM *n = BN_new();
	AUTO_FREE char *spki = NULL;

	(void)state;
	BN_set_bit(n, KEY_BITS_MAX);
	BN_add_word(n, 1);
	spki = spki_of_numbers(n, "10001");
	assert_public_refused(spki, "an RSA key of 16385 bits, outside 3072..16384");
	BN_free(n);
}

static void base64_that_is_not_canonical(void **state)
{
	static const char *const rows[] = {
		"",
		"A",
		"AAA",
		"!!!!",
		" " KEY_A_SPKI,
		KEY_A_SPKI "\n",
		KEY_A_SPKI "====",
		"AAAA=AAA",
		"AAB=",
		"AB==",
		"A===",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_public_refused(rows[i], "not base64 of at most 4096 characters");
}

static void base64_without_end(void **state)
{
	AUTO_FREE char *text = mem_calloc(4101, 1);

	(void)state;
	memset(text, 'A', 4100);
	assert_public_refused(text, "not base64 of at most 4096 characters");
}

static void bytes_that_are_no_public_key(void **state)
{
	const struct pair *pair = *state;
	EVP_PKEY *key = pkey_of(&pair->pem);
	unsigned char *der = NULL;
	int len = i2d_PublicKey(key, &der);	/* PKCS#1: the two numbers without the algorithm */
	AUTO_FREE char *pkcs1 = base64(der, (size_t)len);

	assert_public_refused(pkcs1, "not a SubjectPublicKeyInfo");
	assert_public_refused("AAAA", "not a SubjectPublicKeyInfo");
	OPENSSL_free(der);
	EVP_PKEY_free(key);
}

static void something_behind_the_public_key(void **state)
{
	unsigned char der[512];
	int len = EVP_DecodeBlock(der, (const unsigned char *)KEY_A_SPKI, (int)strlen(KEY_A_SPKI)) -
		  1;
	AUTO_FREE char *longer = NULL;
	AUTO_FREE char *shorter = NULL;

	(void)state;
	der[len] = 0;
	longer = base64(der, (size_t)len + 1);
	shorter = base64(der, (size_t)len - 1);
	assert_public_refused(longer, "not the DER of one SubjectPublicKeyInfo and nothing else");
	assert_public_refused(shorter, "not a SubjectPublicKeyInfo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_pair_is_one_key),
		cmocka_unit_test(id_is_what_sha256sum_says_of_the_der),
		cmocka_unit_test(pem_is_what_openssl_writes),
		cmocka_unit_test(key_making_that_is_called_off),
		cmocka_unit_test(flipped_bits),
		cmocka_unit_test(something_behind_the_der),
		cmocka_unit_test(private_exponent_of_another_key),
		cmocka_unit_test(truncated_file),
		cmocka_unit_test(something_behind_the_private_key),
		cmocka_unit_test(traditional_pem_is_the_same_key),
		cmocka_unit_test(encrypted_key),
		cmocka_unit_test(public_half_instead_of_the_private),
		cmocka_unit_test(elliptic_key),
		cmocka_unit_test(short_key),
		cmocka_unit_test(public_exponents),
		cmocka_unit_test(huge_modulus),
		cmocka_unit_test(base64_that_is_not_canonical),
		cmocka_unit_test(base64_without_end),
		cmocka_unit_test(bytes_that_are_no_public_key),
		cmocka_unit_test(something_behind_the_public_key),
	};

	return cmocka_run_group_tests(tests, pair_make, pair_free);
}
