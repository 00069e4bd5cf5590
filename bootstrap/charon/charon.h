/* charon: the running daemon: observing it, loading it, and telling it to start or stop tunnels. */
#ifndef CYGNET_BOOTSTRAP_CHARON_CHARON_H
#define CYGNET_BOOTSTRAP_CHARON_CHARON_H

#include "metadata/distro.h"
#include "metadata/tunnels.h"

/* Everything below talks VICI at the socket below root. */

/*
 * Wait until charon answers, at most until clock_boot_ms() reaches deadline_ms; EXIT_AGAIN after
 * that. (load.c)
 */
int charon_wait(const char *root, int64_t deadline_ms, struct err *e);

/*
 * Observe connections (sorted by name) and SAs whose connection name begins with "cygnet-"; others
 * on the machine are left alone. All texts of an SA are there; a selector that is no plain IPv4
 * range equals no other range. (probe.c)
 */
int charon_probe(const char *root, struct tunnels *ret_tunnels, struct err *e);

/*
 * Load connections and credentials from the files (`swanctl --load-all`). *ret_complaints (yours to
 * free, "" when none) is what it said on stderr; a non-zero status is not a failure here: callers
 * compare what was loaded. (load.c)
 */
int charon_load(const struct flavour *flavour, char **ret_complaints, struct err *e);

/* Have charon read strongswan.conf again. (control.c) */
int charon_reload_settings(const char *root, struct err *e);

/* Initiate the connection's child of the same name, without waiting for the peer. (control.c) */
int charon_initiate(const char *root, const char *connection, struct err *e);

/*
 * Terminate one IKE_SA by its unique id, without waiting for the peer; one that is gone is no
 * failure. (control.c)
 */
int charon_terminate(const char *root, uint32_t sa_id, struct err *e);

#endif
