/* sysctl: the kernel settings of a gateway, as the article has them. */
#ifndef CYGNET_RENDER_SYSCTL_H
#define CYGNET_RENDER_SYSCTL_H

#include "base/buf.h"

struct kernel_setting {
	char *key;		/* "net.ipv4.ip_forward" */
	const char *value;	/* static */
};

struct kernel_settings {
	struct kernel_setting *items;
	size_t count;
};

/*
 * In the order in which they must be written: ip_forward first, because writing it resets
 * per-interface settings. interface is the kernel name of the primary one: its send_redirects is
 * set too, because it existed before the default.
 */
void sysctl_wanted(const char *interface, struct kernel_settings *ret_settings);

/* "/proc/sys/…" of a key: dots are slashes, and slashes (of "eth0/1") dots. Yours to free. */
char *sysctl_path(const char *key);

/* The sysctl.d(5) file. */
void sysctl_render(const struct kernel_settings *settings, struct buf *out);
void kernel_settings_done(struct kernel_settings *settings);

#endif
