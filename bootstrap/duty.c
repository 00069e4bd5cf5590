/*
 * duty: how an instance stops being a gateway, once, and says so from then on. Who fills the site
 * by now is succession's to judge, and why it was left the operator's.
 */
#include "bootstrap/duty.h"

#include "bootstrap/apply.h"
#include "bootstrap/membership.h"
#include "bootstrap/observe.h"
#include "bootstrap/picture.h"
#include "bootstrap/services.h"

/* What starts cygnet: the first is not stopped, as it may be what runs this. */
static const struct {
	const char *unit;
	int (*stop)(const struct distro *distro, const char *unit, struct err *e);
} starters[] = {
	{ "cygnet.service", service_disable_later },
	{ "cygnet-sync.timer", service_disable },
};

void duty_resume(struct session *session)
{
	bool anew = membership_renew(session);

	session->claim = session->options->claim || (!anew && session->state.duty == DUTY_LEFT);
}

int duty_refuse(const struct session *session, struct err *e)
{
	const char *site = session->state.identity.site;

	if (session->state.duty == DUTY_SUPERSEDED) {
		err_set(e, EXIT_CONFIG, "another instance fills site '%s', and this one does not "
			"serve it any more", site);
		return err_remedy(e, "'cygnet bootstrap --claim' takes the site back");
	}
	err_set(e, EXIT_CONFIG, "site '%s' was taken out of the mesh, and this instance does not "
		"serve it any more", site);
	return err_remedy(e, "'cygnet bootstrap' takes it in again");
}

int duty_check(const struct session *session, struct err *e)
{
	const struct state *state = &session->state;
	bool stopped = (state->duty == DUTY_SUPERSEDED && !state->complete) ||
		       state->duty == DUTY_LEFT;

	return stopped && !session->claim ? duty_refuse(session, e) : 0;
}

void duty_tell(struct session *session, const struct succession *succession)
{
	const char *then = succession->over ? "stops" :
			   "keeps its tunnels until that one has published its key, and does "
			   "nothing else";
	const char *site = session->config.site;
	AUTO_FREE char *text = NULL;

	if (succession->tenure == TENURE_LEFT)
		text = mem_printf("site '%s' was taken out of the mesh: this instance stops", site);
	else if (succession->by != NULL)
		text = mem_printf("instance '%s' fills site '%s' now, generation %lld: this one %s",
				  succession->by->instance, site,
				  (long long)succession->by->generation, then);
	else
		text = mem_printf("another instance has filled site '%s': this one %s", site, then);
	session_warn(session, text);
}

/* A gateway of nobody: the rule set, strongSwan's settings and no connections. */
int duty_disconnect(struct session *session, struct outcome *outcome, struct err *e)
{
	const struct site own = { .name = session->config.site };
	const struct sites nobody = { 0 };
	const struct tree_inputs inputs = picture_tree_inputs(session, &own, &nobody);
	CLEANUP(observation_done) struct observation seen = { 0 };
	CLEANUP(target_done) struct target target = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	session_step(session, "host");
	target_make(&inputs, &target);
	if (observe_host(session, &target, &seen, e) < 0)
		return -1;
	plan_make(&target, &seen,
		  1u << CONCERN_FIREWALL | 1u << CONCERN_STRONGSWAN | 1u << CONCERN_CHARON,
		  NULL, &plan);
	outcome->changed |= plan.count > 0;
	if (apply_plan(session, &target, &plan, e) < 0)
		return -1;
	return tunnels_tend(session, &own, &nobody, NULL, outcome, e);
}

static int starters_stop(struct session *session, struct outcome *outcome, struct err *e)
{
	const struct distro *distro = session->host.distro;
	struct service service;

	session_step(session, "units");
	for (size_t i = 0; i < COUNT_OF(starters); i++) {
		if (service_observe(distro, starters[i].unit, &service, e) < 0)
			return -1;
		if (!service.enabled)
			continue;
		outcome->changed = true;
		log_note(session->log, "systemctl disable %s", starters[i].unit);
		if (starters[i].stop(distro, starters[i].unit, e) < 0)
			return -1;
	}
	return 0;
}

int duty_stop(struct session *session, enum duty duty, struct outcome *outcome, struct err *e)
{
	struct state *state = &session->state;

	if (starters_stop(session, outcome, e) < 0)
		return -1;
	session_step(session, "state");
	state->duty = duty;
	state->complete = false;
	return state_save(session->options->root, state, e);
}

int duty_retire(struct session *session, enum duty duty, struct outcome *outcome, struct err *e)
{
	return duty_disconnect(session, outcome, e) < 0 ? -1 : duty_stop(session, duty, outcome, e);
}
