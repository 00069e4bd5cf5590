/* way: how charon is talked to, for this room's use. */
#ifndef CYGNET_BOOTSTRAP_CHARON_WAY_H
#define CYGNET_BOOTSTRAP_CHARON_WAY_H

#include "bootstrap/charon/charon.h"

/* Each as its namesake of charon.h. */
struct way {
	/* Within wait_ms; EXIT_AGAIN: not now. */
	int (*answers)(const struct charon *charon, int64_t wait_ms, struct err *e);
	int (*probe)(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e);
	int (*reload_settings)(const struct charon *charon, struct err *e);
	int (*initiate)(const struct charon *charon, const char *connection, struct err *e);
	int (*terminate)(const struct charon *charon, const char *connection, uint32_t sa_id,
			 bool force, struct err *e);
	int (*terminate_child)(const struct charon *charon, const char *connection,
			       uint32_t child_id, struct err *e);
};

extern const struct way vici_way;	/* (control.c) */
extern const struct way stroke_way;	/* by `ipsec`, which speaks stroke (stroke.c) */

/* Of vici_way. (probe.c) */
int vici_probe(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e);

/*
 * Have starter read its files: first, whether it would start with them, then secrets, then conns,
 * those in the background. *ret_complaints as charon_load. (stroke.c)
 */
int starter_load(const struct charon *charon, char **ret_complaints, struct err *e);

#endif
