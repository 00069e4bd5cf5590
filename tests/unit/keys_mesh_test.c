/*
 * mesh: which records become peers. A row is a registry, what was applied before, and what must
 * come of it, in whatever order the registry lists.
 */
#include "tests/unit/keys_mesh_support.h"

static void who_is_no_peer(void **state)
{
	static const struct row rows[] = {
		{ "", "", "", "" },
		{ "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16", "",
		  "ohio 10.1.0.0/16; paris 10.2.0.0/16", "" },
		/* the own record */
		{ "mine 203.0.113.100 own 10.0.0.0/16;ohio " A " ka 10.1.0.0/16", "",
		  "ohio 10.1.0.0/16", "" },
		/* another zone's gateway of the own VPC, though its subnets and address clash */
		{ "~mine-b " A " own 10.0.0.0/16;ohio " A " ka 10.1.0.0/16", "", "ohio 10.1.0.0/16",
		  "" },
		/* tombstones, of strangers and of peers */
		{ "+ohio;+paris", "paris " B " kb 10.2.0.0/16", "", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void absence_removes_nobody(void **state)
{
	static const struct row rows[] = {
		{ "", "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16",
		  "ohio 10.1.0.0/16; paris 10.2.0.0/16", "" },
		{ "paris " B " kb 10.3.0.0/16",
		  "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16",
		  "ohio 10.1.0.0/16; paris 10.3.0.0/16", "" },
		/* what was applied is what a newcomer clashes with */
		{ "paris " A " kb 10.1.0.0/16", "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16",
		  "site 'paris': its address is that of site 'ohio', which had it before" },
		/* the own site and VPC are no peers, whatever an earlier configuration applied */
		{ "", "mine " A " ka 10.1.0.0/16;~other " B " kb 10.2.0.0/16", "", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void refusal_hides_a_record(void **state)
{
	struct refusal refusals[] = {
		{ .site = (char *)"paris", .rule = (char *)"'region' is missing" },
		{ .site = (char *)"new", .rule = (char *)"'vpc' is missing" },
		/* the first is for whoever is about to write over it to tell */
		{ .site = (char *)"mine", .rule = (char *)"'zone' is missing", .in_place = true },
		{ .site = (char *)"mine", .rule = (char *)"its record is below the wrong shard" },
	};
	static const struct row row = {
		.peers = "ohio 10.1.0.0/16; paris 10.2.0.0/16",
		.warnings = "site 'mine': its record is below the wrong shard\nsite 'new': 'vpc' is missing\n"
			    "site 'paris': 'region' is missing",
	};
	struct listing listing = { .refusals = refusals, .refusal_count = COUNT_OF(refusals) };
	CLEANUP(sites_done) struct sites applied = { 0 };

	(void)state;
	sites_of_text("ohio " A " ka 10.1.0.0/16", &listing.sites);
	sites_of_text("paris " B " kb 10.2.0.0/16", &applied);
	assert_mesh(&listing, &applied, NULL, &row);
	sites_done(&listing.sites);
}

static void subnet_that_no_peer_may_offer(void **state)
{
	static const struct row rows[] = {
		{ "ohio " A " ka 10.1.0.0/16 192.168.0.0/24", "", "ohio 10.1.0.0/16",
		  "site 'ohio': subnet '192.168.0.0/24' is outside 'allow-subnets'" },
		{ "ohio " A " ka 8.0.0.0/5", "", "",
		  "site 'ohio': subnet '8.0.0.0/5' is outside 'allow-subnets'" },
		{ "ohio " A " ka 10.0.7.0/24 10.1.0.0/16", "", "ohio 10.1.0.0/16",
		  "site 'ohio': subnet '10.0.7.0/24' overlaps the own '10.0.0.0/16'" },
		{ "ohio " A " ka 10.0.0.0/8", "", "",
		  "site 'ohio': subnet '10.0.0.0/8' overlaps the own '10.0.0.0/16'" },
		/* history does not make it better: the configuration may have changed */
		{ "ohio " A " ka 192.168.0.0/24", "ohio " A " ka 192.168.0.0/24", "",
		  "site 'ohio': subnet '192.168.0.0/24' is outside 'allow-subnets'" },
		/* who has nothing to offer takes nobody's address or key */
		{ "ohio " A " ka 192.168.0.0/24;paris " A " ka 10.2.0.0/16", "",
		  "paris 10.2.0.0/16",
		  "site 'ohio': subnet '192.168.0.0/24' is outside 'allow-subnets'" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void address_of_somebody_else(void **state)
{
	static const struct row rows[] = {
		{ "ohio 203.0.113.100 ka 10.1.0.0/16", "", "",
		  "site 'ohio': its address is the own one" },
		{ "ohio 203.0.113.100 ka 10.1.0.0/16", "ohio 203.0.113.100 ka 10.1.0.0/16", "",
		  "site 'ohio': its address is the own one" },
		/* two newcomers: neither */
		{ "ohio " A " ka 10.1.0.0/16;paris " A " kb 10.2.0.0/16;rome " C " kc 10.3.0.0/16",
		  "", "rome 10.3.0.0/16",
		  "site 'ohio': its address is that of site 'paris', and neither had it before\n"
		  "site 'paris': its address is that of site 'ohio', and neither had it before" },
		/* who had it keeps it, against two */
		{ "ohio " A " ka 10.1.0.0/16;paris " A " kb 10.2.0.0/16;rome " A " kc 10.3.0.0/16",
		  "paris " A " kb 10.2.0.0/16", "paris 10.2.0.0/16",
		  "site 'ohio': its address is that of site 'paris', which had it before\n"
		  "site 'rome': its address is that of site 'paris', which had it before" },
		/* having been a peer with another address is no claim to this one */
		{ "ohio " A " ka 10.1.0.0/16;paris " A " kb 10.2.0.0/16",
		  "paris " B " kb 10.2.0.0/16", "",
		  "site 'ohio': its address is that of site 'paris', and neither had it before\n"
		  "site 'paris': its address is that of site 'ohio', and neither had it before" },
		/* two sites that exchange addresses */
		{ "ohio " B " ka 10.1.0.0/16;paris " A " kb 10.2.0.0/16",
		  "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16",
		  "ohio 10.1.0.0/16; paris 10.2.0.0/16", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void key_of_somebody_else(void **state)
{
	static const struct row rows[] = {
		{ "ohio " A " own 10.1.0.0/16", "", "",
		  "site 'ohio': its active key is the own one" },
		{ "ohio " A " ka 10.1.0.0/16;paris " B " ka 10.2.0.0/16", "", "",
		  "site 'ohio': its active key is that of site 'paris', and neither had it before\n"
		  "site 'paris': its active key is that of site 'ohio', and neither had it "
		  "before" },
		{ "ohio " A " ka 10.1.0.0/16;paris " B " ka 10.2.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16",
		  "site 'paris': its active key is that of site 'ohio', which had it before" },
		/* who has lost by its address takes nobody's key with it */
		{ "ohio " A " ka 10.1.0.0/16;paris " A " kb 10.2.0.0/16;rome " C " kb 10.3.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16; rome 10.3.0.0/16",
		  "site 'paris': its address is that of site 'ohio', which had it before" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void subnet_that_two_peers_offer(void **state)
{
	static const struct row rows[] = {
		/* no history: neither gets it, and both keep the rest */
		{ "ohio " A " ka 10.1.0.0/16 10.5.0.0/16;paris " B " kb 10.1.0.0/16 10.6.0.0/16",
		  "", "ohio 10.5.0.0/16; paris 10.6.0.0/16",
		  "site 'ohio': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'paris', and "
		  "neither had it before\n"
		  "site 'paris': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'ohio', and "
		  "neither had it before" },
		/* nothing else to offer: no peers */
		{ "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.1.2.0/24", "", "",
		  "site 'ohio': subnet '10.1.0.0/16' overlaps '10.1.2.0/24' of site 'paris', and "
		  "neither had it before\n"
		  "site 'paris': subnet '10.1.2.0/24' overlaps '10.1.0.0/16' of site 'ohio', and "
		  "neither had it before" },
		/* the last applied owner keeps it, whether it is the wider one or the narrower */
		{ "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.1.2.0/24 10.6.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16; paris 10.6.0.0/16",
		  "site 'paris': subnet '10.1.2.0/24' overlaps '10.1.0.0/16' of site 'ohio', which "
		  "had it before" },
		{ "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.1.2.0/24",
		  "paris " B " kb 10.1.2.0/24", "paris 10.1.2.0/24",
		  "site 'ohio': subnet '10.1.0.0/16' overlaps '10.1.2.0/24' of site 'paris', which "
		  "had it before" },
		/* an owner that narrows its range owns what is left of it */
		{ "ohio " A " ka 10.1.0.0/17;paris " B " kb 10.1.0.0/17",
		  "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/17",
		  "site 'paris': subnet '10.1.0.0/17' overlaps '10.1.0.0/17' of site 'ohio', which "
		  "had it before" },
		/* what an owner has given up is free */
		{ "ohio " A " ka 10.5.0.0/16;paris " B " kb 10.1.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "ohio 10.5.0.0/16; paris 10.1.0.0/16", "" },
		/* an owner that is only missing from the registry is still the owner */
		{ "paris " B " kb 10.1.0.0/16", "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16",
		  "site 'paris': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'ohio', which "
		  "had it before" },
		/* one that left is not */
		{ "+ohio;paris " B " kb 10.1.0.0/16", "ohio " A " ka 10.1.0.0/16",
		  "paris 10.1.0.0/16", "" },
		/* who loses to an owner takes nothing from a third */
		{ "ohio " A " ka 10.1.0.0/24;paris " B " kb 10.1.0.0/16;rome " C " kc 10.1.5.0/24",
		  "ohio " A " ka 10.1.0.0/24", "ohio 10.1.0.0/24; rome 10.1.5.0/24",
		  "site 'paris': subnet '10.1.0.0/16' overlaps '10.1.0.0/24' of site 'ohio', which "
		  "had it before" },
		/* a range around two others loses to the first by name, and they to it */
		{ "ohio " A " ka 10.1.5.0/24;paris " B " kb 10.1.0.0/16;rome " C " kc 10.1.0.0/24",
		  "", "",
		  "site 'ohio': subnet '10.1.5.0/24' overlaps '10.1.0.0/16' of site 'paris', and "
		  "neither had it before\n"
		  "site 'paris': subnet '10.1.0.0/16' overlaps '10.1.5.0/24' of site 'ohio', and "
		  "neither had it before\n"
		  "site 'rome': subnet '10.1.0.0/24' overlaps '10.1.0.0/16' of site 'paris', and "
		  "neither had it before" },
		/* neighbours do not overlap */
		{ "ohio " A " ka 10.1.0.0/17;paris " B " kb 10.1.128.0/17", "",
		  "ohio 10.1.0.0/17; paris 10.1.128.0/17", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void subnet_settled_in_one_run_stays_settled(void **state)
{
	static const char listed[] =
		"ohio " A " ka 10.1.0.0/16 10.5.0.0/16;paris " B " kb 10.1.0.0/16 10.6.0.0/16";
	static const struct row row = {
		listed,
		"ohio " A " ka 10.5.0.0/16;paris " B " kb 10.6.0.0/16",
		"ohio 10.5.0.0/16; paris 10.6.0.0/16",
		"site 'ohio': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'paris', and "
		"neither had it before\n"
		"site 'paris': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'ohio', and "
		"neither had it before",
	};

	(void)state;
	assert_row(&row, NULL);
}

static void static_peer_is_kept_out(void **state)
{
	static const struct row rows[] = {
		/* beside records, without any, and again once it was applied */
		{ "=office " B " kb 10.2.0.0/16;ohio " A " ka 10.1.0.0/16", "",
		  "office 10.2.0.0/16; ohio 10.1.0.0/16", "" },
		{ "=office " B " kb 10.2.0.0/16", "=office " B " kb 10.2.0.0/16",
		  "office 10.2.0.0/16", "" },
		/* it goes with its file, and a record of its name comes back */
		{ "", "=office " B " kb 10.2.0.0/16", "", "" },
		{ "office " A " ka 10.1.0.0/16", "=office " B " kb 10.2.0.0/16",
		  "office 10.1.0.0/16", "" },
		/*
		 * it takes the place of a record, also of one that was applied, and of a tombstone
		 */
		{ "=office " B " kb 10.2.0.0/16;office " A " ka 10.1.0.0/16",
		  "office " A " ka 10.1.0.0/16", "office 10.2.0.0/16",
		  "site 'office': a static peer takes its place" },
		{ "=office " B " kb 10.2.0.0/16;+office", "office " A " ka 10.1.0.0/16",
		  "office 10.2.0.0/16", "" },
		/* what it has is its, whoever had it before */
		{ "=office " B " kb 10.2.0.0/24;ohio " A " ka 10.1.0.0/16 10.2.0.0/16",
		  "ohio " A " ka 10.1.0.0/16 10.2.0.0/16",
		  "office 10.2.0.0/24; ohio 10.1.0.0/16",
		  "site 'ohio': subnet '10.2.0.0/16' overlaps '10.2.0.0/24' of site 'office', which "
		  "is static" },
		{ "=office " A " kb 10.2.0.0/16;ohio " A " ka 10.1.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "office 10.2.0.0/16",
		  "site 'ohio': its address is that of site 'office', which is static" },
		{ "=office " B " ka 10.2.0.0/16;ohio " A " ka 10.1.0.0/16",
		  "ohio " A " ka 10.1.0.0/16", "office 10.2.0.0/16",
		  "site 'ohio': its active key is that of site 'office', which is static" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void static_peer_may_have_anything(void **state)
{
	static const struct row rows[] = {
		{ "=mine " B " kb 10.2.0.0/16", "", "", "site 'mine': a static peer has the own name" },
		{ "=office " B " kb 10.0.1.0/24 192.168.0.0/16", "", "",
		  "site 'office': subnet '10.0.1.0/24' overlaps the own '10.0.0.0/16'\n"
		  "site 'office': subnet '192.168.0.0/16' is outside 'allow-subnets'" },
		{ "=office 203.0.113.100 kb 10.2.0.0/16", "", "",
		  "site 'office': its address is the own one" },
		/* two files that contradict each other */
		{ "=lab " A " ka 10.2.0.0/16 10.4.0.0/16;=office " B " kb 10.2.0.0/16 10.3.0.0/16",
		  "", "lab 10.4.0.0/16; office 10.3.0.0/16",
		  "site 'lab': subnet '10.2.0.0/16' overlaps '10.2.0.0/16' of site 'office', which is "
		  "static\n"
		  "site 'office': subnet '10.2.0.0/16' overlaps '10.2.0.0/16' of site 'lab', which is "
		  "static" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

static void five_hundred_sites(void **state)
{
	struct buf text = { 0 };
	AUTO_FREE char *listed = NULL;
	CLEANUP(listing_done) struct listing listing = { 0 };
	CLEANUP(sites_done) struct sites applied = { 0 };
	CLEANUP(mesh_done) struct mesh mesh = { 0 };
	struct cidr allowed = { 0x0a000000, 8 };
	const struct cidrs allow_subnets = { &allowed, 1 };
	struct site own = { .name = (char *)"mine",
			    .account = (char *)"",
			    .region = (char *)"",
			    .vpc = (char *)"" };

	(void)state;
	for (int i = 0; i < 500; i++)
		buf_addf(&text,
			 "s%03d 198.51.%d.%d k%d 10.%d.%d.0/26 10.%d.%d.64/26 10.%d.%d.128/26 "
			 "10.255.0.0/24;",
			 i, i / 250, i % 250 + 1, i, i / 250 + 1, i % 250, i / 250 + 1, i % 250,
			 i / 250 + 1, i % 250);
	listed = buf_take(&text);
	sites_of_text(listed, &listing.sites);
	mesh_select(&(struct mesh_inputs){
		.listing = &listing, .applied = &applied, .own = &own, .allow_subnets = &allow_subnets,
	}, &mesh);
	assert_int_equal(mesh.peers.count, 500);
	assert_int_equal(mesh.warnings.count, 500);
	for (size_t i = 0; i < mesh.peers.count; i++)
		assert_int_equal(mesh.peers.items[i].subnets.count, 3);
}

/* Site "ohio", with this instance and these keys. */
static struct site instance_site(const char *instance, const char *active, const char *next)
{
	char text[] = "ohio " A " k 10.1.0.0/16";
	struct site site = site_of_text(text);

	site.instance = mem_strdup(instance);
	snprintf(site.keys[0].key.id, KEY_ID_SIZE, "%s", active);
	if (next != NULL) {
		struct site_key *key = MEM_GROW(site.keys, site.key_count);

		*key = (struct site_key){ .state = KEY_NEXT };
		snprintf(key->key.id, KEY_ID_SIZE, "%s", next);
	}
	return site;
}

/* What is applied, and then a record; *ret_instance is whose the peer counts as. Yours to free. */
static bool succeeds(const struct site *before, struct site record, char **ret_instance)
{
	struct site own = { .name = (char *)"mine", .region = (char *)"r", .account = (char *)"a",
			    .vpc = (char *)"vpc-mine" };
	const struct sites applied = { (struct site *)before, 1 };
	CLEANUP(listing_done) struct listing listing = { 0 };
	CLEANUP(strings_done) struct strings replaced;
	CLEANUP(mesh_done) struct mesh mesh;
	struct cidr allowed = { 0x0a000000, 8 };

	sites_add(&listing.sites, &record);
	mesh_select(&(struct mesh_inputs){
		.listing = &listing, .applied = &applied, .own = &own,
		.allow_subnets = &(struct cidrs){ &allowed, 1 },
	}, &mesh);
	mesh_replaced(&applied, &mesh.peers, &replaced);
	*ret_instance = mem_strdup(mesh.peers.items[0].instance);
	return strings_has(&replaced, "ohio");
}

static void instance_is_taken_for_its_successor(void **state)
{
	static const struct {
		const char *instance, *active, *next;
		const char *counts_as;
		bool replaced;
	} cases[] = {
		{ "i-2", "kb", NULL, "i-2", true },
		{ "i-2", "ka", NULL, "i-1", false },	/* has claimed, and published no key yet */
		{ "i-2", "kn", NULL, "i-1", false },	/* likewise, and our key was just being replaced */
		{ "i-1", "kn", NULL, "i-1", false },	/* a key that was announced */
		{ "i-1", "kb", NULL, "i-1", false },	/* or whose announcement was missed */
		{ "i-1", "ka", "kn", "i-1", false },
	};
	CLEANUP(site_done) struct site before = instance_site("i-1", "ka", "kn");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct site record = instance_site(cases[i].instance, cases[i].active, cases[i].next);
		AUTO_FREE char *counts_as = NULL;

		assert_int_equal(succeeds(&before, record, &counts_as), cases[i].replaced);
		assert_string_equal(counts_as, cases[i].counts_as);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_no_peer),
		cmocka_unit_test(absence_removes_nobody),
		cmocka_unit_test(refusal_hides_a_record),
		cmocka_unit_test(subnet_that_no_peer_may_offer),
		cmocka_unit_test(address_of_somebody_else),
		cmocka_unit_test(key_of_somebody_else),
		cmocka_unit_test(subnet_that_two_peers_offer),
		cmocka_unit_test(subnet_settled_in_one_run_stays_settled),
		cmocka_unit_test(static_peer_is_kept_out),
		cmocka_unit_test(static_peer_may_have_anything),
		cmocka_unit_test(five_hundred_sites),
		cmocka_unit_test(instance_is_taken_for_its_successor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
