/* ntp: the time daemon's sources. */
#ifndef CYGNET_RENDER_NTP_H
#define CYGNET_RENDER_NTP_H

#include "base/buf.h"
#include "metadata/distro.h"

/* The drop-in of this time daemon: the first server preferred, each with iburst where known. */
void ntp_render(enum time_daemon daemon, const struct strings *servers, struct buf *out);

#endif
