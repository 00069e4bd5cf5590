/*
 * apply_cloud: how each action on EC2 is done, and asked for beforehand. It decides nothing, and
 * knows nothing of who fills a site: whoever calls it has made sure.
 */
#include "bootstrap/apply_cloud.h"

#include <stdlib.h>
#include <string.h>

#include "aws/ec2.h"
#include "base/clock.h"

#define READ_BACK_TRIES 5
#define READ_BACK_MS 1000
#define ADDRESS_MS 30000	/* until IMDS shows what EC2 has done */
#define ADDRESS_LOOK_MS 500

/* Each is one call, with dry a question for it. */
typedef int (*cloud_function)(struct session *session, const struct action *action, bool dry,
			      struct err *e);

/* EC2 is eventually consistent: the change is believed only when it is read back. */
static int do_source_dest_check_off(struct session *session, const struct action *action, bool dry,
				    struct err *e)
{
	const char *region = session->instance.region;
	bool on = !dry;

	if (ec2_source_dest_check_set(session->aws, region, action->name, false, dry, e) < 0)
		return -1;
	for (int i = 0; on && i < READ_BACK_TRIES; i++) {
		CLEANUP(ec2_interface_done) struct ec2_interface interface = { 0 };

		if (i > 0)
			clock_sleep_ms(READ_BACK_MS);
		if (ec2_interface_read(session->aws, region, action->name, &interface, e) < 0)
			return -1;
		on = interface.check_on;
	}
	if (on)
		return err_set(e, EXIT_AGAIN, "the source/dest check of '%s' still reads as on",
			       action->name);
	return 0;
}

/*
 * A free address is never taken from somebody who was faster; what the plan found with a
 * predecessor of this instance, or in place of another one of its own, may be moved.
 */
static int address_associate(struct session *session, const struct action *action, bool dry,
			     struct err *e)
{
	const char *region = session->instance.region;
	struct err taken = ERR_INIT;

	if (!action->reassociate)
		return ec2_address_associate(session->aws, region, action->name, action->value,
					     false, dry, e);
	if (ec2_address_associate(session->aws, region, action->name, action->value,
				  false, dry, &taken) == 0)
		return 0;
	log_detail(session->log, "%s", taken.cause);
	return ec2_address_associate(session->aws, region, action->name, action->value,
				     true, dry, e);
}

/* Whoever publishes it has it: it is believed when IMDS shows it. */
static int address_await(struct session *session, uint32_t address, struct err *e)
{
	int64_t deadline = clock_boot_ms() + ADDRESS_MS;
	char text[ADDRESS_TEXT];

	for (;;) {
		if (instance_read_public(session->imds, &session->instance, e) < 0)
			return -1;
		if (session->instance.public_address == address)
			return 0;
		if (clock_boot_ms() >= deadline)
			break;
		clock_sleep_ms(ADDRESS_LOOK_MS);
	}
	address_format(address, text);
	return err_set(e, EXIT_AGAIN, "%s is associated, and IMDS does not show it yet", text);
}

/* What was connected from the former address is cut off. */
static int do_associate(struct session *session, const struct action *action, bool dry,
			struct err *e)
{
	if (address_associate(session, action, dry, e) < 0)
		return -1;
	if (dry)
		return 0;
	aws_reconnect(session->aws);
	return address_await(session, action->address, e);
}

static int do_disassociate(struct session *session, const struct action *action, bool dry,
			   struct err *e)
{
	return ec2_address_disassociate(session->aws, session->instance.region, action->name,
					dry, e);
}

static int do_route_create(struct session *session, const struct action *action, bool dry,
			   struct err *e)
{
	return ec2_route_create(session->aws, session->instance.region, action->name,
				action->range, action->value, dry, e);
}

static int do_route_replace(struct session *session, const struct action *action, bool dry,
			    struct err *e)
{
	return ec2_route_replace(session->aws, session->instance.region, action->name,
				 action->range, action->value, dry, e);
}

static int do_route_delete(struct session *session, const struct action *action, bool dry,
			   struct err *e)
{
	return ec2_route_delete(session->aws, session->instance.region, action->name,
				action->range, dry, e);
}

static int do_rules_add(struct session *session, const struct action *action, bool dry,
			struct err *e)
{
	return ec2_rules_add(session->aws, session->instance.region, action->name, action->rules,
			     action->rule_count, dry, e);
}

static int do_rules_remove(struct session *session, const struct action *action, bool dry,
			   struct err *e)
{
	return ec2_rules_remove(session->aws, session->instance.region, action->name, action->rules,
				action->rule_count, dry, e);
}

static const struct {
	const char *step;
	cloud_function function;
} doers[] = {
	[ACTION_SOURCE_DEST_CHECK_OFF] = { "source/dest check", do_source_dest_check_off },
	[ACTION_ASSOCIATE] = { "address", do_associate },
	[ACTION_DISASSOCIATE] = { "address", do_disassociate },
	[ACTION_ROUTE_CREATE] = { "routes", do_route_create },
	[ACTION_ROUTE_REPLACE] = { "routes", do_route_replace },
	[ACTION_ROUTE_DELETE] = { "routes", do_route_delete },
	[ACTION_RULES_ADD] = { "security group", do_rules_add },
	[ACTION_RULES_REMOVE] = { "security group", do_rules_remove },
};

static bool is_write(const struct action *action)
{
	return (size_t)action->kind < COUNT_OF(doers) && doers[action->kind].function != NULL;
}

static int action_do(struct session *session, const struct action *action, bool dry, struct err *e)
{
	session_step(session, doers[action->kind].step);
	return doers[action->kind].function(session, action, dry, e);
}

bool cloud_writes(const struct plan *plan, enum phase phase)
{
	for (size_t i = 0; i < plan->count; i++)
		if (is_write(&plan->actions[i]) && action_phase(&plan->actions[i]) == phase)
			return true;
	return false;
}

/* --- rehearsing --- */

/* IAM decides by action and resource: another range of a route table gets the same answer. */
static bool has_like(const struct plan *plan, const struct action *action)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->actions[i].kind == action->kind &&
		    strcmp(plan->actions[i].name, action->name) == 0)
			return true;
	return false;
}

static bool is_allowed(struct session *session, const struct action *action)
{
	struct err e = ERR_INIT;

	if (action_do(session, action, true, &e) == 0)
		return true;
	session_setback(session, &e);
	return false;
}

void cloud_rehearse(struct session *session, struct plan *plan)
{
	struct plan allowed = { 0 }, denied = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		struct action *action = &plan->actions[i];
		bool asks = is_write(action) && action_phase(action) != PHASE_HOST &&
			    !has_like(&allowed, action);
		bool refused = asks && (has_like(&denied, action) || !is_allowed(session, action));
		struct plan *into = refused ? &denied : &allowed;

		*MEM_GROW(into->actions, into->count) = *action;
	}
	free(plan->actions);
	*plan = allowed;
	plan_done(&denied);
}

/* --- doing --- */

bool cloud_apply(struct session *session, const struct plan *plan, enum phase phase)
{
	bool current = true;

	for (size_t i = 0; i < plan->count; i++) {
		const struct action *action = &plan->actions[i];
		AUTO_FREE char *text = NULL;
		struct err e = ERR_INIT;

		if (!is_write(action) || action_phase(action) != phase)
			continue;
		text = action_text(action);
		log_note(session->log, "%s", text);
		if (action_do(session, action, false, &e) == 0)
			continue;
		current = current && e.code != EXIT_AGAIN;
		session_setback(session, &e);
	}
	return current;
}
