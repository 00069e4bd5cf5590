/* static: an operator's files, what is refused of them, and what that costs. */
#include "keys/static.h"

#include "tests/unit/keys_support.h"

static void assert_parses(const char *text, struct site *ret_site)
{
	struct err e = ERR_INIT;
	int result = static_parse(text, strlen(text), ret_site, &e);

	assert_string_equal(e.cause, "");
	assert_int_equal(result, 0);
}

static void assert_refused(const char *text, const char *cause)
{
	struct site site;
	struct err e = ERR_INIT;

	assert_int_equal(static_parse(text, strlen(text), &site, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, "");
}

#define OFFICE "\"site\": \"office\", \"address\": \"198.51.100.7\", "
#define SUBNETS "\"subnets\": [\"192.168.2.0/24\", \"192.168.1.0/24\"], "

static void a_key_in_base64_is_taken_for_something_else(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	AUTO_FREE char *subnets = NULL;

	(void)state;
	assert_parses("{" OFFICE SUBNETS "\"keys\": [\"" KEY_A_SPKI "\", \"" KEY_B_SPKI "\"]}",
		      &site);
	subnets = cidrs_join(&site.subnets, " ");
	assert_string_equal(site.name, "office");
	assert_true(site.manual && !site.left);
	assert_int_equal(site.address, 0xc6336407);
	assert_string_equal(subnets, "192.168.1.0/24 192.168.2.0/24");
	assert_int_equal(site.key_count, 2);
	assert_string_equal(site_active_key(&site)->id, KEY_A_ID);
	assert_int_equal(site.keys[1].state, KEY_NEXT);
	assert_string_equal(site.keys[1].key.id, KEY_B_ID);
}

/* PEM as openssl writes it, in a JSON string. */
static char *pem_in_json(const struct public_key *key)
{
	AUTO_FREE char *pem = public_key_pem(key);
	struct buf out = { 0 };

	for (const char *at = pem; *at != '\0'; at++)
		buf_adds(&out, *at == '\n' ? "\\n" : (char[]){ *at, '\0' });
	return buf_take(&out);
}

static void a_key_in_pem_is_refused(void **state)
{
	CLEANUP(site_done) struct site site = { 0 };
	CLEANUP(public_key_done) struct public_key key = public_key_of_text(KEY_A_ID, KEY_A_SPKI);
	AUTO_FREE char *pem = pem_in_json(&key);
	AUTO_FREE char *text = mem_printf("{" OFFICE SUBNETS "\"keys\": [\"%s\"]}", pem);

	(void)state;
	assert_parses(text, &site);
	assert_string_equal(site_active_key(&site)->id, KEY_A_ID);
}

static void what_is_written_is_read_back_as_something_else(void **state)
{
	CLEANUP(site_done) struct site site = { 0 }, again = { 0 };
	AUTO_JSON json_t *document = NULL, *second = NULL;
	AUTO_FREE char *text = NULL, *repeated = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_parses("{" OFFICE SUBNETS "\"keys\": [\"" KEY_B_SPKI "\", \"" KEY_A_SPKI "\"]}",
		      &site);
	document = static_json(&site);
	assert_int_equal(static_parse_json(document, &again, &e), 0);
	second = static_json(&again);
	text = json_text(document);
	repeated = json_text(second);
	assert_string_equal(text, repeated);
	assert_true(again.manual);
}

static void what_the_operator_has_loaded_is_forgotten(void **state)
{
	CLEANUP(site_done) struct site site = { 0 }, again = { 0 }, copy = { 0 };
	AUTO_JSON json_t *document = NULL;
	AUTO_FREE char *acks = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_parses("{" OFFICE SUBNETS "\"keys\": [\"" KEY_B_SPKI "\"], \"acks\": [\"" KEY_A_ID
		      "\", \"" KEY_B_ID "\"]}", &site);
	document = static_json(&site);
	assert_int_equal(static_parse_json(document, &again, &e), 0);
	site_copy(&again, &copy);
	acks = strings_join(&copy.acks, " ");
	assert_string_equal(acks, KEY_A_ID " " KEY_B_ID);
}

static void damage_is_overlooked(void **state)
{
	(void)state;
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"" KEY_A_SPKI "\"], \"key\": 1}",
		       "'key' is not one of 'site', 'address', 'subnets', 'keys' and 'acks'");
	assert_refused("{\"address\": \"198.51.100.7\"}", "'site' is missing");
	assert_refused("{\"site\": \"Office\"}",
		       "'site' is not a site's name: [a-z0-9-]{1,63}, no '-' at either end");
	assert_refused("{\"site\": \"office\", \"address\": \"localhost\"}",
		       "'address' is not an IPv4 address that a gateway can have");
	assert_refused("{" OFFICE "\"keys\": []}", "'subnets' is missing");
	assert_refused("{" OFFICE "\"subnets\": [\"10.0.0.1/8\"]}",
		       "'subnets' element 1 is not a canonical IPv4 range");
	assert_refused("{" OFFICE SUBNETS "\"keys\": []}", "'keys' is empty");
	assert_refused("{\"site\": \"office\", \"address\": \"198.51.100.7\", "
		       "\"subnets\": [\"10.0.0.0/8\"]}", "'keys' is missing");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [{}]}", "'keys' element 1: not a string");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"" KEY_A_SPKI "\", \"" KEY_A_SPKI "\"]}",
		       "'keys' has the same key twice");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"" KEY_A_SPKI "\"], \"acks\": [\"8979b8f5\"]}",
		       "'acks' element 1 is not a key id");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"" KEY_A_SPKI "\"], \"acks\": [1, 2, 3]}",
		       "'acks' has more than 2 elements");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n\"]}",
		       "'keys' element 1: its PEM does not end with '-----END PUBLIC KEY-----'");
	assert_refused("{" OFFICE SUBNETS "\"keys\": [\"-----BEGIN PUBLIC KEY-----\\nAAAA\\n"
		       "-----END PUBLIC KEY-----\\nmore\"]}",
		       "'keys' element 1: its PEM does not end with '-----END PUBLIC KEY-----'");
}

