/*
 * ntp: the time sources, in each daemon's words. It knows neither where the drop-in lies nor which
 * servers are good ones.
 */
#include "render/ntp.h"

static void servers_render(const struct strings *servers, struct buf *out)
{
	for (size_t i = 0; i < servers->count; i++)
		buf_addf(out, "server %s%s iburst\n", servers->items[i], i == 0 ? " prefer" : "");
}

/* timesyncd asks its servers in turn; the empty assignment forgets those that the host lists. */
static void timesyncd_render(const struct strings *servers, struct buf *out)
{
	AUTO_FREE char *joined = strings_join(servers, " ");

	buf_addf(out, "[Time]\nNTP=\nNTP=%s\n", joined);
}

void ntp_render(enum time_daemon daemon, const struct strings *servers, struct buf *out)
{
	switch (daemon) {
	case TIME_CHRONY:
	case TIME_NTPD:
		servers_render(servers, out);
		break;
	case TIME_TIMESYNCD:
		timesyncd_render(servers, out);
		break;
	}
}
