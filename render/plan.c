/*
 * plan: the difference between the target and the host, as an ordered list of actions.
 * A gateway is built up concern by concern: each one's files, then whoever must hear of them.
 */
#include "render/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/rules.h"

struct planning {
	const struct target *target;
	const struct observation *seen;
	struct plan *plan;
};

struct action *plan_add(struct plan *plan, enum action_kind kind, const char *name,
			const char *value)
{
	struct action *action = MEM_GROW(plan->actions, plan->count);

	*action = (struct action){ .kind = kind, .name = mem_strdup(name),
				   .value = mem_strdup(value) };
	return action;
}

static void plan_before(struct action *action, const struct observed_file *found)
{
	action->file.before_mode = found->present ? found->mode : 0;
	buf_add(&action->file.before, buf_str(&found->content), found->content.len);
}

static bool file_differs(const struct observed_file *found, const struct buf *content, mode_t mode)
{
	return !found->present || found->mode != mode ||
	       found->content.len != content->len ||
	       memcmp(buf_str(&found->content), buf_str(content), content->len) != 0;
}

/* Write a file unless it is as wanted; what is only edited keeps its mode. */
static void plan_file(const struct planning *p, const struct tree_file *wanted,
		      const struct observed_file *found)
{
	mode_t mode = wanted->edit != EDIT_WHOLE && found->present ? found->mode : wanted->mode;
	AUTO_BUF struct buf content = { 0 };
	struct action *action;

	edit_apply(wanted->edit, &found->content, &wanted->content, &content);
	if (!file_differs(found, &content, mode))
		return;
	action = plan_add(p->plan, ACTION_WRITE, wanted->path, NULL);
	action->file.content = content;
	content = (struct buf){ 0 };
	action->file.mode = mode;
	plan_before(action, found);
}

/* Write and remove the files of a concern; true when there were any. */
static bool plan_files(const struct planning *p, enum concern concern)
{
	size_t before = p->plan->count;

	for (size_t i = 0; i < p->target->tree.count; i++)
		if (p->target->tree.files[i].concern == concern)
			plan_file(p, &p->target->tree.files[i], &p->seen->files[i]);
	for (size_t i = 0; i < p->seen->stale_count; i++)
		if (p->seen->stale[i].concern == concern)
			plan_before(plan_add(p->plan, ACTION_REMOVE, p->seen->stale[i].path, NULL),
				    &p->seen->stale[i]);
	return p->plan->count > before;
}

/* What a running unit is told when files of its concern change. */
static const enum action_kind unit_reactions[CONCERN_COUNT] = {
	[CONCERN_UNITS] = ACTION_RESTART,
	[CONCERN_TIME] = ACTION_RESTART,
	[CONCERN_FIREWALL] = ACTION_RELOAD,
	[CONCERN_STRONGSWAN] = ACTION_RELOAD_SETTINGS,
};

/* displaced: a unit in this one's way has just been stopped, and took charon's socket with it. */
static void plan_start(const struct planning *p, const struct wanted_unit *unit,
		       const struct service *found, bool files_changed, bool displaced)
{
	if (!found->active)
		plan_add(p->plan, ACTION_START, unit->name, NULL);
	else if (displaced)
		plan_add(p->plan, ACTION_RESTART, unit->name, NULL);
	else if (files_changed)
		plan_add(p->plan, unit_reactions[unit->concern], unit->name, NULL);
}

/* A file that comes or goes gives a unit another place: the package's, or back. */
static bool unit_moves(const struct planning *p, const char *name)
{
	for (size_t i = 0; i < p->plan->count; i++) {
		const struct action *action = &p->plan->actions[i];

		if (action_is_file(action) && strcmp(strrchr(action->name, '/') + 1, name) == 0 &&
		    (action->kind == ACTION_REMOVE || action->file.before_mode == 0))
			return true;
	}
	return false;
}

