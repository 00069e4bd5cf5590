/* service: a systemd unit as observed. */
#ifndef CYGNET_METADATA_SERVICE_H
#define CYGNET_METADATA_SERVICE_H

#include <stdbool.h>

struct service {
	bool known;		/* the unit exists */
	bool enabled;		/* at the next boot: enabled, alias, static or generated; not enabled-runtime */
	bool active;		/* active, activating or reloading */
};

#endif
