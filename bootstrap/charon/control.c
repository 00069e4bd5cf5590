/*
 * control: the commands that charon answers with success or a reason. None waits for the peer:
 * whether a tunnel came up is seen by probing.
 */
#include <stdio.h>
#include <string.h>

#include "bootstrap/charon/vici.h"
#include "bootstrap/charon/way.h"

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

/* The socket listens before charon's threads run: only an answer tells that it is ready. */
static int vici_answers(const struct charon *charon, int64_t wait_ms, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;
	AUTO_VICI struct vici *vici = NULL;

	if (vici_open(charon->root, (int)wait_ms, &vici, e) < 0)
		return -1;
	return vici_request(vici, "version", NULL, &reply, e);
}

static int control_send(const struct charon *charon, const char *command,
			const struct vici_message *request, struct vici_message **ret_reply,
			struct err *e)
{
	AUTO_VICI struct vici *vici = NULL;

	if (vici_open(charon->root, CONTROL_MS, &vici, e) < 0)
		return -1;
	return vici_request(vici, command, request, ret_reply, e);
}

static int vici_reload_settings(const struct charon *charon, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;

	if (control_send(charon, "reload-settings", NULL, &reply, e) < 0)
		return -1;
	return success_check("reload-settings", reply, e);
}

static int vici_initiate(const struct charon *charon, const char *connection, struct err *e)
{
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;

	vici_add(request, "ike", connection);
	vici_add(request, "child", connection);
	vici_add(request, "timeout", NO_WAIT);
	if (control_send(charon, "initiate", request, &reply, e) < 0 ||
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

/* key: what charon calls this kind of id. */
static int terminate_send(const struct charon *charon, const char *key, uint32_t unique_id,
			  bool force, struct err *e)
{
	AUTO_MESSAGE struct vici_message *request = vici_message_new(), *reply = NULL;
	char id[sizeof "4294967295"];

	snprintf(id, sizeof id, "%u", unique_id);
	vici_add(request, key, id);
	vici_add(request, "force", force ? "yes" : "no");
	vici_add(request, "timeout", NO_WAIT);
	if (control_send(charon, "terminate", request, &reply, e) < 0)
		return -1;
	return terminated_check(reply, e);
}

static int vici_terminate(const struct charon *charon, const char *connection, uint32_t sa_id,
			  bool force, struct err *e)
{
	(void)connection;
	if (terminate_send(charon, "ike-id", sa_id, force, e) < 0)
		return err_wrap(e, "SA %u", sa_id);
	return 0;
}

static int vici_terminate_child(const struct charon *charon, const char *connection,
				uint32_t child_id, struct err *e)
{
	if (terminate_send(charon, "child-id", child_id, false, e) < 0)
		return err_wrap(e, "child %u of '%s'", child_id, connection);
	return 0;
}

const struct way vici_way = {
	.answers = vici_answers,
	.probe = vici_probe,
	.reload_settings = vici_reload_settings,
	.initiate = vici_initiate,
	.terminate = vici_terminate,
	.terminate_child = vici_terminate_child,
};
