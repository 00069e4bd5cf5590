/*
 * mesh: who becomes a peer, and with which subnets. Pure, and the same in whatever order the
 * registry lists: no clock and no chance decides between two sites, only what was applied before.
 */
#include "keys/mesh.h"

#include <stdlib.h>
#include <string.h>

#include "keys/contest.h"

/* --- the policy --- */

/* One that cannot be understood may have meant anything: it opens nothing, and closes nothing. */
static bool policy_is_frozen(const struct policy *policy)
{
	return policy->freeze || policy->fault != NULL;
}

static bool policy_has_site(const struct policy *policy, const struct site *site)
{
	return policy_is_frozen(policy) || site->manual || !policy->closed ||
	       policy_site(policy, site->name) != NULL;
}

static bool policy_has_subnet(const struct policy *policy, const struct site *site,
			      struct cidr range)
{
	const struct policy_site *named = policy_site(policy, site->name);

	return policy_is_frozen(policy) || site->manual || named == NULL || !named->limited ||
	       cidrs_cover(&named->subnets, range);
}

/* --- candidates --- */

/* Borrowed. What the registry lists, as far as it may change anything. */
static const struct sites *listed_sites(const struct mesh_inputs *inputs)
{
	static const struct sites none;

	return policy_is_frozen(&inputs->listing->policy) ? &none : &inputs->listing->sites;
}

/*
 * A claim over nothing says no more than nothing does: absence removes nobody. But one that is
 * greater than what was applied stands over a tombstone, and that does.
 */
static bool record_is_absent(const struct mesh_inputs *inputs, const struct site *record)
{
	const struct site *applied = sites_find(inputs->applied, record->name);

	return record->empty && applied != NULL && record->generation <= applied->generation;
}

static bool vpc_is_own(const struct site *site, const struct site *own)
{
	return !site->left && !site->manual && strcmp(site->account, own->account) == 0 &&
	       strcmp(site->region, own->region) == 0 && strcmp(site->vpc, own->vpc) == 0;
}

static bool site_is_remote(const struct site *site, const struct site *own)
{
	return !site->left && !site->empty && !vpc_is_own(site, own) &&
	       strcmp(site->name, own->name) != 0;
}

/* With an active key that was revoked before, it is a record of that time, read once more. */
static bool record_is_outdated(const struct mesh_inputs *inputs, const struct site *record)
{
	const struct site *applied = sites_find(inputs->applied, record->name);
	const struct public_key *active = site_active_key(record);

	return applied != NULL && active != NULL && strings_has(&applied->revoked, active->id);
}

/* Whether it changes nothing of what was applied. */
static bool record_is_void(const struct mesh_inputs *inputs, const struct site *record)
{
	return record_is_absent(inputs, record) || record_is_outdated(inputs, record);
}

/* Whether the site has another instance, and a key that its record did not know before. */
static bool is_another(const struct site *before, const struct site *site)
{
	const struct public_key *key = site_active_key(site);

	return before->instance != NULL && site->instance != NULL &&
	       strcmp(before->instance, site->instance) != 0 && key != NULL &&
	       !site_lists_key(before, key->id);
}

/* Until the successor has published a key, the tunnel is the predecessor's. */
static void instance_settle(const struct site *before, struct site *site)
{
	if (before == NULL || before->instance == NULL || site->instance == NULL ||
	    is_another(before, site))
		return;
	free(site->instance);
	site->instance = mem_strdup(before->instance);
}

static void candidate_add(struct selection *s, const struct site *site)
{
	struct candidate candidate = { .before = sites_find(s->inputs->applied, site->name) };

	if (!site_is_remote(site, s->inputs->own))
		return;
	site_copy(site, &candidate.site);
	instance_settle(candidate.before, &candidate.site);
	*MEM_GROW(s->items, s->count) = candidate;
}

static int candidate_compare(const void *a, const void *b)
{
	return strcmp(((const struct candidate *)a)->site.name,
		      ((const struct candidate *)b)->site.name);
}

static bool is_static(const struct selection *s, const char *name)
{
	return s->inputs->statics != NULL && sites_find(&s->inputs->statics->sites, name) != NULL;
}

