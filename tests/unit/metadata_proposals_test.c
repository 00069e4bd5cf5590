/*
 * proposals: what named sets stand for, and which literals are refused before strongSwan discards a
 * connection.
 */
#include "tests/unit/support.h"

#include "metadata/proposals.h"

#define HYBRID "aes256gcm16-prfsha384-ecp384-ke1_mlkem768"
#define PLAIN "aes256gcm16-prfsha384-ecp384"
#define STRONG_IKE HYBRID " " PLAIN
#define STRONG_ESP "aes256gcm16-ecp384"
#define ARTICLE_IKE \
	"aes192gcm16-aes128gcm16-prfsha256-ecp256-ecp521 aes192-sha256-ecp256-ecp521 aes192-sha256-modp3072"
#define ARTICLE_ESP "aes192gcm16-aes128gcm16-ecp256 aes192-sha256-ecp256 aes192-sha256-modp3072"

static void order_is_the_operators(void **state)
{
	static const struct { const char *text, *ike, *esp; } rows[] = {
		{ "strong", STRONG_IKE, STRONG_ESP },
		{ "article", ARTICLE_IKE, ARTICLE_ESP },
		{ "strong, article", STRONG_IKE " " ARTICLE_IKE, STRONG_ESP " " ARTICLE_ESP },
		{ "article strong", ARTICLE_IKE " " STRONG_IKE, ARTICLE_ESP " " STRONG_ESP },
		{ "ike:aes256-sha256-modp4096,strong,esp:aes128ctr-sha256",
		  "aes256-sha256-modp4096 " STRONG_IKE, STRONG_ESP " aes128ctr-sha256" },
		{ "ike:aes256gcm16-prfsha384-ecp384-ke1_mlkem768 esp:chacha20poly1305-x25519",
		  "aes256gcm16-prfsha384-ecp384-ke1_mlkem768", "chacha20poly1305-x25519" },
		{ "ike:aes256gcm16-prfaesxcbc-ecp384 esp:camellia256ccm16-aes128gcm16",
		  "aes256gcm16-prfaesxcbc-ecp384", "camellia256ccm16-aes128gcm16" },
		{ "ike:aes128-aesxcbc-modp3072 esp:3des-camellia128-aescmac", "aes128-aesxcbc-modp3072",
		  "3des-camellia128-aescmac" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct strings ike = { 0 }, esp = { 0 };
		AUTO_FREE char *ike_text = NULL, *esp_text = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(proposals_parse(rows[i].text, &ike, &esp, &e), 0);
		ike_text = strings_join(&ike, " ");
		esp_text = strings_join(&esp, " ");
		assert_string_equal(ike_text, rows[i].ike);
		assert_string_equal(esp_text, rows[i].esp);
		strings_done(&ike);
		strings_done(&esp);
	}
}

static void proposal_number_17(void **state)
{
	struct strings ike = { 0 }, esp = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(proposals_parse("article article article article strong strong", &ike, &esp, &e), 0);
	assert_int_equal(ike.count, 16);
	assert_int_equal(esp.count, 14);
	strings_done(&ike);
	strings_done(&esp);
	assert_int_equal(proposals_parse("article article article article article strong", &ike, &esp, &e), -1);
	assert_error(&e, EXIT_CONFIG, "more than 16 proposals of a kind", "");
}

static void fit(const char *text, bool mlkem, const char *ike_expected)
{
	CLEANUP(strings_done) struct strings ike = { 0 }, esp = { 0 };
	AUTO_FREE char *ike_text = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(proposals_parse(text, &ike, &esp, &e), 0);
	assert_int_equal(proposals_fit(mlkem, &ike, &esp, &e), 0);
	ike_text = strings_join(&ike, " ");
	assert_string_equal(ike_text, ike_expected);
}

static void set_is_offered_to_a_strongswan_that_lacks_mlkem(void **state)
{
	(void)state;
	fit("strong,article", true, STRONG_IKE " " ARTICLE_IKE);
	fit("strong,article", false, PLAIN " " ARTICLE_IKE);
	fit("article,strong strong", false, ARTICLE_IKE " " PLAIN " " PLAIN);
	fit("ike:" HYBRID " esp:aes256gcm16", true, HYBRID);
	fit("strong,esp:aes256gcm16-ecp384-ke1_mlkem768", true, STRONG_IKE);
}

static void literal_is_offered_to_a_strongswan_that_lacks_mlkem(void **state)
{
	static const struct { const char *text, *proposal; } rows[] = {
		{ "ike:" HYBRID " esp:aes256gcm16", HYBRID },
		{ "ike:" HYBRID " ike:" HYBRID " esp:aes256gcm16", HYBRID },
		{ "strong,ike:aes256gcm16-prfsha512-ecp521-ke1_mlkem1024",
		  "aes256gcm16-prfsha512-ecp521-ke1_mlkem1024" },
		{ "strong,esp:aes256gcm16-ecp384-ke1_mlkem768", "aes256gcm16-ecp384-ke1_mlkem768" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(strings_done) struct strings ike = { 0 }, esp = { 0 };
		AUTO_FREE char *cause = mem_printf("proposal '%s' needs ML-KEM, for which this strongSwan has "
						   "no plugin", rows[i].proposal);
		struct err e = ERR_INIT;

		assert_int_equal(proposals_parse(rows[i].text, &ike, &esp, &e), 0);
		assert_int_equal(proposals_fit(false, &ike, &esp, &e), -1);
		assert_error(&e, EXIT_CONFIG, cause, "install strongSwan 6 with its plugin 'ml', or leave it to "
			     "'strong' to offer ML-KEM where it is there");
	}
}

static void proposal_that_strongswan_would_discard(void **state)
{
	static const struct { const char *text, *cause, *remedy; } rows[] = {
		{ "weak", "'weak' is not 'strong', 'article', 'ike:…' or 'esp:…'", "" },
		{ "aes256-sha256", "'aes256-sha256' is not 'strong', 'article', 'ike:…' or 'esp:…'", "" },
		{ "Strong", "'Strong' is not 'strong', 'article', 'ike:…' or 'esp:…'", "" },
		{ "strong,ike:", "proposal '' is not 1 to 128 of a-z, 0-9, '_' and '-'", "" },
		{ "strong,esp:aes256!", "proposal 'aes256!' is not 1 to 128 of a-z, 0-9, '_' and '-'", "" },
		{ "strong,esp:AES256", "proposal 'AES256' is not 1 to 128 of a-z, 0-9, '_' and '-'", "" },
		{ "strong,ike:default", "proposal 'default' names no cipher", "" },
		{ "strong,ike:sha256-aesxcbc-aescmac-camelliaxcbc-prfaesxcbc",
		  "proposal 'sha256-aesxcbc-aescmac-camelliaxcbc-prfaesxcbc' names no cipher", "" },
		{ "strong,esp:null-sha256", "proposal 'null-sha256' offers 'null', which does not encrypt", "" },
		{ "strong,esp:aes256-null-sha256",
		  "proposal 'aes256-null-sha256' offers 'null', which does not encrypt", "" },
		{ "strong,esp:aes128gmac", "proposal 'aes128gmac' offers 'aes128gmac', which does not encrypt", "" },
		{ "esp:aes192gcm16-aes128gcm16-aes192-ecp256,strong",
		  "proposal 'aes192gcm16-aes128gcm16-aes192-ecp256' mixes the AEAD cipher 'aes128gcm16' and the "
		  "classic 'aes192', which every strongSwan since 5.5.1 rejects",
		  "write one proposal for each kind of cipher" },
		{ "strong,ike:3des-chacha20poly1305-prfsha256-modp3072",
		  "proposal '3des-chacha20poly1305-prfsha256-modp3072' mixes the AEAD cipher 'chacha20poly1305' and "
		  "the classic '3des', which every strongSwan since 5.5.1 rejects",
		  "write one proposal for each kind of cipher" },
		{ "ike:aes256-sha256-modp3072", "value 'ike:aes256-sha256-modp3072' has no 'esp' proposal",
		  "add 'esp:…' or a named set" },
		{ "esp:aes256-sha256", "value 'esp:aes256-sha256' has no 'ike' proposal",
		  "add 'ike:…' or a named set" },
		{ ",", "value ',' has no 'ike' proposal", "add 'ike:…' or a named set" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct strings ike = { 0 }, esp = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(proposals_parse(rows[i].text, &ike, &esp, &e), -1);
		assert_error(&e, EXIT_CONFIG, rows[i].cause, rows[i].remedy);
		assert_null(ike.items);
		assert_null(esp.items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_the_operators),
		cmocka_unit_test(proposal_number_17),
		cmocka_unit_test(set_is_offered_to_a_strongswan_that_lacks_mlkem),
		cmocka_unit_test(literal_is_offered_to_a_strongswan_that_lacks_mlkem),
		cmocka_unit_test(proposal_that_strongswan_would_discard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
