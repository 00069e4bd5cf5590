/* distro: what this distribution calls things, and which of its ways to do them this machine has. */
#ifndef CYGNET_METADATA_DISTRO_H
#define CYGNET_METADATA_DISTRO_H

#include "metadata/config.h"

/* All strings are static, and paths absolute. Lists end with NULL. */

/* One of strongSwan's two daemons as packed: swanctl's, or starter's with ipsec.conf. */
struct flavour {
	enum backend backend;
	const char *swanctl;		/* program; NULL in an ipsec flavour, as the next */
	const char *swanctl_folder;	/* conf.d is below it */
	const char *ipsec;		/* program, also called strongswan; NULL in a swanctl flavour, as the next */
	const char *ipsec_folder;	/* ipsec.conf, ipsec.secrets and ipsec.d are in it */
	const char *keys_folder;	/* private keys */
	const char *certs_folder;	/* public keys */
	const char *charon;		/* the daemon's program */
	const char *plugin_folder;	/* of strongSwan's plugins */
	const char *drop_in;		/* file that strongswan.conf includes */
	const char *charon_unit;	/* the daemon of this flavour */
	const char *other_units[3];	/* flavours that must not be enabled */
	const char *charon_sections[3];	/* of strongswan.conf, that it reads */
	const char *install;		/* the command that installs it */
};

enum firewall_kind { FIREWALL_NFT, FIREWALL_IPTABLES };

struct firewall {
	enum firewall_kind kind;
	const char *program;		/* nft, or iptables */
	const char *restore;		/* iptables-restore; NULL with nft */
	const char *host_units;		/* the host's own rules, which may begin with a flush; blanks between */
};

enum time_daemon { TIME_CHRONY, TIME_NTPD, TIME_TIMESYNCD };

struct time_source {
	enum time_daemon daemon;
	const char *program;		/* that it is installed */
	const char *unit;
	const char *file;		/* the drop-in, or the daemon's own file */
	bool foreign;			/* it is the daemon's own, to be edited */
};

struct distro {
	const char *name;		/* "Debian 12" */
	const char *const *ids;		/* of os-release: ID; NULL: any */
	const char *version;		/* VERSION_ID up to the first dot */
	const char *source;		/* where the row's facts are from, or "unverified" */
	const char *repository;		/* what has to be enabled before strongSwan can be installed, or NULL */

	const struct flavour *const *flavours;		/* best first */
	const struct firewall *const *firewalls;	/* best first */
	const struct time_source *const *times;		/* best first */
	const char *systemctl;		/* program */
	const char *unit_folder;	/* where units are written */
	const char *packaged_units[3];	/* where a package would put them */
	const char *sysctl_file;
};

struct host {
	const struct distro *distro;		/* static, as the next three are */
	const struct flavour *flavour;
	const struct firewall *firewall;
	const struct time_source *time;		/* NULL: no time daemon is installed */
	const char *restorecon;			/* program; static, NULL: files have no labels here */
	bool packaged;				/* a package has put cygnet's units there */
};

/*
 * Tell which machine is below root, from /etc/os-release (else /usr/lib/os-release) and what is installed: of each
 * list of this distribution's row the first that is complete, of the flavours only those of the configured backend. A
 * distribution without a row gets whatever is found. Fails with EXIT_MISSING when something needed is not there: the
 * message says which file, or for an unknown distribution all that was looked for, and the remedy which command
 * installs it. A damaged os-release is EXIT_CONFIG.
 * Source: os-release(5).
 */
int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e);

#endif
