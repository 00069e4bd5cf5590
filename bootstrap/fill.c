/*
 * fill: the order in which the world outside learns of this gateway, so that two instances of a site never fight and
 * nobody is led to one that is not there yet.
 */
#include "bootstrap/fill.h"

#include <string.h>

#include "base/clock.h"
#include "bootstrap/apply_cloud.h"
#include "bootstrap/claim.h"
#include "bootstrap/publish.h"

#define ADDRESS_MS 30000	/* until IMDS shows what EC2 has done */
#define ADDRESS_LOOK_MS 1000

static bool plan_has(const struct plan *plan, enum action_kind kind)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->actions[i].kind == kind)
			return true;
	return false;
}

/* What the registry does not do now costs the tunnels nothing; anything else ends the run. */
static int registry_failed(struct session *session, struct outcome *outcome, struct err *e)
{
	if (e->code != EXIT_AGAIN && e->code != EXIT_DENIED)
		return -1;
	outcome->behind |= e->code == EXIT_AGAIN;
	session_registry_lost(session, e);
	return 0;
}

/* --- the address --- */

static int address_await(struct session *session, uint32_t address, struct err *e)
{
	int64_t deadline = clock_boot_ms() + ADDRESS_MS;
	char text[ADDRESS_TEXT];

	for (;;) {
		if (instance_read_public(session->imds, &session->instance, e) < 0)
			return -1;
		if (session->instance.public_address == address)
			return 0;
		if (clock_boot_ms() >= deadline)
			break;
		clock_sleep_ms(ADDRESS_LOOK_MS);
	}
	address_format(address, text);
	return err_set(e, EXIT_AGAIN, "the address %s is associated, and IMDS does not show it yet", text);
}

/* What was connected from the former address is cut off. */
static void address_take(struct session *session, const struct picture *picture, const struct plan *plan,
			 struct outcome *outcome)
{
	struct err e = ERR_INIT;

	outcome->behind |= !cloud_apply(session, plan, PHASE_ADDRESS);
	aws_reconnect(session->aws);
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->actions[i].kind != ACTION_ASSOCIATE)
			continue;
		if (address_await(session, plan->actions[i].address, &e) < 0)
			session_setback(session, &e);
		/* The files are still those of the address before: the next pass makes them anew. */
		outcome->behind |= picture->own.address != session->instance.public_address;
	}
}

/* --- the record --- */

/* Many gateways that boot together meet Parameter Store's limit: the record stays pending, and the tunnels go on. */
static int record_put(struct session *session, const struct picture *picture, struct outcome *outcome,
		      bool *ret_published, struct err *e)
{
	bool behind;

	session_step(session, "publish");
	log_note(session->log, "publishing the record of '%s'", picture->own.name);
	*ret_published = publish_record(session, &picture->own, &behind, e) == 0;
	if (!*ret_published)
		return registry_failed(session, outcome, e);
	outcome->behind |= behind;
	return 0;
}

/* Whether peers that read the record as it was found come to this instance. */
static bool record_shows_us(const struct picture *picture)
{
	const struct public_key *own = site_active_key(&picture->own);
	const struct site *found = picture_found(picture);
	const struct public_key *shown = found != NULL ? site_active_key(found) : NULL;

	return shown != NULL && strcmp(found->instance, picture->own.instance) == 0 && strcmp(shown->id, own->id) == 0;
}

/* --- the order --- */

/* EC2 is read and written by whoever has the role: only the record says whose the site is. */
static bool site_confirm(struct session *session, struct outcome *outcome)
{
	struct err e = ERR_INIT;
	bool ours = false;

	session_step(session, "registry");
	if (claim_confirm(session, &ours, &e) < 0)
		session_registry_lost(session, &e);
	else if (!ours)
		log_note(session->log, "another instance has taken site '%s' meanwhile: nothing more is changed in the VPC",
			 session->config.site);
	outcome->behind |= !ours;
	return ours;
}

static int site_claim(struct session *session, struct picture *picture, struct err *e)
{
	session_step(session, "claim");
	log_note(session->log, "claiming site '%s', generation %lld", picture->own.name,
		 (long long)picture->own.generation);
	return claim_make(session, picture_found(picture), &picture->own, e);
}

int fill_site(struct session *session, struct picture *picture, struct plan *plan, struct outcome *outcome,
	      struct err *e)
{
	bool fresh = picture->succession.tenure == TENURE_CLAIM, associates = plan_has(plan, ACTION_ASSOCIATE);
	bool writes, ours, published = false;

	outcome->behind |= !cloud_apply(session, plan, PHASE_HOST);
	cloud_rehearse(session, plan);
	if (fresh && associates && !plan_has(plan, ACTION_ASSOCIATE))
		return 0;
	if (picture->claims && site_claim(session, picture, e) < 0)
		return registry_failed(session, outcome, e);
	writes = cloud_writes(plan, PHASE_ADDRESS) || cloud_writes(plan, PHASE_NETWORK);
	ours = !writes || site_confirm(session, outcome);
	if (ours && cloud_writes(plan, PHASE_ADDRESS))
		address_take(session, picture, plan, outcome);
	if (ours && picture->publish && picture->own.address == session->instance.public_address &&
	    record_put(session, picture, outcome, &published, e) < 0)
		return -1;
	if (ours && (published || record_shows_us(picture)))
		outcome->behind |= !cloud_apply(session, plan, PHASE_NETWORK);
	return 0;
}
