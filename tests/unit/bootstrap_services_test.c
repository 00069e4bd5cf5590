/* Units by systemctl, played by a program that prints what systemd 252 printed. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/support.h"

#include "base/file.h"
#include "base/mem.h"
#include "bootstrap/services.h"

struct lab {
	char root[sizeof ROOT_TEMPLATE];
	char *systemctl;
	struct distro distro;
};

/* A systemctl of this text, which keeps its arguments in the file 'asked'. */
static void lab_make(struct lab *lab, const char *text)
{
	AUTO_BUF struct buf program = { 0 };
	struct err e = ERR_INIT;

	*lab = (struct lab){ .root = ROOT_TEMPLATE };
	root_make(lab->root);
	lab->systemctl = mem_printf("%s/systemctl", lab->root);
	lab->distro.systemctl = lab->systemctl;
	buf_addf(&program, "#!/bin/sh\necho \"$*\" >>%s/asked\n%s\n", lab->root, text);
	assert_int_equal(file_replace(lab->root, "/systemctl", program.data, program.len, 0755, &e), 0);
}

static void lab_done(struct lab *lab)
{
	root_remove(lab->root);
	free(lab->systemctl);
}

static void assert_asked(const struct lab *lab, const char *expected)
{
	AUTO_BUF struct buf asked = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_read(lab->root, "/asked", 4096, &asked, NULL, &e), 0);
	assert_string_equal(buf_str(&asked), expected);
}

static struct service observe(const char *load, const char *file, const char *now)
{
	AUTO_FREE char *text = mem_printf("echo LoadState=%s; echo ActiveState=%s; echo UnitFileState=%s", load, now, file);
	CLEANUP(lab_done) struct lab lab;
	struct service service;
	struct err e = ERR_INIT;

	lab_make(&lab, text);
	assert_int_equal(service_observe(&lab.distro, "strongswan.service", &service, &e), 0);
	assert_asked(&lab, "show --property=LoadState,UnitFileState,ActiveState strongswan.service\n");
	return service;
}

static void states_are_read_as_systemd_documents_them(void **state)
{
	static const struct {
		const char *load, *file, *now;
		bool known, enabled, active;
	} cases[] = {
		{ "not-found", "", "inactive", false, false, false },
		{ "loaded", "disabled", "inactive", true, false, false },
		{ "loaded", "enabled", "active", true, true, true },
		{ "loaded", "alias", "activating", true, true, true },
		{ "loaded", "static", "reloading", true, true, true },
		{ "loaded", "generated", "deactivating", true, true, false },
		{ "loaded", "enabled-runtime", "failed", true, false, false },
		{ "loaded", "linked", "maintenance", true, false, false },
		{ "masked", "masked", "inactive", true, false, false },
		{ "error", "bad", "inactive", true, false, false },
		{ "loaded", "", "active", true, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct service service = observe(cases[i].load, cases[i].file, cases[i].now);

		assert_int_equal(service.known, cases[i].known);
		assert_int_equal(service.enabled, cases[i].enabled);
		assert_int_equal(service.active, cases[i].active);
	}
}

static void an_answer_without_a_state_is_an_error(void **state)
{
	static const char *const answers[] = {
		"", "echo LoadState=loaded; echo ActiveState=active", "echo LoadState=loaded; echo UnitFileState=enabled",
		"echo UnitFileState=enabled; echo ActiveState=active; echo XLoadState=loaded; echo LoadStateX=loaded",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		CLEANUP(lab_done) struct lab lab;
		struct service service;
		struct err e = ERR_INIT;

		lab_make(&lab, answers[i]);
		assert_int_equal(service_observe(&lab.distro, "a.service", &service, &e), -1);
		assert_error(&e, EXIT_STEP, "systemctl does not tell the state of 'a.service'", "");
	}
}

static void a_machine_without_systemd_running_is_an_error(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct service service;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "echo 'System has not been booted with systemd as init system (PID 1).' >&2\n"
		       "echo 'Failed to connect to bus: Host is down' >&2; exit 1");
	assert_int_equal(service_observe(&lab.distro, "a.service", &service, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot show 'a.service': Failed to connect to bus: Host is down",
		     "see 'systemctl status a.service' and 'journalctl -u a.service'");
}

static void each_change_is_one_call(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "");
	assert_int_equal(service_daemon_reload(&lab.distro, &e), 0);
	assert_int_equal(service_enable(&lab.distro, "a.service", &e), 0);
	assert_int_equal(service_reenable(&lab.distro, "a.timer", &e), 0);
	assert_int_equal(service_disable(&lab.distro, "b.service", &e), 0);
	assert_int_equal(service_disable_later(&lab.distro, "b.service", &e), 0);
	assert_int_equal(service_start(&lab.distro, "c.timer", &e), 0);
	assert_int_equal(service_restart(&lab.distro, "d.service", &e), 0);
	assert_int_equal(service_reload(&lab.distro, "e.service", &e), 0);
	assert_asked(&lab, "daemon-reload\nenable a.service\nreenable a.timer\ndisable --now b.service\n"
			   "disable b.service\nstart c.timer\nrestart d.service\n"
			   "reload-or-restart e.service\n");
}

