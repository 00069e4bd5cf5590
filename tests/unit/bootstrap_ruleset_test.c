/* The rule set's presence, told by programs that answer as nft 1.0 and iptables 1.8 did. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/keys_support.h"

#include "base/file.h"
#include "base/mem.h"
#include "bootstrap/ruleset.h"

struct lab {
	char root[sizeof ROOT_TEMPLATE];
	char *program;
	struct firewall firewall;
};

/* A firewall's program of this text, which keeps its arguments in the file 'asked'. */
static void lab_make(struct lab *lab, enum firewall_kind kind, const char *text)
{
	AUTO_FREE char *script = NULL;

	*lab = (struct lab){ .root = ROOT_TEMPLATE };
	root_make(lab->root);
	script = mem_printf("#!/bin/sh\necho \"$*\" >>%s/asked\n%s\n", lab->root, text);
	root_write(lab->root, "/program", script, 0755);
	lab->program = mem_printf("%s/program", lab->root);
	lab->firewall = (struct firewall){ .kind = kind, .program = lab->program };
}

static void lab_done(struct lab *lab)
{
	root_remove(lab->root);
	free(lab->program);
}

static bool is_lost(enum firewall_kind kind, const char *text, const char *expected)
{
	CLEANUP(lab_done) struct lab lab;
	AUTO_FREE char *asked = NULL;
	bool lost;

	lab_make(&lab, kind, text);
	lost = ruleset_is_lost(&lab.firewall);
	asked = root_read(lab.root, "/asked");
	assert_string_equal(asked, expected);
	return lost;
}

static void table_is_taken_for_another(void **state)
{
	static const struct {
		const char *answer;
		bool lost;
	} cases[] = {
		{ "echo 'table inet filter'; echo 'table ip cygnet'; echo 'table ip nat'", false },
		{ "echo 'table ip cygnet'", false },
		{ "", true },
		{ "echo 'table inet cygnet'; echo 'table ip cygnets'; echo 'other table ip cygnet'", true },
		{ "echo 'netlink: Error: cache initialization failed' >&2; exit 1", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_int_equal(is_lost(FIREWALL_NFT, cases[i].answer, "list tables\n"), cases[i].lost);
}

#define CLAMP "-w -t mangle -C FORWARD -j cygnet-clamp\n"
#define SEAL "-w -t mangle -C POSTROUTING -j cygnet-seal\n"

static void one_jump_stands_for_both(void **state)
{
	(void)state;
	assert_false(is_lost(FIREWALL_IPTABLES, "", CLAMP SEAL));
	assert_true(is_lost(FIREWALL_IPTABLES, "test $5 != FORWARD", CLAMP));
	assert_true(is_lost(FIREWALL_IPTABLES, "test $5 != POSTROUTING", CLAMP SEAL));
}

static void program_that_cannot_be_asked_tells_of_a_loss(void **state)
{
	(void)state;
	for (enum firewall_kind kind = FIREWALL_NFT; kind <= FIREWALL_IPTABLES; kind++)
		assert_false(ruleset_is_lost(&(struct firewall){ .kind = kind, .program = "/nowhere/nft" }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_taken_for_another),
		cmocka_unit_test(one_jump_stands_for_both),
		cmocka_unit_test(program_that_cannot_be_asked_tells_of_a_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