static void a_key_that_is_no_rsa_key_is_taken(void **state)
{
	static const char *const keys[] = {
		"", "AAAA", "-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n",
		"-----BEGIN RSA PUBLIC KEY-----\\nAAAA\\n-----END RSA PUBLIC KEY-----\\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		AUTO_FREE char *text =
			mem_printf("{" OFFICE SUBNETS "\"keys\": [\"%s\"]}", keys[i]);
		struct site site;
		struct err e = ERR_INIT;

		assert_int_equal(static_parse(text, strlen(text), &site, &e), -1);
		assert_int_equal(e.code, EXIT_CONFIG);
		assert_ptr_equal(strstr(e.cause, "'keys' element 1: "), e.cause);
	}
}

/* --- the folder --- */

static void assert_statics(const char *root, const char *names, const char *warnings)
{
	CLEANUP(statics_done) struct statics statics = { 0 };
	AUTO_BUF struct buf found = { 0 };
	AUTO_FREE char *warned = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(statics_load(root, &statics, &e), 0);
	for (size_t i = 0; i < statics.sites.count; i++)
		buf_addf(&found, "%s%s", i > 0 ? " " : "", statics.sites.items[i].name);
	warned = strings_join(&statics.warnings, "\n");
	assert_string_equal(buf_str(&found), names);
	assert_string_equal(warned, warnings);
}

#define SITE_HEAD(name) \
	"{\"site\": \"" name "\", \"address\": \"198.51.100.7\", " SUBNETS \
	"\"keys\": [\"" KEY_A_SPKI "\"]"
#define SITE(name) SITE_HEAD(name) "}"

static void a_broken_file_costs_the_others(void **state)
{
	AUTO_ROOT char *root = root_new();

	(void)state;
	assert_statics(root, "", "");
	root_write(root, STATIC_FOLDER "/b.json", SITE("office"), 0644);
	root_write(root, STATIC_FOLDER "/a.json", SITE("plant"), 0600);
	root_write(root, STATIC_FOLDER "/c.json", "{", 0644);
	root_write(root, STATIC_FOLDER "/d.json", SITE("office"), 0644);
	root_write(root, STATIC_FOLDER "/e.json", SITE("spare"), 0664);
	root_write(root, STATIC_FOLDER "/f.json.off", SITE("away"), 0644);
	assert_statics(root, "office plant",
		       "static peer '/etc/cygnet/peers.d/c.json': not valid JSON at line 1, "
		       "column 1\n"
		       "static peer '/etc/cygnet/peers.d/d.json': another file has site 'office' "
		       "already\n"
		       "static peer '/etc/cygnet/peers.d/e.json': others than root can write it");
}

static uint32_t hash_of(const char *root)
{
	CLEANUP(statics_done) struct statics statics = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(statics_load(root, &statics, &e), 0);
	return statics.hash;
}

static void a_change_goes_unnoticed(void **state)
{
	AUTO_ROOT char *root = root_new();
	uint32_t none = hash_of(root), one, other;

	(void)state;
	root_write(root, STATIC_FOLDER "/a.json", SITE("office"), 0644);
	one = hash_of(root);
	root_write(root, STATIC_FOLDER "/a.json", SITE("plant"), 0644);
	other = hash_of(root);
	assert_int_equal(none, 0);
	assert_true(one != 0 && other != 0 && one != other);
	root_write(root, STATIC_FOLDER "/a.json", SITE("office") "\n", 0644);
	assert_int_equal(hash_of(root), one);
	root_write(root, STATIC_FOLDER "/a.json",
		   SITE_HEAD("office") ", \"acks\": [\"" KEY_B_ID "\"]}", 0644);
	assert_int_not_equal(hash_of(root), one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_in_base64_is_taken_for_something_else),
		cmocka_unit_test(a_key_in_pem_is_refused),
		cmocka_unit_test(what_is_written_is_read_back_as_something_else),
		cmocka_unit_test(what_the_operator_has_loaded_is_forgotten),
		cmocka_unit_test(damage_is_overlooked),
		cmocka_unit_test(a_key_that_is_no_rsa_key_is_taken),
		cmocka_unit_test(a_broken_file_costs_the_others),
		cmocka_unit_test(a_change_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