/* Where a run ended between a unit's move and its links, nothing tells which one it was. */
static void plan_enabled(const struct planning *p, const struct wanted_unit *unit,
			 const struct service *found)
{
	bool lost = unit->own && p->seen->behind[CONCERN_UNITS];

	if (!found->enabled)
		plan_add(p->plan, ACTION_ENABLE, unit->name, NULL);
	else if (lost || unit_moves(p, unit->name))
		plan_add(p->plan, ACTION_REENABLE, unit->name, NULL);
}

/*
 * cygnet's own units are enabled together as soon as they are written, and each is started in its
 * concern's turn: the rule set's needs its rules first. Started before enabled: the timer goes on
 * with whatever is slow after it. Units that must be off stand before the one whose place they
 * take.
 */
static void plan_units(const struct planning *p, enum concern concern, bool files_changed)
{
	bool displaced = concern == CONCERN_STRONGSWAN && p->seen->charon_silent;

	for (size_t i = 0; i < p->target->unit_count; i++) {
		const struct wanted_unit *unit = &p->target->units[i];
		const struct service *found = &p->seen->services[i];
		bool mine = unit->concern == concern;
		bool off = !unit->enabled && (found->enabled || found->active);

		if (mine && off)
			plan_add(p->plan, ACTION_DISABLE, unit->name, NULL);
		displaced |= mine && off && found->active;
		if (mine && unit->active)
			plan_start(p, unit, found, files_changed, displaced);
		if ((unit->own ? CONCERN_UNITS : unit->concern) == concern && unit->enabled)
			plan_enabled(p, unit, found);
	}
}

static bool kernel_differs(const struct planning *p, size_t i)
{
	return p->seen->kernel[i] == NULL ||
	       strcmp(p->seen->kernel[i], p->target->kernel.items[i].value) != 0;
}

/* The first setting is ip_forward; writing it resets others, so all are written again after it. */
static void plan_kernel(const struct planning *p)
{
	bool all = p->target->kernel.count > 0 && kernel_differs(p, 0);

	for (size_t i = 0; i < p->target->kernel.count; i++)
		if (all || kernel_differs(p, i))
			plan_add(p->plan, ACTION_SET_KERNEL, p->target->kernel.items[i].key,
				 p->target->kernel.items[i].value);
}

static bool charon_agrees(const struct planning *p)
{
	struct err difference = ERR_INIT;

	return p->seen->charon != NULL &&
	       connections_compare(p->target->connections, p->target->connection_count,
				   p->seen->charon->connections,
				   p->seen->charon->connection_count, &difference) == 0;
}

static void plan_labels(const struct planning *p, enum concern concern)
{
	for (size_t i = 0; i < p->target->label_count; i++)
		if (p->target->labels[i].concern == concern)
			plan_add(p->plan, ACTION_RELABEL, p->target->labels[i].path, NULL);
}

static void plan_concern(const struct planning *p, enum concern concern)
{
	size_t first = p->plan->count;
	bool changed = plan_files(p, concern) || p->seen->behind[concern], load;

	if (changed && concern == CONCERN_UNITS)
		plan_add(p->plan, ACTION_RELOAD_SYSTEMD, NULL, NULL);
	if (concern == CONCERN_SYSCTL)
		plan_kernel(p);
	load = concern == CONCERN_CHARON && (changed || !charon_agrees(p));
	if (changed || load)
		plan_labels(p, concern);
	plan_units(p, concern, changed);
	if (load)
		plan_add(p->plan, ACTION_LOAD, p->target->load, NULL);
	for (size_t i = first; i < p->plan->count; i++)
		p->plan->actions[i].concern = concern;
}

