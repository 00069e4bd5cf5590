/* charon: the running daemon: observing it, loading it, and telling it to start or stop tunnels. */
#ifndef CYGNET_BOOTSTRAP_CHARON_CHARON_H
#define CYGNET_BOOTSTRAP_CHARON_CHARON_H

#include "metadata/distro.h"
#include "metadata/tunnels.h"

/* Which daemon; all borrowed. */
struct charon {
	const char *root;			/* below which its socket is */
	const struct flavour *flavour;
};

/*
 * Everything below talks vici at charon's socket. Starter's charon may lack that plugin: where
 * nobody answers there, it is asked by the program `ipsec`.
 */

/*
 * Wait until charon answers, at most until clock_boot_ms() reaches deadline_ms; EXIT_AGAIN after
 * that. (charon.c)
 */
int charon_wait(const struct charon *charon, int64_t deadline_ms, struct err *e);

/*
 * Observe connections (sorted by name) and SAs whose connection name begins with "cygnet-"; others
 * on the machine are left alone. All texts of an SA are there; a selector that is no plain IPv4
 * range equals no other range. (probe.c, statusall.c)
 */
int charon_probe(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e);

/*
 * Load connections and credentials from the files (`swanctl --load-all`, `ipsec update`).
 * *ret_complaints (yours to free, "" when none) is what was said on stderr; a non-zero status of
 * swanctl's is not a failure here: callers verify what was loaded. Files that would keep starter
 * from starting are EXIT_STEP, and charon has not read them. (load.c)
 */
int charon_load(const struct charon *charon, char **ret_complaints, struct err *e);

/*
 * Compare what charon has loaded with what it should have, as connections_compare. Starter loads in
 * the background: it is given some seconds to get there. (charon.c)
 */
int charon_verify(const struct charon *charon, const struct connection *wanted, size_t count,
		  struct err *e);

/* Have charon read strongswan.conf again. (control.c) */
int charon_reload_settings(const struct charon *charon, struct err *e);

/* Initiate the connection's child of the same name, without waiting for the peer. (control.c) */
int charon_initiate(const struct charon *charon, const char *connection, struct err *e);

/*
 * Terminate one IKE_SA of a connection by its unique id, without waiting for the peer; one that is
 * gone is no failure. force: the peer is gone, and charon does not wait for it either; where it is
 * asked by `ipsec`, it does. (control.c)
 */
int charon_terminate(const struct charon *charon, const char *connection, uint32_t sa_id,
		     bool force, struct err *e);

/* The same of one CHILD_SA, by its unique id among children; its IKE_SA stays. (control.c) */
int charon_terminate_child(const struct charon *charon, const char *connection, uint32_t child_id,
			   struct err *e);

#endif
