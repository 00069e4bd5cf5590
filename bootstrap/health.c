/*
 * health: whether an instance should be replaced because its charon is beyond repair. It repairs
 * nothing itself: it looks at what a pass has left.
 */
#include "bootstrap/health.h"

#include "aws/autoscaling.h"
#include "base/clock.h"
#include "bootstrap/pass.h"

#define TELL_AGAIN_MS (3600 * 1000)
#define LOCK_WAIT_MS 1000

bool health_judge(struct recent *recent, bool answers, int64_t now_ms, int64_t after_ms)
{
	if (answers) {
		recent->charon_lost_ms = 0;
		return false;
	}
	if (recent->charon_lost_ms == 0)
		recent->charon_lost_ms = now_ms;
	return now_ms - recent->charon_lost_ms >= after_ms &&
	       (recent->unhealthy_ms == 0 || now_ms - recent->unhealthy_ms >= TELL_AGAIN_MS);
}

/* It is remembered first: a group that cannot be told is not asked with every run. */
static int health_pass(struct session *session, struct outcome *outcome, struct err *e)
{
	int64_t now_ms = clock_boot_ms(), after_ms = session->config.unhealthy_after_s * 1000;
	bool tell;

	(void)outcome;
	if (session->state.duty != DUTY_SERVES)
		return 0;
	tell = health_judge(&session->recent, tunnels_observable(session), now_ms, after_ms);
	if (tell)
		session->recent.unhealthy_ms = now_ms;
	if (recent_save(session->options->root, &session->recent, e) < 0)
		return -1;
	if (!tell)
		return 0;
	session_step(session, "health");
	log_warn(session->log, "charon could not be brought back for %lld s: the Auto Scaling "
		 "group is asked to replace this instance",
		 (long long)((now_ms - session->recent.charon_lost_ms) / 1000));
	return autoscaling_unhealthy(session->aws, session->instance.region,
				     session->instance.id, e);
}

void health_watch(struct session *session)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };
	const char *step = session->step;
	struct err e = ERR_INIT;

	if (!session->live || session->config.unhealthy_after_s == 0)
		return;
	if (pass_run(session, health_pass, LOCK_WAIT_MS, &outcome, &e) < 0)
		session_setback(session, &e);
	session->step = step;
}
