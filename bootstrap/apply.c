/*
 * apply: the acting half of a run. It decides nothing: a plan says what to do and in which order,
 * and this file knows how each action is done, and how charon's files are taken back.
 */
#include "bootstrap/apply.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/run.h"
#include "bootstrap/charon/charon.h"
#include "bootstrap/services.h"

#define RELABEL_MS 30000
#define CHARON_START_MS 30000

struct applying {
	struct session *session;
	const struct target *target;
	const struct plan *plan;
	struct charon charon;
};

/* Yours to free. */
static char *behind_path(enum concern concern)
{
	static const char *const names[] = {
		[CONCERN_UNITS] = "units", [CONCERN_SYSCTL] = "sysctl",
		[CONCERN_TIME] = "time", [CONCERN_FIREWALL] = "firewall",
		[CONCERN_STRONGSWAN] = "strongswan", [CONCERN_CHARON] = "charon",
	};

	return mem_printf("/run/cygnet/behind-%s", names[concern]);
}

bool apply_is_behind(const struct session *session, enum concern concern)
{
	AUTO_FREE char *path = behind_path(concern);

	return file_exists(session->options->root, path);
}

int apply_behind(const struct session *session, enum concern concern, struct err *e)
{
	AUTO_FREE char *path = behind_path(concern);

	if (!session->live || file_exists(session->options->root, path))
		return 0;
	return file_replace(session->options->root, path, "", 0, 0600, e);
}

static int behind_end(const struct session *session, enum concern concern, struct err *e)
{
	AUTO_FREE char *path = behind_path(concern);

	return file_remove(session->options->root, path, e);
}

static int do_write(const struct applying *a, const struct action *action, struct err *e)
{
	if (action->file.mode == 0) {
		err_set(e, EXIT_MISSING, "'%s' is not there", action->name);
		return err_remedy(e, "install the package that it belongs to again");
	}
	return file_replace(a->session->options->root, action->name, buf_str(&action->file.content),
			    action->file.content.len, action->file.mode, e);
}

static int do_remove(const struct applying *a, const struct action *action, struct err *e)
{
	return file_remove(a->session->options->root, action->name, e);
}

static int do_relabel(const struct applying *a, const struct action *action, struct err *e)
{
	const char *const argv[] = { a->session->host.restorecon, "-R", action->name, NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };

	if (run_capture(argv, RELABEL_MS, &result, e) < 0)
		return -1;
	if (result.status == 0)
		return 0;
	return err_set(e, EXIT_STEP, "cannot restore the label of '%s': %.*s", action->name,
		       (int)strcspn(buf_str(&result.errors), "\n"), buf_str(&result.errors));
}

static int do_reload_systemd(const struct applying *a, const struct action *action, struct err *e)
{
	(void)action;
	return service_daemon_reload(a->session->host.distro, e);
}

static int do_unit(const struct applying *a, const struct action *action, struct err *e)
{
	static int (*const verbs[])(const struct distro *distro, const char *unit,
				    struct err *e) = {
		[ACTION_ENABLE] = service_enable,
		[ACTION_REENABLE] = service_reenable,
		[ACTION_DISABLE] = service_disable,
		[ACTION_START] = service_start,
		[ACTION_RESTART] = service_restart,
		[ACTION_RELOAD] = service_reload,
	};

	return verbs[action->kind](a->session->host.distro, action->name, e);
}

static int do_set_kernel(const struct applying *a, const struct action *action, struct err *e)
{
	AUTO_FREE char *path = sysctl_path(action->name);
	AUTO_FREE char *full = mem_printf("%s%s", a->session->options->root, path);
	AUTO_CLOSE int fd = open(full, O_WRONLY | O_CLOEXEC);
	ssize_t len = (ssize_t)strlen(action->value);

	if (fd < 0 || write(fd, action->value, (size_t)len) != len)
		return err_set(e, EXIT_STEP, "cannot set the kernel's '%s' to '%s': %m",
			       action->name, action->value);
	return 0;
}

static int do_reload_settings(const struct applying *a, const struct action *action, struct err *e)
{
	(void)action;
	return charon_reload_settings(&a->charon, e);
}

