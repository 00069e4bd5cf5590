/* concern: who has to hear of a file when it changes, in the order that builds a gateway up. */
#ifndef CYGNET_RENDER_CONCERN_H
#define CYGNET_RENDER_CONCERN_H

enum concern {
	CONCERN_UNITS,		/* systemd: daemon-reload */
	CONCERN_SYSCTL,		/* the kernel's settings */
	CONCERN_TIME,		/* the time daemon: restart */
	CONCERN_FIREWALL,	/* the rule set: reload of its unit */
	CONCERN_STRONGSWAN,	/* strongswan.conf: charon reads its settings again */
	CONCERN_CHARON,		/* connections and credentials: load */
	CONCERN_COUNT
};

#endif
