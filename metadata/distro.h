/* distro: what this distribution calls things. One row a distribution and strongSwan flavour. */
#ifndef CYGNET_METADATA_DISTRO_H
#define CYGNET_METADATA_DISTRO_H

#include "metadata/config.h"

enum time_daemon { TIME_CHRONY, TIME_TIMESYNCD };

/* All strings are static, and paths absolute. */
struct time_source {
	enum time_daemon daemon;
	const char *program;		/* that it is installed */
	const char *unit;
	const char *file;		/* the drop-in */
};

struct distro {
	const char *name;		/* "Debian 12" */
	const char *id, *version;	/* os-release ID, and VERSION_ID up to the first dot */
	const char *source;		/* where the row's facts are from, or "unverified" */
	const char *install;		/* the command that installs what the row needs */

	enum backend backend;
	const char *swanctl;		/* program */
	const char *charon;		/* the daemon's program */
	const char *crypto_plugin;	/* file of strongSwan's plugin with ECP groups and AES-GCM */
	const char *swanctl_folder;	/* conf.d, private and pubkey are below it */
	const char *strongswan_drop_in;	/* file that strongswan.conf includes */
	const char *charon_unit;	/* the daemon of this backend */
	const char *other_units[3];	/* flavours that must not be enabled; NULL-terminated */
	const char *charon_sections[3];	/* of strongswan.conf, that it reads; NULL-terminated */

	const char *nft;		/* program */
	const char *systemctl;		/* program */
	const char *unit_folder;	/* where units are written */
	const char *packaged_units[3];	/* where a package would put them; NULL-terminated */
	const char *sysctl_file;
	const struct time_source *time_sources;	/* best first; ends with a NULL program */
};

struct host {
	const struct distro *distro;		/* static */
	const struct time_source *time;		/* static; NULL: no time daemon is installed */
	bool packaged;				/* a package has put cygnet's units there */
};

/*
 * Tell which machine is below root, from /etc/os-release (else /usr/lib/os-release) and what is
 * installed: the first row of this distribution and the configured backend that is complete. Fails
 * with EXIT_MISSING when there is no such row, or when none is complete: then the message says which
 * file is missing, and the remedy which command installs it. A damaged os-release is EXIT_CONFIG.
 * Source: os-release(5).
 */
int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e);

#endif
