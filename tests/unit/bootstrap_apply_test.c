/* apply: what is done of a plan, what a failure stops, and the way back when charon disagrees. */
#include "bootstrap/apply.h"
#include "tests/unit/fake_charon.h"
#include "tests/unit/keys_support.h"

#define SWANCTL "/etc/swanctl/conf.d/"

/* A gateway below a root, with systemctl and swanctl that note what they are asked in 'asked'. */
struct lab {
	struct fake_charon charon;
	struct options options;
	struct log log;
	struct distro distro;
	struct flavour flavour;
	struct session session;
	struct target target;
	struct plan plan;
	char *swanctl, *systemctl, *restorecon;
};

static char *program_write(const struct lab *lab, const char *name, const char *text)
{
	AUTO_FREE char *path = mem_printf("/bin/%s", name);
	AUTO_FREE char *script = mem_printf("#!/bin/sh\ncd %s\necho \"%s $*\" >>asked\n%s\n",
					    lab->charon.root, name, text);

	root_write(lab->charon.root, path, script, 0755);
	return mem_printf("%s%s", lab->charon.root, path);
}

static void lab_init(struct lab *lab)
{
	*lab = (struct lab){ .log.out = fopen("/dev/null", "w") };
	fake_listen(&lab->charon);
	lab->options.root = lab->charon.root;
	session_init(&lab->session, &lab->options, &lab->log);
	lab->session.live = true;
	lab->session.host.distro = &lab->distro;
	lab->session.host.flavour = &lab->flavour;
	lab->flavour.backend = BACKEND_SWANCTL;
	lab->swanctl = program_write(lab, "swanctl", "cat ." SWANCTL "*.conf >>asked");
	lab->systemctl = program_write(lab, "systemctl", "");
	lab->restorecon = program_write(lab, "restorecon", "");
	lab->session.host.restorecon = lab->restorecon;
	lab->flavour.swanctl = lab->swanctl;
	lab->distro.systemctl = lab->systemctl;
}

static void lab_done(struct lab *lab)
{
	plan_done(&lab->plan);
	target_done(&lab->target);
	session_close(&lab->session);
	fclose(lab->log.out);
	fake_done(&lab->charon);
	free(lab->swanctl);
	free(lab->systemctl);
	free(lab->restorecon);
}

#define AUTO_LAB CLEANUP(lab_done) struct lab

static void assert_asked(const struct lab *lab, const char *expected)
{
	AUTO_FREE char *asked = NULL;

	if (!file_exists(lab->charon.root, "/asked")) {
		assert_string_equal("", expected);
		return;
	}
	asked = root_read(lab->charon.root, "/asked");
	assert_string_equal(asked, expected);
}

static void plan_call(struct lab *lab, enum action_kind kind, enum concern concern,
		      const char *name, const char *value)
{
	plan_add(&lab->plan, kind, name, value)->concern = concern;
}

/* before is NULL where there was no file, after where there will be none. */
static void plan_file(struct lab *lab, enum concern concern, const char *path, const char *before,
		      const char *after)
{
	struct action *action =
		plan_add(&lab->plan, after ? ACTION_WRITE : ACTION_REMOVE, path, NULL);

	action->concern = concern;
	if (before != NULL) {
		root_write(lab->charon.root, path, before, 0640);
		buf_adds(&action->file.before, before);
		action->file.before_mode = 0640;
	}
	buf_adds(&action->file.content, after ? after : "");
	action->file.mode = 0644;
}

