/*
 * registry: how much of the registry a pass reads. What it says is judged elsewhere.
 */
#include "bootstrap/registry.h"

#include "keys/exchange_changes.h"

/*
 * Whether what was announced could be read, and is all that there is to know. What an earlier mesh
 * had warnings of may have to be looked at again with any other record, and everything has to with
 * another policy.
 */
static bool changes_read(struct session *session, struct listing *ret_listing)
{
	const struct state *state = &session->state;
	struct listing listing = { 0 };
	struct err e = ERR_INIT;
	bool told = false;

	if (state->refused || !state->complete)
		return false;
	if (exchange_changes(&session->registry, session->config.site, &state->applied,
			     &told, &listing, &e) < 0)
		session_setback(session, &e);
	if (told && listing.policy.hash == state->policy) {
		*ret_listing = listing;
		return true;
	}
	if (told)
		listing_done(&listing);
	return false;
}

int registry_read(struct session *session, bool news, struct listing *ret_listing, struct err *e)
{
	if (!(news && changes_read(session, ret_listing)) &&
	    exchange_list(&session->registry, ret_listing, e) < 0)
		return -1;
	listing_complete(ret_listing, &session->state.peers);
	listing_complete(ret_listing, &session->state.neighbours);
	return 0;
}
