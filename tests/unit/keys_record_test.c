/*
 * record: the document to the letter, and each rule that a stranger's document can break.
 */
#include "tests/unit/keys_support.h"

#define KEY_JSON(id, state, spki) \
	"{\"id\":\"" id "\",\"spki\":\"" spki "\",\"state\":\"" state "\"}"
#define KEY_A(state) KEY_JSON(KEY_A_ID, state, KEY_A_SPKI)
#define KEY_B(state) KEY_JSON(KEY_B_ID, state, KEY_B_SPKI)

#define RECORD \
	"{\"account\":\"123456789012\",\"address\":\"203.0.113.7\",\"generation\":3," \
	"\"instance\":\"i-0fedcba9876543210\",\"keys\":[" KEY_A("active") "],\"left\":false," \
	"\"probe\":\"10.1.0.10\",\"region\":\"eu-central-1\",\"revoked\":[],\"schema\":1," \
	"\"site\":\"frankfurt\",\"subnets\":[\"10.1.0.0/16\",\"10.9.0.0/24\"]," \
	"\"vpc\":\"vpc-0123456789abcdef0\",\"zone\":\"eu-central-1a\"}"

#define TOMBSTONE "{\"generation\":4,\"left\":true,\"schema\":1,\"site\":\"frankfurt\"}"

