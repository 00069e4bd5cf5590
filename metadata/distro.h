/* distro: what this distribution calls things. One row a distribution and strongSwan flavour. */
#ifndef CYGNET_METADATA_DISTRO_H
#define CYGNET_METADATA_DISTRO_H

#include "metadata/config.h"

enum time_daemon { TIME_CHRONY, TIME_TIMESYNCD };

/* All static strings; paths are absolute. */
struct distro {
	const char *name;		/* "Debian 12" */
	const char *id, *version;	/* os-release ID, and VERSION_ID up to the first dot */
	const char *source;		/* where the row's facts are from, or "unverified" */
	const char *install;		/* the command that installs what the row needs */

	enum backend backend;
	const char *swanctl;		/* program */
	const char *swanctl_folder;	/* conf.d, private and pubkey are below it */
	const char *strongswan_drop_in;	/* file that strongswan.conf includes */
	const char *charon_unit;	/* the daemon of this backend */
	const char *other_units[3];	/* flavours that must not be enabled; NULL-terminated */
	const char *charon_sections[3];	/* of strongswan.conf that this daemon reads; NULL-terminated */

	const char *nft;		/* program */
	const char *systemctl;		/* program */
	const char *unit_folder;	/* where units are written */
	const char *packaged_units[3];	/* folders where a package would have put them; NULL-terminated */
	const char *sysctl_file;
};

struct time_source {
	enum time_daemon daemon;
	const char *program;		/* that it is installed */
	const char *unit;
	const char *file;		/* the drop-in */
};

struct host {
	const struct distro *distro;		/* static */
	const struct time_source *time;		/* static; NULL: no time daemon is installed */
	bool packaged;				/* a package has put cygnet's units there */
};

/*
 * Tell which machine is below root, from /usr/lib/os-release, /etc/os-release and what is installed.
 * wanted is the configured backend. Fails with EXIT_MISSING when nothing suitable is installed, saying which file was
 * looked for, with the installing command as the remedy.
 */
int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e);

#endif
