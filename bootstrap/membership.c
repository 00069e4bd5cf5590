/*
 * membership: what a run is about when settings and state name different sites. A setting that
 * changes, or a tag that goes, must neither bridge two meshes nor take over a site that somebody
 * else fills.
 */
#include "bootstrap/membership.h"

#include "bootstrap/leave.h"

static bool is_member(const struct session *session)
{
	CLEANUP(identity_done) struct identity named = { 0 };

	identity_make(&session->config, &named);
	return identity_equal(&session->state.identity, &named);
}

/* Begin anew, with what has to be cleared up. */
static void state_forget(struct session *session)
{
	struct state *state = &session->state, anew = { 0 };

	identity_make(&session->config, &anew.identity);
	anew.routes = TAKE(state->routes);
	anew.route_count = state->route_count;
	state->route_count = 0;
	state_done(state);
	*state = anew;
	keyring_done(&session->keyring);
	session->fresh = true;
}

/* Whether the command line names another site than the state. */
static bool is_told_otherwise(const struct session *session)
{
	CLEANUP(identity_done) struct identity told = { 0 };

	identity_told(session->options->settings, &told);
	identity_complete(&told, &session->state.identity);
	return !identity_equal(&told, &session->state.identity);
}

/* Those that tell no site from another, such as 'registry-role', are what they are by now. */
static void settings_follow(struct session *session)
{
	AUTO_FREE char *own = identity_text(&session->state.identity);

	log_step(session->log, "this is about %s, which this instance is", own);
	identity_set(&session->state.identity, &session->config);
	aws_free(session->assumed);
	session->assumed = NULL;
	session_connect(session, session->instance.id);
}

static int membership_refuse(const struct session *session, struct err *e)
{
	CLEANUP(identity_done) struct identity named = { 0 };
	AUTO_FREE char *own = identity_text(&session->state.identity);
	AUTO_FREE char *other = NULL;

	identity_make(&session->config, &named);
	other = identity_text(&named);
	err_set(e, EXIT_CONFIG, "this instance is %s, and the settings name %s", own, other);
	if (session->state.duty == DUTY_SUPERSEDED)
		return err_remedy(e, "put the settings back, or begin anew: "
				  "'cygnet bootstrap --claim'");
	return err_remedy(e, "put the settings back, or move: 'cygnet leave', which takes it out "
			  "of that mesh, and then 'cygnet bootstrap'; or 'cygnet bootstrap "
			  "--claim', which leaves its record behind");
}

int membership_settle(struct session *session, struct err *e)
{
	CLEANUP(identity_done) struct identity named = { 0 };
	const struct state *state = &session->state;
	bool leaves = session->leaves || leave_is_on(session);

	identity_make(&session->config, &named);
	identity_complete(&session->state.identity, &named);
	if (is_member(session))
		return 0;
	if (state->generation == 0) {
		state_forget(session);
		return 0;
	}
	if (session->options->claim || (state->duty == DUTY_LEFT && !session->leaves))
		return 0;
	if (!leaves || is_told_otherwise(session))
		return membership_refuse(session, e);
	settings_follow(session);
	return 0;
}

bool membership_renew(struct session *session)
{
	AUTO_FREE char *was = NULL;

	if (is_member(session))
		return false;
	was = identity_text(&session->state.identity);
	if (session->state.duty != DUTY_LEFT)
		log_note(session->log, "beginning anew: record and rules of %s stay as they are",
			 was);
	state_forget(session);
	return true;
}
