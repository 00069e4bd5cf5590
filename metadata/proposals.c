/*
 * proposals: named sets of proposals and the check of literal ones. It refuses what would not
 * encrypt, and what strongSwan would discard with the whole connection; what a peer or the daemon's
 * plugins can do it cannot know.
 */
#include "metadata/proposals.h"

#include <string.h>

#include "metadata/shape.h"
#include "metadata/values.h"

#define PROPOSAL_MAX 128	/* bytes of one */
#define PROPOSALS_MAX 16	/* of a kind */

struct set {
	const char *name;
	const char *ike[4], *esp[4];	/* NULL-terminated */
};

/* Proof against quantum computers as well; strongSwan without it discards the whole connection. */
#define HYBRID "aes256gcm16-prfsha384-ecp384-ke1_mlkem768"

static const struct set sets[] = {
	{
		.name = "strong",
		.ike = { HYBRID, "aes256gcm16-prfsha384-ecp384" },
		.esp = { "aes256gcm16-ecp384" },
	}, {
		/* the article's lines, split where they mix AEAD and classic ciphers */
		.name = "article",
		.ike = {
			"aes192gcm16-aes128gcm16-prfsha256-ecp256-ecp521",
			"aes192-sha256-ecp256-ecp521",
			"aes192-sha256-modp3072",
		},
		.esp = {
			"aes192gcm16-aes128gcm16-ecp256",
			"aes192-sha256-ecp256",
			"aes192-sha256-modp3072",
		},
	},
};

enum cipher { CIPHER_NONE, CIPHER_CLEAR, CIPHER_CLASSIC, CIPHER_AEAD, CIPHER_KINDS };

struct keyword {
	const char *text;
	enum cipher cipher;
};

/* What strongSwan's keywords begin with; the first that matches counts. No match is no cipher. */
static const struct keyword families[] = {
	{ "aesxcbc", CIPHER_NONE },	/* integrity and pseudo-random functions */
	{ "aescmac", CIPHER_NONE },
	{ "camelliaxcbc", CIPHER_NONE },
	{ "null", CIPHER_CLEAR },
	{ "chacha20poly1305", CIPHER_AEAD },
	{ "aes", CIPHER_CLASSIC },
	{ "camellia", CIPHER_CLASSIC },
	{ "3des", CIPHER_CLASSIC },
	{ "des", CIPHER_CLASSIC },
	{ "blowfish", CIPHER_CLASSIC },
	{ "cast128", CIPHER_CLASSIC },
	{ "serpent", CIPHER_CLASSIC },
	{ "twofish", CIPHER_CLASSIC },
};

/* What the mode within a keyword makes of it: "aes256gcm16", "camellia128ccm8", "aes128gmac". */
static const struct keyword modes[] = {
	{ "gcm", CIPHER_AEAD },
	{ "ccm", CIPHER_AEAD },
	{ "gmac", CIPHER_CLEAR },
};

static bool word_begins(const char *word, const char *prefix)
{
	return strncmp(word, prefix, strlen(prefix)) == 0;
}

static enum cipher cipher_of(const char *word)
{
	size_t i = 0;

	while (i < COUNT_OF(families) && !word_begins(word, families[i].text))
		i++;
	if (i == COUNT_OF(families))
		return CIPHER_NONE;
	for (size_t j = 0; families[i].cipher == CIPHER_CLASSIC && j < COUNT_OF(modes); j++)
		if (strstr(word, modes[j].text) != NULL)
			return modes[j].cipher;
	return families[i].cipher;
}

static int ciphers_check(const char *proposal, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(proposal);
	const char *found[CIPHER_KINDS] = { NULL };
	char *rest = copy, *word;

	while ((word = strsep(&rest, "-")) != NULL)
		found[cipher_of(word)] = word;
	if (found[CIPHER_CLEAR] != NULL)
		return err_set(e, EXIT_CONFIG, "proposal '%s' offers '%s', which does not encrypt",
			       proposal, found[CIPHER_CLEAR]);
	if (found[CIPHER_CLASSIC] == NULL && found[CIPHER_AEAD] == NULL)
		return err_set(e, EXIT_CONFIG, "proposal '%s' names no cipher", proposal);
	if (found[CIPHER_CLASSIC] == NULL || found[CIPHER_AEAD] == NULL)
		return 0;
	err_set(e, EXIT_CONFIG,
		"proposal '%s' mixes the AEAD cipher '%s' and the classic '%s', "
		"which every strongSwan since 5.5.1 rejects",
		proposal, found[CIPHER_AEAD], found[CIPHER_CLASSIC]);
	return err_remedy(e, "write one proposal for each kind of cipher");
}

