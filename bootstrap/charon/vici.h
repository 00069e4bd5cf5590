/* vici: strongSwan's control protocol, in-process (README.md of its vici plugin). */
#ifndef CYGNET_BOOTSTRAP_CHARON_VICI_H
#define CYGNET_BOOTSTRAP_CHARON_VICI_H

#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

#define VICI_SOCKET "charon.vici"	/* see charon_place */

struct vici;		/* a connection to charon */

/*
 * Connect to the socket below root. Every later command, its whole reply included, is bounded by
 * timeout_ms. Fails with EXIT_AGAIN when nobody answers there (a stale socket among that).
 */
int vici_open(const char *root, int timeout_ms, struct vici **ret_vici, struct err *e);
void vici_close(struct vici **vici);
#define AUTO_VICI CLEANUP(vici_close)

/*
 * A message is a tree of sections, key/values and lists. Building one:
 */
struct vici_message;
struct vici_message *vici_message_new(void);
void vici_message_free(struct vici_message **message);
#define AUTO_MESSAGE CLEANUP(vici_message_free)
void vici_add(struct vici_message *message, const char *key, const char *value); /* at top level */

/* What a walk over a received message sees, in order; numbered as on the wire. */
enum vici_element {
	VICI_SECTION_START = 1,
	VICI_SECTION_END,
	VICI_VALUE,
	VICI_LIST_START,
	VICI_LIST_ITEM,
	VICI_LIST_END,
};

struct vici_item {
	enum vici_element element;
	const char *name;	/* of section, value or list; "" for ends and items */
	const char *value;	/* of a value or item, without NULs; "" for the others */
	unsigned depth;		/* sections open around it */
};

/*
 * Called for every element; a negative return stops the walk and fails it. What item points to ends
 * with the call.
 */
typedef int (*vici_visit)(const struct vici_item *item, void *context, struct err *e);

/* Walk a message; EXIT_STEP when its bytes are not well-formed. */
int vici_walk(const struct vici_message *message, vici_visit visit, void *context, struct err *e);

/*
 * A top-level value of a message, yours to free; NULL when there is none. EXIT_STEP as for
 * vici_walk.
 */
int vici_value(const struct vici_message *message, const char *key, char **ret_value,
	       struct err *e);

/*
 * Send a command and wait for its reply (request may be NULL). ret_reply is yours to free.
 * EXIT_AGAIN when charon is silent or goes away, EXIT_STEP when it does not know the command or
 * speaks anything but vici. After a failure the connection is of no more use.
 */
int vici_request(struct vici *vici, const char *command, const struct vici_message *request,
		 struct vici_message **ret_reply, struct err *e);

/*
 * As vici_request, for commands that stream: visit sees every event of that name (its messages one
 * after the other).
 */
int vici_stream(struct vici *vici, const char *command, const char *event, vici_visit visit,
		void *context, struct err *e);

#endif
