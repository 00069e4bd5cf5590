/* units: cygnet's own systemd units. */
#ifndef CYGNET_RENDER_UNITS_H
#define CYGNET_RENDER_UNITS_H

#include "base/buf.h"
#include "metadata/distro.h"

struct unit {
	const char *name;	/* "cygnet.service" */
	bool enabled;		/* linked into a target; the sync service is not, its timer is */
	bool started;		/* started at once when it is first enabled */
};

/* The table of units, and its length. Static. */
const struct unit *units_table(size_t *ret_count);

/* One unit's text. program is cygnet's absolute path, interval_s the sync's period. Source: systemd.unit(5), systemd.timer(5). */
void unit_render(const char *name, const struct host *host, const char *program, int64_t interval_s, struct buf *out);

#endif
