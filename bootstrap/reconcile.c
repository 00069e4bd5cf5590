/*
 * reconcile: observe → plan → apply → verify → publish → tunnels, in that order and each by its own room.
 * This file is the order.
 */
#include "bootstrap/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "base/clock.h"
#include "base/hash.h"
#include "bootstrap/apply.h"
#include "bootstrap/charon/charon.h"
#include "bootstrap/observe.h"
#include "bootstrap/publish.h"
#include "bootstrap/tunnels.h"

void picture_done(struct picture *picture)
{
	listing_done(&picture->listing);
	statics_done(&picture->statics);
	mesh_done(&picture->mesh);
	site_done(&picture->own);
}

static void check_observe(struct session *session, struct picture *picture)
{
	struct err e = ERR_INIT;

	session_step(session, "source/dest check");
	if (ec2_source_dest_check_get(session->aws, session->instance.region, session->instance.interface,
				      &picture->check_on, &e) < 0)
		session_setback(session, &e);
}

static void registry_observe(struct session *session, struct picture *picture)
{
	struct err e = ERR_INIT;

	session_step(session, "registry");
	picture->listed = exchange_list(&session->registry, &picture->listing, &e) == 0;
	if (picture->listed)
		session_registry_found(session);
	else
		session_registry_lost(session, &e);
}

static void own_key(struct session *session, struct picture *picture)
{
	struct site_key *key = MEM_GROW(picture->own.keys, picture->own.key_count);

	*key = (struct site_key){ .state = KEY_ACTIVE };
	picture->key_missing = !session->keyring.present;
	if (session->keyring.present) {
		public_key_copy(&session->keyring.active, &key->key);
		return;
	}
	memset(key->key.id, '0', KEY_ID_SIZE - 1);
	key->key.spki = mem_strdup("");
}

/* The own site as it should be published; its generation is kept from the record found, or from the last run. */
static void own_decide(struct session *session, struct picture *picture)
{
	const struct instance *instance = &session->instance;
	const struct site *found = sites_find(&picture->listing.sites, session->config.site);
	int64_t generation = found ? found->generation : session->state.generation;

	picture->own = (struct site){
		.name = mem_strdup(session->config.site),
		.generation = generation > 0 ? generation : 1,
		.region = mem_strdup(instance->region),
		.account = mem_strdup(instance->account),
		.vpc = mem_strdup(instance->vpc),
		.zone = mem_strdup(instance->zone),
		.instance = mem_strdup(instance->id),
		.address = instance->public_address,
		.probe = instance->private_address,
	};
	cidrs_copy(&session->config.subnets, &picture->own.subnets);
	own_key(session, picture);
}

/* A site outlives its instances, but only inside its VPC: anybody else would take the name over by mistake. */
static int own_check(const struct session *session, const struct picture *picture, struct err *e)
{
	const struct site *found = sites_find(&picture->listing.sites, session->config.site);

	if (found == NULL || found->left || (strcmp(found->account, session->instance.account) == 0 &&
					     strcmp(found->vpc, session->instance.vpc) == 0))
		return 0;
	err_set(e, EXIT_CONFIG, "site '%s' is filled by '%s' of account %s; this instance is in '%s' of account %s",
		found->name, found->vpc, found->account, session->instance.vpc, session->instance.account);
	return err_remedy(e, "give this VPC a name of its own: tag the instance cygnet:site");
}

int picture_observe(struct session *session, struct picture *picture, struct err *e)
{
	session_step(session, "static peers");
	if (statics_load(session->options->root, &picture->statics, e) < 0)
		return -1;
	check_observe(session, picture);
	registry_observe(session, picture);
	return 0;
}

int picture_decide(struct session *session, struct picture *picture, struct err *e)
{
	AUTO_FREE char *record = NULL;

	session_step(session, "mesh");
	if (own_check(session, picture, e) < 0)
		return -1;
	own_decide(session, picture);
	if (record_text(&picture->own, &record, e) < 0)
		return -1;
	picture->publish = picture->listed && publish_due(session, &picture->listing, &picture->own);
	mesh_select(&(struct mesh_inputs){
		.listing = &picture->listing,
		.applied = &session->state.peers,
		.statics = &picture->statics,
		.own = &picture->own,
		.allow_subnets = &session->config.allow_subnets,
	}, &picture->mesh);
	session_pace(session, picture->mesh.peers.count);
	return 0;
}

