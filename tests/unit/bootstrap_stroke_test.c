/*
 * Starter's charon by its program: what is asked and said with a stand-in for `ipsec`, when vici is
 * there and not.
 */
#include "tests/unit/fake_charon.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "bootstrap/charon/charon.h"

/* Writes down the words it is called with, and then does what the test has it do. */
#define PROGRAM_HEAD "#!/bin/sh\necho \"$*\" >>\"$0.calls\"\n"
#define STATUS \
	"Status of IKE charon daemon (strongSwan 5.7.2, Linux 3.10.0, x86_64):\n" \
	"Connections:\n" \
	"cygnet-b:  %any...192.0.2.2  IKEv2, dpddelay=10s\n" \
	"cygnet-b:   local:  [192.0.2.1] uses public key authentication\n" \
	"cygnet-b:   remote: [192.0.2.2] uses public key authentication\n" \
	"cygnet-b:   child:  172.16.0.0/16 === 172.31.0.0/16 TUNNEL, dpdaction=restart\n" \
	"Security Associations (0 up, 0 connecting):\n" \
	"  none\n"

struct starter {
	char root[sizeof ROOT_TEMPLATE];
	char *program;
	struct flavour flavour;
	struct charon charon;
};

static void starter_make(struct starter *starter, const char *script)
{
	AUTO_FREE char *text = mem_printf(PROGRAM_HEAD "%s", script);
	struct err e = ERR_INIT;

	*starter = (struct starter){ .root = ROOT_TEMPLATE };
	starter->program = mem_printf("%s/ipsec", root_make(starter->root));
	assert_int_equal(file_replace(starter->root, "/ipsec", text, strlen(text), 0755, &e), 0);
	starter->flavour = (struct flavour){
		.backend = BACKEND_IPSEC, .ipsec = starter->program, .ipsec_folder = "/etc",
	};
	starter->charon = (struct charon){ starter->root, &starter->flavour };
}

static void starter_done(struct starter *starter)
{
	root_remove(starter->root);
	free(starter->program);
}

#define AUTO_STARTER CLEANUP(starter_done) struct starter

static void assert_calls(const struct starter *starter, const char *expected)
{
	AUTO_BUF struct buf calls = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_read(starter->root, "/ipsec.calls", 4096, &calls, NULL, &e), 0);
	assert_string_equal(buf_str(&calls), expected);
}

/* An error that says this behind the program's name, which is another one each time. */
static void assert_said(const struct starter *starter, struct err *e, enum exit_code code,
			const char *format)
{
	AUTO_FREE char *program = mem_printf("'%s", starter->program);
	const char *at = strstr(e->cause, program);
	AUTO_FREE char *cause = at == NULL ? mem_strdup(e->cause) :
		mem_printf("%.*s'ipsec%s", (int)(at - e->cause), e->cause, at + strlen(program));

	assert_string_equal(cause, format);
	assert_int_equal(e->code, code);
}

/* --- observing --- */

static void a_charon_without_vici_is_observed_by_statusall(void **state)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	AUTO_STARTER starter;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "cat <<'X'\n" STATUS "X\n");
	assert_int_equal(charon_probe(&starter.charon, &tunnels, &e), 0);
	assert_string_equal(tunnels.version, "5.7.2");
	assert_int_equal(tunnels.connection_count, 1);
	assert_string_equal(tunnels.connections->remote_address, "192.0.2.2");
}

/* Whatever its last line is, tunnels are missing from it. */
static void an_answer_that_is_cut_off_is_believed(void **state)
{
	AUTO_STARTER starter;
	struct err e = ERR_INIT;
	struct tunnels tunnels;

	(void)state;
	starter_make(&starter, "echo 'Status of IKE charon daemon'\n"
			       "head -c 1500000 /dev/zero | tr '\\0' '\\n'\n");
	assert_int_equal(charon_probe(&starter.charon, &tunnels, &e), -1);
	assert_int_equal(e.code, EXIT_STEP);
	assert_non_null(strstr(e.cause, "statusall' says more than 10"));
}

