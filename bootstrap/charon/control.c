/*
 * control: the commands that charon answers with success or a reason. None waits for the peer:
 * whether a tunnel came up is seen by probing.
 */
#include "bootstrap/charon/charon.h"

#include <stdio.h>
#include <string.h>

#include "bootstrap/charon/vici.h"

#define CONTROL_MS 10000

/* Charon's word for a tunnel that is to be dealt with in the background. */
#define NO_WAIT "-1"

static int success_check(const char *command, const struct vici_message *reply, struct err *e)
{
	AUTO_FREE char *success = NULL, *why = NULL;

	if (vici_value(reply, "success", &success, e) < 0 ||
	    vici_value(reply, "errmsg", &why, e) < 0)
		return -1;
	if (success != NULL && strcmp(success, "yes") == 0)
		return 0;
	return err_set(e, EXIT_STEP, "charon refuses to '%s': %s", command,
		       why ? why : "no reason given");
}

static int control_send(const char *root, const char *command, const struct vici_message *request,
			struct vici_message **ret_reply, struct err *e)
{
	AUTO_VICI struct vici *vici = NULL;

	if (vici_open(root, CONTROL_MS, &vici, e) < 0)
		return -1;
	return vici_request(vici, command, request, ret_reply, e);
}

int charon_reload_settings(const char *root, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;

	if (control_send(root, "reload-settings", NULL, &reply, e) < 0)
		return -1;
	return success_check("reload-settings", reply, e);
}

int charon_initiate(const char *root, const char *connection, struct err *e)
{
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;

	vici_add(request, "ike", connection);
	vici_add(request, "child", connection);
	vici_add(request, "timeout", NO_WAIT);
	if (control_send(root, "initiate", request, &reply, e) < 0 ||
	    success_check("initiate", reply, e) < 0)
		return err_wrap(e, "'%s'", connection);
	return 0;
}

/* An SA that ended by itself since it was observed is no failure. */
static int terminated_check(const struct vici_message *reply, struct err *e)
{
	AUTO_FREE char *matches = NULL;

	if (vici_value(reply, "matches", &matches, e) < 0)
		return -1;
	if (matches != NULL && strcmp(matches, "0") == 0)
		return 0;
	return success_check("terminate", reply, e);
}

int charon_terminate(const char *root, uint32_t sa_id, struct err *e)
{
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;
	char id[sizeof "4294967295"];

	snprintf(id, sizeof id, "%u", sa_id);
	vici_add(request, "ike-id", id);
	vici_add(request, "force", "no");
	vici_add(request, "timeout", NO_WAIT);
	if (control_send(root, "terminate", request, &reply, e) < 0 ||
	    terminated_check(reply, e) < 0)
		return err_wrap(e, "SA %u", sa_id);
	return 0;
}
