/*
 * services: systemd's units, through systemctl. It knows how to ask and how to tell what went
 * wrong, not which units there should be.
 */
#include "bootstrap/services.h"

#include <string.h>

#include "base/mem.h"
#include "base/run.h"

/*
 * Of a call that waits for systemd's job. With --no-block nothing would tell a unit that failed
 * from one not begun, nor, after a restart, the new process from the old. A job may be ordered
 * behind the very boot step that runs us (cloud-init's bootcmd comes before the network is up):
 * then this limit, shorter than the 90 s that systemd gives a unit, ends the wait; the job stays
 * queued, and systemd runs it once this program has ended.
 */
#define JOB_MS 60000

/* Of one that has systemd read its units again: systemctl itself waits as long for that. */
#define RELOAD_MS 180000

/* How systemctl ends when systemd has not answered it in time. */
#define NO_ANSWER "Connection timed out"

/*
 * Programs say why in the last line of stderr; systemctl ends with where to look instead. Cuts text
 * in place.
 */
static const char *last_reason(char *text)
{
	const char *reason = "it does not say why";
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strlen(line);

		if (strncmp(line, "See ", 4) == 0)
			continue;
		if (len > 1 && line[len - 1] == '.')
			line[len - 1] = '\0';
		reason = line;
	}
	return reason;
}

/* "Failed to start a.service: why" begins with what the message around it says already. */
static const char *reason_alone(const char *reason, const char *verb)
{
	static const char start[] = "Failed to ";
	const char *why = strstr(reason, ": ");

	if (why == NULL || strncmp(reason, start, sizeof start - 1) != 0 ||
	    strncmp(reason + sizeof start - 1, verb, strlen(verb)) != 0)
		return reason;
	return why + 2;
}

static int remedy_where(const char *unit, struct err *e)
{
	if (unit == NULL)
		return err_remedy(e, "see 'journalctl -b _PID=1'");
	return err_remedy(e, "see 'systemctl status %s' and 'journalctl -u %s'", unit, unit);
}

static int remedy_slow(struct err *e)
{
	return err_remedy(e, "see 'systemctl list-jobs' for what it waits for");
}

/* Cuts text in place. */
static int systemctl_failed(const char *verb, const char *unit, char *text, struct err *e)
{
	const char *reason = reason_alone(last_reason(text), verb);
	bool slow = strstr(reason, NO_ANSWER) != NULL;

	err_set(e, slow ? EXIT_AGAIN : EXIT_STEP, "cannot %s '%s': %s", verb,
		unit ? unit : "systemd", reason);
	return slow ? remedy_slow(e) : remedy_where(unit, e);
}

/* option and unit may be NULL. */
static int systemctl(const struct distro *distro, int limit_ms, const char *verb,
		     const char *option, const char *unit, struct run_result *ret_result,
		     struct err *e)
{
	const char *const argv[] = { distro->systemctl, verb, option ? option : unit,
				     option ? unit : NULL, NULL };
	AUTO_FREE char *errors = NULL;

	if (run_capture(argv, limit_ms, ret_result, e) < 0) {
		err_wrap(e, "cannot %s '%s'", verb, unit ? unit : "systemd");
		return e->code == EXIT_AGAIN ? remedy_slow(e) : -1;
	}
	if (ret_result->status == 0)
		return 0;
	errors = buf_take(&ret_result->errors);
	return systemctl_failed(verb, unit, errors, e);
}

static int job_do(const struct distro *distro, const char *verb, const char *option,
		  const char *unit, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };

	return systemctl(distro, JOB_MS, verb, option, unit, &result, e);
}

static int reload_do(const struct distro *distro, const char *verb, const char *unit, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };

	return systemctl(distro, RELOAD_MS, verb, NULL, unit, &result, e);
}

/* The value of a line "name=value"; NULL when there is none. */
static char *property(const char *lines, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = lines; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return mem_strndup(line + len + 1, strcspn(line + len + 1, "\n"));
	}
	return NULL;
}

static bool one_of(const char *state, const char *const states[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(state, states[i]) == 0)
			return true;
	return false;
}

int service_observe(const struct distro *distro, const char *unit, struct service *ret_service,
		    struct err *e)
{
	static const char *const enabled[] = { "enabled", "alias", "static", "generated" };
	static const char *const active[] = { "active", "activating", "reloading", "refreshing" };
	CLEANUP(run_result_done) struct run_result result = { 0 };
	AUTO_FREE char *load = NULL, *file = NULL, *now = NULL;

	if (systemctl(distro, JOB_MS, "show", "--property=LoadState,UnitFileState,ActiveState",
		      unit, &result, e) < 0)
		return -1;
	load = property(buf_str(&result.out), "LoadState");
	file = property(buf_str(&result.out), "UnitFileState");
	now = property(buf_str(&result.out), "ActiveState");
	if (load == NULL || file == NULL || now == NULL)
		return err_set(e, EXIT_STEP, "systemctl does not tell the state of '%s'", unit);
	*ret_service = (struct service){
		.known = strcmp(load, "not-found") != 0,
		.enabled = one_of(file, enabled, COUNT_OF(enabled)),
		.active = one_of(now, active, COUNT_OF(active)),
	};
	return 0;
}

int service_daemon_reload(const struct distro *distro, struct err *e)
{
	return reload_do(distro, "daemon-reload", NULL, e);
}

int service_enable(const struct distro *distro, const char *unit, struct err *e)
{
	return reload_do(distro, "enable", unit, e);
}

int service_reenable(const struct distro *distro, const char *unit, struct err *e)
{
	return reload_do(distro, "reenable", unit, e);
}

int service_disable(const struct distro *distro, const char *unit, struct err *e)
{
	return job_do(distro, "disable", "--now", unit, e);
}

int service_disable_later(const struct distro *distro, const char *unit, struct err *e)
{
	return reload_do(distro, "disable", unit, e);
}

int service_start(const struct distro *distro, const char *unit, struct err *e)
{
	return job_do(distro, "start", NULL, unit, e);
}

int service_restart(const struct distro *distro, const char *unit, struct err *e)
{
	return job_do(distro, "restart", NULL, unit, e);
}

int service_reload(const struct distro *distro, const char *unit, struct err *e)
{
	return job_do(distro, "reload-or-restart", NULL, unit, e);
}
