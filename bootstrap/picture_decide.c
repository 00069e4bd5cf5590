/*
 * picture_decide: from what was observed to who fills the site, what it publishes and which peers
 * it has. It asks nobody.
 */
#include "bootstrap/picture.h"

#include <string.h>

#include "bootstrap/claim.h"
#include "bootstrap/publish.h"
#include "render/rotation.h"

/* --- the own site --- */

static void own_keys(const struct session *session, struct site *own)
{
	struct site_key *key;

	if (session->keyring.present) {
		rotation_show(&session->state, &session->keyring, own);
		return;
	}
	key = MEM_GROW(own->keys, own->key_count);
	*key = (struct site_key){ .state = KEY_ACTIVE };
	memset(key->key.id, '0', KEY_ID_SIZE - 1);
	key->key.spki = mem_strdup("");
}

void picture_remember(struct session *session, struct site *ret_own)
{
	const struct instance *instance = &session->instance;
	const struct state *state = &session->state;
	struct site own = {
		.name = mem_strdup(session->config.site),
		.generation = state->generation > 0 ? state->generation : 1,
		.region = mem_strdup(instance->region),
		.account = mem_strdup(instance->account),
		.vpc = mem_strdup(instance->vpc),
		.zone = mem_strdup(instance->zone),
		.instance = mem_strdup(instance->id),
		.address = state->address != 0 ? state->address : instance->public_address,
		.probe = instance->private_address,
	};

	cidrs_copy(&session->config.subnets, &own.subnets);
	own_keys(session, &own);
	*ret_own = own;
}

/* With scope az the own subnets are EC2's to tell; when it does not, those it told last stay. */
static int zone_decide(struct session *session, const struct picture *picture, struct err *e)
{
	struct cidrs *ranges = &session->state.zone_ranges;
	const struct cloud *cloud = &picture->cloud;

	if (session->config.scope != SCOPE_AZ)
		return 0;
	if (cloud->known[CLOUD_SUBNETS]) {
		cidrs_done(ranges);
		cloud_zone_ranges(cloud, session->instance.zone, ranges);
	} else if (ranges->count == 0) {
		if (!session->config.zonal)
			return 0;
		*e = picture->no_subnets;
		return err_wrap(e, "the subnets of zone '%s' are not known yet",
				session->instance.zone);
	}
	return config_zone(&session->config, &session->instance, ranges, e);
}

/* --- who fills the site --- */

static bool is_others(const struct session *session, const struct site *found)
{
	return found != NULL && !found->left && strcmp(found->instance, session->instance.id) != 0;
}

/* An instance that our record takes the place of, whichever way it got there. */
static void predecessor_note(struct session *session, const struct site *found)
{
	struct strings *before = &session->state.predecessors, noted = { 0 };

	if (!is_others(session, found) || strings_has(before, found->instance))
		return;
	strings_add(&noted, found->instance);
	for (size_t i = 0; i < before->count && noted.count < PREDECESSORS_MAX; i++)
		strings_add(&noted, before->items[i]);
	strings_done(before);
	*before = noted;
}

/* What the site has revoked stays so under another instance, until peers have dealt with it. */
static void revoked_inherit(struct session *session, const struct site *found, struct site *own)
{
	struct strings *revoked = &session->state.revoked;

	for (size_t i = 0; found != NULL && i < found->revoked.count; i++)
		if (!strings_has(revoked, found->revoked.items[i]))
			strings_add(revoked, found->revoked.items[i]);
	strings_done(&own->revoked);
	strings_copy(revoked, &own->revoked);
}

static void refused_tell(struct session *session, const struct refusal *refused)
{
	struct err e = ERR_INIT;

	err_set(&e, EXIT_CONFIG, "the record of site '%s' may be another instance's, and cannot be "
		"understood: %s", refused->site, refused->rule);
	err_remedy(&e, "'cygnet bootstrap --claim' puts this instance's own in its place");
	session_setback(session, &e);
}

int picture_judge(struct session *session, struct picture *picture, struct err *e)
{
	const struct refusal *refused = listing_refusal(&picture->listing, picture->own.name);
	const struct site *found = picture_found(picture);

	picture->licensed = picture->listed && (refused == NULL || session->claim);
	if (picture->listed && !picture->licensed)
		refused_tell(session, refused);
	if (!picture->licensed) {
		picture->succession.generation = picture->own.generation;
		picture->succession.tenure = session->state.generation > 0 ?
					     TENURE_HELD : TENURE_CLAIM;
		return 0;
	}
	if (succession_check(found, &picture->own, session->config.scope, e) < 0)
		return -1;
	succession_judge(&(struct succession_inputs){
		.found = found,
		.refused = refused,
		.instance = session->instance.id,
		.state = &session->state,
		.key = session->keyring.present ? &session->keyring.active : NULL,
		.claim = session->claim,
	}, &picture->succession);
	if (claim_check(session, &picture->succession, e) < 0)
		return -1;
	picture->own.generation = picture->succession.generation;
	picture->own.version = found != NULL ? found->version : 0;
	if (!picture_ended(picture))
		predecessor_note(session, found);
	if (picture->succession.tenure == TENURE_CLAIM)
		revoked_inherit(session, found, &picture->own);
	return 0;
}

/* --- its address --- */

/*
 * Whether the site can have its address. A gateway that works keeps the one that it has until the
 * Elastic IP is its own; one that takes the site over is made for what it is about to take.
 */
static bool address_decide(struct session *session, struct picture *picture)
{
	struct cloud_inputs inputs = picture_cloud_inputs(session, picture);
	const struct ec2_address *elastic;
	struct err e = ERR_INIT;
	uint32_t address;
	bool ours;

	inputs.peers = &session->state.peers;
	inputs.listed = picture->listed ? &picture->listing.sites : NULL;
	session_step(session, "address");
	if (cloud_address(&inputs, &address, &elastic, &e) < 0) {
		if (e.code != EXIT_MISSING)	/* else it was told when it could not be read */
			session_setback(session, &e);
		return false;
	}
	ours = elastic == NULL ||
	       (elastic->interface != NULL &&
		strcmp(elastic->interface, session->instance.interface) == 0);
	if (ours || picture->succession.tenure == TENURE_CLAIM || session->state.address == 0)
		picture->own.address = address;
	return true;
}

/* --- all of it --- */

static void mesh_decide(struct session *session, struct picture *picture)
{
	mesh_select(&(struct mesh_inputs){
		.listing = &picture->listing,
		.applied = &session->state.peers,
		.statics = &picture->statics,
		.own = &picture->own,
		.allow_subnets = &session->config.allow_subnets,
	}, &picture->mesh);
	session_pace(session, picture->mesh.peers.count);
}

int picture_decide(struct session *session, struct picture *picture, struct err *e)
{
	AUTO_FREE char *record = NULL;
	bool addressed, holds;

	session_step(session, "mesh");
	if (zone_decide(session, picture, e) < 0)
		return -1;
	picture_remember(session, &picture->own);
	picture->key_missing = !session->keyring.present;
	if (picture_judge(session, picture, e) < 0)
		return -1;
	if (picture_ended(picture))
		return 0;
	addressed = address_decide(session, picture);
	session_step(session, "mesh");
	if (record_text(&picture->own, &record, e) < 0)
		return -1;
	holds = picture->succession.tenure == TENURE_HELD;
	picture->claims = picture->licensed && addressed &&
			  (!holds || is_others(session, picture_found(picture)));
	picture->publish = picture->licensed && (holds || picture->claims) &&
			   publish_due(session, &picture->listing, &picture->own);
	mesh_decide(session, picture);
	return 0;
}