static void tree_inputs_fill(const struct session *session, const struct site *own, const struct sites *peers,
			     struct tree_inputs *ret_inputs)
{
	*ret_inputs = (struct tree_inputs){
		.host = &session->host,
		.config = &session->config,
		.own = own,
		.peers = peers,
		.interface = session->interface,
		.program = session->program,
	};
}

static void picture_report(const struct session *session, const struct picture *picture)
{
	if (session->host.time == NULL)
		log_warn(session->log, "no time daemon is installed: install chrony, as certificates and logs need the "
			 "time, going on without");
	for (size_t i = 0; i < picture->mesh.warnings.count; i++)
		log_warn(session->log, "%s, ignoring", picture->mesh.warnings.items[i]);
	if (picture->listed && picture->mesh.peers.count == 0)
		log_step(session->log, "no peers of mesh '%s' in the registry in '%s'", session->config.mesh,
			 session->config.registry);
}

int picture_plan(struct session *session, const struct picture *picture, struct target *ret_target,
		 struct plan *ret_plan, struct err *e)
{
	AUTO_FREE char *record = exchange_record_path(&session->registry, picture->own.name);
	AUTO_FREE char *epoch = exchange_epoch_path(&session->registry);
	CLEANUP(observation_done) struct observation seen = { 0 };
	struct tree_inputs inputs;
	struct target target;

	picture_report(session, picture);
	tree_inputs_fill(session, &picture->own, &picture->mesh.peers, &inputs);
	target_make(&inputs, &target);
	session_step(session, "host");
	if (observe_host(session, &target, &seen, e) < 0) {
		target_done(&target);
		return -1;
	}
	plan_make(&target, &seen, (1u << CONCERN_COUNT) - 1, &(struct site_observation){
		.key_missing = picture->key_missing,
		.key_bits = session->config.key_bits,
		.interface = picture->check_on ? session->instance.interface : NULL,
		.record = picture->publish ? record : NULL,
		.epoch = epoch,
	}, ret_plan);
	*ret_target = target;
	return 0;
}

/* cygnet's own units come first, so that the timer finishes what this run may leave undone. */
static int reconcile_units(struct session *session, bool *changed, struct err *e)
{
	CLEANUP(observation_done) struct observation seen = { 0 };
	CLEANUP(target_done) struct target target = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct tree_inputs inputs;

	session_step(session, "units");
	tree_inputs_fill(session, NULL, NULL, &inputs);
	target_units(&inputs, &target);
	if (observe_host(session, &target, &seen, e) < 0)
		return -1;
	plan_make(&target, &seen, 1u << CONCERN_UNITS, NULL, &plan);
	*changed |= plan.count > 0;
	return apply_plan(session, &target, &plan, e);
}

static int key_keep(struct session *session, struct key_maker *maker, struct outcome *outcome, struct err *e)
{
	const char *folder = session->host.flavour->keys_folder;
	CLEANUP(public_key_done) struct public_key key = { 0 };
	AUTO_WIPE struct buf private_pem = { 0 };

	session_step(session, "key");
	if (key_maker_finish(maker, &private_pem, &key, e) < 0)
		return -1;
	outcome->changed = true;
	log_step(session->log, "made the RSA-%u key %.*s", key.bits, KEY_ID_SHORT, key.id);
	return keyring_store(session->options->root, folder, &private_pem, &key, &session->keyring, e);
}

static int state_keep(struct session *session, struct picture *picture, struct err *e)
{
	struct state *state = &session->state;

	session_step(session, "state");
	free(state->instance);
	state->instance = mem_strdup(session->instance.id);
	if (picture->listed) {
		state->applied = picture->listing.epoch;
		state->generation = picture->own.generation;
	}
	state->complete |= session->live && picture->listed;
	state->statics = picture->statics.hash;
	sites_done(&state->peers);
	for (size_t i = 0; i < picture->mesh.peers.count; i++) {
		struct site copy;

		site_copy(&picture->mesh.peers.items[i], &copy);
		sites_add(&state->peers, &copy);
	}
	return state_save(session->options->root, state, e);
}