static void a_failed_start_gives_the_reason_and_where_to_look(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "echo 'Warning: The unit file of a.service changed on disk.' >&2\n"
		       "echo 'Job for a.service failed because the control process exited with error code.' >&2\n"
		       "echo 'See \"systemctl status a.service\" and \"journalctl -xeu a.service\" for details.' >&2\n"
		       "exit 1");
	assert_int_equal(service_start(&lab.distro, "a.service", &e), -1);
	assert_error(&e, EXIT_STEP,
		     "cannot start 'a.service': Job for a.service failed because the control process exited with error code",
		     "see 'systemctl status a.service' and 'journalctl -u a.service'");
}

static void a_reason_is_not_said_twice(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "echo 'Failed to enable unit: Unit file a.service does not exist.' >&2; exit 1");
	assert_int_equal(service_enable(&lab.distro, "a.service", &e), -1);
	assert_error(&e, EXIT_STEP, "cannot enable 'a.service': Unit file a.service does not exist",
		     "see 'systemctl status a.service' and 'journalctl -u a.service'");
}

/* As systemctl says it when PID 1 is busy for longer than a call over the bus may take. */
static void a_systemd_that_is_busy_is_broken(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "echo 'Failed to start a.service: Connection timed out' >&2\n"
		       "echo \"See system logs and 'systemctl status a.service' for details.\" >&2; exit 1");
	assert_int_equal(service_start(&lab.distro, "a.service", &e), -1);
	assert_error(&e, EXIT_AGAIN, "cannot start 'a.service': Connection timed out",
		     "see 'systemctl list-jobs' for what it waits for");
}

static void advice_on_success_is_no_failure(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "echo 'The unit files have no installation config' >&2");
	assert_int_equal(service_enable(&lab.distro, "a.service", &e), 0);
	assert_int_equal(e.code, EXIT_DONE);
}

static void a_failure_without_a_word_is_still_a_failure(void **state)
{
	CLEANUP(lab_done) struct lab lab;
	struct err e = ERR_INIT;

	(void)state;
	lab_make(&lab, "exit 4");
	assert_int_equal(service_daemon_reload(&lab.distro, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot daemon-reload 'systemd': it does not say why", "see 'journalctl -b _PID=1'");
}

static void a_machine_without_systemctl_is_an_error(void **state)
{
	const struct distro distro = { .systemctl = "/nowhere/systemctl" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(service_start(&distro, "a.service", &e), -1);
	assert_error(&e, EXIT_MISSING,
		     "cannot start 'a.service': cannot run '/nowhere/systemctl': No such file or directory", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_read_as_systemd_documents_them),
		cmocka_unit_test(an_answer_without_a_state_is_an_error),
		cmocka_unit_test(a_machine_without_systemd_running_is_an_error),
		cmocka_unit_test(each_change_is_one_call),
		cmocka_unit_test(a_failed_start_gives_the_reason_and_where_to_look),
		cmocka_unit_test(a_reason_is_not_said_twice),
		cmocka_unit_test(a_systemd_that_is_busy_is_broken),
		cmocka_unit_test(advice_on_success_is_no_failure),
		cmocka_unit_test(a_failure_without_a_word_is_still_a_failure),
		cmocka_unit_test(a_machine_without_systemctl_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