/* Charon answers with these connections once it has loaded. */
static void charon_has(struct lab *lab, const char *connection)
{
	fake_packet(fake_turn(&lab->charon, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_packet(fake_turn(&lab->charon, AT_ONCE), RESPONSE, NULL, "version=5.9.8");
	fake_stream(&lab->charon, "list-conn", &connection, connection != NULL);
	fake_stream(&lab->charon, "list-sa", NULL, 0);
	fake_start(&lab->charon);
}

static int lab_apply(struct lab *lab, struct err *e)
{
	return apply_plan(&lab->session, &lab->target, &lab->plan, e);
}

static void lab_apply_well(struct lab *lab)
{
	struct err e = ERR_INIT;

	if (lab_apply(lab, &e) < 0)
		fail_msg("%s", e.cause);
}

static void assert_file(const struct lab *lab, const char *path, const char *expected, mode_t mode)
{
	AUTO_FREE char *text = root_read(lab->charon.root, path);

	assert_string_equal(text, expected);
	assert_int_equal(file_mode(lab->charon.root, path) & 07777, mode);
}

static void action_is_not_done(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_file(&lab, CONCERN_UNITS, "/etc/new", NULL, "new\n");
	plan_call(&lab, ACTION_RELOAD_SYSTEMD, CONCERN_UNITS, NULL, NULL);
	plan_call(&lab, ACTION_ENABLE, CONCERN_UNITS, "a.timer", NULL);
	plan_file(&lab, CONCERN_FIREWALL, "/etc/old", "old\n", NULL);
	plan_call(&lab, ACTION_START, CONCERN_FIREWALL, "b.service", NULL);
	plan_call(&lab, ACTION_RELOAD, CONCERN_FIREWALL, "c.service", NULL);
	plan_call(&lab, ACTION_DISABLE, CONCERN_STRONGSWAN, "d.service", NULL);
	plan_call(&lab, ACTION_RESTART, CONCERN_STRONGSWAN, "e.service", NULL);
	lab_apply_well(&lab);
	assert_file(&lab, "/etc/new", "new\n", 0644);
	assert_false(file_exists(lab.charon.root, "/etc/old"));
	assert_asked(&lab, "systemctl daemon-reload\n"
			   "systemctl enable a.timer\n"
			   "systemctl start b.service\n"
			   "systemctl reload-or-restart c.service\n"
			   "systemctl disable --now d.service\n"
			   "systemctl restart e.service\n");
}

static void machine_is_touched_from_another_root(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	lab.session.live = false;
	plan_file(&lab, CONCERN_CHARON, SWANCTL "a.conf", NULL, "a\n");
	plan_call(&lab, ACTION_RELOAD_SYSTEMD, CONCERN_UNITS, NULL, NULL);
	plan_call(&lab, ACTION_SET_KERNEL, CONCERN_SYSCTL, "net.ipv4.ip_forward", "1");
	plan_call(&lab, ACTION_SOURCE_DEST_CHECK_OFF, CONCERN_UNITS, "eni-1", NULL);
	plan_call(&lab, ACTION_RELOAD_SETTINGS, CONCERN_STRONGSWAN, "a.service", NULL);
	plan_call(&lab, ACTION_LOAD, CONCERN_CHARON, "swanctl --load-all", NULL);
	lab_apply_well(&lab);
	assert_file(&lab, SWANCTL "a.conf", "a\n", 0644);
	assert_asked(&lab, "");
	assert_int_equal(lab.session.setback.code, EXIT_DONE);
}

static void setting_of_the_kernel_is_not_written(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	root_write(lab.charon.root, "/proc/sys/net/ipv4/ip_forward", "0", 0644);
	plan_call(&lab, ACTION_SET_KERNEL, CONCERN_SYSCTL, "net.ipv4.ip_forward", "1");
	lab_apply_well(&lab);
	assert_file(&lab, "/proc/sys/net/ipv4/ip_forward", "1", 0644);
}

/* Some kernels lack some settings. */
static void missing_setting_of_the_kernel_stops_the_run(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	root_write(lab.charon.root, "/proc/sys/net/ipv4/b", "0", 0644);
	plan_call(&lab, ACTION_SET_KERNEL, CONCERN_SYSCTL, "net.ipv4.a", "1");
	plan_call(&lab, ACTION_SET_KERNEL, CONCERN_SYSCTL, "net.ipv4.b", "1");
	plan_call(&lab, ACTION_START, CONCERN_STRONGSWAN, "charon.service", NULL);
	lab_apply_well(&lab);
	assert_file(&lab, "/proc/sys/net/ipv4/b", "1", 0644);
	assert_asked(&lab, "systemctl start charon.service\n");
	assert_error(&lab.session.setback, EXIT_STEP,
		     "kernel settings: cannot set the kernel's 'net.ipv4.a' to '1': "
		     "No such file or directory",
		     "");
}

static void failing_time_daemon_stops_the_run_or_is_started_all_the_same(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	free(program_write(&lab, "systemctl", "test $2 != chrony.service || exit 1"));
	plan_call(&lab, ACTION_ENABLE, CONCERN_TIME, "chrony.service", NULL);
	plan_call(&lab, ACTION_START, CONCERN_TIME, "chrony.service", NULL);
	plan_call(&lab, ACTION_START, CONCERN_FIREWALL, "rules.service", NULL);
	lab_apply_well(&lab);
	assert_asked(&lab, "systemctl enable chrony.service\nsystemctl start rules.service\n");
	assert_int_equal(lab.session.setback.code, EXIT_STEP);
}

static void run_goes_on_behind_a_failure(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	free(program_write(&lab, "systemctl", "echo no luck >&2; exit 1"));
	plan_call(&lab, ACTION_START, CONCERN_FIREWALL, "rules.service", NULL);
	plan_file(&lab, CONCERN_STRONGSWAN, "/etc/charon", NULL, "new\n");
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_int_equal(e.code, EXIT_STEP);
	assert_string_equal(e.cause, "cannot start 'rules.service': no luck");
	assert_string_equal(lab.session.step, "firewall");
	assert_false(file_exists(lab.charon.root, "/etc/charon"));
}

/* --- loading --- */

#define CONNECTION(address) \
	"cygnet-a {remote_addrs=[" address "] local-1 {id=203.0.113.1} remote-1 {id=" address "} " \
	"children {cygnet-a {local-ts=[10.1.0.0/16] remote-ts=[10.2.0.0/16]}}}"

static void ranges_add(struct cidrs *ranges, const char *text)
{
	struct cidr range;

	assert_true(cidr_parse(text, &range));
	cidrs_add(ranges, range);
}

static void label_is_not_restored(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_call(&lab, ACTION_RELABEL, CONCERN_CHARON, "/etc/swanctl/private", NULL);
	lab_apply_well(&lab);
	assert_asked(&lab, "restorecon -R /etc/swanctl/private\n");
}

static void run_goes_on_with_keys_that_charon_may_not_read(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	free(program_write(&lab, "restorecon", "printf 'no policy\nat all\n' >&2; exit 255"));
	plan_call(&lab, ACTION_RELABEL, CONCERN_CHARON, "/etc/swanctl/private", NULL);
	plan_call(&lab, ACTION_START, CONCERN_CHARON, "a.service", NULL);
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot restore the label of '/etc/swanctl/private': no policy", "");
	assert_asked(&lab, "restorecon -R /etc/swanctl/private\n");
}

static void file_to_be_edited_is_made(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_file(&lab, CONCERN_TIME, "/etc/ntp.conf", NULL, "server a\n");
	lab.plan.actions[0].file.mode = 0;
	plan_call(&lab, ACTION_RESTART, CONCERN_TIME, "ntpd.service", NULL);
	lab_apply_well(&lab);
	assert_false(file_exists(lab.charon.root, "/etc/ntp.conf"));
	assert_asked(&lab, "");
	assert_error(&lab.session.setback, EXIT_MISSING, "time: '/etc/ntp.conf' is not there",
		     "install the package that it belongs to again");
}

/* A connection that moves, one that comes and one that goes, settings, and rules. */
static void plan_load(struct lab *lab)
{
	struct connection *wanted =
		MEM_GROW(lab->target.connections, lab->target.connection_count);

	*wanted = (struct connection){
		.name = mem_strdup("cygnet-a"),
		.child = mem_strdup("cygnet-a"),
		.remote_address = mem_strdup("203.0.113.2"),
		.local_id = mem_strdup("203.0.113.1"),
		.remote_id = mem_strdup("203.0.113.2"),
	};
	ranges_add(&wanted->local_subnets, "10.1.0.0/16");
	ranges_add(&wanted->remote_subnets, "10.2.0.0/16");
	plan_file(lab, CONCERN_FIREWALL, "/etc/rules", "old rules\n", "new rules\n");
	plan_file(lab, CONCERN_STRONGSWAN, "/etc/settings", "old\n", "new\n");
	plan_file(lab, CONCERN_CHARON, SWANCTL "a.conf", "a at 9\n", "a at 2\n");
	plan_file(lab, CONCERN_CHARON, SWANCTL "b.conf", NULL, "b\n");
	plan_file(lab, CONCERN_CHARON, SWANCTL "c.conf", "c\n", NULL);
	plan_call(lab, ACTION_LOAD, CONCERN_CHARON, "swanctl --load-all", NULL);
}

static void files_that_charon_took_go_back(void **state)
{
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_load(&lab);
	charon_has(&lab, CONNECTION("203.0.113.2"));
	lab_apply_well(&lab);
	assert_file(&lab, SWANCTL "a.conf", "a at 2\n", 0644);
	assert_file(&lab, SWANCTL "b.conf", "b\n", 0644);
	assert_false(file_exists(lab.charon.root, SWANCTL "c.conf"));
	assert_asked(&lab, "swanctl --load-all --noprompt\na at 2\nb\n");
}

static void charon_that_has_its_files_is_loaded_for_ever(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_load(&lab);
	charon_has(&lab, CONNECTION("203.0.113.2"));
	assert_int_equal(apply_behind(&lab.session, CONCERN_CHARON, &e), 0);
	assert_true(apply_is_behind(&lab.session, CONCERN_CHARON));
	lab_apply_well(&lab);
	assert_false(apply_is_behind(&lab.session, CONCERN_CHARON));
}

/* What belongs to nobody's step here, as the key does, settles nothing. */
static void service_that_failed_to_hear_of_its_files_is_given_up(void **state)
{
	static const enum concern concerns[] = {
		CONCERN_UNITS, CONCERN_TIME, CONCERN_FIREWALL, CONCERN_STRONGSWAN,
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(concerns); i++) {
		struct err e = ERR_INIT;
		AUTO_LAB lab;

		lab_init(&lab);
		free(program_write(&lab, "systemctl", "test ! -e broken"));
		root_write(lab.charon.root, "/broken", "", 0644);
		plan_call(&lab, ACTION_MAKE_KEY, concerns[i], NULL, NULL);
		plan_file(&lab, concerns[i], "/etc/settings", "old\n", "new\n");
		plan_call(&lab, ACTION_RESTART, concerns[i], "a.service", NULL);
		plan_call(&lab, ACTION_PUBLISH, concerns[i], "/record", NULL);
		(void)lab_apply(&lab, &e);
		for (enum concern concern = 0; concern < CONCERN_COUNT; concern++)
			assert_int_equal(apply_is_behind(&lab.session, concern), concern == concerns[i]);
		assert_int_equal(file_remove(lab.charon.root, "/broken", &e), 0);
		lab_apply_well(&lab);
		assert_false(apply_is_behind(&lab.session, concerns[i]));
	}
}

static void file_is_written_before_it_is_noted(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	root_write(lab.charon.root, "/run/cygnet", "no folder", 0644);
	plan_file(&lab, CONCERN_FIREWALL, "/etc/rules", "old\n", "new\n");
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_file(&lab, "/etc/rules", "old\n", 0640);
}

static void assert_rolled_back(const struct lab *lab)
{
	assert_file(lab, SWANCTL "a.conf", "a at 9\n", 0640);
	assert_false(file_exists(lab->charon.root, SWANCTL "b.conf"));
	assert_file(lab, SWANCTL "c.conf", "c\n", 0640);
	assert_file(lab, "/etc/settings", "old\n", 0640);
	assert_file(lab, "/etc/rules", "new rules\n", 0644);
	assert_asked(lab, "swanctl --load-all --noprompt\na at 2\nb\n"
			  "swanctl --load-all --noprompt\na at 9\nc\n");
}

static void charon_keeps_files_that_it_did_not_take(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_load(&lab);
	charon_has(&lab, CONNECTION("203.0.113.9"));
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_error(&e, EXIT_STEP,
		     "charon did not take the new files; the previous ones are back: connection "
		     "'cygnet-a' is loaded with remote address '203.0.113.9' instead of "
		     "'203.0.113.2'",
		     "");
	assert_rolled_back(&lab);
	assert_true(apply_is_behind(&lab.session, CONCERN_CHARON));
}

/* As after a syntax error in any one file: swanctl ends well, and everything is unloaded. */
static void complaint_of_swanctl_is_lost(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	free(program_write(&lab, "swanctl",
			   "cat ." SWANCTL "*.conf >>asked\n"
			   "printf 'b.conf:1: odd\n\nall gone\n' >&2"));
	plan_load(&lab);
	charon_has(&lab, NULL);
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_error(&e, EXIT_STEP,
		     "charon did not take the new files; the previous ones are back: connection "
		     "'cygnet-a' is not loaded",
		     "strongSwan said: b.conf:1: odd; all gone");
	assert_rolled_back(&lab);
}

/* It is not there any more: nothing can be said of the new files, and nothing is left half done. */
static void failed_way_back_is_not_told(void **state)
{
	struct err e = ERR_INIT;
	AUTO_LAB lab;

	(void)state;
	lab_init(&lab);
	plan_load(&lab);
	free(program_write(&lab, "swanctl", "rm -r ./etc/swanctl; echo >./etc/swanctl"));
	charon_has(&lab, NULL);
	assert_int_equal(lab_apply(&lab, &e), -1);
	assert_int_equal(e.code, EXIT_STEP);
	assert_non_null(strstr(e.cause, "the previous ones could not be put back ("));
	assert_non_null(strstr(e.cause, "connection 'cygnet-a' is not loaded"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(action_is_not_done),
		cmocka_unit_test(machine_is_touched_from_another_root),
		cmocka_unit_test(setting_of_the_kernel_is_not_written),
		cmocka_unit_test(missing_setting_of_the_kernel_stops_the_run),
		cmocka_unit_test(failing_time_daemon_stops_the_run_or_is_started_all_the_same),
		cmocka_unit_test(run_goes_on_behind_a_failure),
		cmocka_unit_test(label_is_not_restored),
		cmocka_unit_test(run_goes_on_with_keys_that_charon_may_not_read),
		cmocka_unit_test(file_to_be_edited_is_made),
		cmocka_unit_test(files_that_charon_took_go_back),
		cmocka_unit_test(charon_that_has_its_files_is_loaded_for_ever),
		cmocka_unit_test(service_that_failed_to_hear_of_its_files_is_given_up),
		cmocka_unit_test(file_is_written_before_it_is_noted),
		cmocka_unit_test(charon_keeps_files_that_it_did_not_take),
		cmocka_unit_test(complaint_of_swanctl_is_lost),
		cmocka_unit_test(failed_way_back_is_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
