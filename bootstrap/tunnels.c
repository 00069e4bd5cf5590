/*
 * tunnels: from charon's SAs to actions and a report, each pass anew. Which tunnel needs what is
 * decided in render/bringup; here it is looked up, done and remembered.
 */
#include "bootstrap/tunnels.h"

#include <stdlib.h>

#include "base/clock.h"
#include "bootstrap/charon/charon.h"
#include "keys/mesh.h"

#define ANSWER_MS 2000

void outcome_done(struct outcome *outcome)
{
	strings_done(&outcome->lines);
	strings_done(&outcome->rotation);
	strings_done(&outcome->holders);
}

static struct charon session_charon(const struct session *session)
{
	return (struct charon){ session->options->root, session->host.flavour };
}

bool tunnels_observable(const struct session *session)
{
	const struct charon charon = session_charon(session);
	struct err silent = ERR_INIT;

	return charon_wait(&charon, clock_boot_ms() + ANSWER_MS, &silent) == 0;
}

int tunnels_observe(const struct session *session, struct tunnels *ret_tunnels, struct err *e)
{
	const struct charon charon = session_charon(session);

	return charon_probe(&charon, ret_tunnels, e);
}

static int tunnel_act(const struct charon *charon, const struct action *action, struct err *e)
{
	switch (action->kind) {
	case ACTION_TERMINATE:
		return charon_terminate(charon, action->name, action->sa, action->force, e);
	case ACTION_TERMINATE_CHILD:
		return charon_terminate_child(charon, action->name, action->sa, e);
	default:
		return charon_initiate(charon, action->name, e);
	}
}

void tunnels_act(struct session *session, const struct plan *plan)
{
	const struct charon charon = session_charon(session);

	for (size_t i = 0; i < plan->count; i++) {
		const struct action *action = &plan->actions[i];
		AUTO_FREE char *text = action_text(action);
		struct err e = ERR_INIT;

		log_step(session->log, "%s", text);
		if (tunnel_act(&charon, action, &e) < 0)
			session_setback(session, &e);
	}
}

/* A charon that does not answer has none established. */
void tunnels_replaced(const struct session *session, const struct sites *peers,
		      struct replaced *ret_replaced)
{
	const struct charon charon = session_charon(session);
	struct replaced replaced = { 0 };
	struct err silent = ERR_INIT;

	mesh_replaced(&session->state.peers, peers, &replaced.sites);
	if (replaced.sites.count > 0)
		(void)charon_probe(&charon, &replaced.before, &silent);
	*ret_replaced = replaced;
}

static void outcome_report(struct outcome *outcome, const struct tunnel_report *reports,
			   size_t count)
{
	outcome->peers = count;
	outcome->up = 0;
	strings_done(&outcome->lines);
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *text = tunnel_text(&reports[i]);

		strings_add(&outcome->lines, text);
		outcome->up += tunnel_is_up(&reports[i]);
	}
}

int tunnels_tend(struct session *session, const struct site *own, const struct sites *peers,
		 const struct replaced *replaced, struct outcome *outcome, struct err *e)
{
	AUTO_FREE struct tunnel_report *reports = NULL;
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	const struct bringup_inputs inputs = {
		.own = own,
		.peers = peers,
		.tunnels = &tunnels,
		.recent = &session->recent,
		.replaced = replaced,
		.now_ms = clock_boot_ms(),
		.interval_ms = session->config.interval_s * 1000,
		.passive = session->state.duty != DUTY_SERVES || session->state.generation == 0,
	};

	session_step(session, "tunnels");
	if (tunnels_observe(session, &tunnels, e) < 0)
		return -1;
	bringup_plan(&inputs, &reports, &plan);
	tunnels_act(session, &plan);
	bringup_remember(&inputs, reports, &plan, &session->recent);
	outcome_report(outcome, reports, peers->count);
	return recent_save(session->options->root, &session->recent, e);
}
