/* service: a systemd unit as observed. */
#ifndef CYGNET_METADATA_SERVICE_H
#define CYGNET_METADATA_SERVICE_H

#include <stdbool.h>

struct service {
	bool known;		/* the unit exists */
	bool enabled;		/* at boot: enabled, alias, static, generated, no enabled-runtime */
	bool active;		/* active, activating or reloading */
};

#endif