void plan_make(const struct target *target, const struct observation *observation,
	       unsigned concerns, const struct site_observation *site, struct plan *ret_plan)
{
	struct plan plan = { 0 };
	const struct planning p = { .target = target, .seen = observation, .plan = &plan };

	if (site != NULL && site->key_missing)
		plan_add(&plan, ACTION_MAKE_KEY, NULL, NULL)->bits = site->key_bits;
	for (size_t i = 0; site != NULL && site->unused != NULL && i < site->unused->count; i++)
		plan_add(&plan, ACTION_WIPE_KEY, site->unused->items[i], NULL);
	for (enum concern concern = 0; concern < CONCERN_COUNT; concern++)
		if (concerns & 1u << concern)
			plan_concern(&p, concern);
	if (site != NULL && site->record != NULL) {
		plan_add(&plan, ACTION_PUBLISH, site->record, NULL);
		plan_add(&plan, ACTION_PUBLISH, site->epoch, NULL);
	}
	*ret_plan = plan;
}

enum phase action_phase(const struct action *action)
{
	static const enum phase phases[] = {
		[ACTION_PUBLISH] = PHASE_PUBLISH,
		[ACTION_INITIATE] = PHASE_TUNNELS,
		[ACTION_TERMINATE] = PHASE_TUNNELS,
		[ACTION_TERMINATE_CHILD] = PHASE_TUNNELS,
		[ACTION_CLAIM] = PHASE_CLAIM,
		[ACTION_ASSOCIATE] = PHASE_ADDRESS,
		[ACTION_DISASSOCIATE] = PHASE_ADDRESS,
		[ACTION_ROUTE_CREATE] = PHASE_NETWORK,
		[ACTION_ROUTE_REPLACE] = PHASE_NETWORK,
		[ACTION_ROUTE_DELETE] = PHASE_NETWORK,
		[ACTION_RULES_ADD] = PHASE_NETWORK,
		[ACTION_RULES_REMOVE] = PHASE_NETWORK,
	};

	return phases[action->kind];
}

void plan_sort(struct plan *plan)
{
	struct plan sorted = { 0 };

	for (enum phase phase = PHASE_HOST; phase <= PHASE_TUNNELS; phase++)
		for (size_t i = 0; i < plan->count; i++)
			if (action_phase(&plan->actions[i]) == phase)
				*MEM_GROW(sorted.actions, sorted.count) = plan->actions[i];
	free(plan->actions);
	*plan = sorted;
}

void plan_append(struct plan *plan, struct plan *taken)
{
	for (size_t i = 0; i < taken->count; i++)
		*MEM_GROW(plan->actions, plan->count) = taken->actions[i];
	free(taken->actions);
	*taken = (struct plan){ 0 };
}

bool action_is_file(const struct action *action)
{
	return action->kind == ACTION_WRITE || action->kind == ACTION_REMOVE;
}

static char *write_text(const struct action *action)
{
	if (action->file.mode == 0)
		return mem_printf("change %s, which is not there", action->name);
	return mem_printf("%s %s (%zu bytes, mode %04o)",
			  action->file.before_mode == 0 ? "create" : "change", action->name,
			  action->file.content.len, (unsigned)action->file.mode);
}

static char *address_text(const struct action *action)
{
	char address[ADDRESS_TEXT];

	address_format(action->address, address);
	if (action->kind == ACTION_DISASSOCIATE)
		return mem_printf("ec2:DisassociateAddress %s (%s)", action->name, address);
	return mem_printf("ec2:AssociateAddress %s (%s) → %s AllowReassociation=%s", action->name,
			  address, action->value, action->reassociate ? "true" : "false");
}

static char *route_text(const struct action *action)
{
	char range[CIDR_TEXT];

	cidr_format(action->range, range);
	if (action->kind == ACTION_ROUTE_DELETE)
		return mem_printf("ec2:DeleteRoute %s %s", action->name, range);
	return mem_printf("ec2:%s %s %s → %s",
			  action->kind == ACTION_ROUTE_CREATE ? "CreateRoute" : "ReplaceRoute",
			  action->name, range, action->value);
}

