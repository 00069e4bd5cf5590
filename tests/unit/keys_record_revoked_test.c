/*
 * record with revoked keys: how many of them there is room for, and which stay out when there is
 * none.
 */
#include "tests/unit/keys_support.h"

/* Characters of a key's base64: its modulus, and 38 bytes of what is around it. */
#define SPKI_LENGTH(bits) (((bits) / 8 + 38 + 2) / 3 * 4)

static void id_make(int number, char ret_id[KEY_ID_SIZE])
{
	snprintf(ret_id, KEY_ID_SIZE, "%064d", number);
}

/* The longest that a site can have: names, addresses, and ranges of "255.255.255.0/24". */
static struct site site_longest(unsigned bits, size_t keys, uint32_t subnets)
{
	struct site site = site_example();
	AUTO_FREE char *name = mem_calloc(64, 1);

	memset(name, 'x', 63);
	free(site.name);
	site.name = TAKE(name);
	free(site.region);
	site.region = mem_strdup("ap-southeast-1");
	free(site.zone);
	site.zone = mem_strdup("ap-southeast-1-bkk-1a");
	site.address = site.probe = 0xcb6f6f6f;
	site.generation = 99999;
	cidrs_done(&site.subnets);
	for (uint32_t i = 0; i < subnets; i++)
		cidrs_add(&site.subnets, (struct cidr){ 0xacc86400 + 512 * i, 24 });
	public_key_done(&site.keys[0].key);
	for (site.key_count = 0; site.key_count < keys; site.key_count++) {
		struct site_key *key = &site.keys[site.key_count];

		key->state = site.key_count == 0 ? KEY_ACTIVE : KEY_NEXT;
		memset(key->key.id, '0', KEY_ID_SIZE - 1);
		key->key.spki = mem_calloc(SPKI_LENGTH(bits) + 1, 1);
		memset(key->key.spki, 'x', SPKI_LENGTH(bits));
	}
	return site;
}

/* How many of a hundred revoked ids the record has; the newest of them. */
static size_t revoked_fitting(unsigned bits, size_t keys, uint32_t subnets)
{
	CLEANUP(site_done) struct site site = site_longest(bits, keys, subnets);
	AUTO_FREE char *text = NULL;
	AUTO_JSON json_t *document = NULL;
	const json_t *listed;
	struct err e = ERR_INIT;
	char id[KEY_ID_SIZE];

	for (int i = 0; i < 100; i++) {
		id_make(i, id);
		strings_add(&site.revoked, id);
	}
	assert_int_equal(record_text(&site, &text, &e), 0);
	assert_in_range(strlen(text), 1, RECORD_MAX);
	document = json_loads(text, 0, NULL);
	listed = json_object_get(document, "revoked");
	for (size_t i = 0; i < json_array_size(listed); i++) {
		id_make((int)(100 - json_array_size(listed) + i), id);
		assert_string_equal(json_string_value(json_array_get(listed, i)), id);
	}
	assert_int_equal(site.revoked.count, 100);
	return json_array_size(listed);
}

/* What record.h says of it, to the letter. */
static void revoked_ids_push_the_record_over_its_limit(void **state)
{
	static const struct {
		unsigned bits;
		uint32_t subnets;
		size_t beside_one, beside_two;
	} rows[] = {
		{ 3072, 64, 16, 16 }, { 4096, 1, 16, 16 }, { 4096, 32, 16, 16 },
		{ 4096, 64, 16, 12 }, { 8192, 1, 16, 10 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(revoked_fitting(rows[i].bits, 1, rows[i].subnets),
				 rows[i].beside_one);
		assert_int_equal(revoked_fitting(rows[i].bits, 2, rows[i].subnets),
				 rows[i].beside_two);
	}
}

static bool record_fits(unsigned bits, uint32_t subnets)
{
	CLEANUP(site_done) struct site site = site_longest(bits, 2, subnets);
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	return record_text(&site, &text, &e) == 0;
}

/* A record that two keys fill to the brim still tells of stolen ones. */
static void full_record_has_no_room_for_any(void **state)
{
	static const struct {
		unsigned bits;
		size_t beside_one;
	} rows[] = { { 3072, 9 }, { 4096, 12 }, { 8192, 16 } };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t subnets = 1;

		while (record_fits(rows[i].bits, subnets + 1))
			subnets++;
		assert_int_equal(revoked_fitting(rows[i].bits, 2, subnets), 0);
		assert_in_range(revoked_fitting(rows[i].bits, 1, subnets), rows[i].beside_one,
				rows[i].beside_one + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(revoked_ids_push_the_record_over_its_limit),
		cmocka_unit_test(full_record_has_no_room_for_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
