/*
 * services: systemd's units, through systemctl. It knows how to ask and how to tell what went wrong,
 * not which units there should be.
 */
#include "bootstrap/services.h"

#include <string.h>

#include "base/mem.h"
#include "base/run.h"

/*
 * A call waits for systemd's job. With --no-block nothing would tell a unit that failed from one not
 * begun, nor, after a restart, the new process from the old. A job may be ordered behind the very
 * boot step that runs us (cloud-init's bootcmd comes before the network is up): then this limit,
 * shorter than the 90 s that systemd gives a unit, ends the wait; the job stays queued, and systemd
 * runs it once this program has ended.
 */
#define CALL_MS 60000

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

/* option and unit may be NULL. */
static int systemctl(const struct distro *distro, const char *verb, const char *option,
		     const char *unit, struct run_result *ret_result, struct err *e)
{
	const char *const argv[] = { distro->systemctl, verb, option ? option : unit,
				     option ? unit : NULL, NULL };
	AUTO_FREE char *errors = NULL;

	if (run_capture(argv, CALL_MS, ret_result, e) < 0) {
		err_wrap(e, "cannot %s '%s'", verb, unit ? unit : "systemd");
		if (e->code != EXIT_MISSING)
			err_remedy(e, "see 'systemctl list-jobs' for what it waits for");
		return -1;
	}
	if (ret_result->status == 0)
		return 0;
	errors = buf_take(&ret_result->errors);
	err_set(e, EXIT_STEP, "cannot %s '%s': %s", verb, unit ? unit : "systemd",
		reason_alone(last_reason(errors), verb));
	return remedy_where(unit, e);
}

static int unit_do(const struct distro *distro, const char *verb, const char *option,
		   const char *unit, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };

	return systemctl(distro, verb, option, unit, &result, e);
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

	if (systemctl(distro, "show", "--property=LoadState,UnitFileState,ActiveState", unit,
		      &result, e) < 0)
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
	return unit_do(distro, "daemon-reload", NULL, NULL, e);
}

int service_enable(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "enable", NULL, unit, e);
}

int service_reenable(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "reenable", NULL, unit, e);
}

int service_disable(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "disable", "--now", unit, e);
}

int service_disable_later(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "disable", NULL, unit, e);
}

int service_start(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "start", NULL, unit, e);
}

int service_restart(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "restart", NULL, unit, e);
}

int service_reload(const struct distro *distro, const char *unit, struct err *e)
{
	return unit_do(distro, "reload-or-restart", NULL, unit, e);
}
