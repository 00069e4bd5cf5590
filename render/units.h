/* units: cygnet's own systemd units. */
#ifndef CYGNET_RENDER_UNITS_H
#define CYGNET_RENDER_UNITS_H

#include "base/buf.h"
#include "metadata/distro.h"
#include "render/concern.h"

struct unit {
	const char *name;	/* "cygnet.service" */
	enum concern concern;	/* whose step starts it: CONCERN_NFTABLES for the rule set's, else CONCERN_UNITS */
	bool enabled;		/* linked into a target; the sync service is not, its timer is */
	bool started;		/* has to be active: the timer and the rule set */
};

/* The table of units, and its length. Static. */
const struct unit *units_table(size_t *ret_count);

/* One unit's text. program is cygnet's absolute path, interval_s the sync's period. Source: systemd.unit(5), systemd.timer(5). */
void unit_render(const char *name, const struct host *host, const char *program, int64_t interval_s, struct buf *out);

#endif
