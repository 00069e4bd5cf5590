/* distro: what each distribution calls things, as data: a row a distribution. */
#ifndef CYGNET_METADATA_DISTRO_H
#define CYGNET_METADATA_DISTRO_H

#include "metadata/config.h"

/* All strings are static, and paths absolute. Lists end with NULL. */

/* One of strongSwan's two daemons as packed: swanctl's, or starter's with ipsec.conf. */
struct flavour {
	enum backend backend;
	const char *swanctl;		/* program; NULL with ipsec, as the next */
	const char *swanctl_folder;	/* conf.d is below it */
	const char *ipsec;		/* program, or strongswan; NULL with swanctl, as the next */
	const char *ipsec_folder;	/* ipsec.conf, ipsec.secrets and ipsec.d are in it */
	const char *keys_folder;	/* private keys */
	const char *certs_folder;	/* public keys */
	const char *charon;		/* the daemon's program */
	const char *plugin_folder;	/* of strongSwan's plugins */
	const char *drop_in;		/* file that strongswan.conf includes */
	const char *charon_unit;	/* the daemon of this flavour */
	const char *other_units[3];	/* of other flavours, which must not be enabled */
	const char *charon_sections[3];	/* of strongswan.conf, that it reads */
	const char *load;		/* what a plan calls loading connections and credentials */
	const char *packages;		/* that it is in, blanks between */
};

enum firewall_kind { FIREWALL_NFT, FIREWALL_IPTABLES };

struct firewall {
	enum firewall_kind kind;
	const char *program;		/* nft, or iptables */
	const char *restore;		/* iptables-restore, with its option to wait; NULL: nft */
	const char *host_units;		/* of the host's own rules, blanks between */
};

enum time_daemon { TIME_CHRONY, TIME_NTPD, TIME_TIMESYNCD };

struct time_source {
	enum time_daemon daemon;
	const char *program;		/* that it is installed */
	const char *unit;
	const char *file;		/* the drop-in, or the daemon's own file */
	bool foreign;			/* it is the daemon's own, to be edited */
	const char *folder;		/* tells that the drop-in is read; NULL: it always is */
	const char *other_units[2];	/* of time daemons which must not be enabled beside it */
};

/* How a row's repositories are made known to its package manager. */
struct enabling {
	const char *const *ids;		/* of os-release; NULL ends a list */
	const char *command;		/* a shell's */
};

struct distro {
	const char *name;		/* "Debian 12" */
	const char *const *ids;		/* of os-release: ID */
	const char *version;		/* VERSION_ID up to the first dot */
	const char *source;		/* where the row's facts are from, or "unverified" */
	const char *repositories;	/* that have to be enabled for strongSwan; NULL: none */
	bool unpackaged;		/* there is no strongSwan, neither in these repositories */
	const struct enabling *enabling;	/* of them, a row for each id; NULL: none needed */
	const char *install;		/* command that package names follow; NULL: not known */
	const char *query;		/* a shell's, fails unless the package "$1" is installed */
	const char *refresh;		/* reads the indexes anew, or fails; NULL: the others do */
	const char *upgrade;		/* command that brings what is installed up to date */
	const char *unattended;		/* options of install and upgrade at boot; NULL: none */
	const char *packages;		/* that it needs besides the flavour's */
	const char *agent;		/* package of the CloudWatch agent; NULL: there is none */
	const char *syslog;		/* package and unit that write the logs; NULL: not needed */
	const char *aws_cli;		/* package of it, where curl is too old to sign for S3 */

	const struct flavour *const *flavours;		/* best first */
	const struct firewall *const *firewalls;	/* best first */
	const struct time_source *const *times;		/* best first */
	const char *systemctl;		/* program */
	const char *unit_folder;	/* where units are written */
	const char *packaged_units[3];	/* where a package would put them */
	const char *sysctl_file;
};

/* The table of rows, and its length. Static. */
const struct distro *distro_table(size_t *ret_count);

/* The row of an os-release ID and version; NULL: there is none. */
const struct distro *distro_find(const char *id, const char *version);

/* For a distribution without a row: everything that one may have. */
extern const struct distro distro_unknown;

#endif