static void record_gather(struct selection *s, const struct site *site)
{
	if (!is_static(s, site->name)) {
		if (record_is_outdated(s->inputs, site))
			strings_addf(s->warnings, "site '%s': its active key is one that it had "
				     "revoked before: what its record says now", site->name);
		else
			candidate_add(s, site);
	} else if (!site->left) {
		strings_addf(s->warnings, "site '%s': a static peer takes its place", site->name);
	}
}

static void listed_gather(struct selection *s)
{
	const struct sites *listed = listed_sites(s->inputs);

	for (size_t i = 0; i < listed->count; i++)
		record_gather(s, &listed->items[i]);
}

/* A static peer whose file has gone is not kept. */
static void applied_gather(struct selection *s)
{
	const struct sites *applied = s->inputs->applied, *listed = listed_sites(s->inputs);

	for (size_t i = 0; i < applied->count; i++) {
		const struct site *site = &applied->items[i];
		const struct site *record = sites_find(listed, site->name);

		if (!site->manual && !is_static(s, site->name) &&
		    (record == NULL || record_is_void(s->inputs, record)))
			candidate_add(s, site);
	}
}

static void statics_gather(struct selection *s)
{
	const struct statics *statics = s->inputs->statics;

	for (size_t i = 0; statics != NULL && i < statics->sites.count; i++) {
		const struct site *site = &statics->sites.items[i];

		if (strcmp(site->name, s->inputs->own->name) == 0)
			strings_addf(s->warnings, "site '%s': a static peer has the own name",
				     site->name);
		candidate_add(s, site);
	}
}

static void candidates_gather(struct selection *s)
{
	listed_gather(s);
	applied_gather(s);
	statics_gather(s);
	if (s->count > 1)
		qsort(s->items, s->count, sizeof *s->items, candidate_compare);
}

/* --- what one record alone decides --- */

static bool subnet_is_acceptable(const struct selection *s, const struct site *site,
				 struct cidr range)
{
	const struct cidr *own = cidrs_overlap(&s->inputs->own->subnets, range);
	const char *name = site->name;
	char text[CIDR_TEXT], own_text[CIDR_TEXT];

	cidr_format(range, text);
	if (!policy_has_subnet(&s->inputs->listing->policy, site, range)) {
		strings_addf(s->warnings, "site '%s': subnet '%s' is outside what the policy "
			     "lets it offer", name, text);
	} else if (!cidrs_cover(s->inputs->allow_subnets, range)) {
		strings_addf(s->warnings, "site '%s': subnet '%s' is outside 'allow-subnets'", name,
			     text);
	} else if (own != NULL) {
		cidr_format(*own, own_text);
		strings_addf(s->warnings, "site '%s': subnet '%s' overlaps the own '%s'", name,
			     text, own_text);
	} else {
		return true;
	}
	return false;
}

static void subnets_filter(const struct selection *s, struct site *site)
{
	size_t kept = 0;

	for (size_t i = 0; i < site->subnets.count; i++)
		if (subnet_is_acceptable(s, site, site->subnets.items[i]))
			site->subnets.items[kept++] = site->subnets.items[i];
	site->subnets.count = kept;
}

/* False when the active key is one that the record itself has revoked. */
static bool keys_filter(const struct selection *s, struct site *site)
{
	size_t kept = 0;

	for (size_t i = 0; i < site->key_count; i++) {
		if (!strings_has(&site->revoked, site->keys[i].key.id)) {
			site->keys[kept++] = site->keys[i];
			continue;
		}
		strings_addf(s->warnings, "site '%s': its %s key is one that it has revoked",
			     site->name, site->keys[i].state == KEY_ACTIVE ? "active" : "next");
		public_key_done(&site->keys[i].key);
	}
	site->key_count = kept;
	return site_active_key(site) != NULL;
}

static void candidate_judge(const struct selection *s, struct candidate *candidate)
{
	struct site *site = &candidate->site;

	if (!policy_has_site(&s->inputs->listing->policy, site)) {
		strings_addf(s->warnings, "site '%s': the policy has no such site", site->name);
		site->subnets.count = 0;
	} else if (keys_filter(s, site)) {
		subnets_filter(s, site);
	} else {
		site->subnets.count = 0;
	}
	candidate->refused = site->subnets.count == 0;
}