static int literal_add(struct strings *into, const char *proposal, struct err *e)
{
	if (!shape_word(proposal, "abcdefghijklmnopqrstuvwxyz0123456789_-", 1, PROPOSAL_MAX))
		return err_set(e, EXIT_CONFIG,
			       "proposal '%s' is not 1 to %d of a-z, 0-9, '_' and '-'", proposal,
			       PROPOSAL_MAX);
	if (ciphers_check(proposal, e) < 0)
		return -1;
	strings_add(into, proposal);
	return 0;
}

static void set_add(const struct set *set, struct strings *ike, struct strings *esp)
{
	for (size_t i = 0; set->ike[i] != NULL; i++)
		strings_add(ike, set->ike[i]);
	for (size_t i = 0; set->esp[i] != NULL; i++)
		strings_add(esp, set->esp[i]);
}

static int item_add(const char *item, struct strings *ike, struct strings *esp, struct err *e)
{
	if (word_begins(item, "ike:"))
		return literal_add(ike, item + 4, e);
	if (word_begins(item, "esp:"))
		return literal_add(esp, item + 4, e);
	for (size_t i = 0; i < COUNT_OF(sets); i++) {
		if (strcmp(item, sets[i].name) == 0) {
			set_add(&sets[i], ike, esp);
			return 0;
		}
	}
	return err_set(e, EXIT_CONFIG, "'%s' is not 'strong', 'article', 'ike:…' or 'esp:…'",
		       item);
}

int proposals_parse(const char *text, struct strings *ret_ike, struct strings *ret_esp,
		    struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(text);
	CLEANUP(strings_done) struct strings ike = { 0 }, esp = { 0 };
	char *rest = copy, *item;

	while ((item = value_item(&rest)) != NULL)
		if (item_add(item, &ike, &esp, e) < 0)
			return -1;
	if (ike.count == 0 || esp.count == 0) {
		const char *lacking = ike.count == 0 ? "ike" : "esp";

		err_set(e, EXIT_CONFIG, "value '%s' has no '%s' proposal", text, lacking);
		return err_remedy(e, "add '%s:…' or a named set", lacking);
	}
	if (ike.count > PROPOSALS_MAX || esp.count > PROPOSALS_MAX)
		return err_set(e, EXIT_CONFIG, "more than %d proposals of a kind", PROPOSALS_MAX);
	*ret_ike = ike;
	*ret_esp = esp;
	ike = (struct strings){ 0 };
	esp = (struct strings){ 0 };
	return 0;
}

/* Unless nothing is left then. */
static void hybrid_drop(struct strings *ike)
{
	struct strings others = { 0 };

	for (size_t i = 0; i < ike->count; i++)
		if (strcmp(ike->items[i], HYBRID) != 0)
			strings_add(&others, ike->items[i]);
	if (others.count == 0)
		return;
	strings_done(ike);
	*ike = others;
}

static int hybrid_find(const struct strings *proposals, struct err *e)
{
	for (size_t i = 0; i < proposals->count; i++) {
		if (strstr(proposals->items[i], "mlkem") == NULL)
			continue;
		err_set(e, EXIT_CONFIG,
			"proposal '%s' needs ML-KEM, for which this strongSwan has no plugin",
			proposals->items[i]);
		return err_remedy(e, "install strongSwan 6 with its plugin 'ml', or leave it to "
				  "'strong' to offer ML-KEM where it is there");
	}
	return 0;
}

int proposals_fit(bool mlkem, struct strings *ike, const struct strings *esp, struct err *e)
{
	if (mlkem)
		return 0;
	hybrid_drop(ike);
	return hybrid_find(ike, e) < 0 ? -1 : hybrid_find(esp, e);
}
