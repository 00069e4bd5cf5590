/*
 * plan: shows what bootstrap would do, from the same functions that bootstrap acts on. It changes
 * nothing.
 */
#include <stdio.h>

#include "bootstrap/command.h"
#include "bootstrap/duty.h"
#include "bootstrap/picture.h"

static void settings_print(const struct config *config)
{
	puts("settings");
	for (enum setting i = 0; i < SETTING_COUNT; i++)
		printf("  %-16s %-40s %s\n", config_key(i),
		       config->values[i] ? config->values[i] : "", config->origins[i]);
}

static void actions_print(const char *title, const struct plan *plan, bool files)
{
	size_t count = 0;

	puts(title);
	for (size_t i = 0; i < plan->count; i++) {
		AUTO_FREE char *text = NULL;

		if (action_is_file(&plan->actions[i]) != files)
			continue;
		text = action_text(&plan->actions[i]);
		printf("  %s\n", text);
		count++;
	}
	if (count == 0)
		puts("  none");
}

/* What a site that is not this instance's any more would have of it is said, not planned. */
static int site_plan(struct session *session, struct picture *picture, struct plan *plan,
		     struct err *e)
{
	CLEANUP(target_done) struct target target = { 0 };

	if (picture_observe(session, picture, e) < 0 || picture_decide(session, picture, e) < 0)
		return -1;
	if (!picture_ended(picture))
		return picture_plan(session, picture, &target, plan, e);
	if (duty_check(session, e) < 0)
		return -1;
	duty_tell(session, &picture->succession);
	session->state.duty = picture->succession.tenure == TENURE_LEFT ?
			      DUTY_LEFT : DUTY_SUPERSEDED;
	return duty_refuse(session, e);
}

enum exit_code command_plan(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(picture_done) struct picture picture = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	if (session_observe(session, environment, e) < 0 || session_load(session, e) < 0 ||
	    session_load_key(session, e) < 0)
		return EXIT_STEP;
	duty_resume(session);
	if (site_plan(session, &picture, &plan, e) < 0)
		return EXIT_STEP;
	settings_print(&session->config);
	actions_print("files", &plan, true);
	actions_print("calls", &plan, false);
	if (picture.key_missing)
		puts("the key is not made yet: in file names its id is shown as zeros");
	if (session->config.lifecycle_hook != NULL)
		printf("lifecycle hook '%s' is answered by bootstrap, if it waits for this "
		       "instance\n", session->config.lifecycle_hook);
	if (session->setback.code != EXIT_DONE)
		return session->setback.code;
	return plan.count > 0 ? EXIT_CHANGES : EXIT_DONE;
}
