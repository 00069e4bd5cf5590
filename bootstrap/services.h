/* services: systemd's units, by systemctl. */
#ifndef CYGNET_BOOTSTRAP_SERVICES_H
#define CYGNET_BOOTSTRAP_SERVICES_H

#include "base/err.h"
#include "metadata/distro.h"
#include "metadata/service.h"

/* Observe a unit. */
int service_observe(const struct distro *distro, const char *unit, struct service *ret_service,
		    struct err *e);

/*
 * Each is one systemctl call, bounded in time: one that systemd does not answer in time is
 * EXIT_AGAIN. A failure's remedy names `systemctl status` or `journalctl -u`.
 */
int service_daemon_reload(const struct distro *distro, struct err *e);
int service_enable(const struct distro *distro, const char *unit, struct err *e);
/* One that is enabled, by links to where its file no longer is. */
int service_reenable(const struct distro *distro, const char *unit, struct err *e);
int service_disable(const struct distro *distro, const char *unit, struct err *e); /* and stop */
/* From the next boot on. */
int service_disable_later(const struct distro *distro, const char *unit, struct err *e);
int service_start(const struct distro *distro, const char *unit, struct err *e);
int service_restart(const struct distro *distro, const char *unit, struct err *e);
/* Reload, or restart when it cannot. */
int service_reload(const struct distro *distro, const char *unit, struct err *e);

#endif
