/* vici: strongSwan's control protocol, in-process. */
#ifndef CYGNET_BOOTSTRAP_CHARON_VICI_H
#define CYGNET_BOOTSTRAP_CHARON_VICI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define VICI_SOCKET "/run/charon.vici"

struct vici;		/* a connection to charon */

/*
 * Connect to the socket below root. Every later wait for charon is bounded by timeout_ms. Fails with EXIT_AGAIN when
 * nobody answers there (a stale socket among that).
 */
int vici_open(const char *root, int timeout_ms, struct vici **ret_vici, struct err *e);
void vici_close(struct vici *vici);

/*
 * A message is a tree of sections, key/values and lists (strongSwan's README of the vici plugin). Building one:
 */
struct vici_message;
struct vici_message *vici_message_new(void);
void vici_message_free(struct vici_message *message);
void vici_add(struct vici_message *message, const char *key, const char *value);	/* at top level */

/* What a walk over a received message sees, in order. */
enum vici_element { VICI_SECTION_START, VICI_SECTION_END, VICI_VALUE, VICI_LIST_START, VICI_LIST_ITEM, VICI_LIST_END };

struct vici_item {
	enum vici_element element;
	const char *name;	/* of section, value or list; "" for ends and items */
	const char *value;	/* of a value or item, NUL-terminated; NULs in it are refused */
	unsigned depth;		/* sections open around it */
};

/* Called for every element; a negative return stops the walk and fails it. */
typedef int (*vici_visit)(const struct vici_item *item, void *context, struct err *e);

/* Walk a message; EXIT_STEP when its bytes are not well-formed. */
int vici_walk(const struct vici_message *message, vici_visit visit, void *context, struct err *e);

/* A top-level value of a message; borrowed until it is freed, NULL when there is none. */
const char *vici_value(const struct vici_message *message, const char *key);

/* Send a command and wait for its reply (request may be NULL). ret_reply is yours to free. */
int vici_request(struct vici *vici, const char *command, const struct vici_message *request,
		 struct vici_message **ret_reply, struct err *e);

/* As vici_request, for commands that stream: visit sees every event of that name (its messages one after the other). */
int vici_stream(struct vici *vici, const char *command, const char *event, const struct vici_message *request,
		vici_visit visit, void *context, struct err *e);

#endif
