/*
 * mesh: records that say nothing yet, and what the operator's policy leaves of the others.
 */
#include "tests/unit/keys_mesh_support.h"

/*
 * A claim that follows no record has generation 1, and one that follows a tombstone two more than
 * the record below that.
 */
static void empty_record_is_taken_for_a_peer(void **state)
{
	static const struct row rows[] = {
		{ "?ohio;?paris@5;rome " C " kc 10.3.0.0/16", "", "rome 10.3.0.0/16", "" },
		/* the registry was wiped: absence removes nobody, whoever claims over it */
		{ "?ohio", "ohio@7 " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16", "" },
		{ "?ohio", "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16", "" },
		/* what was applied goes on being what a newcomer clashes with */
		{ "?ohio;paris " A " kb 10.1.0.0/16", "ohio " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16",
		  "site 'paris': its address is that of site 'ohio', which had it before" },
		/* a tombstone was in between */
		{ "?ohio@9", "ohio@7 " A " ka 10.1.0.0/16", "", "" },
		{ "?ohio@3", "ohio " A " ka 10.1.0.0/16", "", "" },
		/* a successor's claim over a record keeps what that offers */
		{ "ohio@8 " A " ka 10.1.0.0/16", "ohio@7 " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16", "" },
		/* a static peer has no record, and its file has gone */
		{ "?office", "=office@0 " B " kb 10.2.0.0/16", "", "" },
	};

	(void)state;
	ASSERT_ROWS(rows);
}

/* --- the policy --- */

struct policy_row {
	const char *policy;
	struct row row;
};

#define ASSERT_POLICY_ROWS(rows) do { \
	for (size_t row_ = 0; row_ < COUNT_OF(rows); row_++) \
		assert_row(&(rows)[row_].row, (rows)[row_].policy); \
} while (0)

/* A policy of sites: "{\"schema\":1,\"sites\":{…}}". */
#define SITES(sites) "{\"schema\":1,\"sites\":{" sites "}}"
#define ANYTHING(site) "\"" site "\":{}"
#define ONLY(site, subnet) "\"" site "\":{\"subnets\":[\"" subnet "\"]}"

static void site_that_the_policy_has_not(void **state)
{
#define POLICY SITES(ANYTHING("mine") "," ANYTHING("ohio"))
	static const char warning[] = "site 'paris': the policy has no such site";
	const struct policy_row rows[] = {
		{ POLICY, { "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16", "",
			    "ohio 10.1.0.0/16", warning } },
		/* it goes, also when it was a peer and its record is missing */
		{ POLICY, { "ohio " A " ka 10.1.0.0/16", "paris " B " kb 10.2.0.0/16",
			    "ohio 10.1.0.0/16", warning } },
		/* it takes nobody's address, key or subnet with it */
		{ POLICY, { "ohio " A " ka 10.1.0.0/16;paris " A " ka 10.1.0.0/16",
			    "paris " A " ka 10.1.0.0/16", "ohio 10.1.0.0/16", warning } },
		/* its own operator is told why nobody takes it */
		{ SITES(ANYTHING("ohio")),
		  { "ohio " A " ka 10.1.0.0/16", "", "ohio 10.1.0.0/16",
		    "site 'mine': the policy has no such site, so no peer takes it" } },
		/* static peers are no sites of the mesh, and who has left was one */
		{ POLICY, { "=office " B " kb 10.2.0.0/16;+rome", "", "office 10.2.0.0/16", "" } },
	};
#undef POLICY

	(void)state;
	ASSERT_POLICY_ROWS(rows);
}

static void subnet_that_the_policy_has_not(void **state)
{
#define POLICY SITES(ANYTHING("mine") "," ONLY("ohio", "10.1.0.0/16") "," ANYTHING("paris"))
	static const struct policy_row rows[] = {
		{ POLICY,
		  { "ohio " A " ka 10.1.2.0/24 10.5.0.0/16;paris " B " kb 10.2.0.0/16", "",
		    "ohio 10.1.2.0/24; paris 10.2.0.0/16",
		    "site 'ohio': subnet '10.5.0.0/16' is outside what the policy lets it offer" } },
		{ POLICY,
		  { "ohio " A " ka 10.0.0.0/15", "ohio " A " ka 10.0.0.0/15", "",
		    "site 'ohio': subnet '10.0.0.0/15' is outside what the policy lets it offer" } },
		/* what a peer may offer at all is not the policy's to say */
		{ POLICY,
		  { "paris " B " kb 192.168.0.0/24 10.2.0.0/16", "", "paris 10.2.0.0/16",
		    "site 'paris': subnet '192.168.0.0/24' is outside 'allow-subnets'" } },
		{ SITES(ONLY("mine", "10.8.0.0/16") "," ANYTHING("ohio")),
		  { "ohio " A " ka 10.1.0.0/16", "", "ohio 10.1.0.0/16",
		    "site 'mine': subnet '10.0.0.0/16' is outside what the policy lets it offer, so "
		    "no peer takes it" } },
	};
#undef POLICY

	(void)state;
	ASSERT_POLICY_ROWS(rows);
}

/*
 * Two sites offer 10.1.0.0/16: with no history neither gets it, until the policy says whose it is.
 */
static void contested_subnet_stays_contested(void **state)
{
#define CONTESTED "ohio " A " ka 10.1.0.0/16 10.5.0.0/16;paris " B " kb 10.1.0.0/16 10.6.0.0/16"
#define SETTLED SITES(ANYTHING("mine") "," ANYTHING("ohio") "," ONLY("paris", "10.6.0.0/16"))
	static const char warning[] =
		"site 'paris': subnet '10.1.0.0/16' is outside what the policy lets it offer";
	const struct policy_row rows[] = {
		{ "{\"schema\":1}",
		  { CONTESTED, "", "ohio 10.5.0.0/16; paris 10.6.0.0/16",
		    "site 'ohio': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'paris', and "
		    "neither had it before\n"
		    "site 'paris': subnet '10.1.0.0/16' overlaps '10.1.0.0/16' of site 'ohio', and "
		    "neither had it before" } },
		{ SETTLED,
		  { CONTESTED, "", "ohio 10.1.0.0/16 10.5.0.0/16; paris 10.6.0.0/16", warning } },
		/* also after a run that gave it to neither, and against who had it before */
		{ SETTLED,
		  { CONTESTED, "ohio " A " ka 10.5.0.0/16;paris " B " kb 10.6.0.0/16",
		    "ohio 10.1.0.0/16 10.5.0.0/16; paris 10.6.0.0/16", warning } },
		{ SETTLED,
		  { CONTESTED, "paris " B " kb 10.1.0.0/16",
		    "ohio 10.1.0.0/16 10.5.0.0/16; paris 10.6.0.0/16", warning } },
		/* or until one of them offers it no more */
		{ NULL,
		  { "ohio " A " ka 10.1.0.0/16 10.5.0.0/16;paris " B " kb 10.6.0.0/16",
		    "ohio " A " ka 10.5.0.0/16;paris " B " kb 10.6.0.0/16",
		    "ohio 10.1.0.0/16 10.5.0.0/16; paris 10.6.0.0/16", "" } },
	};
#undef CONTESTED
#undef SETTLED

	(void)state;
	ASSERT_POLICY_ROWS(rows);
}

static void frozen_mesh_changes(void **state)
{
#define FREEZE "{\"schema\":1,\"freeze\":true}"
#define CHANGED "ohio " A " ka 10.7.0.0/16;rome " C " kc 10.3.0.0/16;+paris"
	static const char frozen[] = "the policy freezes the mesh: the records change no peer";
	static const char applied[] = "ohio " A " ka 10.1.0.0/16;paris " B " kb 10.2.0.0/16";
	static const char same[] = "ohio 10.1.0.0/16; paris 10.2.0.0/16";
	const struct policy_row rows[] = {
		/* one is changed, one added, one gone */
		{ FREEZE, { CHANGED, applied, same, frozen } },
		{ "{\"schema\":1,\"freze\":true}",
		  { CHANGED, applied, same,
		    "the policy cannot be understood ('freze' is not one of 'schema', 'freeze' and "
		    "'sites'), so the records change no peer" } },
		{ FREEZE, { "?paris@9", applied, same, frozen } },
		{ FREEZE, { "ohio " A " ka 10.1.0.0/16", "", "", frozen } },
		/* not even by what else the policy says */
		{ "{\"schema\":1,\"freeze\":true,\"sites\":{\"ohio\":{\"subnets\":[]}}}",
		  { "", applied, same, frozen } },
		/* a file of the machine is its operator's word */
		{ FREEZE, { "=office " C " kc 10.3.0.0/16", applied,
			    "office 10.3.0.0/16; ohio 10.1.0.0/16; paris 10.2.0.0/16", frozen } },
	};
#undef FREEZE
#undef CHANGED

	(void)state;
	ASSERT_POLICY_ROWS(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_record_is_taken_for_a_peer),
		cmocka_unit_test(site_that_the_policy_has_not),
		cmocka_unit_test(subnet_that_the_policy_has_not),
		cmocka_unit_test(contested_subnet_stays_contested),
		cmocka_unit_test(frozen_mesh_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
