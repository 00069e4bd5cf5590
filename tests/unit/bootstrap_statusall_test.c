/*
 * Reading `ipsec statusall`: what strongSwan 5.9.8 and 6.0.1 really said, what 5.7.2 says by its
 * source (it was not run), and texts that are not to be believed.
 */
#include "bootstrap/charon/statusall.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "tests/unit/support.h"

#define EXPECTED "tests/unit/expected/statusall"

static void connection_describe(const struct connection *connection, struct buf *out)
{
	AUTO_FREE char *local = cidrs_join(&connection->local_subnets, " ");
	AUTO_FREE char *remote = cidrs_join(&connection->remote_subnets, " ");

	buf_addf(out, "%s: %s ... %s[%s], %s: %s === %s\n", connection->name, connection->local_id,
		 connection->remote_address, connection->remote_id,
		 connection->child ? connection->child : "none", local, remote);
}

static void child_describe(const struct child_sa *child, struct buf *out)
{
	AUTO_FREE char *local = cidrs_join(&child->local_subnets, " ");
	AUTO_FREE char *remote = cidrs_join(&child->remote_subnets, " ");

	buf_addf(out, "  %s{%u} %s %llu/%llu %s === %s\n", child->name, child->id, child->state,
		 (unsigned long long)child->bytes_in, (unsigned long long)child->bytes_out, local, remote);
}

static void sa_describe(const struct ike_sa *sa, struct buf *out)
{
	buf_addf(out, "%s #%u %s %lld [%s] ... %s[%s]\n", sa->name, sa->id, sa->state,
		 (long long)sa->established_s, sa->local_id, sa->remote_address, sa->remote_id);
	for (size_t i = 0; i < sa->child_count; i++)
		child_describe(&sa->children[i], out);
}

static void describe(const struct tunnels *tunnels, struct buf *out)
{
	buf_addf(out, "version %s\n", tunnels->version);
	for (size_t i = 0; i < tunnels->connection_count; i++)
		connection_describe(&tunnels->connections[i], out);
	for (size_t i = 0; i < tunnels->sa_count; i++)
		sa_describe(&tunnels->sas[i], out);
}

static void assert_reads(const char *text, const char *expected)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	AUTO_BUF struct buf described = { 0 };
	struct err e = ERR_INIT;
	int result = statusall_parse(text, &tunnels, &e);

	assert_string_equal(e.cause, "");
	assert_int_equal(result, 0);
	describe(&tunnels, &described);
	assert_string_equal(buf_str(&described), expected);
}

static void assert_file_reads(const char *path, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_read(EXPECTED, path, 65536, &text, NULL, &e), 0);
	assert_reads(buf_str(&text), expected);
}

static void assert_refused(const char *text, const char *cause)
{
	struct tunnels tunnels;
	struct err e = ERR_INIT;

	assert_int_equal(statusall_parse(text, &tunnels, &e), -1);
	assert_error(&e, EXIT_STEP, cause, "");
}

/* A report with these lines on connections and SAs. */
static char *report(const char *connections, const char *sas)
{
	return mem_printf("Status of IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64):\n"
			  "  uptime: 3 seconds, since Nov 22 11:57:32 2026\n"
			  "Listening IP addresses:\n  172.16.1.10\nConnections:\n%s"
			  "Security Associations (0 up, 0 connecting):\n%s", connections, sas);
}

static void assert_report(const char *connections, const char *sas, const char *expected)
{
	AUTO_FREE char *text = report(connections, sas);
	AUTO_FREE char *all = mem_printf("version 5.9.8\n%s", expected);

	assert_reads(text, all);
}

static void assert_report_refused(const char *connections, const char *sas, const char *cause)
{
	AUTO_FREE char *text = report(connections, sas);

	assert_refused(text, cause);
}

/* --- what is real --- */

#define REAL_CONNECTIONS \
	"cygnet-a: 203.0.113.11 ... 203.0.113.78[203.0.113.78], cygnet-a: " \
	"10.5.0.0/24 172.16.0.0/16 === 10.7.0.0/16\n" \
	"cygnet-dead: 203.0.113.11 ... 203.0.113.77[203.0.113.77], cygnet-dead: " \
	"10.5.0.0/24 172.16.0.0/16 === 10.7.0.0/16\n" \
	"cygnet-us-east-2: 203.0.113.11 ... 203.0.113.12[203.0.113.12], cygnet-us-east-2: " \
	"172.16.0.0/16 === 172.31.0.0/16\n"

static void what_5_9_8_says_is_read(void **state)
{
	(void)state;
	assert_file_reads("/5.9.8.txt", "version 5.9.8\n" REAL_CONNECTIONS
		"cygnet-us-east-2 #3 ESTABLISHED 4 [203.0.113.11] ... 203.0.113.12[203.0.113.12]\n"
		"  cygnet-us-east-2{8} INSTALLED 252/252 172.16.0.0/16 === 172.31.0.0/16\n"
		"cygnet-dead #2 CONNECTING -1 [%any] ... 203.0.113.77[%any]\n");
}

