/*
 * keys_mesh_support: a registry and what was applied before as text, for the tests of mesh.
 *
 * Sites are written "name address key subnet…", with ";" between them. A name with "+" before it is
 * a tombstone, one with "?" an empty record, one with "~" is of the own VPC, one with "=" static
 * and not the registry's; "@3" behind it is its generation, else 1. A key may be followed by "+"
 * and the next one, and by "!" and a revoked one, more than once. The own site is "mine
 * 203.0.113.100 own 10.0.0.0/16"; 10.0.0.0/8 is allowed.
 */
#ifndef CYGNET_TESTS_UNIT_KEYS_MESH_SUPPORT_H
#define CYGNET_TESTS_UNIT_KEYS_MESH_SUPPORT_H

#include "tests/unit/keys_support.h"

#include "keys/mesh.h"

struct row {
	const char *listed, *applied;
	const char *peers;		/* "name subnet…", with "; " between them */
	const char *warnings;		/* with newlines between them */
};

static inline void key_of_text(struct site *site, enum key_state state, const char *text)
{
	struct site_key *key = MEM_GROW(site->keys, site->key_count);

	*key = (struct site_key){ .state = state };
	snprintf(key->key.id, KEY_ID_SIZE, "%.*s", (int)strcspn(text, "+!"), text);
}

static inline void keys_of_text(struct site *site, const char *text)
{
	key_of_text(site, KEY_ACTIVE, text);
	while (*(text += strcspn(text, "+!")) != '\0') {
		if (*text++ == '+')
			key_of_text(site, KEY_NEXT, text);
		else
			strings_addf(&site->revoked, "%.*s", (int)strcspn(text, "+!"), text);
	}
}

static inline struct site site_of_text(char *text)
{
	struct site site = { .generation = 1,
			     .region = mem_strdup("eu-west-1"),
			     .account = mem_strdup("123456789012") };
	char *rest, *name = strtok_r(text, " ", &rest), *word;
	struct cidr range;

	site.left = name[0] == '+';
	site.empty = name[0] == '?';
	site.manual = name[0] == '=';
	site.vpc = mem_strdup(name[0] == '~' ? "vpc-mine" : name);
	name += strspn(name, "+?~=");
	site.name = mem_strndup(name, strcspn(name, "@"));
	if (strchr(name, '@') != NULL)
		site.generation = strtol(strchr(name, '@') + 1, NULL, 10);
	if (site.left || site.empty)
		return site;
	assert_true(address_parse(strtok_r(NULL, " ", &rest), &site.address));
	keys_of_text(&site, strtok_r(NULL, " ", &rest));
	while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
		assert_true(cidr_parse(word, &range));
		cidrs_add(&site.subnets, range);
	}
	cidrs_sort(&site.subnets);
	return site;
}

static inline void sites_of_text(const char *text, struct sites *sites)
{
	AUTO_FREE char *copy = mem_strdup(text);
	char *rest = copy, *part;

	while ((part = strsep(&rest, ";")) != NULL) {
		if (*part != '\0') {
			struct site site = site_of_text(part);

			sites_add(sites, &site);
		}
	}
}

static inline void sites_reverse(struct sites *sites)
{
	for (size_t i = 0; i < sites->count / 2; i++) {
		struct site swapped = sites->items[i];

		sites->items[i] = sites->items[sites->count - 1 - i];
		sites->items[sites->count - 1 - i] = swapped;
	}
}

static inline char *peers_text(const struct sites *peers)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < peers->count; i++) {
		AUTO_FREE char *subnets = cidrs_join(&peers->items[i].subnets, " ");

		buf_addf(&text, "%s%s %s", i > 0 ? "; " : "", peers->items[i].name, subnets);
	}
	return buf_take(&text);
}

static inline void assert_mesh(const struct listing *listing, const struct sites *applied,
			const struct statics *statics, const struct row *row)
{
	char own_text[] = "mine 203.0.113.100 own 10.0.0.0/16";
	CLEANUP(site_done) struct site own = site_of_text(own_text);
	CLEANUP(mesh_done) struct mesh mesh = { 0 };
	struct cidr allowed = { 0x0a000000, 8 };
	AUTO_FREE char *peers = NULL;
	AUTO_FREE char *warnings = NULL;

	free(own.vpc);
	own.vpc = mem_strdup("vpc-mine");
	mesh_select(&(struct mesh_inputs){
		.listing = listing,
		.applied = applied,
		.statics = statics,
		.own = &own,
		.allow_subnets = &(struct cidrs){ &allowed, 1 },
	}, &mesh);
	peers = peers_text(&mesh.peers);
	warnings = strings_join(&mesh.warnings, "\n");
	assert_string_equal(peers, row->peers);
	assert_string_equal(warnings, row->warnings);
}

/* Move the static ones out of a list. */
static inline void statics_split(struct sites *listed, struct sites *ret_statics)
{
	struct sites records = { 0 };

	for (size_t i = 0; i < listed->count; i++)
		sites_add(listed->items[i].manual ? ret_statics : &records, &listed->items[i]);
	sites_done(listed);
	*listed = records;
}

/* policy is its text, or NULL. */
static inline void assert_row(const struct row *row, const char *policy)
{
	CLEANUP(listing_done) struct listing listing = { 0 };
	CLEANUP(sites_done) struct sites applied = { 0 };
	CLEANUP(statics_done) struct statics statics = { 0 };

	if (policy != NULL)
		policy_parse(policy, &listing.policy);
	sites_of_text(row->listed, &listing.sites);
	sites_of_text(row->applied, &applied);
	statics_split(&listing.sites, &statics.sites);
	assert_mesh(&listing, &applied, statics.sites.count > 0 ? &statics : NULL, row);
	sites_reverse(&listing.sites);
	assert_mesh(&listing, &applied, &statics, row);
	sites_reverse(&applied);
	assert_mesh(&listing, &applied, &statics, row);
}

#define ASSERT_ROWS(rows) do { \
	for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) \
		assert_row(&(rows)[row_], NULL); \
} while (0)

#define A "203.0.113.1"
#define B "203.0.113.2"
#define C "203.0.113.3"

#endif
