/*
 * publish: the order in which a record and its announcement reach the registry. It knows nothing of
 * peers.
 */
#include "bootstrap/publish.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

static bool site_same(const struct site *a, const struct site *b)
{
	AUTO_FREE char *text_a = NULL;
	AUTO_FREE char *text_b = NULL;
	struct err too_long = ERR_INIT;

	return record_text(a, &text_a, &too_long) == 0 && record_text(b, &text_b, &too_long) == 0 &&
	       strcmp(text_a, text_b) == 0;
}

bool publish_due(const struct session *session, const struct listing *listing,
		 const struct site *own)
{
	const struct site *published = sites_find(&listing->sites, own->name);

	return session->state.pending || published == NULL || !site_same(published, own);
}

static int token_make(char ret_token[EPOCH_TOKEN_SIZE], struct err *e)
{
	unsigned char bytes[(EPOCH_TOKEN_SIZE - 1) / 2];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return err_set(e, EXIT_STEP, "the system has no randomness to give");
	for (size_t i = 0; i < sizeof bytes; i++)
		sprintf(ret_token + 2 * i, "%02x", bytes[i]);
	return 0;
}

int publish_announce(const struct registry *registry, const char *site, int64_t version,
		     struct epoch *ret_epoch, struct err *e)
{
	char token[EPOCH_TOKEN_SIZE];

	return token_make(token, e) < 0 ? -1 :
	       exchange_put_epoch(registry, site, version, token, ret_epoch, e);
}

static int pending_save(struct session *session, bool pending, struct err *e)
{
	session->state.pending = pending;
	return state_save(session->options->root, &session->state, e);
}

int publish_record(struct session *session, const struct site *own, bool *ret_behind, struct err *e)
{
	struct epoch epoch;
	int64_t version;

	if (pending_save(session, true, e) < 0 ||
	    exchange_put_record(&session->registry, own, &version, e) < 0 ||
	    publish_announce(&session->registry, own->name, version, &epoch, e) < 0)
		return -1;
	/* The next numbers are nobody else's writes: there is nothing in between to read. */
	*ret_behind = version != own->version + 1 ||
		      epoch.version != session->state.applied.version + 1;
	if (!*ret_behind)
		session->state.applied = epoch;
	session->state.generation = own->generation;
	return pending_save(session, false, e);
}