static void what_6_0_1_says_is_read(void **state)
{
	(void)state;
	assert_file_reads("/6.0.1.txt", "version 6.0.1\n" REAL_CONNECTIONS
		"cygnet-dead #2 CONNECTING -1 [%any] ... 203.0.113.77[%any]\n"
		"cygnet-us-east-2 #1 ESTABLISHED 65 [203.0.113.11] ... 203.0.113.12[203.0.113.12]\n"
		"  cygnet-us-east-2{2} INSTALLED 168/168 172.16.0.0/16 === 172.31.0.0/16\n");
}

static void what_5_7_2_says_is_read(void **state)
{
	(void)state;
	assert_file_reads("/5.7.2.txt", "version 5.7.2\n"
		"cygnet-us-east-2: 203.0.113.11 ... 203.0.113.12[203.0.113.12], cygnet-us-east-2: "
		"172.16.0.0/16 === 10.9.0.0/24 172.31.0.0/16\n"
		"cygnet-us-east-2 #1 ESTABLISHED 7200 [203.0.113.11] ... 203.0.113.12[203.0.113.12]\n"
		"  cygnet-us-east-2{2} REKEYING 0/0 172.16.0.0/16 === 10.9.0.0/24 172.31.0.0/16\n"
		"  cygnet-us-east-2{3} INSTALLED 84/0 172.16.0.0/16 === 10.9.0.0/24 172.31.0.0/16\n");
}

static void a_charon_without_anything_is_read(void **state)
{
	(void)state;
	assert_report("", "  none\n", "");
}

/* --- what is odd, and may be --- */

static void what_is_not_cygnets_is_passed_over_unread(void **state)
{
	(void)state;
	assert_report("office:  what\noffice:   local: is\noffice:   child:  this\n",
		      "office[x]: ESTABLISHED\noffice{1}:  odd\n(unnamed)[7]: CONNECTING, so\nand this\n", "");
}

static void a_child_of_another_conn_is_not_ours(void **state)
{
	(void)state;
	assert_report("", "office[1]: ESTABLISHED 1 second ago, 192.0.2.1[a]...192.0.2.2[b]\n"
			  "cygnet-b{1}:  INSTALLED, TUNNEL, reqid 1, ESP SPIs: ca9ee5b9_i 8f1c2d3e_o\n", "");
}

static void a_selector_that_is_no_range_equals_none(void **state)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	AUTO_FREE char *text = report("cygnet-b:  %any...192.0.2.2  IKEv2\n"
				      "cygnet-b:   local:  [192.0.2.1] uses public key authentication\n"
				      "cygnet-b:   remote: [192.0.2.2] uses public key authentication\n"
				      "cygnet-b:   child:  dynamic === 10.0.0.0/8[tcp] TUNNEL\n", "");
	struct err e = ERR_INIT;
	struct cidr everything = { 0 };

	(void)state;
	assert_int_equal(statusall_parse(text, &tunnels, &e), 0);
	assert_int_equal(tunnels.connections->local_subnets.count, 1);
	assert_false(cidr_equal(tunnels.connections->local_subnets.items[0], everything));
	assert_int_equal(tunnels.connections->remote_subnets.count, 1);
}

static void a_connection_with_two_children_has_none(void **state)
{
	(void)state;
	assert_report("cygnet-b:  %any...192.0.2.2  IKEv2\n"
		      "cygnet-b:   local:  [192.0.2.1] uses public key authentication\n"
		      "cygnet-b:   remote: [192.0.2.2] uses public key authentication\n"
		      "cygnet-b:   child:  10.1.0.0/16 === 10.2.0.0/16 TUNNEL\n"
		      "  office:   child:  10.1.0.0/16 === 10.3.0.0/16 TUNNEL\n"
		      "cygnet-c:  %any...192.0.2.3  IKEv2\n"
		      "cygnet-c:   local:  [192.0.2.1] uses public key authentication\n"
		      "cygnet-c:   remote: [192.0.2.3] uses public key authentication\n", "",
		      "cygnet-b: 192.0.2.1 ... 192.0.2.2[192.0.2.2], none:  === \n"
		      "cygnet-c: 192.0.2.1 ... 192.0.2.3[192.0.2.3], none:  === \n");
}

static void a_child_that_has_no_selectors_yet_is_read(void **state)
{
	(void)state;
	assert_report("", "cygnet-b[1]: ESTABLISHED 1 day ago, 192.0.2.1[192.0.2.1]...192.0.2.2[192.0.2.2]\n"
			  "cygnet-b{4}:  CREATED, TUNNEL, reqid 1\ncygnet-b{4}:    === \n",
		      "cygnet-b #1 ESTABLISHED 86400 [192.0.2.1] ... 192.0.2.2[192.0.2.2]\n"
		      "  cygnet-b{4} CREATED 0/0  === \n");
}

