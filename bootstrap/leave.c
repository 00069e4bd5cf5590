/*
 * leave: the own site goes out of the mesh, in the order in which nobody is led astray: routes and rules, the record,
 * tunnels and units, and the address last. A part that fails costs the others nothing; what passes by itself is tried
 * again by sync, and what an operator has to mend by the next `leave`.
 */
#include "bootstrap/leave.h"

#include "bootstrap/apply_cloud.h"
#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/pass.h"
#include "bootstrap/picture.h"
#include "bootstrap/publish.h"
#include "bootstrap/watchdog.h"
#include "keys/ack.h"
#include "keys/succession.h"
#include "render/cloud.h"

#define LOCK_WAIT_MS 60000

/* What a leaving site has, and what is to become of it. */
struct leaving {
	struct session *session;
	struct cloud cloud;
	struct site found;		/* its record; zeroed when there is none */
	bool is_found;
	struct succession tenure;
	struct plan plan;		/* what is to be written to EC2 */
	bool again;			/* something failed that a later run may find mended */
};

static void leaving_done(struct leaving *leaving)
{
	cloud_done(&leaving->cloud);
	site_done(&leaving->found);
	plan_done(&leaving->plan);
}

static void leaving_setback(struct leaving *leaving, struct err *e)
{
	leaving->again |= e->code == EXIT_AGAIN;
	session_setback(leaving->session, e);
}

/* Routes that were made under other settings are looked for as well. */
static bool part_wanted(const struct leaving *leaving, enum cloud_part part)
{
	const struct session *session = leaving->session;

	if (part == CLOUD_GROUPS && !leaving->cloud.known[CLOUD_INTERFACE])
		return false;
	return cloud_wants(&session->config, part) || (part == CLOUD_TABLES && session->state.route_count > 0);
}

static void cloud_observe(struct leaving *leaving)
{
	struct session *session = leaving->session;

	for (enum cloud_part part = 0; part < CLOUD_PARTS; part++) {
		struct err e = ERR_INIT;

		if (!part_wanted(leaving, part))
			continue;
		session_step(session, cloud_part_name(part));
		if (cloud_read(session->aws, &session->instance, &session->config, part, &leaving->cloud, &e) < 0)
			leaving_setback(leaving, &e);
	}
}

/* The record last, as EC2 is written only by who has just seen that the site is its own. */
static int leaving_observe(struct leaving *leaving, struct err *e)
{
	struct session *session = leaving->session;
	struct state serving = session->state;		/* borrows; whatever this instance has begun or ended */

	cloud_observe(leaving);
	session_step(session, "registry");
	if (exchange_record(&session->registry, session->config.site, &leaving->is_found, &leaving->found, e) < 0)
		return -1;
	serving.duty = DUTY_SERVES;
	succession_judge(&(struct succession_inputs){
		.found = leaving->is_found ? &leaving->found : NULL,
		.instance = session->instance.id,
		.state = &serving,
	}, &leaving->tenure);
	if (leaving->found.left && leaving->found.generation >= session->state.generation)
		leaving->tenure.tenure = TENURE_LEFT;	/* by our own tombstone as well */
	return 0;
}

/* Only who fills a site takes it out: the successor's record and address are not ours. */
static int leave_check(const struct leaving *leaving, struct err *e)
{
	const char *site = leaving->session->config.site;

	switch (leaving->tenure.tenure) {
	case TENURE_HELD:
	case TENURE_LEFT:
		return 0;
	case TENURE_SUPERSEDED:
		err_set(e, EXIT_CONFIG, "site '%s' is filled by '%s' now, not by this instance", site,
			leaving->found.instance);
		return err_remedy(e, "run 'cygnet leave' there, or 'cygnet forget %s' should it be gone for good", site);
	case TENURE_CLAIM:
		break;
	}
	err_set(e, EXIT_CONFIG, "this instance has never filled site '%s' of mesh '%s'", site,
		leaving->session->config.mesh);
	return err_remedy(e, "check 'mesh' and 'site'; 'cygnet forget SITE' takes out the site of a gateway that is gone");
}

