/*
 * stroke: starter and its charon by their own program, where no vici answers. `ipsec` says what it
 * thinks on its outputs and hardly ever with its status, so each word's silence or answer is known
 * here. It never waits for a peer.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "bootstrap/charon/place.h"
#include "bootstrap/charon/statusall.h"
#include "bootstrap/charon/way.h"
#include "bootstrap/charon/words.h"

#define STROKE_MS 10000
#define PID_FILE_MAX 32

/* A word of `ipsec`, and up to two behind it. */
struct order {
	const char *word, *option, *name;
};

static int ipsec_run(const struct charon *charon, const struct order *order, int timeout_ms,
		     struct run_result *ret_result, struct err *e)
{
	const char *const argv[] = {
		charon->flavour->ipsec, order->word, order->option, order->name, NULL,
	};

	return run_capture(argv, timeout_ms, ret_result, e);
}

/* One that says nothing on stdout when all is well. */
static int ipsec_tell(const struct charon *charon, const struct order *order, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };
	const char *said;

	if (ipsec_run(charon, order, STROKE_MS, &result, e) < 0)
		return -1;
	if (result.status == 0 && result.out.len == 0)
		return 0;
	said = result.out.len > 0 ? buf_str(&result.out) : buf_str(&result.errors);
	return err_set(e, EXIT_STEP, "'%s %s%s%s' says: %.*s", charon->flavour->ipsec, order->word,
		       order->option ? " " : "", order->option ? order->option : "",
		       (int)strcspn(said, "\n"), said);
}

/* --- observing --- */

static int status_read(const struct charon *charon, int timeout_ms, struct run_result *ret_result,
		       struct err *e)
{
	static const struct order order = { .word = "statusall" };

	if (ipsec_run(charon, &order, timeout_ms, ret_result, e) < 0)
		return -1;
	if (ret_result->out.len == 0)
		return err_set(e, EXIT_AGAIN, "charon does not answer '%s statusall'",
			       charon->flavour->ipsec);
	return 0;
}

static int stroke_answers(const struct charon *charon, int64_t wait_ms, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };

	return status_read(charon, (int)wait_ms, &result, e);
}

static int stroke_probe(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e)
{
	CLEANUP(run_result_done) struct run_result result = { 0 };

	if (status_read(charon, STROKE_MS, &result, e) < 0)
		return -1;
	if (result.truncated)
		return err_set(e, EXIT_STEP, "'%s statusall' says more than %zu bytes",
			       charon->flavour->ipsec, result.out.len);
	return statusall_parse(buf_str(&result.out), ret_tunnels, e);
}

/* --- telling --- */

/* Charon reads strongswan.conf again when it is told to by a signal. */
static int stroke_reload_settings(const struct charon *charon, struct err *e)
{
	AUTO_FREE char *path = charon_place(charon->root, "charon.pid");
	AUTO_BUF struct buf text = { 0 };
	uint64_t pid;

	if (file_read(charon->root, path, PID_FILE_MAX, &text, NULL, e) < 0)
		return -1;
	while (text.len > 0 && text.data[text.len - 1] == '\n')
		text.data[--text.len] = '\0';
	if (!word_number(buf_str(&text), INT32_MAX, &pid) || pid < 2)
		return err_set(e, EXIT_STEP, "'%s' does not hold a process id", path);
	if (kill((pid_t)pid, SIGHUP) < 0)
		return err_set(e, EXIT_STEP, "cannot tell charon, process %llu: %s",
			       (unsigned long long)pid, strerror(errno));
	return 0;
}

static int stroke_initiate(const struct charon *charon, const char *connection, struct err *e)
{
	const struct order order = { "stroke", "up-nb", connection };

	return ipsec_tell(charon, &order, e) < 0 ? err_wrap(e, "'%s'", connection) : 0;
}

static int stroke_terminate(const struct charon *charon, const char *connection, uint32_t sa_id,
			    bool force, struct err *e)
{
	AUTO_FREE char *sa = mem_printf("%s[%u]", connection, sa_id);
	const struct order order = { "stroke", "down-nb", sa };

	(void)force;
	return ipsec_tell(charon, &order, e) < 0 ? err_wrap(e, "SA %u", sa_id) : 0;
}

static int stroke_terminate_child(const struct charon *charon, const char *connection,
				  uint32_t child_id, struct err *e)
{
	AUTO_FREE char *child = mem_printf("%s{%u}", connection, child_id);
	const struct order order = { "stroke", "down-nb", child };

	if (ipsec_tell(charon, &order, e) < 0)
		return err_wrap(e, "child %u of '%s'", child_id, connection);
	return 0;
}

const struct way stroke_way = {
	.answers = stroke_answers,
	.probe = stroke_probe,
	.reload_settings = stroke_reload_settings,
	.initiate = stroke_initiate,
	.terminate = stroke_terminate,
	.terminate_child = stroke_terminate_child,
};

/* --- loading --- */

/* What starter said besides that its files are well. */
static char *starter_complaints(struct run_result *result)
{
	static const char well[] = "config OK\n";
	char *said = buf_take(&result->errors), *end = strstr(said, well);

	if (end != NULL)
		*end = '\0';
	return said;
}

/*
 * A file that cannot be parsed is ignored while starter runs, and keeps it from starting at the
 * next boot: so it is asked first. What it finds odd in single conns it says, and accepts.
 */
static int starter_check(const struct charon *charon, char **ret_complaints, struct err *e)
{
	static const struct order order = { "start", "--conftest", NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };

	if (ipsec_run(charon, &order, STROKE_MS, &result, e) < 0)
		return -1;
	if (result.status == 0) {
		*ret_complaints = starter_complaints(&result);
		return 0;
	}
	err_set(e, EXIT_STEP, "starter would not start with '%s/ipsec.conf' and what it includes",
		charon->flavour->ipsec_folder);
	return err_remedy(e, "starter said: %s", buf_str(&result.errors));
}

int starter_load(const struct charon *charon, char **ret_complaints, struct err *e)
{
	static const struct order secrets = { .word = "rereadsecrets" };
	static const struct order conns = { .word = "update" };
	AUTO_FREE char *complaints = NULL;

	if (starter_check(charon, &complaints, e) < 0 || ipsec_tell(charon, &secrets, e) < 0 ||
	    ipsec_tell(charon, &conns, e) < 0)
		return -1;
	*ret_complaints = TAKE(complaints);
	return 0;
}