/* --- what is odd, and may not be --- */

static void another_programs_text_is_refused(void **state)
{
	(void)state;
	assert_refused("", "line 1 of 'ipsec statusall' is not the head of a report of charon's");
	assert_refused("000 using kernel interface: netkey\n",
		       "line 1 of 'ipsec statusall' is not the head of a report of charon's");
}

static void a_text_that_is_cut_off_is_refused(void **state)
{
	(void)state;
	assert_refused("Status of IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64):\nConnections:\n",
		       "'ipsec statusall' does not get to its SAs");
}

static void an_odd_connection_is_refused(void **state)
{
	(void)state;
	assert_report_refused("cygnet-b:  192.0.2.2\n", "",
			      "line 6 of 'ipsec statusall' is not a connection's 'local...remote  IKEv2'");
	assert_report_refused("cygnet-b:  %any...192.0.2.2  IKEv2\ncygnet-b:   local:  uses PSK\n", "",
			      "line 7 of 'ipsec statusall' is not an end's '[id] uses'");
	assert_report_refused("cygnet-b:  %any...192.0.2.2  IKEv2\ncygnet-b:   child:  10.0.0.0/8 TUNNEL\n", "",
			      "line 7 of 'ipsec statusall' is not a child's 'local === remote TUNNEL'");
	assert_report_refused("cygnet-b:  %any...192.0.2.2  IKEv2\n", "",
			      "'ipsec statusall' tells no ids of 'cygnet-b'");
}

static void an_odd_sa_is_refused(void **state)
{
	(void)state;
	assert_report_refused("", "cygnet-b[0]: CONNECTING, 192.0.2.1[%any]...192.0.2.2[%any]\n",
			      "line 7 of 'ipsec statusall' is not one with an SA's number");
	assert_report_refused("", "cygnet-b[4294967296]: CONNECTING, 192.0.2.1[%any]...192.0.2.2[%any]\n",
			      "line 7 of 'ipsec statusall' is not one with an SA's number");
	assert_report_refused("", "cygnet-b[1]: CONNECTING\n",
			      "line 7 of 'ipsec statusall' is not an SA's state");
	assert_report_refused("", "cygnet-b[1]: ESTABLISHED soon, 192.0.2.1[a]...192.0.2.2[b]\n",
			      "line 7 of 'ipsec statusall' is not an SA's 'ESTABLISHED n seconds ago'");
	assert_report_refused("", "cygnet-b[1]: ESTABLISHED 2 weeks ago, 192.0.2.1[a]...192.0.2.2[b]\n",
			      "line 7 of 'ipsec statusall' is not an SA's 'ESTABLISHED n seconds ago'");
	assert_report_refused("", "cygnet-b[1]: CONNECTING, 192.0.2.1...192.0.2.2\n",
			      "line 7 of 'ipsec statusall' is not an SA's 'address[id]...address[id]'");
}

#define ONE_SA "cygnet-b[1]: ESTABLISHED 1 second ago, 192.0.2.1[a]...192.0.2.2[b]\n"

static void an_odd_child_is_refused(void **state)
{
	(void)state;
	assert_report_refused("", ONE_SA "cygnet-b{1}:  INSTALLED\n",
			      "line 8 of 'ipsec statusall' is not a child's state");
	assert_report_refused("", ONE_SA "cygnet-b{1}:  INSTALLED, TUNNEL\ncygnet-b{1}:  AES, many bytes_i\n",
			      "line 9 of 'ipsec statusall' is not a child's 'n bytes_i, n bytes_o'");
	assert_report_refused("", ONE_SA "cygnet-b{1}:  INSTALLED, TUNNEL\ncygnet-b{1}:   10.0.0.0/8\n",
			      "line 9 of 'ipsec statusall' is not a child's 'local === remote'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_5_9_8_says_is_read),
		cmocka_unit_test(what_6_0_1_says_is_read),
		cmocka_unit_test(what_5_7_2_says_is_read),
		cmocka_unit_test(a_charon_without_anything_is_read),
		cmocka_unit_test(what_is_not_cygnets_is_passed_over_unread),
		cmocka_unit_test(a_child_of_another_conn_is_not_ours),
		cmocka_unit_test(a_selector_that_is_no_range_equals_none),
		cmocka_unit_test(a_connection_with_two_children_has_none),
		cmocka_unit_test(a_child_that_has_no_selectors_yet_is_read),
		cmocka_unit_test(another_programs_text_is_refused),
		cmocka_unit_test(a_text_that_is_cut_off_is_refused),
		cmocka_unit_test(an_odd_connection_is_refused),
		cmocka_unit_test(an_odd_sa_is_refused),
		cmocka_unit_test(an_odd_child_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