static void assert_refused(const char *text, const char *cause)
{
	struct site none = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(record_parse(text, "frankfurt", &none, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
	assert_null(none.name);
	assert_null(none.keys);
}

/* RECORD with one member another value, in JSON; NULL removes it. Yours to free. */
static char *record_with(const char *member, const char *value)
{
	AUTO_JSON json_t *document = json_loads(RECORD, 0, NULL);

	if (value == NULL)
		json_object_del(document, member);
	else
		json_object_set_new(document, member, json_loads(value, JSON_DECODE_ANY, NULL));
	return json_text(document);
}

/* RECORD with one member of its key another value. Yours to free. */
static char *record_with_key(const char *member, const char *value)
{
	AUTO_JSON json_t *key = json_loads(KEY_A("active"), 0, NULL);
	AUTO_JSON json_t *keys = json_array();
	AUTO_FREE char *text = NULL;

	if (value == NULL)
		json_object_del(key, member);
	else
		json_object_set_new(key, member, json_loads(value, JSON_DECODE_ANY, NULL));
	json_array_append(keys, key);
	text = json_text(keys);
	return record_with("keys", text);
}

static void document_to_the_letter(void **state)
{
	CLEANUP(site_done) struct site site = site_example();
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(record_text(&site, &text, &e), 0);
	assert_string_equal(text, RECORD);
}

static void every_member_is_read(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	struct err e = ERR_INIT;
	AUTO_FREE char *subnets = NULL;

	(void)state;
	assert_int_equal(record_parse(RECORD, "frankfurt", &site, &e), 0);
	subnets = cidrs_join(&site.subnets, " ");
	assert_string_equal(site.name, "frankfurt");
	assert_int_equal(site.generation, 3);
	assert_string_equal(site.region, "eu-central-1");
	assert_string_equal(site.account, "123456789012");
	assert_string_equal(site.vpc, "vpc-0123456789abcdef0");
	assert_string_equal(site.zone, "eu-central-1a");
	assert_string_equal(site.instance, "i-0fedcba9876543210");
	assert_int_equal(site.address, 0xcb007107);
	assert_int_equal(site.probe, 0x0a01000a);
	assert_string_equal(subnets, "10.1.0.0/16 10.9.0.0/24");
	assert_int_equal(site.key_count, 1);
	assert_string_equal(site_active_key(&site)->id, KEY_A_ID);
	assert_string_equal(site_active_key(&site)->spki, KEY_A_SPKI);
	assert_int_equal(site.revoked.count, 0);
	assert_false(site.left);
	assert_false(site.empty);
}

static void assert_round_trip(const char *text, const char *expected)
{
	CLEANUP(site_done) struct site site = { 0 };
	CLEANUP(site_done) struct site copy = { 0 };
	AUTO_FREE char *again = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(record_parse(text, "frankfurt", &site, &e), 0);
	site_copy(&site, &copy);
	assert_int_equal(record_text(&copy, &again, &e), 0);
	assert_string_equal(again, expected);
}

static void equal_sites_are_equal_text(void **state)
{
	static const struct {
		const char *member, *value, *canonical;
	} rows[] = {
		{ "subnets", "[\"10.9.0.0/24\",\"10.1.0.0/16\",\"10.9.0.0/24\"]",
		  "[\"10.1.0.0/16\",\"10.9.0.0/24\"]" },
		{ "subnets", "[\"10.1.0.1\"]", "[\"10.1.0.1/32\"]" },
		{ "keys",
		  "[" KEY_B("next") "," KEY_A("active") "]",
		  "[" KEY_A("active") "," KEY_B("next") "]" },
		{ "revoked", "[\"" KEY_B_ID "\"]", "[\"" KEY_B_ID "\"]" },
		{ "left", NULL, "false" },
		{ "revoked", NULL, "[]" },
		{ "vpc", "\"vpc-01234567\"", "\"vpc-01234567\"" },
		{ "zone", "\"eu-central-1-ham-1a\"", "\"eu-central-1-ham-1a\"" },
		{ "generation", "4503599627370496", "4503599627370496" },
	};

	(void)state;
	assert_round_trip(RECORD, RECORD);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *text = record_with(rows[i].member, rows[i].value);
		AUTO_FREE char *canonical = record_with(rows[i].member, rows[i].canonical);

		assert_round_trip(text, canonical);
	}
}

static void members_of_a_later_version(void **state)
{
	AUTO_FREE char *text = record_with("colour", "{\"of\":[\"plumage\"]}");

	(void)state;
	assert_round_trip(text, RECORD);
}

static void tombstone(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(record_parse(TOMBSTONE, "frankfurt", &site, &e), 0);
	assert_true(site.left);
	assert_null(site.region);
	assert_null(site_active_key(&site));
	assert_round_trip(TOMBSTONE, TOMBSTONE);
}

static void tombstone_over_a_record(void **state)
{
	AUTO_FREE char *text = record_with("left", "true");
	AUTO_FREE char *odd = NULL;
	AUTO_JSON json_t *document = json_loads(text, 0, NULL);

	(void)state;
	assert_round_trip(text, "{\"account\":\"123456789012\",\"generation\":3,"
			  "\"instance\":\"i-0fedcba9876543210\",\"left\":true,"
			  "\"region\":\"eu-central-1\",\"schema\":1,\"site\":\"frankfurt\","
			  "\"vpc\":\"vpc-0123456789abcdef0\",\"zone\":\"eu-central-1a\"}");
	json_object_set_new(document, "vpc", json_string("vpc"));
	odd = json_text(document);
	assert_refused(odd, "'vpc' is not 'vpc-' and 8 or 17 hex digits");
}

#define EMPTY \
	"{\"account\":\"123456789012\",\"generation\":3,\"instance\":\"i-0fedcba9876543210\"," \
	"\"keys\":[],\"left\":false,\"region\":\"eu-central-1\",\"schema\":1," \
	"\"site\":\"frankfurt\",\"vpc\":\"vpc-0123456789abcdef0\",\"zone\":\"eu-central-1a\"}"

static void claim_that_offers_nothing(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(record_parse(EMPTY, "frankfurt", &site, &e), 0);
	assert_true(site.empty);
	assert_false(site.left);
	assert_string_equal(site.instance, "i-0fedcba9876543210");
	assert_null(site_active_key(&site));
	assert_int_equal(site.subnets.count, 0);
	assert_round_trip(EMPTY, EMPTY);
}

/* What offers anything is a whole record, or none. */
static void claim_that_offers_a_little(void **state)
{
	static const struct {
		const char *member, *value, *cause;
	} rows[] = {
		{ "keys", NULL, "'address' is missing" },
		{ "keys", "[" KEY_A("active") "]", "'address' is missing" },
		{ "address", "\"203.0.113.7\"", "'probe' is missing" },
		{ "probe", "\"10.1.0.10\"", "'address' is missing" },
		{ "subnets", "[\"10.1.0.0/16\"]", "'address' is missing" },
		{ "instance", NULL, "'instance' is missing" },
		{ "zone", NULL, "'zone' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_JSON json_t *document = json_loads(EMPTY, 0, NULL);
		AUTO_FREE char *text = NULL;

		json_object_del(document, rows[i].member);
		if (rows[i].value != NULL)
			json_object_set_new(document, rows[i].member,
					    json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		text = json_text(document);
		assert_refused(text, rows[i].cause);
	}
}

static void member_that_breaks_a_rule(void **state)
{
	static const char not_a_name[] =
		"'site' is not a site's name: [a-z0-9-]{1,63}, no '-' at either end";
	static const char not_an_address[] =
		"'address' is not an IPv4 address that a gateway can have";
	static const struct {
		const char *member, *value, *cause;
	} rows[] = {
		{ "schema", NULL, "'schema' is missing" },
		{ "schema", "\"1\"", "'schema' is not an integer" },
		{ "schema", "2", "'schema' is 2, and this version of cygnet reads 1" },
		{ "generation", NULL, "'generation' is missing" },
		{ "generation", "0", "'generation' is outside 1..4503599627370496" },
		{ "generation", "4503599627370497", "'generation' is outside 1..4503599627370496" },
		{ "generation", "1.5", "'generation' is not an integer" },
		{ "site", NULL, "'site' is missing" },
		{ "site", "\"Frankfurt\"", not_a_name },
		{ "site", "\"frankfurt-\"", not_a_name },
		{ "site", "\"\"", not_a_name },
		{ "site", "\"paris\"",
		  "'site' is 'paris', and the parameter is called 'frankfurt'" },
		{ "site", "\"frank\\nfurt\"", "'site' has control characters" },
		{ "left", "1", "'left' is not true or false" },
		{ "region", NULL, "'region' is missing" },
		{ "region", "\"eu central\"", "'region' is not [a-z0-9-]{1,32}" },
		{ "region", "\"\"", "'region' is not [a-z0-9-]{1,32}" },
		{ "region", "\"abcdefghijklmnopqrstuvwxyz-123456\"",
		  "'region' is not [a-z0-9-]{1,32}" },
		{ "account", "\"12345678901\"", "'account' is not 12 digits" },
		{ "account", "123456789012", "'account' is not a string" },
		{ "vpc", "\"vpc-0123456\"", "'vpc' is not 'vpc-' and 8 or 17 hex digits" },
		{ "vpc", "\"vpc-0123456789ABCDEF0\"",
		  "'vpc' is not 'vpc-' and 8 or 17 hex digits" },
		{ "zone", "\"EU\"", "'zone' is not [a-z0-9-]{1,63}" },
		{ "zone", "\"eu-central-1\"", "'zone' is not a zone of 'region'" },
		{ "zone", "\"eu-west-1a\"", "'zone' is not a zone of 'region'" },
		{ "instance", "\"i-0fedcba987654321\"",
		  "'instance' is not 'i-' and 8 or 17 hex digits" },
		{ "address", NULL, "'address' is missing" },
		{ "address", "\"203.0.113.07\"", not_an_address },
		{ "address", "\"203.0.113.7/32\"", not_an_address },
		{ "address", "\"0.0.0.0\"", not_an_address },
		{ "address", "\"127.0.0.1\"", not_an_address },
		{ "address", "\"169.254.169.254\"", not_an_address },
		{ "address", "\"224.0.0.1\"", not_an_address },
		{ "probe", "\"255.255.255.255\"",
		  "'probe' is not an IPv4 address that a gateway can have" },
		{ "subnets", NULL, "'subnets' is missing" },
		{ "subnets", "[]", "'subnets' is empty" },
		{ "subnets", "\"10.1.0.0/16\"", "'subnets' is not an array" },
		{ "subnets", "[\"10.1.0.0/16\",\"10.1.2.3/16\"]",
		  "'subnets' element 2 is not a canonical IPv4 range" },
		{ "subnets", "[\"10.1.0.0/33\"]",
		  "'subnets' element 1 is not a canonical IPv4 range" },
		{ "subnets", "[\"10.1.0.0/16 \"]",
		  "'subnets' element 1 is not a canonical IPv4 range" },
		{ "subnets", "[null]", "'subnets' element 1 is not a canonical IPv4 range" },
		{ "keys", NULL, "'keys' has 0 active keys instead of one" },
		{ "keys", "{}", "'keys' is not an array" },
		{ "keys", "[1]", "'keys' element 1: not an object" },
		{ "keys", "[1,2,3]", "'keys' has more than 2 elements" },
		{ "keys", "[" KEY_A("next") "]",
		  "'keys' has 0 active keys instead of one" },
		{ "keys",
		  "[" KEY_A("active") "," KEY_B("active") "]",
		  "'keys' has 2 active keys instead of one" },
		{ "keys",
		  "[" KEY_A("active") "," KEY_A("next") "]",
		  "'keys' has the same key twice" },
		{ "revoked", "{}", "'revoked' is not an array" },
		{ "revoked", "[\"" KEY_A_ID "\",\"abc\"]", "'revoked' element 2 is not a key id" },
		{ "revoked", "[7]", "'revoked' element 1 is not a key id" },
		{ "revoked", "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]",
		  "'revoked' has more than 16 elements" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *text = record_with(rows[i].member, rows[i].value);

		assert_refused(text, rows[i].cause);
	}
}

static void key_that_breaks_a_rule(void **state)
{
	static const struct {
		const char *member, *value, *cause;
	} rows[] = {
		{ "id", NULL, "'keys' element 1: 'id' is missing" },
		{ "id", "\"" KEY_B_ID "\"", "'keys' element 1: 'id' is not the SHA-256 of 'spki'" },
		{ "id", "\"" KEY_A_ID "0\"", "'keys' element 1: 'id' is longer than 64 bytes" },
		{ "state", NULL, "'keys' element 1: 'state' is missing" },
		{ "state", "\"old\"", "'keys' element 1: 'state' is neither 'active' nor 'next'" },
		{ "spki", NULL, "'keys' element 1: 'spki' is missing" },
		{ "spki", "\"AAAA\"", "'keys' element 1: 'spki': not a SubjectPublicKeyInfo" },
		{ "spki", "\"" KEY_B_SPKI "\"",
		  "'keys' element 1: 'id' is not the SHA-256 of 'spki'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		AUTO_FREE char *text = record_with_key(rows[i].member, rows[i].value);

		assert_refused(text, rows[i].cause);
	}
}

static void second_key_that_breaks_a_rule(void **state)
{
	AUTO_FREE char *text =
		record_with("keys", "[" KEY_A("active") ",{\"id\":\"\",\"spki\":\"\"}]");

	(void)state;
	assert_refused(text, "'keys' element 2: 'state' is missing");
}

static void what_is_no_document(void **state)
{
	AUTO_FREE char *spaces = mem_calloc(RECORD_MAX + 2, 1);

	(void)state;
	memset(spaces, ' ', RECORD_MAX + 1);
	assert_refused(spaces, "longer than 4096 characters");
	assert_refused("", "not valid JSON at line 1, column 0");
	assert_refused("[]", "not a JSON object");
	assert_refused("{\"site\":\"a\",\"site\":\"b\"}", "not valid JSON at line 1, column 18");
	assert_refused(TOMBSTONE "{}", "not valid JSON at line 1, column 59");
}

static void too_many_subnets(void **state)
{
	struct strings ranges = { 0 };
	AUTO_FREE char *joined = NULL;
	AUTO_FREE char *array = NULL;
	AUTO_FREE char *text = NULL;

	(void)state;
	for (int i = 0; i < 65; i++)
		strings_addf(&ranges, "\"10.%d.0.0/16\"", i);
	joined = strings_join(&ranges, ",");
	array = mem_printf("[%s]", joined);
	text = record_with("subnets", array);
	assert_refused(text, "'subnets' has more than 64 elements");
	strings_done(&ranges);
}

/* Both keys get an SPKI of len characters; the result has the length of the record with both. */
static size_t keys_resize(struct site *site, size_t len)
{
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < 2; i++) {
		site->keys[i] = (struct site_key){ i == 0 ? KEY_ACTIVE : KEY_NEXT,
						   public_key_of_text(KEY_A_ID, KEY_A_SPKI) };
		free(site->keys[i].key.spki);
		site->keys[i].key.spki = mem_calloc(len + 1, 1);
		memset(site->keys[i].key.spki, 'A', len);
	}
	site->key_count = 2;
	assert_int_equal(record_text(site, &text, &e), 0);
	return strlen(text);
}

static void keys_drop(struct site *site, size_t kept)
{
	while (site->key_count > kept)
		public_key_done(&site->keys[--site->key_count].key);
}

static void record_without_room_for_a_second_key(void **state)
{
	CLEANUP(site_done) struct site site = site_example();
	AUTO_FREE char *fits = NULL;
	char *none = NULL;
	struct err e = ERR_INIT;
	size_t room;

	(void)state;
	keys_drop(&site, 0);
	room = RECORD_MAX - keys_resize(&site, 100);
	keys_drop(&site, 0);
	site.generation = room % 2 == 0 ? 3 : 33;
	assert_int_equal(keys_resize(&site, 100 + room / 2), RECORD_MAX);
	keys_drop(&site, 1);
	assert_int_equal(record_text(&site, &fits, &e), 0);
	site.generation *= 10;
	assert_int_equal(record_text(&site, &none, &e), -1);
	assert_error(&e, EXIT_CONFIG,
		     "the record of site 'frankfurt' would have 4097 characters with two keys, "
		     "over 4096",
		     "offer fewer, wider 'subnets', or make shorter keys ('key-bits')");
	assert_null(none);
}

static void lists_of_sites(void **state)
{
	static const char *const names[] = { "paris", "frankfurt", "ohio" };
	CLEANUP(sites_done) struct sites sites = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct site site = { .name = mem_strdup(names[i]) };

		sites_add(&sites, &site);
		assert_null(site.name);
	}
	sites_sort(&sites);
	assert_string_equal(sites.items[0].name, "frankfurt");
	assert_string_equal(sites.items[2].name, "paris");
	assert_ptr_equal(sites_find(&sites, "ohio"), &sites.items[1]);
	assert_null(sites_find(&sites, "oh"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_to_the_letter),
		cmocka_unit_test(every_member_is_read),
		cmocka_unit_test(equal_sites_are_equal_text),
		cmocka_unit_test(members_of_a_later_version),
		cmocka_unit_test(tombstone),
		cmocka_unit_test(tombstone_over_a_record),
		cmocka_unit_test(claim_that_offers_nothing),
		cmocka_unit_test(claim_that_offers_a_little),
		cmocka_unit_test(member_that_breaks_a_rule),
		cmocka_unit_test(key_that_breaks_a_rule),
		cmocka_unit_test(second_key_that_breaks_a_rule),
		cmocka_unit_test(what_is_no_document),
		cmocka_unit_test(too_many_subnets),
		cmocka_unit_test(record_without_room_for_a_second_key),
		cmocka_unit_test(lists_of_sites),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
