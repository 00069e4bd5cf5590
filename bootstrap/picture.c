/*
 * picture: from what is observed to a plan. It reads the machine, the registry and EC2, and changes none of them.
 */
#include "bootstrap/picture.h"

#include <stdlib.h>
#include <string.h>

#include "bootstrap/claim.h"
#include "bootstrap/observe.h"
#include "bootstrap/publish.h"
#include "bootstrap/registry.h"
#include "render/cloud.h"
#include "render/rotation.h"

void picture_done(struct picture *picture)
{
	statics_done(&picture->statics);
	cloud_done(&picture->cloud);
	listing_done(&picture->listing);
	mesh_done(&picture->mesh);
	site_done(&picture->own);
}

const struct site *picture_found(const struct picture *picture)
{
	return sites_find(&picture->listing.sites, picture->own.name);
}

bool picture_ended(const struct picture *picture)
{
	return picture->succession.tenure == TENURE_SUPERSEDED || picture->succession.tenure == TENURE_LEFT;
}

/* --- observing --- */

/* Each part by itself: a permission that lacks costs only what needs it. */
static void cloud_observe(struct session *session, struct picture *picture)
{
	struct cloud *cloud = &picture->cloud;

	for (enum cloud_part part = 0; part < CLOUD_PARTS; part++) {
		struct err e = ERR_INIT;

		if (!cloud_wants(&session->config, part) ||
		    (part == CLOUD_GROUPS && !cloud->known[CLOUD_INTERFACE]))
			continue;
		session_step(session, cloud_part_name(part));
		if (cloud_read(session->aws, &session->instance, &session->config, part, cloud, &e) == 0)
			continue;
		if (part == CLOUD_SUBNETS)
			picture->no_subnets = e;
		session_setback(session, &e);
	}
}

/* Whose place an instance takes is asked once: before it claims the site. */
static void predecessors_observe(struct session *session)
{
	struct strings found = { 0 };
	struct err e = ERR_INIT;

	if (session->state.generation > 0 && !session->claim)
		return;
	if (exchange_predecessors(&session->registry, session->config.site, session->instance.id, &found, &e) < 0) {
		session_setback(session, &e);
		return;
	}
	strings_done(&session->state.predecessors);
	session->state.predecessors = found;
}

void picture_observe_registry(struct session *session, struct picture *picture)
{
	struct err e = ERR_INIT;

	session_step(session, "registry");
	picture->listed = registry_read(session, picture->news, &picture->listing, &e) == 0;
	if (!picture->listed) {
		session_registry_lost(session, &e);
		return;
	}
	session_registry_found(session);
	predecessors_observe(session);
}

int picture_observe(struct session *session, struct picture *picture, struct err *e)
{
	session_step(session, "static peers");
	if (statics_load(session->options->root, &picture->statics, e) < 0)
		return -1;
	cloud_observe(session, picture);
	picture_observe_registry(session, picture);
	return 0;
}

/* --- deciding: the own site --- */

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

/* With scope az the own subnets are EC2's to tell; when it does not, they are those that it told last. */
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
		return err_wrap(e, "the subnets of zone '%s' are not known yet", session->instance.zone);
	}
	return config_zone(&session->config, &session->instance, ranges, e);
}

/* --- deciding: who fills the site --- */

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

	err_set(&e, EXIT_CONFIG, "the record of site '%s' may be another instance's, and cannot be understood: %s",
		refused->site, refused->rule);
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
		picture->succession.tenure = session->state.generation > 0 ? TENURE_HELD : TENURE_CLAIM;
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

/* --- deciding: its address --- */

/* Of what is not the site's to have nothing is known: neither is what it may write. */
static struct cloud_inputs cloud_inputs(const struct session *session, const struct picture *picture)
{
	bool fills = picture->succession.tenure == TENURE_HELD || picture->claims;

	return (struct cloud_inputs){
		.config = &session->config,
		.instance = &session->instance,
		.cloud = &picture->cloud,
		.own = &picture->own,
		.peers = &picture->mesh.peers,
		.listed = picture->licensed && fills ? &picture->listing.sites : NULL,
		.state = &session->state,
	};
}

/*
 * Whether the site can have its address. A gateway that works keeps the one that it has until the Elastic IP is its
 * own; one that takes the site over is made for what it is about to take.
 */
