/*
 * picture_plan: from what was decided to what has to be done. It looks at the host, and changes
 * nothing.
 */
#include "bootstrap/picture.h"

#include <string.h>

#include "bootstrap/observe.h"
#include "render/rotation.h"

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

void picture_routes(const struct session *session, const struct picture *picture,
		    struct made_route **ret_routes, size_t *ret_count)
{
	const struct cloud_inputs inputs = picture_cloud_inputs(session, picture);

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
		session_warn(session, "no time daemon is installed: install chrony, as "
			     "certificates and logs need the time, going on without");
	warnings_tell(session, &picture->mesh.warnings);
	if (picture->listed && picture->mesh.peers.count == 0)
		log_step(session->log, "%s of mesh '%s' in the registry in '%s'",
			 others_are_listed(picture) ?
			 "no peer among the other sites" : "no other sites",
			 session->config.mesh, session->config.registry);
}

static void site_plan(struct session *session, const struct picture *picture, const char *record,
		      struct plan *plan)
{
	const struct cloud_inputs inputs = picture_cloud_inputs(session, picture);
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
	const struct tree_inputs inputs = picture_tree_inputs(session, &picture->own,
							      &picture->mesh.peers);
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
		.key_missing = picture->key_missing ||
			       rotation_lacks_key(&session->state, &session->keyring),
		.key_bits = session->config.key_bits,
		.unused = picture->key_missing ? &unused : NULL,
		.record = picture->publish ? record : NULL,
		.epoch = epoch,
	}, ret_plan);
	site_plan(session, picture, record, ret_plan);
	*ret_target = target;
	return 0;
}
