/* edit: foreign files before and after, to the byte. */
#include <string.h>

#include "base/mem.h"
#include "render/edit.h"
#include "tests/unit/support.h"

#define BEGIN "# cygnet begins; what stands up to its end is overwritten\n"
#define END "# cygnet ends\n"
#define INCLUDE "include /etc/ipsec.d/cygnet-*.conf\n"
#define BLOCK BEGIN INCLUDE END
#define SERVERS "server 169.254.169.123 prefer iburst\nserver 0.amazon.pool.ntp.org iburst\n"
#define SERVER_BLOCK BEGIN SERVERS END

static char *edited(enum edit edit, const char *found, size_t len, const char *lines)
{
	AUTO_BUF struct buf before = { 0 }, wanted = { 0 };
	struct buf after = { 0 };

	buf_add(&before, found, len);
	buf_adds(&wanted, lines);
	edit_apply(edit, &before, &wanted, &after);
	assert_int_equal(after.len, strlen(buf_str(&after)));
	return buf_take(&after);
}

/* What comes of a file; and nothing more comes of that. */
static void assert_edited(enum edit edit, const char *found, const char *lines,
			  const char *expected)
{
	AUTO_FREE char *once = edited(edit, found, strlen(found), lines);
	AUTO_FREE char *twice = edited(edit, once, strlen(once), lines);

	assert_string_equal(once, expected);
	assert_string_equal(twice, expected);
}

struct edit_case {
	const char *found, *expected;
};

static void assert_cases(enum edit edit, const char *lines, const struct edit_case *cases,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_edited(edit, cases[i].found, lines, cases[i].expected);
}

static void own_file_keeps_what_was_in_it(void **state)
{
	(void)state;
	assert_edited(EDIT_WHOLE, "something\n", "else", "else");
	assert_edited(EDIT_WHOLE, BLOCK, "else\n", "else\n");
}