static void a_charon_with_vici_is_not_asked_by_a_program(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_STARTER starter;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "cat <<'X'\n" STATUS "X\n");
	fake_listen(&fake);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_start(&fake);
	starter.charon.root = fake.root;
	assert_int_equal(charon_wait(&starter.charon, clock_boot_ms() + 2000, &e), 0);
	assert_false(file_exists(starter.root, "/ipsec.calls"));
}

static void a_charon_that_does_not_run_is_waited_for_up_to_the_deadline(void **state)
{
	AUTO_STARTER starter;
	int64_t start = clock_boot_ms();
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "exit 3\n");
	assert_int_equal(charon_wait(&starter.charon, start + 300, &e), -1);
	assert_in_range(clock_boot_ms() - start, 300, PATIENCE_MS);
	assert_error(&e, EXIT_AGAIN, "charon does not listen at '/run/charon.vici': No such file or directory", "");
}

static void a_charon_that_starts_late_is_waited_for(void **state)
{
	AUTO_STARTER starter;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "[ -e \"$0.up\" ] || { : >\"$0.up\"; exit 3; }\ncat <<'X'\n" STATUS "X\n");
	assert_int_equal(charon_wait(&starter.charon, clock_boot_ms() + 5000, &e), 0);
	assert_calls(&starter, "statusall\nstatusall\n");
}

static void a_socket_of_the_other_packages_is_found(void **state)
{
	CLEANUP(fake_done) struct fake_charon fake;
	AUTO_FREE char *from = NULL, *folder = NULL, *to = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fake_listen(&fake);
	from = mem_printf("%s/run/charon.vici", fake.root);
	folder = mem_printf("%s/run/strongswan", fake.root);
	to = mem_printf("%s/charon.vici", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(rename(from, to), 0);
	fake_packet(fake_turn(&fake, AT_ONCE), RESPONSE, NULL, "version=5.9.11");
	fake_start(&fake);
	assert_int_equal(charon_wait(&fake_at(fake.root), clock_boot_ms() + 2000, &e), 0);
}

/* --- loading --- */

static void files_that_starter_would_not_start_with_are_not_loaded(void **state)
{
	AUTO_STARTER starter;
	char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "echo '/etc/ipsec.d/x.conf:1: syntax error' >&2\nexit 2\n");
	assert_int_equal(charon_load(&starter.charon, &complaints, &e), -1);
	assert_error(&e, EXIT_STEP, "starter would not start with '/etc/ipsec.conf' and what it includes",
		     "starter said: /etc/ipsec.d/x.conf:1: syntax error\n");
	assert_calls(&starter, "start --conftest\n");
	assert_null(complaints);
}

static void files_are_checked_before_secrets_and_conns_are_loaded(void **state)
{
	AUTO_STARTER starter;
	AUTO_FREE char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "case $1 in start) echo '# unknown keyword' >&2; echo 'config OK' >&2;;\n"
			       "update) echo 'Updating strongSwan IPsec configuration...' >&2;; esac\n");
	assert_int_equal(charon_load(&starter.charon, &complaints, &e), 0);
	assert_string_equal(complaints, "# unknown keyword\n");
	assert_calls(&starter, "start --conftest\nrereadsecrets\nupdate\n");
}

static void a_starter_that_does_not_run_cannot_load(void **state)
{
	AUTO_STARTER starter;
	AUTO_FREE char *complaints = NULL;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "[ $1 = update ] || exit 0\necho 'starter is not running' >&2\nexit 7\n");
	assert_int_equal(charon_load(&starter.charon, &complaints, &e), -1);
	assert_said(&starter, &e, EXIT_STEP, "'ipsec update' says: starter is not running");
}

static struct connection wanted_connection(void)
{
	struct connection wanted = {
		.name = mem_strdup("cygnet-b"), .child = mem_strdup("cygnet-b"),
		.remote_address = mem_strdup("192.0.2.2"),
		.local_id = mem_strdup("192.0.2.1"), .remote_id = mem_strdup("192.0.2.2"),
	};

	cidrs_add(&wanted.local_subnets, (struct cidr){ 0xac100000, 16 });
	cidrs_add(&wanted.remote_subnets, (struct cidr){ 0xac1f0000, 16 });
	return wanted;
}

