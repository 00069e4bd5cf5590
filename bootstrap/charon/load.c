/*
 * load: having the daemon read its files. strongSwan's own programs do that, as they know every
 * option and key format; what they achieved is seen by probing, since no exit status tells.
 */
#include "bootstrap/charon/charon.h"

#include <string.h>

#include "base/run.h"
#include "bootstrap/charon/way.h"

#define LOAD_MS 30000		/* 500 connections take 3 s */

/* The line that tells of one of cygnet's own connections or keys; NULL: there is none. */
static const char *own_complaint(const char *lines)
{
	for (; *lines != '\0'; lines += strcspn(lines, "\n"), lines += *lines == '\n') {
		const char *own = strstr(lines, "cygnet-");

		if (own != NULL && own < lines + strcspn(lines, "\n"))
			return lines;
	}
	return NULL;
}

/* A connection that differs in keys alone looks, when not taken, as the one charon had before. */
static int swanctl_load(const struct charon *charon, char **ret_complaints, struct err *e)
{
	const char *const argv[] = { charon->flavour->swanctl, "--load-all", "--noprompt", NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };
	const char *complaint;

	if (run_capture(argv, LOAD_MS, &result, e) < 0)
		return -1;
	complaint = result.status != 0 ? own_complaint(buf_str(&result.errors)) : NULL;
	if (complaint != NULL)
		return err_set(e, EXIT_STEP, "swanctl says: %.*s",
			       (int)strcspn(complaint, "\n"), complaint);
	*ret_complaints = buf_take(&result.errors);
	return 0;
}

int charon_load(const struct charon *charon, char **ret_complaints, struct err *e)
{
	if (charon->flavour->backend == BACKEND_IPSEC)
		return starter_load(charon, ret_complaints, e);
	return swanctl_load(charon, ret_complaints, e);
}