static void block_is_put_anywhere_but_at_the_end(void **state)
{
	static const struct edit_case cases[] = {
		{ "", BLOCK },
		{ "\n", "\n" BLOCK },
		{ "config setup\n\nconn %default\n\tauto=add\n", "config setup\n\nconn %default\n\tauto=add\n" BLOCK },
		{ "no newline", "no newline\n" BLOCK },
		{ "\ttabs \t \n\n\n", "\ttabs \t \n\n\n" BLOCK },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

static void line_ends_of_others_are_changed(void **state)
{
	static const struct edit_case cases[] = {
		{ "a\r\nb\r\n", "a\r\nb\r\n" BLOCK },
		{ "a\r\nb", "a\r\nb\n" BLOCK },
		{ "a\r\n# cygnet begins; what stands up to its end is overwritten\r\nold\r\n# cygnet ends\r\nb\r\n",
		  "a\r\n" BLOCK "b\r\n" },
		{ "a\r\ninclude /etc/ipsec.d/cygnet-*.conf\r\nb", "a\r\n" BLOCK "b" },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

static void block_of_an_earlier_run_stays_or_moves(void **state)
{
	static const struct edit_case cases[] = {
		{ "a\n" BLOCK "b\n", "a\n" BLOCK "b\n" },
		{ "a\n" BEGIN "old\nolder\n" END "b", "a\n" BLOCK "b" },
		{ BEGIN END "b\n", BLOCK "b\n" },
		{ "a\n" BEGIN "old\n" END, "a\n" BLOCK },
		{ "a\n" BEGIN "old\n# cygnet ends", "a\n" BLOCK },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

static void line_stands_there_twice(void **state)
{
	static const struct edit_case cases[] = {
		{ "a\n" INCLUDE "b\n", "a\n" BLOCK "b\n" },
		{ INCLUDE "a\n" INCLUDE "b\n" INCLUDE, BLOCK "a\nb\n" },
		{ "a\n" BLOCK "b\n" BLOCK "c\n", "a\n" BLOCK "b\nc\n" },
		{ "a\n" BLOCK INCLUDE "c\n", "a\n" BLOCK "c\n" },
		{ "a\ninclude /etc/ipsec.d/cygnet-*.conf  \t\nb\n", "a\n" BLOCK "b\n" },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

static void line_of_somebody_else_is_taken_for_ours(void **state)
{
	static const struct edit_case cases[] = {
		{ "#" INCLUDE, "#" INCLUDE BLOCK },
		{ "# " INCLUDE, "# " INCLUDE BLOCK },
		{ " " INCLUDE, " " INCLUDE BLOCK },
		{ "include /etc/ipsec.d/*.conf\n", "include /etc/ipsec.d/*.conf\n" BLOCK },
		{ "# " BEGIN "x\n# " END, "# " BEGIN "x\n# " END BLOCK },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

/* Somebody has deleted one: then only the other is certain to be cygnet's. */
static void mark_without_its_other_half_takes_lines_along(void **state)
{
	static const struct edit_case cases[] = {
		{ "a\n" BEGIN "theirs\n", "a\n" BLOCK "theirs\n" },
		{ "a\n" END "theirs\n", "a\n" BLOCK "theirs\n" },
		{ "a\n" BEGIN INCLUDE "theirs\n", "a\n" BLOCK "theirs\n" },
		{ BEGIN "theirs\n" BEGIN "old\n" END "b\n", BLOCK "theirs\nb\n" },
		{ END BEGIN "theirs", BLOCK "theirs" },
	};

	(void)state;
	assert_cases(EDIT_BLOCK, INCLUDE, cases, COUNT_OF(cases));
}

static void byte_that_ends_strings_ends_the_file(void **state)
{
	AUTO_BUF struct buf found = { 0 }, lines = { 0 }, after = { 0 };
	static const char text[] = "a\0b\n", expected[] = "a\0b\n" BLOCK;

	(void)state;
	buf_add(&found, text, sizeof text - 1);
	buf_adds(&lines, INCLUDE);
	edit_apply(EDIT_BLOCK, &found, &lines, &after);
	assert_int_equal(after.len, sizeof expected - 1);
	assert_memory_equal(after.data, expected, sizeof expected - 1);
}

/* CentOS 7's, shortened. */
static void servers_of_the_distribution_stay(void **state)
{
	static const struct edit_case cases[] = {
		{ "driftfile /var/lib/ntp/drift\n"
		  "restrict default nomodify notrap nopeer noquery\n"
		  "\n"
		  "# Use public servers from the pool.ntp.org project.\n"
		  "server 0.centos.pool.ntp.org iburst\n"
		  "server 1.centos.pool.ntp.org iburst\n"
		  "\n"
		  "#broadcast 192.168.1.255 autokey\t# broadcast server\n"
		  "pool\t2.centos.pool.ntp.org\n"
		  "disable monitor\n",
		  "driftfile /var/lib/ntp/drift\n"
		  "restrict default nomodify notrap nopeer noquery\n"
		  "\n"
		  "# Use public servers from the pool.ntp.org project.\n"
		  SERVER_BLOCK
		  "\n"
		  "#broadcast 192.168.1.255 autokey\t# broadcast server\n"
		  "disable monitor\n" },
		{ "", SERVER_BLOCK },
		{ "tinker panic 0\n", "tinker panic 0\n" SERVER_BLOCK },
		{ "  server -4 ntp.example.com iburst\r\nx\r\n", SERVER_BLOCK "x\r\n" },
		{ "x\nserver a", "x\n" SERVER_BLOCK },
		{ SERVERS "restrict ::1\n", SERVER_BLOCK "restrict ::1\n" },
		{ "server late\n" SERVER_BLOCK "x\n", SERVER_BLOCK "x\n" },
		{ BEGIN "server old\n" END "x\nserver new\n", SERVER_BLOCK "x\n" },
	};

	(void)state;
	assert_cases(EDIT_SERVERS, SERVERS, cases, COUNT_OF(cases));
}

static void what_is_no_server_line_is_replaced(void **state)
{
	static const char *const lines[] = {
		"#server 0.centos.pool.ntp.org iburst\n",
		"server\n",
		"server 127.127.1.0\t# the local clock\n",
		"server -6 127.127.28.0\n",
		"servers 0.centos.pool.ntp.org\n",
		"peer ntp.example.com\n",
		"fudge 127.127.1.0 stratum 10\n",
		"includefile /etc/ntp/crypto/pw\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		AUTO_FREE char *expected = mem_printf("%s" SERVER_BLOCK, lines[i]);

		assert_edited(EDIT_SERVERS, lines[i], SERVERS, expected);
	}
}

/* In chrony.conf the distribution's sources stay beside cygnet's. */
static void block_replaces_servers(void **state)
{
	(void)state;
	assert_edited(EDIT_BLOCK, "pool 2.rhel.pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\n", SERVERS,
		      "pool 2.rhel.pool.ntp.org iburst\ndriftfile /var/lib/chrony/drift\n" SERVER_BLOCK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_file_keeps_what_was_in_it),
		cmocka_unit_test(block_is_put_anywhere_but_at_the_end),
		cmocka_unit_test(line_ends_of_others_are_changed),
		cmocka_unit_test(block_of_an_earlier_run_stays_or_moves),
		cmocka_unit_test(line_stands_there_twice),
		cmocka_unit_test(line_of_somebody_else_is_taken_for_ours),
		cmocka_unit_test(mark_without_its_other_half_takes_lines_along),
		cmocka_unit_test(byte_that_ends_strings_ends_the_file),
		cmocka_unit_test(servers_of_the_distribution_stay),
		cmocka_unit_test(what_is_no_server_line_is_replaced),
		cmocka_unit_test(block_replaces_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
