/*
 * fill: the order in which the world outside learns of this gateway, so that two instances of a
 * site never fight and nobody is led to one that is not there yet.
 */
#include "bootstrap/fill.h"

#include <string.h>

#include "bootstrap/apply_cloud.h"
#include "bootstrap/claim.h"
#include "bootstrap/publish.h"

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

/* --- the record --- */

/* Peers come to the address that a record tells: it tells of none that this instance has not. */
static bool record_is_true(struct session *session, const struct picture *picture)
{
	AUTO_FREE char *text = NULL;
	char address[ADDRESS_TEXT];

	if (picture->own.address == session->instance.public_address)
		return true;
	address_format(picture->own.address, address);
	text = mem_printf("the record of '%s' waits until this instance has the address %s",
			  picture->own.name, address);
	session_warn(session, text);
	return false;
}

/*
 * Many gateways that boot together meet Parameter Store's limit: the record stays pending, and the
 * tunnels go on.
 */
static int record_put(struct session *session, const struct picture *picture,
		      struct outcome *outcome, bool *ret_published, struct err *e)
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

	return shown != NULL && strcmp(found->instance, picture->own.instance) == 0 &&
	       strcmp(shown->id, own->id) == 0;
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
		log_note(session->log, "another instance has taken site '%s' meanwhile: nothing "
			 "more is changed in the VPC", session->config.site);
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

int fill_site(struct session *session, struct picture *picture, struct plan *plan,
	      struct outcome *outcome, struct err *e)
{
	bool fresh = picture->succession.tenure == TENURE_CLAIM;
	bool associates = plan_has(plan, ACTION_ASSOCIATE);
	bool writes, ours, published = false;

	cloud_apply(session, plan, PHASE_HOST);
	cloud_rehearse(session, plan);
	if (fresh && associates && !plan_has(plan, ACTION_ASSOCIATE))
		return 0;
	if (picture->claims && site_claim(session, picture, e) < 0)
		return registry_failed(session, outcome, e);
	writes = cloud_writes(plan, PHASE_ADDRESS) || cloud_writes(plan, PHASE_NETWORK);
	ours = !writes || site_confirm(session, outcome);
	if (ours && cloud_writes(plan, PHASE_ADDRESS)) {
		cloud_apply(session, plan, PHASE_ADDRESS);
		/* The files of a gateway that has had another one are to be made anew. */
		outcome->behind |= picture->own.address != session->instance.public_address;
	}
	if (ours && picture->publish && record_is_true(session, picture) &&
	    record_put(session, picture, outcome, &published, e) < 0)
		return -1;
	if (ours && (published || record_shows_us(picture)))
		cloud_apply(session, plan, PHASE_NETWORK);
	return 0;
}
