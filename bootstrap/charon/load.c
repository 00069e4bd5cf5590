/*
 * load: waiting for the daemon, and having it read its files. swanctl does the loading, as it knows
 * every option and key format; what it achieved is seen by probing, since its exit status does not
 * tell.
 */
#include "bootstrap/charon/charon.h"

#include "base/clock.h"
#include "base/run.h"
#include "bootstrap/charon/vici.h"

#define LOAD_MS 30000		/* 500 connections take 3 s */
#define ANSWER_MS 2000
#define WAIT_POLL_MS 200

/* The socket listens before charon's threads run: only an answer tells that it is ready. */
static int charon_answers(const char *root, int64_t wait_ms, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;
	AUTO_VICI struct vici *vici = NULL;

	if (vici_open(root, (int)(wait_ms < ANSWER_MS ? wait_ms : ANSWER_MS), &vici, e) < 0)
		return -1;
	return vici_request(vici, "version", NULL, &reply, e);
}

int charon_wait(const char *root, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		struct err attempt = ERR_INIT;
		int64_t left;

		if (charon_answers(root, deadline_ms - clock_boot_ms(), &attempt) == 0)
			return 0;
		left = deadline_ms - clock_boot_ms();
		if (attempt.code != EXIT_AGAIN || left <= 0)
			return err_set(e, attempt.code, "%s", attempt.cause);
		clock_sleep_ms(left < WAIT_POLL_MS ? left : WAIT_POLL_MS);
	}
}

int charon_load(const struct flavour *flavour, char **ret_complaints, struct err *e)
{
	const char *const argv[] = { flavour->swanctl, "--load-all", "--noprompt", NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };

	if (run_capture(argv, LOAD_MS, &result, e) < 0)
		return -1;
	*ret_complaints = buf_take(&result.errors);
	return 0;
}