static char *rules_text(const struct action *action)
{
	struct buf text = { 0 };

	buf_addf(&text, "ec2:%sSecurityGroupIngress %s",
		 action->kind == ACTION_RULES_ADD ? "Authorize" : "Revoke", action->name);
	for (size_t i = 0; i < action->rule_count; i++) {
		AUTO_FREE char *rule = rule_text(&action->rules[i]);

		buf_addf(&text, "%s %s", i > 0 ? "," : "", rule);
	}
	return buf_take(&text);
}

/* What says all with its kind, its name and its value. */
static char *plain_text(const struct action *action)
{
	static const char *const verbs[] = {
		[ACTION_REMOVE] = "remove",
		[ACTION_RELABEL] = "restorecon -R",
		[ACTION_RELOAD_SYSTEMD] = "systemctl daemon-reload",
		[ACTION_ENABLE] = "systemctl enable",
		[ACTION_REENABLE] = "systemctl reenable",
		[ACTION_DISABLE] = "systemctl disable --now",
		[ACTION_START] = "systemctl start",
		[ACTION_RESTART] = "systemctl restart",
		[ACTION_RELOAD] = "systemctl reload",
		[ACTION_RELOAD_SETTINGS] = "reload settings of",
		[ACTION_PUBLISH] = "ssm:PutParameter",
		[ACTION_INITIATE] = "initiate",
	};

	return mem_printf("%s%s%s", verbs[action->kind], action->name ? " " : "",
			  action->name ? action->name : "");
}

char *action_text(const struct action *action)
{
	switch (action->kind) {
	case ACTION_MAKE_KEY:
		return mem_printf("make an RSA-%u key pair", action->bits);
	case ACTION_WIPE_KEY:
		return mem_printf("wipe %s, another instance's key", action->name);
	case ACTION_SOURCE_DEST_CHECK_OFF:
		return mem_printf("ec2:ModifyNetworkInterfaceAttribute %s SourceDestCheck=false",
				  action->name);
	case ACTION_WRITE:
		return write_text(action);
	case ACTION_LOAD:
		return mem_strdup(action->name);
	case ACTION_SET_KERNEL:
		return mem_printf("sysctl %s=%s", action->name, action->value);
	case ACTION_TERMINATE:
		return mem_printf("terminate %s #%u: %s", action->name, action->sa, action->value);
	case ACTION_TERMINATE_CHILD:
		return mem_printf("terminate %s{%u}: %s", action->name, action->sa, action->value);
	case ACTION_CLAIM:
		return mem_printf("ssm:PutParameter %s, to claim the site", action->name);
	case ACTION_ASSOCIATE:
	case ACTION_DISASSOCIATE:
		return address_text(action);
	case ACTION_ROUTE_CREATE:
	case ACTION_ROUTE_REPLACE:
	case ACTION_ROUTE_DELETE:
		return route_text(action);
	case ACTION_RULES_ADD:
	case ACTION_RULES_REMOVE:
		return rules_text(action);
	default:
		return plain_text(action);
	}
}

void observed_file_done(struct observed_file *file)
{
	free(file->path);
	buf_done(&file->content);
}

static void observed_files_done(struct observed_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		observed_file_done(&files[i]);
	free(files);
}

void observation_done(struct observation *observation)
{
	observed_files_done(observation->files, observation->file_count);
	observed_files_done(observation->stale, observation->stale_count);
	for (size_t i = 0; i < observation->kernel_count; i++)
		free(observation->kernel[i]);
	free(observation->kernel);
	free(observation->services);
	if (observation->charon != NULL)
		tunnels_done(observation->charon);
	free(observation->charon);
	*observation = (struct observation){ 0 };
}

void plan_done(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->actions[i].name);
		free(plan->actions[i].value);
		buf_done(&plan->actions[i].file.content);
		buf_done(&plan->actions[i].file.before);
		ec2_rules_done(plan->actions[i].rules, plan->actions[i].rule_count);
	}
	free(plan->actions);
	*plan = (struct plan){ 0 };
}