/* Many gateways that boot together meet Parameter Store's limit: the record stays pending, and the tunnels go on. */
static int picture_publish(struct session *session, const struct picture *picture, struct outcome *outcome,
			   struct err *e)
{
	session_step(session, "publish");
	log_step(session->log, "publishing the record of '%s'", picture->own.name);
	if (publish_record(session, &picture->own, &outcome->behind, e) == 0)
		return 0;
	if (e->code != EXIT_AGAIN)
		return -1;
	session_registry_lost(session, e);
	return 0;
}

static int picture_apply(struct session *session, struct picture *picture, struct outcome *outcome, struct err *e)
{
	CLEANUP(target_done) struct target target = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	if (picture_plan(session, picture, &target, &plan, e) < 0)
		return -1;
	outcome->changed |= plan.count > 0;
	if (apply_plan(session, &target, &plan, e) < 0 || state_keep(session, picture, e) < 0)
		return -1;
	if (!session->live || !picture->publish)
		return 0;
	return picture_publish(session, picture, outcome, e);
}

static void maker_abandon(struct key_maker **maker)
{
	key_maker_abandon(*maker);
}

int reconcile_full(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(maker_abandon) struct key_maker *maker = NULL;
	CLEANUP(picture_done) struct picture picture = { 0 };

	outcome->behind = false;
	err_clear(&session->setback);
	if (reconcile_units(session, &outcome->changed, e) < 0 || session_load_key(session, e) < 0)
		return -1;
	if (!session->keyring.present)
		maker = key_maker_start(session->config.key_bits);
	if (picture_observe(session, &picture, e) < 0)
		return -1;
	if (maker != NULL && key_keep(session, TAKE(maker), outcome, e) < 0)
		return -1;
	if (picture_decide(session, &picture, e) < 0 || picture_apply(session, &picture, outcome, e) < 0)
		return -1;
	return session->live ? tunnels_tend(session, &picture.own, &picture.mesh.peers, outcome, e) : 0;
}

int reconcile_tunnels(struct session *session, struct outcome *outcome, struct err *e)
{
	CLEANUP(picture_done) struct picture unlisted = { 0 };

	own_decide(session, &unlisted);
	return tunnels_tend(session, &unlisted.own, &session->state.peers, outcome, e);
}

static bool reconcile_is_due(const struct session *session)
{
	int64_t period_ms = session->config.reconcile_s * 1000, spread_ms = period_ms / 10;
	int64_t early_ms = spread_ms > 0 ? (int64_t)hash_text(session->config.site) % spread_ms : 0;

	return session->recent.reconciled_ms == 0 ||
	       clock_boot_ms() - session->recent.reconciled_ms >= period_ms - early_ms;
}

static int reconcile_everything(struct session *session, struct outcome *outcome, struct err *e)
{
	if (reconcile_full(session, outcome, e) < 0)
		return -1;
	session->recent.reconciled_ms = clock_boot_ms();
	return recent_save(session->options->root, &session->recent, e);
}

/* What cannot be read is for the full pass to tell. */
static bool statics_changed(const struct session *session)
{
	CLEANUP(statics_done) struct statics statics = { 0 };
	struct err unreadable = ERR_INIT;

	return statics_load(session->options->root, &statics, &unreadable) < 0 ||
	       statics.hash != session->state.statics;
}

int reconcile_due(struct session *session, struct outcome *outcome, struct err *e)
{
	struct epoch epoch;

	if (!session->state.complete || session->state.pending || reconcile_is_due(session) ||
	    statics_changed(session) || !tunnels_observable(session))
		return reconcile_everything(session, outcome, e);
	session_step(session, "registry");
	if (exchange_epoch(&session->registry, &epoch, e) < 0)
		session_registry_lost(session, e);
	else if (!epoch_equal(&epoch, &session->state.applied))
		return reconcile_everything(session, outcome, e);
	else
		session_registry_found(session);
	return reconcile_tunnels(session, outcome, e);
}
