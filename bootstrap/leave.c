/*
 * leave: the own site goes out of the mesh, in the order in which nobody is led astray: routes and
 * rules, the record, tunnels and units, and the address last. A part that fails costs the others
 * nothing; what passes by itself is tried again by sync, and what an operator has to mend by the
 * next `leave`.
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
	bool again;			/* something failed that a later run may find mended */
};

static void leaving_done(struct leaving *leaving)
{
	cloud_done(&leaving->cloud);
	site_done(&leaving->found);
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
	return cloud_wants(&session->config, part) ||
	       (part == CLOUD_TABLES && session->state.route_count > 0);
}

static void part_observe(struct leaving *leaving, enum cloud_part part)
{
	struct session *session = leaving->session;
	struct err e = ERR_INIT;

	if (!part_wanted(leaving, part))
		return;
	session_step(session, cloud_part_name(part));
	if (cloud_read(session->aws, &session->instance, &session->config, part, &leaving->cloud,
		       &e) < 0)
		leaving_setback(leaving, &e);
}

/* A record that cannot be understood may be a successor's. */
static int leaving_refuse(struct err *e)
{
	return err_remedy(e, "'cygnet bootstrap --claim' puts this instance's own record in its "
			  "place, and 'cygnet leave' takes that out");
}

/* The record last, as EC2 is written only by who has just seen that the site is its own. */
static int leaving_observe(struct leaving *leaving, struct err *e)
{
	struct session *session = leaving->session;
	struct state serving = session->state;	/* borrows; whatever this one has begun or ended */

	for (enum cloud_part part = 0; part < CLOUD_PARTS; part++)
		part_observe(leaving, part);
	session_step(session, "registry");
	if (exchange_record(&session->registry, session->config.site,
			    &leaving->is_found, &leaving->found, e) < 0)
		return e->code == EXIT_CONFIG ? leaving_refuse(e) : -1;
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
		err_set(e, EXIT_CONFIG, "site '%s' is filled by '%s' now, not by this instance",
			site, leaving->found.instance);
		return err_remedy(e, "run 'cygnet leave' there, or 'cygnet forget %s' should it be "
				  "gone for good", site);
	case TENURE_CLAIM:
		break;
	}
	err_set(e, EXIT_CONFIG, "this instance has never filled site '%s' of mesh '%s'", site,
		leaving->session->config.mesh);
	return err_remedy(e, "check 'mesh' and 'site'; 'cygnet forget SITE' takes out the site of "
			  "a gateway that is gone");
}

typedef void (*cloud_planner)(const struct cloud_inputs *inputs, struct plan *plan,
			      struct strings *warnings);

/* Plan a part of what is to be written to EC2, and do it. */
static void cloud_write(struct leaving *leaving, cloud_planner planner, enum phase phase,
			struct outcome *outcome)
{
	CLEANUP(strings_done) struct strings warnings = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct session *session = leaving->session;

	planner(&(struct cloud_inputs){
		.config = &session->config,
		.instance = &session->instance,
		.cloud = &leaving->cloud,
		.peers = &session->state.peers,
		.state = &session->state,
	}, &plan, &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		log_warn(session->log, "%s, ignoring", warnings.items[i]);
	outcome->changed |= plan.count > 0;
	leaving->again |= !cloud_apply(session, &plan, phase);
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
		log_warn(session->log, "its peers keep site '%s' until 'cygnet forget %s' is run "
			 "by somebody who may", session->config.site, session->config.site);
	leaving_setback(leaving, &e);
}

/* --- the address, last --- */

static bool has_address(const struct session *session)
{
	return !session->state.keep_address &&
	       session->instance.public_address == session->state.address;
}

/* From here on only IMDS and EC2 are read: with the address the registry may be out of reach. */
static int release_begin(struct session *session, struct err *e)
{
	struct state *state = &session->state;

	session_step(session, "state");
	state->address = session->instance.public_address;
	if (state->duty == DUTY_LEAVES)
		state->duty = DUTY_RELEASES;
	return state_save(session->options->root, state, e);
}

/* The timer is there until the address is given back, or refused for good. */
static int release(struct leaving *leaving, struct outcome *outcome, struct err *e)
{
	struct session *session = leaving->session;

	if (!leaving->again && has_address(session))
		cloud_write(leaving, cloud_release_plan, PHASE_ADDRESS, outcome);
	return leaving->again ? 0 : duty_stop(session, DUTY_LEFT, outcome, e);
}

/* Without the address it has been given back, and EC2 may be out of reach. */
static int release_resume(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(leaving_done) struct leaving leaving = { .session = session };

	if (has_address(session))
		part_observe(&leaving, CLOUD_ADDRESSES);
	return release(&leaving, outcome, e);
}

/* --- all of it --- */

/*
 * Until the record says that the site is gone its peers take the tunnels for theirs: they stay up
 * as long as it cannot be put.
 */
static int leave_go_on(struct leaving *leaving, struct outcome *outcome, struct err *e)
{
	struct session *session = leaving->session;

	cloud_write(leaving, cloud_leave_plan, PHASE_NETWORK, outcome);
	tombstone_put(leaving, outcome);
	if (leaving->again)
		return 0;
	if (duty_disconnect(session, outcome, e) < 0 || release_begin(session, e) < 0)
		return -1;
	return release(leaving, outcome, e);
}

static int leave_begin(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(leaving_done) struct leaving leaving = { .session = session };

	session->state.keep_address = session->options->keep_address;
	if (session->state.duty == DUTY_RELEASES)
		return release_resume(session, outcome, e);
	if (leaving_observe(&leaving, e) < 0 || leave_check(&leaving, e) < 0)
		return -1;
	session_step(session, "state");
	if (session->state.duty != DUTY_LEFT)
		session->state.duty = DUTY_LEAVES;
	if (state_save(session->options->root, &session->state, e) < 0)
		return -1;
	return leave_go_on(&leaving, outcome, e);
}

bool leave_is_on(const struct session *session)
{
	return session->state.duty == DUTY_LEAVES || session->state.duty == DUTY_RELEASES;
}

int leave_finish(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(leaving_done) struct leaving leaving = { .session = session };

	outcome->ended = true;
	if (session->state.duty == DUTY_RELEASES)
		return release_resume(session, outcome, e);
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

	if (session->state.duty == DUTY_RELEASES)
		how = "has left, and still has its address: sync goes on with it";
	else if (session->state.duty != DUTY_LEFT)
		how = "is not out yet: sync goes on with it";
	else if (outcome->changed)
		how = "has left; 'cygnet bootstrap' makes this instance a gateway again";
	log_note(session->log, "site '%s' of mesh '%s' %s",
		 session->config.site, session->config.mesh, how);
}

enum exit_code command_leave(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(outcome_done) struct outcome outcome = { 0 };

	if (!session->live) {
		err_set(e, EXIT_USAGE,
			"a gateway can only leave from its own root, without '--root'");
		return EXIT_STEP;
	}
	if (pass_allowed(session, e) < 0 || session_observe(session, environment, e) < 0)
		return EXIT_STEP;
	watchdog_start(session->config.timeout_s);
	session->leaves = true;
	if (pass_run(session, leave_begin, LOCK_WAIT_MS, &outcome, e) < 0)
		return EXIT_STEP;
	leave_tell(session, &outcome);
	return pass_code(session, &outcome);
}
