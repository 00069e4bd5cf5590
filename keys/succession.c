/*
 * succession: which instance fills the site, and the records that say so. Pure: instances are
 * compared by (generation, id) alone, and no clock decides. It knows no registry.
 */
#include "keys/succession.h"

#include <stdlib.h>
#include <string.h>

/* --- who fills it --- */

static bool is_own(const struct site *found, const char *instance)
{
	return found->instance != NULL && strcmp(found->instance, instance) == 0;
}

/* Whether the record found fills the site rather than we with our generation. */
static bool found_is_greater(const struct succession_inputs *inputs)
{
	const struct site *found = inputs->found;
	int64_t generation = inputs->state->generation;

	if (found->left || found->generation != generation)
		return found->generation > generation;
	return strcmp(found->instance, inputs->instance) > 0;
}

/*
 * What peers make of the record: none, and an empty one that followed none, leave us a peer as
 * last applied (see mesh_select).
 */
static bool tunnels_are_over(const struct succession_inputs *inputs)
{
	const struct site *found = inputs->found;

	if (found == NULL)
		return false;
	if (found->empty)
		return found->generation > inputs->state->generation;
	return inputs->key == NULL || !site_lists_key(found, inputs->key->id);
}

/* Where the registry has nothing there is nothing to be greater than, and the last will do. */
static int64_t generation_next(const struct succession_inputs *inputs)
{
	bool alone = inputs->found == NULL && inputs->refused == NULL;
	int64_t generation = inputs->state->generation;

	if (inputs->found != NULL && inputs->found->generation > generation)
		generation = inputs->found->generation;
	if (inputs->refused != NULL && inputs->refused->generation > generation)
		generation = inputs->refused->generation;
	return alone && generation == GENERATION_MAX ? GENERATION_MAX : generation + 1;
}

/* What ended the tenure of one that filled the site. */
static enum tenure tenure_ended(const struct succession_inputs *inputs)
{
	switch (inputs->state->duty) {
	case DUTY_SUPERSEDED:
		return TENURE_SUPERSEDED;
	case DUTY_LEAVES:
	case DUTY_RELEASES:
	case DUTY_LEFT:
		return TENURE_LEFT;
	case DUTY_SERVES:
		break;
	}
	return inputs->found->left ? TENURE_LEFT : TENURE_SUPERSEDED;
}

/* Of one that serves, or has never done. */
static enum tenure tenure_serving(const struct succession_inputs *inputs)
{
	const struct site *found = inputs->found;

	if (found != NULL && !found->left && is_own(found, inputs->instance))
		return TENURE_HELD;
	if (inputs->state->generation == 0)
		return TENURE_CLAIM;
	if (found == NULL || !found_is_greater(inputs))
		return TENURE_HELD;
	return tenure_ended(inputs);
}

static enum tenure tenure_judge(const struct succession_inputs *inputs)
{
	enum tenure tenure = inputs->state->duty == DUTY_SERVES ? tenure_serving(inputs) :
								  tenure_ended(inputs);

	if (inputs->claim && (tenure != TENURE_HELD || inputs->refused != NULL))
		return TENURE_CLAIM;
	return tenure;
}

void succession_judge(const struct succession_inputs *inputs, struct succession *ret_succession)
{
	const struct site *found = inputs->found;
	struct succession succession = {
		.tenure = tenure_judge(inputs),
		.generation = inputs->state->generation,
	};

	switch (succession.tenure) {
	case TENURE_CLAIM:
		succession.generation = generation_next(inputs);
		break;
	case TENURE_HELD:
		if (found != NULL && is_own(found, inputs->instance) &&
		    found->generation > succession.generation)
			succession.generation = found->generation;
		break;
	case TENURE_SUPERSEDED:
		if (found != NULL && !found->left && !is_own(found, inputs->instance))
			succession.by = found;
		succession.over = tunnels_are_over(inputs);
		break;
	case TENURE_LEFT:
		succession.over = true;
		break;
	}
	*ret_succession = succession;
}

/* --- the records that say so --- */

/* Where the site is, and nothing that a peer could use. */
static void place_copy(const struct site *from, struct site *ret_site)
{
	*ret_site = (struct site){
		.name = mem_strdup(from->name),
		.generation = from->generation,
		.region = mem_strdup(from->region),
		.account = mem_strdup(from->account),
		.vpc = mem_strdup(from->vpc),
		.zone = mem_strdup(from->zone),
		.instance = mem_strdup(from->instance),
	};
}

void succession_claim(const struct site *found, const struct site *own, struct site *ret_claim)
{
	if (found == NULL || found->left || found->empty) {
		place_copy(own, ret_claim);
		ret_claim->empty = true;
		return;
	}
	site_copy(found, ret_claim);
	free(ret_claim->instance);
	ret_claim->instance = mem_strdup(own->instance);
	ret_claim->generation = own->generation;
	ret_claim->version = 0;
}

void succession_tombstone(const struct site *last, struct site *ret_tombstone)
{
	place_copy(last, ret_tombstone);
	if (ret_tombstone->generation < GENERATION_MAX)
		ret_tombstone->generation++;
	ret_tombstone->left = true;
}

int succession_check(const struct site *found, const struct site *own, enum scope scope,
		     struct err *e)
{
	if (found == NULL || found->left)
		return 0;
	if (strcmp(found->account, own->account) != 0 || strcmp(found->region, own->region) != 0 ||
	    strcmp(found->vpc, own->vpc) != 0) {
		err_set(e, EXIT_CONFIG, "site '%s' is filled by '%s' of account %s; "
			"this instance is in '%s' of account %s",
			found->name, found->vpc, found->account, own->vpc, own->account);
		return err_remedy(e, "give this VPC a name of its own: "
				  "tag the instance cygnet:site");
	}
	if (scope == SCOPE_AZ && strcmp(found->zone, own->zone) != 0) {
		err_set(e, EXIT_CONFIG, "site '%s' is filled in zone '%s'; "
			"this instance is in zone '%s'", found->name, found->zone, own->zone);
		return err_remedy(e, "give this zone a name of its own: "
				  "tag the instance cygnet:site");
	}
	return 0;
}
