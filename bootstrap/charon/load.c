/*
 * load: having the daemon read its files. strongSwan's own programs do that, as they know every
 * option and key format; what they achieved is seen by probing, since no exit status tells.
 */
#include "bootstrap/charon/charon.h"

#include "base/run.h"
#include "bootstrap/charon/way.h"

#define LOAD_MS 30000		/* 500 connections take 3 s */

static int swanctl_load(const struct charon *charon, char **ret_complaints, struct err *e)
{
	const char *const argv[] = { charon->flavour->swanctl, "--load-all", "--noprompt", NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };

	if (run_capture(argv, LOAD_MS, &result, e) < 0)
		return -1;
	*ret_complaints = buf_take(&result.errors);
	return 0;
}

int charon_load(const struct charon *charon, char **ret_complaints, struct err *e)
{
	if (charon->flavour->backend == BACKEND_IPSEC)
		return starter_load(charon, ret_complaints, e);
	return swanctl_load(charon, ret_complaints, e);
}
