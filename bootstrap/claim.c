/*
 * claim: who fills a site is settled by what its record says last. Parameter Store has no
 * compare-and-swap, but each write tells its version, and so whether it went over what had been
 * read. It knows nothing of addresses and routes.
 */
#include "bootstrap/claim.h"

#include <string.h>

/* The own record as it is; *ret_found is NULL, or kept in *record, which is yours to site_done. */
static int record_read(const struct session *session, struct site *record,
		       const struct site **ret_found, struct err *e)
{
	bool found;

	site_done(record);
	if (exchange_record(&session->registry, session->config.site, &found, record, e) < 0)
		return -1;
	*ret_found = found ? record : NULL;
	return 0;
}

static bool names_us(const struct session *session, const struct site *found)
{
	return found != NULL && !found->left && strcmp(found->instance, session->instance.id) == 0;
}

static struct succession judge(const struct session *session, const struct site *found)
{
	struct succession succession;

	succession_judge(&(struct succession_inputs){
		.found = found,
		.instance = session->instance.id,
		.state = &session->state,
		.key = session->keyring.present ? &session->keyring.active : NULL,
	}, &succession);
	return succession;
}

/* Put the claim over what was found; *ret_alone: nobody else has written since that was read. */
static int claim_put(const struct session *session, const struct site *found, struct site *own,
		     bool *ret_alone, struct err *e)
{
	CLEANUP(site_done) struct site claim = { 0 };
	int64_t read = found != NULL ? found->version : 0;

	succession_claim(found, own, &claim);
	if (exchange_put_record(&session->registry, &claim, &own->version, e) < 0)
		return -1;
	*ret_alone = own->version == read + 1;
	return 0;
}

/*
 * From here on the site is ours until a greater record says otherwise; that peers hear of it is
 * still to be done.
 */
static int claim_keep(struct session *session, int64_t generation, struct err *e)
{
	struct state *state = &session->state;

	state->generation = generation;
	state->duty = DUTY_SERVES;
	state->pending = true;
	session->claim = false;
	return state_save(session->options->root, state, e);
}

static int claim_lost(const struct session *session, const struct site *by, struct err *e)
{
	if (by == NULL)
		return err_set(e, EXIT_AGAIN, "site '%s' was taken out of the mesh in the "
			       "same moment", session->config.site);
	return err_set(e, EXIT_AGAIN, "instance '%s' has taken site '%s' in the same moment",
		       by->instance, session->config.site);
}

int claim_check(const struct session *session, const struct succession *succession, struct err *e)
{
	const char *site = session->config.site;
	AUTO_FREE char *path = NULL;

	if (succession->tenure != TENURE_CLAIM || succession->generation <= GENERATION_MAX)
		return 0;
	path = exchange_record_path(&session->registry, site);
	err_set(e, EXIT_CONFIG,
		"the record of site '%s' is of the last generation, and no claim can follow it",
		site);
	return err_remedy(e, "delete the parameter '%s' in '%s'", path, session->config.registry);
}

int claim_make(struct session *session, const struct site *found, struct site *own, struct err *e)
{
	CLEANUP(site_done) struct site record = { 0 };
	struct succession succession;
	bool alone;

	for (int i = 0; i < CLAIM_TRIES; i++) {
		if (claim_put(session, found, own, &alone, e) < 0 ||
		    claim_keep(session, own->generation, e) < 0)
			return -1;
		if (alone)
			return 0;
		if (record_read(session, &record, &found, e) < 0)
			return -1;
		succession = judge(session, found);
		if (succession.tenure != TENURE_HELD)
			return claim_lost(session, succession.by, e);
		own->generation = succession.generation;
		own->version = found != NULL ? found->version : 0;
		if (names_us(session, found))
			return 0;
	}
	return err_set(e, EXIT_AGAIN, "the record of site '%s' is written by others again "
		       "and again", session->config.site);
}

int claim_confirm(const struct session *session, bool *ret_ours, struct err *e)
{
	CLEANUP(site_done) struct site record = { 0 };
	const struct site *found;

	if (record_read(session, &record, &found, e) < 0)
		return -1;
	*ret_ours = judge(session, found).tenure == TENURE_HELD &&
		    (found == NULL || names_us(session, found));
	return 0;
}
