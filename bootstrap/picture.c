/*
 * picture: what a pass sees of the registry, EC2 and the static peers, and what it knows of what it
 * has seen. It changes none of them, and decides nothing.
 */
#include "bootstrap/picture.h"

#include "bootstrap/registry.h"

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
	return picture->succession.tenure == TENURE_SUPERSEDED ||
	       picture->succession.tenure == TENURE_LEFT;
}

struct cloud_inputs picture_cloud_inputs(const struct session *session,
					 const struct picture *picture)
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
		if (cloud_read(session->aws, &session->instance, &session->config,
			       part, cloud, &e) == 0)
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
	if (exchange_predecessors(&session->registry, session->config.site, session->instance.id,
				  &found, &e) < 0) {
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