static bool address_decide(struct session *session, struct picture *picture)
{
	struct cloud_inputs inputs = cloud_inputs(session, picture);
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
	       (elastic->interface != NULL && strcmp(elastic->interface, session->instance.interface) == 0);
	if (ours || picture->succession.tenure == TENURE_CLAIM || session->state.address == 0)
		picture->own.address = address;
	return true;
}

/* --- deciding: all of it --- */

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
	picture->claims = picture->licensed && addressed && (!holds || is_others(session, picture_found(picture)));
	picture->publish = picture->licensed && (holds || picture->claims) &&
			   publish_due(session, &picture->listing, &picture->own);
	mesh_decide(session, picture);
	return 0;
}

/* --- planning --- */

struct tree_inputs picture_tree_inputs(const struct session *session, const struct site *own,
				       const struct sites *peers)
{
	return (struct tree_inputs){
		.host = &session->host,
		.config = &session->config,
		.own = own,
		.signing = own != NULL ? rotation_signing(&session->state, own) : NULL,
		.peers = peers,
		.interface = session->interface,
		.program = session->program,
	};
}

void picture_routes(const struct session *session, const struct picture *picture, struct made_route **ret_routes,
		    size_t *ret_count)
{
	const struct cloud_inputs inputs = cloud_inputs(session, picture);

	cloud_routes_made(&inputs, ret_routes, ret_count);
}

static void warnings_tell(struct session *session, const struct strings *warnings)
{
	for (size_t i = 0; i < warnings->count; i++) {
		AUTO_FREE char *text = mem_printf("%s, ignoring", warnings->items[i]);

		session_warn(session, text);
	}
}

static bool others_are_listed(const struct picture *picture)
{
	const struct sites *sites = &picture->listing.sites;

	for (size_t i = 0; i < sites->count; i++)
		if (!sites->items[i].left && strcmp(sites->items[i].name, picture->own.name) != 0)
			return true;
	return false;
}

static void mesh_report(struct session *session, const struct picture *picture)
{
	if (session->host.time == NULL)
		session_warn(session, "no time daemon is installed: install chrony, as certificates and logs need the "
			     "time, going on without");
	warnings_tell(session, &picture->mesh.warnings);
	if (picture->listed && picture->mesh.peers.count == 0)
		log_step(session->log, "%s of mesh '%s' in the registry in '%s'",
			 others_are_listed(picture) ? "no peer among the other sites" : "no other sites",
			 session->config.mesh, session->config.registry);
}

static void site_plan(struct session *session, const struct picture *picture, const char *record, struct plan *plan)
{
	const struct cloud_inputs inputs = cloud_inputs(session, picture);
	CLEANUP(strings_done) struct strings warnings = { 0 };

	if (picture->claims)
		plan_add(plan, ACTION_CLAIM, record, NULL);
	cloud_plan(&inputs, plan, &warnings);
	warnings_tell(session, &warnings);
	plan_sort(plan);
}

int picture_plan(struct session *session, const struct picture *picture, struct target *ret_target,
		 struct plan *ret_plan, struct err *e)
{
	const struct tree_inputs inputs = picture_tree_inputs(session, &picture->own, &picture->mesh.peers);
	AUTO_FREE char *record = exchange_record_path(&session->registry, picture->own.name);
	AUTO_FREE char *epoch = exchange_epoch_path(&session->registry);
	CLEANUP(strings_done) struct strings unused = { 0 };
	CLEANUP(observation_done) struct observation seen = { 0 };
	struct target target;

	mesh_report(session, picture);
	target_make(&inputs, &target);
	session_step(session, "host");
	if ((session->fresh && keyring_list(session->options->root,
					    session->host.flavour->keys_folder, &unused, e) < 0) ||
	    observe_host(session, &target, &seen, e) < 0) {
		target_done(&target);
		return -1;
	}
	plan_make(&target, &seen, (1u << CONCERN_COUNT) - 1, &(struct site_observation){
		.key_missing = picture->key_missing || rotation_lacks_key(&session->state, &session->keyring),
		.key_bits = session->config.key_bits,
		.unused = picture->key_missing ? &unused : NULL,
		.record = picture->publish ? record : NULL,
		.epoch = epoch,
	}, ret_plan);
	site_plan(session, picture, record, ret_plan);
	*ret_target = target;
	return 0;
}
