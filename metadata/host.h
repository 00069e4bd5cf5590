/* host: which machine this is, and which of its distribution's ways to do things it has. */
#ifndef CYGNET_METADATA_HOST_H
#define CYGNET_METADATA_HOST_H

#include "metadata/distro.h"

/* All static. */
struct host {
	const struct distro *distro;
	const struct flavour *flavour;
	const struct firewall *firewall;
	const struct time_source *time;		/* NULL: no time daemon is installed */
	const char *restorecon;			/* program; NULL: files have no labels here */
	bool packaged;				/* a package has put cygnet's units there */
	bool mlkem;				/* strongSwan has ML-KEM, so it is 6.0 or later */
};

/*
 * Tell which machine is below root, from /etc/os-release (else /usr/lib/os-release) and what is
 * installed: of each list of this distribution's row the first that is complete, of the flavours
 * only those of the configured backend. A distribution without a row gets whatever is found. Fails
 * with EXIT_MISSING when something needed is not there: the message says which file, or for an
 * unknown distribution all that was looked for, and the remedy which command installs it. A damaged
 * os-release is EXIT_CONFIG.
 * Source: os-release(5).
 */
int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e);

#endif