static void what_starter_loads_in_the_background_is_waited_for(void **state)
{
	AUTO_STARTER starter;
	struct connection *wanted = mem_calloc(1, sizeof *wanted);
	struct err e = ERR_INIT;

	(void)state;
	*wanted = wanted_connection();
	starter_make(&starter, "cat <<'X' >\"$0.text\"\n" STATUS "X\n"
			       "if [ $(wc -l <\"$0.calls\") -lt 5 ]; then sed /cygnet-b/d \"$0.text\"; "
			       "else cat \"$0.text\"; fi\n");
	assert_int_equal(charon_verify(&starter.charon, wanted, 1, &e), 0);
	assert_string_equal(e.cause, "");
	connections_done(wanted, 1);
}

/* --- telling --- */

static void nobody_waits_for_the_peer(void **state)
{
	AUTO_STARTER starter;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "[ $1 = stroke ] || echo Status\n");
	assert_int_equal(charon_initiate(&starter.charon, "cygnet-b", &e), 0);
	assert_int_equal(charon_terminate(&starter.charon, "cygnet-b", 4294967295u, false, &e), 0);
	assert_int_equal(charon_terminate_child(&starter.charon, "cygnet-b", 7, &e), 0);
	assert_calls(&starter, "statusall\nstroke up-nb cygnet-b\nstatusall\nstroke down-nb cygnet-b[4294967295]\n"
			       "statusall\nstroke down-nb cygnet-b{7}\n");
}

static void a_refusal_that_has_a_good_status_is_told(void **state)
{
	AUTO_STARTER starter;
	struct err e = ERR_INIT;

	(void)state;
	starter_make(&starter, "[ $1 = stroke ] || echo Status\n[ $1 = statusall ] || echo \"no config named 'x'\"\n");
	assert_int_equal(charon_initiate(&starter.charon, "x", &e), -1);
	assert_said(&starter, &e, EXIT_STEP, "'x': 'ipsec stroke up-nb' says: no config named 'x'");
}

static void settings_are_read_again_at_a_signal(void **state)
{
	AUTO_STARTER starter;
	AUTO_FREE char *pid = NULL;
	struct err e = ERR_INIT;
	int status;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		pause();
		_exit(0);
	}
	starter_make(&starter, "echo Status\n");
	pid = mem_printf("%d\n", (int)child);
	assert_int_equal(file_replace(starter.root, "/run/strongswan/charon.pid", pid, strlen(pid), 0644, &e), 0);
	assert_int_equal(charon_reload_settings(&starter.charon, &e), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGHUP);
}

static void a_damaged_process_id_is_sent_no_signal(void **state)
{
	static const char *const texts[] = { "", "\n", "x\n", "1\n", "-1\n", "0\n", "12 13\n", "99999999999\n" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		AUTO_STARTER starter;
		struct err e = ERR_INIT;

		starter_make(&starter, "echo Status\n");
		assert_int_equal(file_replace(starter.root, "/run/charon.pid", texts[i], strlen(texts[i]), 0644, &e), 0);
		assert_int_equal(charon_reload_settings(&starter.charon, &e), -1);
		assert_error(&e, EXIT_STEP, "'/run/charon.pid' does not hold a process id", "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_charon_without_vici_is_observed_by_statusall),
		cmocka_unit_test(an_answer_that_is_cut_off_is_believed),
		cmocka_unit_test(a_charon_with_vici_is_not_asked_by_a_program),
		cmocka_unit_test(a_charon_that_does_not_run_is_waited_for_up_to_the_deadline),
		cmocka_unit_test(a_charon_that_starts_late_is_waited_for),
		cmocka_unit_test(a_socket_of_the_other_packages_is_found),
		cmocka_unit_test(files_that_starter_would_not_start_with_are_not_loaded),
		cmocka_unit_test(files_are_checked_before_secrets_and_conns_are_loaded),
		cmocka_unit_test(a_starter_that_does_not_run_cannot_load),
		cmocka_unit_test(what_starter_loads_in_the_background_is_waited_for),
		cmocka_unit_test(nobody_waits_for_the_peer),
		cmocka_unit_test(a_refusal_that_has_a_good_status_is_told),
		cmocka_unit_test(settings_are_read_again_at_a_signal),
		cmocka_unit_test(a_damaged_process_id_is_sent_no_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