/* What a program said on several lines, as a message has it. Cuts lines in place; yours to free. */
static char *lines_join(char *lines)
{
	struct buf joined = { 0 };
	char *rest = NULL;

	for (char *line = strtok_r(lines, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		buf_addf(&joined, "%s%s", joined.len > 0 ? "; " : "", line);
	return buf_take(&joined);
}

/* Load, and see if charon has what was rendered; its complaints are the likely reason if not. */
static int load_verified(const struct applying *a, struct err *e)
{
	AUTO_FREE char *complaints = NULL, *said = NULL;

	if (charon_wait(&a->charon, clock_boot_ms() + CHARON_START_MS, e) < 0 ||
	    charon_load(&a->charon, &complaints, e) < 0)
		return -1;
	if (charon_verify(&a->charon, a->target->connections, a->target->connection_count, e) == 0)
		return 0;
	said = lines_join(complaints);
	if (said[0] != '\0')
		err_remedy(e, "strongSwan said: %s", said);
	return -1;
}

static bool charon_reads(const struct action *action)
{
	return action_is_file(action) &&
	       (action->concern == CONCERN_CHARON || action->concern == CONCERN_STRONGSWAN);
}

static int file_restore(const struct applying *a, const struct action *action, struct err *e)
{
	if (action->file.before_mode == 0)
		return file_remove(a->session->options->root, action->name, e);
	return file_replace(a->session->options->root, action->name, buf_str(&action->file.before),
			    action->file.before.len, action->file.before_mode, e);
}

static int charon_roll_back(const struct applying *a, struct err *e)
{
	AUTO_FREE char *complaints = NULL;

	for (size_t i = a->plan->count; i-- > 0;)
		if (charon_reads(&a->plan->actions[i]) &&
		    file_restore(a, &a->plan->actions[i], e) < 0)
			return -1;
	return charon_load(&a->charon, &complaints, e);
}

static int do_load(const struct applying *a, const struct action *action, struct err *e)
{
	struct err undo = ERR_INIT;

	(void)action;
	if (load_verified(a, e) == 0)
		return 0;
	if (charon_roll_back(a, &undo) < 0)
		return err_wrap(e, "charon did not take the new files, and the previous ones "
				"could not be put back (%s)", undo.cause);
	return err_wrap(e, "charon did not take the new files; the previous ones are back");
}

typedef int (*action_function)(const struct applying *a, const struct action *action,
			       struct err *e);

/* Making the key and what is done outside this host have their own steps (reconcile.c, fill.c). */
static const action_function functions[] = {
	[ACTION_WRITE] = do_write,
	[ACTION_REMOVE] = do_remove,
	[ACTION_RELABEL] = do_relabel,
	[ACTION_RELOAD_SYSTEMD] = do_reload_systemd,
	[ACTION_ENABLE] = do_unit,
	[ACTION_REENABLE] = do_unit,
	[ACTION_DISABLE] = do_unit,
	[ACTION_START] = do_unit,
	[ACTION_RESTART] = do_unit,
	[ACTION_RELOAD] = do_unit,
	[ACTION_SET_KERNEL] = do_set_kernel,
	[ACTION_RELOAD_SETTINGS] = do_reload_settings,
	[ACTION_LOAD] = do_load,
};

static bool failure_is_setback(const struct action *action)
{
	return action->concern == CONCERN_SYSCTL || action->concern == CONCERN_TIME;
}

static const char *action_step(const struct action *action)
{
	static const char *const steps[] = {
		[CONCERN_UNITS] = "units", [CONCERN_SYSCTL] = "kernel settings",
		[CONCERN_TIME] = "time", [CONCERN_FIREWALL] = "firewall",
		[CONCERN_STRONGSWAN] = "strongSwan", [CONCERN_CHARON] = "strongSwan",
	};

	return steps[action->concern];
}

static bool is_of_this_host(const struct action *action)
{
	return (size_t)action->kind < COUNT_OF(functions) && functions[action->kind] != NULL;
}

static bool is_last_of_concern(const struct plan *plan, const struct action *action)
{
	for (const struct action *later = action + 1; later < plan->actions + plan->count; later++)
		if (later->concern == action->concern && is_of_this_host(later))
			return false;
	return true;
}

static int action_do(const struct applying *a, const struct action *action, struct err *e)
{
	AUTO_FREE char *text = action_text(action);

	if (!is_of_this_host(action) || (!a->session->live && !action_is_file(action)))
		return 0;
	session_step(a->session, action_step(action));
	log_note(a->session->log, "%s", text);
	if ((action_is_file(action) && apply_behind(a->session, action->concern, e) < 0) ||
	    functions[action->kind](a, action, e) < 0)
		return -1;
	return is_last_of_concern(a->plan, action) ? behind_end(a->session, action->concern, e) : 0;
}

int apply_plan(struct session *session, const struct target *target, const struct plan *plan,
	       struct err *e)
{
	const struct applying a = {
		.session = session,
		.target = target,
		.plan = plan,
		.charon = { session->options->root, session->host.flavour },
	};

	for (size_t i = 0; i < plan->count; i++) {
		const struct action *action = &plan->actions[i];

		if (action_do(&a, action, e) == 0)
			continue;
		if (!failure_is_setback(action))
			return -1;
		session_setback(session, e);
		while (action->concern == CONCERN_TIME && i + 1 < plan->count &&
		       plan->actions[i + 1].concern == CONCERN_TIME)
			i++;
	}
	return 0;
}