static void cloud_prepare(struct leaving *leaving)
{
	CLEANUP(strings_done) struct strings warnings = { 0 };
	struct session *session = leaving->session;

	cloud_leave_plan(&(struct cloud_inputs){
		.config = &session->config,
		.instance = &session->instance,
		.cloud = &leaving->cloud,
		.peers = &session->state.peers,
		.state = &session->state,
	}, session->state.keep_address, &leaving->plan, &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		log_warn(session->log, "%s, ignoring", warnings.items[i]);
}

/* What the site has acknowledged to others goes with it. */
static void ack_withdraw(struct leaving *leaving)
{
	struct session *session = leaving->session;
	struct err e = ERR_INIT;

	session_step(session, "ack");
	if (ack_remove(&session->registry, session->config.site, &e) < 0)
		leaving_setback(leaving, &e);
}

/* One that is there already is put again only to be announced. */
static void tombstone_put(struct leaving *leaving, struct outcome *outcome)
{
	CLEANUP(site_done) struct site last = { 0 };
	CLEANUP(site_done) struct site tombstone = { 0 };
	struct session *session = leaving->session;
	struct err e = ERR_INIT;

	if (leaving->tenure.tenure == TENURE_LEFT && !session->state.pending)
		return;
	ack_withdraw(leaving);
	session_step(session, "tombstone");
	picture_remember(session, &last);
	last.generation = leaving->tenure.generation;
	if (leaving->tenure.tenure == TENURE_LEFT)
		site_copy(&leaving->found, &tombstone);
	else
		succession_tombstone(&last, &tombstone);
	outcome->changed = true;
	log_step(session->log, "putting a tombstone over the record of '%s'", session->config.site);
	if (publish_record(session, &tombstone, &outcome->behind, &e) == 0)
		return;
	if (e.code != EXIT_AGAIN)
		log_warn(session->log, "its peers keep site '%s' until 'cygnet forget %s' is run by somebody who may",
			 session->config.site, session->config.site);
	leaving_setback(leaving, &e);
}

/*
 * Until the record says that the site is gone its peers take the tunnels for theirs: they stay up as long as it cannot
 * be put. With the address goes the connection to EC2, so nothing comes after it.
 */
static int leave_go_on(struct leaving *leaving, struct outcome *outcome, struct err *e)
{
	struct session *session = leaving->session;

	cloud_prepare(leaving);
	outcome->changed |= leaving->plan.count > 0;
	leaving->again |= !cloud_apply(session, &leaving->plan, PHASE_NETWORK);
	tombstone_put(leaving, outcome);
	if (leaving->again)
		return 0;
	if (duty_retire(session, DUTY_LEFT, outcome, e) < 0)
		return -1;
	cloud_apply(session, &leaving->plan, PHASE_ADDRESS);
	return 0;
}

static int leave_begin(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(leaving_done) struct leaving leaving = { .session = session };

	if (leaving_observe(&leaving, e) < 0 || leave_check(&leaving, e) < 0)
		return -1;
	session_step(session, "state");
	if (session->state.duty != DUTY_LEFT)
		session->state.duty = DUTY_LEAVES;
	session->state.keep_address = session->options->keep_address;
	if (state_save(session->options->root, &session->state, e) < 0)
		return -1;
	return leave_go_on(&leaving, outcome, e);
}

int leave_finish(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(leaving_done) struct leaving leaving = { .session = session };

	outcome->ended = true;
	if (leaving_observe(&leaving, e) < 0) {
		session_registry_lost(session, e);
		return 0;
	}
	session_registry_found(session);
	if (leaving.tenure.tenure == TENURE_SUPERSEDED)
		return duty_retire(session, DUTY_SUPERSEDED, outcome, e);
	return leave_go_on(&leaving, outcome, e);
}

static void leave_tell(const struct session *session, const struct outcome *outcome)
{
	const char *how = "has left already, nothing to do";

	if (session->state.duty != DUTY_LEFT)
		how = "is not out yet: sync goes on with it";
	else if (outcome->changed)
		how = "has left; 'cygnet bootstrap' takes it in again";
	log_note(session->log, "site '%s' of mesh '%s' %s", session->config.site, session->config.mesh, how);
}

enum exit_code command_leave(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };

	if (!session->live) {
		err_set(e, EXIT_USAGE, "a gateway can only leave from its own root, without '--root'");
		return EXIT_STEP;
	}
	if (pass_allowed(session, e) < 0 || session_observe(session, environment, e) < 0)
		return EXIT_STEP;
	watchdog_start(session->config.timeout_s);
	if (pass_run(session, leave_begin, LOCK_WAIT_MS, &outcome, e) < 0)
		return EXIT_STEP;
	leave_tell(session, &outcome);
	return pass_code(session, &outcome);
}