/* Peers do the same with the own record, and its operator would look for the fault elsewhere. */
static void own_warn(const struct selection *s)
{
	const struct policy *policy = &s->inputs->listing->policy;
	const struct site *own = s->inputs->own;
	char text[CIDR_TEXT];

	if (!policy_has_site(policy, own))
		strings_addf(s->warnings, "site '%s': the policy has no such site, "
			     "so no peer takes it", own->name);
	for (size_t i = 0; i < own->subnets.count; i++) {
		if (policy_has_subnet(policy, own, own->subnets.items[i]))
			continue;
		cidr_format(own->subnets.items[i], text);
		strings_addf(s->warnings, "site '%s': subnet '%s' is outside what the policy "
			     "lets it offer, so no peer takes it", own->name, text);
	}
}

/* --- all together --- */

static int warning_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void warnings_begin(struct selection *s)
{
	const struct listing *listing = s->inputs->listing;
	const struct statics *statics = s->inputs->statics;

	if (listing->policy.fault != NULL)
		strings_addf(s->warnings, "the policy cannot be understood (%s), "
			     "so the records change no peer", listing->policy.fault);
	else if (listing->policy.freeze)
		strings_add(s->warnings, "the policy freezes the mesh: the records change no peer");
	own_warn(s);
	for (size_t i = 0; i < listing->refusal_count; i++)
		if (&listing->refusals[i] != listing_refusal(listing, s->inputs->own->name))
			strings_addf(s->warnings, "site '%s': %s", listing->refusals[i].site,
				     listing->refusals[i].rule);
	for (size_t i = 0; statics != NULL && i < statics->warnings.count; i++)
		strings_add(s->warnings, statics->warnings.items[i]);
}

/* Whoever still has a subnet to offer becomes a peer. */
static void peers_take(struct selection *s, struct sites *peers)
{
	for (size_t i = 0; i < s->count; i++) {
		struct site *site = &s->items[i].site;

		if (site->subnets.count > 0)
			sites_add(peers, site);
		site_done(site);
	}
	free(s->items);
}

static void neighbours_take(const struct mesh_inputs *inputs, struct sites *neighbours)
{
	const struct sites *listed = &inputs->listing->sites;

	for (size_t i = 0; i < listed->count; i++) {
		struct site copy;

		if (strcmp(listed->items[i].name, inputs->own->name) == 0 ||
		    !vpc_is_own(&listed->items[i], inputs->own))
			continue;
		site_copy(&listed->items[i], &copy);
		sites_add(neighbours, &copy);
	}
	sites_sort(neighbours);
}

void mesh_select(const struct mesh_inputs *inputs, struct mesh *ret_mesh)
{
	struct mesh mesh = { 0 };
	struct selection s = { .inputs = inputs, .warnings = &mesh.warnings };

	warnings_begin(&s);
	neighbours_take(inputs, &mesh.neighbours);
	candidates_gather(&s);
	for (size_t i = 0; i < s.count; i++)
		candidate_judge(&s, &s.items[i]);
	contest_identities(&s);
	contest_subnets(&s);
	peers_take(&s, &mesh.peers);
	if (mesh.warnings.count > 1)
		qsort(mesh.warnings.items, mesh.warnings.count, sizeof *mesh.warnings.items,
		      warning_compare);
	*ret_mesh = mesh;
}

void mesh_replaced(const struct sites *applied, const struct sites *peers,
		   struct strings *ret_sites)
{
	struct strings sites = { 0 };

	for (size_t i = 0; i < peers->count; i++) {
		const struct site *before = sites_find(applied, peers->items[i].name);

		if (before != NULL && is_another(before, &peers->items[i]))
			strings_add(&sites, peers->items[i].name);
	}
	*ret_sites = sites;
}

void mesh_done(struct mesh *mesh)
{
	sites_done(&mesh->neighbours);
	sites_done(&mesh->peers);
	strings_done(&mesh->warnings);
}
