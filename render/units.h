/* units: cygnet's own systemd units. */
#ifndef CYGNET_RENDER_UNITS_H
#define CYGNET_RENDER_UNITS_H

#include "base/buf.h"
#include "metadata/host.h"
#include "render/concern.h"

struct unit {
	const char *name;	/* "cygnet.service" */
	enum concern concern;	/* started in CONCERN_UNITS, the rule set's in CONCERN_FIREWALL */
	bool enabled;		/* linked into a target; the sync service is not, its timer is */
	bool started;		/* has to be active: the timer and the rule set */
};

/* The table of units, and its length. Static. */
const struct unit *units_table(size_t *ret_count);

/*
 * The text of one unit of the table. program is cygnet's absolute path; of config the interval and
 * the timeout count. Sources: systemd.unit(5), systemd.service(5), systemd.timer(5),
 * systemd.exec(5).
 */
void unit_render(const struct unit *unit, const struct host *host, const char *program,
		 const struct config *config, struct buf *out);

/* Where a package puts the program. */
#define UNITS_PACKAGED_PROGRAM "/usr/bin/cygnet"

/*
 * The text of one unit as a package brings it (rpm/ holds the files): for Enterprise Linux, and for
 * the settings' defaults.
 */
void unit_render_packaged(const struct unit *unit, struct buf *out);

#endif
