/*
 * sysctl: the article's kernel settings, as data, file and paths below /proc/sys. Writing them is
 * somebody else's.
 */
#include "render/sysctl.h"

#include <stdlib.h>
#include <string.h>

struct fixed_setting {
	const char *key, *value;
};

/* Writing ip_forward puts others back to a router's or a host's defaults: it has to be first. */
static const struct fixed_setting fixed_settings[] = {
	{ "net.ipv4.ip_forward", "1" },
	{ "net.ipv4.conf.all.send_redirects", "0" },
	{ "net.ipv4.conf.default.send_redirects", "0" },
	{ "net.ipv4.tcp_max_syn_backlog", "1280" },
	{ "net.ipv4.icmp_echo_ignore_broadcasts", "1" },
	{ "net.ipv4.conf.all.accept_source_route", "0" },
	{ "net.ipv4.conf.all.accept_redirects", "0" },
	{ "net.ipv4.conf.all.secure_redirects", "0" },
	{ "net.ipv4.conf.all.log_martians", "1" },
	{ "net.ipv4.conf.default.accept_source_route", "0" },
	{ "net.ipv4.conf.default.accept_redirects", "0" },
	{ "net.ipv4.conf.default.secure_redirects", "0" },
	{ "net.ipv4.icmp_ignore_bogus_error_responses", "1" },
	{ "net.ipv4.tcp_syncookies", "1" },
	{ "net.ipv4.conf.all.rp_filter", "1" },
	{ "net.ipv4.conf.default.rp_filter", "1" },
	{ "net.ipv4.tcp_mtu_probing", "1" },
};

static void setting_add(struct kernel_settings *settings, char *taken_key, const char *value)
{
	*MEM_GROW(settings->items, settings->count) = (struct kernel_setting){ taken_key, value };
}

/* Between sysctl's spelling of a name and the kernel's, either way: '.' and '/' change places. */
static void separators_swap(char *s)
{
	for (; *s; s++)
		*s = *s == '.' ? '/' : *s == '/' ? '.' : *s;
}

void sysctl_wanted(const char *interface, struct kernel_settings *ret_settings)
{
	struct kernel_settings settings = { 0 };
	AUTO_FREE char *spelt = mem_strdup(interface);

	separators_swap(spelt);
	for (size_t i = 0; i < COUNT_OF(fixed_settings); i++)
		setting_add(&settings, mem_strdup(fixed_settings[i].key), fixed_settings[i].value);
	setting_add(&settings, mem_printf("net.ipv4.conf.%s.send_redirects", spelt), "0");
	*ret_settings = settings;
}

char *sysctl_path(const char *key)
{
	AUTO_FREE char *below = mem_strdup(key);

	separators_swap(below);
	return mem_printf("/proc/sys/%s", below);
}

void sysctl_render(const struct kernel_settings *settings, struct buf *out)
{
	for (size_t i = 0; i < settings->count; i++)
		buf_addf(out, "%s = %s\n", settings->items[i].key, settings->items[i].value);
}

void kernel_settings_done(struct kernel_settings *settings)
{
	for (size_t i = 0; i < settings->count; i++)
		free(settings->items[i].key);
	free(settings->items);
	*settings = (struct kernel_settings){ 0 };
}
