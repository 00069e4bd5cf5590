/*
 * distro: the table of what each distribution calls things, and telling which row a machine is. A
 * new distribution or time daemon is a new row; nothing else here names one.
 */
#include "metadata/distro.h"

#include <string.h>

#include "base/file.h"
#include "metadata/shape.h"

#define OS_RELEASE_MAX 65536
#define OWN_UNIT "cygnet.service"

#define CRYPTO_PLUGIN "libstrongswan-openssl.so"	/* ECP groups and AES-GCM */

static const char *const systemd_folders[] = {
	"/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system",
};

static const char *const restorecons[] = { "/usr/sbin/restorecon", "/sbin/restorecon" };

/* --- strongSwan --- */

static const struct flavour debian_swanctl = {
	.backend = BACKEND_SWANCTL,
	.swanctl = "/usr/sbin/swanctl",
	.swanctl_folder = "/etc/swanctl",
	.keys_folder = "/etc/swanctl/private",
	.certs_folder = "/etc/swanctl/pubkey",
	.charon = "/usr/sbin/charon-systemd",
	.plugin_folder = "/usr/lib/ipsec/plugins",
	/* read after charon.conf and charon-systemd.conf, so it wins over them */
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan.service",
	.other_units = { "strongswan-starter.service" },
	.charon_sections = { "charon", "charon-systemd" },
	.install = "apt-get install -y charon-systemd strongswan-swanctl "
		   "libstrongswan-standard-plugins nftables chrony",
};

static const struct flavour debian_ipsec = {
	.backend = BACKEND_IPSEC,
	.ipsec = "/usr/sbin/ipsec",
	.ipsec_folder = "/etc",
	.keys_folder = "/etc/ipsec.d/private",
	.certs_folder = "/etc/ipsec.d/certs",
	.charon = "/usr/lib/ipsec/charon",
	.plugin_folder = "/usr/lib/ipsec/plugins",
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan-starter.service",
	.other_units = { "strongswan.service" },
	.charon_sections = { "charon" },
	.install = "apt-get install -y strongswan-starter libstrongswan-standard-plugins "
		   "nftables chrony",
};

static const struct flavour *const debian_flavours[] = { &debian_swanctl, &debian_ipsec, NULL };

/* --- firewalls --- */

static const struct firewall nft = {
	.kind = FIREWALL_NFT,
	.program = "/usr/sbin/nft",
	.host_units = "nftables.service",
};

static const struct firewall *const debian_firewalls[] = { &nft, NULL };

/* --- time daemons --- */

static const struct time_source debian_chrony = {
	/* not conf.d: there, a line that chronyd cannot read keeps it from starting */
	.daemon = TIME_CHRONY,
	.program = "/usr/sbin/chronyd",
	.unit = "chrony.service",
	.file = "/etc/chrony/sources.d/cygnet.sources",
};

static const struct time_source timesyncd = {
	.daemon = TIME_TIMESYNCD,
	.program = "/lib/systemd/systemd-timesyncd",
	.unit = "systemd-timesyncd.service",
	.file = "/etc/systemd/timesyncd.conf.d/cygnet.conf",
};

static const struct time_source *const debian_times[] = { &debian_chrony, &timesyncd, NULL };

/* --- distributions --- */

static const char *const debian[] = { "debian", NULL };

#define DEBIAN_LAYOUT							\
	.systemctl = "/usr/bin/systemctl",				\
	.unit_folder = "/etc/systemd/system",				\
	.packaged_units = { "/usr/lib/systemd/system", "/lib/systemd/system" }, \
	/* after 99-sysctl.conf, the link to /etc/sysctl.conf: the last file wins */ \
	.sysctl_file = "/etc/sysctl.d/99-zz-cygnet.conf"

static const struct distro distros[] = {
	{
		.name = "Debian 12",
		.ids = debian,
		.version = "12",
		.source = "packages: strongswan 5.9.8-5+deb12u6, chrony 4.3-2, systemd 252.39",
		.flavours = debian_flavours,
		.firewalls = debian_firewalls,
		.times = debian_times,
		DEBIAN_LAYOUT,
	},
};

struct release {
	char *id, *version;
};

static void release_done(struct release *release)
{
	mem_cleanup(&release->id);
	mem_cleanup(&release->version);
}

/* What a shell would make of the text after '=', in place; false when the quotes do not match. */
static bool value_unquote(char *text, char **ret_text)
{
	size_t len = strlen(text);

	if (*text != '"' && *text != '\'') {
		*ret_text = text;
		return true;
	}
	if (len < 2 || text[len - 1] != text[0])
		return false;
	text[len - 1] = '\0';
	*ret_text = text + 1;
	return true;
}

/* What these two may consist of needs no escape, so a backslash is refused like any other. */
static int release_value(char *text, const char *name, char **ret_value, struct err *e)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	char *value;

	if (!value_unquote(text, &value) || !shape_word(value, allowed, 1, 64))
		return err_set(e, EXIT_CONFIG,
			       "%s of os-release is not 1 to 64 of a-z, 0-9, '.', '_' and '-'", name);
	mem_cleanup(ret_value);
	*ret_value = mem_strdup(value);
	return 0;
}

static int release_line(char *line, struct release *into, struct err *e)
{
	char *text = strchr(line, '=');

	if (text == NULL)
		return 0;
	*text++ = '\0';
	if (strcmp(line, "ID") == 0)
		return release_value(text, line, &into->id, e);
	if (strcmp(line, "VERSION_ID") == 0)
		return release_value(text, line, &into->version, e);
	return 0;
}

static int release_parse(char *text, struct release *ret_release, struct err *e)
{
	CLEANUP(release_done) struct release release = { 0 };
	char *line;

	while ((line = strsep(&text, "\n")) != NULL)
		if (release_line(line, &release, e) < 0)
			return -1;
	if (release.id == NULL)
		release.id = mem_strdup("linux");	/* os-release(5) says so */
	if (release.version == NULL)
		release.version = mem_strdup("");
	release.version[strcspn(release.version, ".")] = '\0';
	*ret_release = release;
	release = (struct release){ 0 };
	return 0;
}

static int release_read(const char *root, struct release *ret_release, struct err *e)
{
	const char *path = "/etc/os-release";
	AUTO_BUF struct buf content = { 0 };
	AUTO_FREE char *text = NULL;

	if (!file_exists(root, path))
		path = "/usr/lib/os-release";
	if (file_read(root, path, OS_RELEASE_MAX, &content, NULL, e) < 0)
		return -1;
	text = buf_take(&content);
	return release_parse(text, ret_release, e);
}

static const char *const backend_names[] = {
	[BACKEND_SWANCTL] = "swanctl",
	[BACKEND_IPSEC] = "ipsec",
};

static bool unit_exists(const char *root, const char *unit)
{
	for (size_t i = 0; i < COUNT_OF(systemd_folders); i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", systemd_folders[i], unit);

		if (file_exists(root, path))
			return true;
	}
	return false;
}

/* What of a flavour is not there, yours to free; NULL when it is complete. */
static char *flavour_lacks(const char *root, const struct flavour *flavour)
{
	const char *const programs[] = { flavour->swanctl, flavour->ipsec, flavour->charon };
	AUTO_FREE char *plugin = mem_printf("%s/" CRYPTO_PLUGIN, flavour->plugin_folder);

	for (size_t i = 0; i < COUNT_OF(programs); i++)
		if (programs[i] != NULL && !file_executable(root, programs[i]))
			return mem_strdup(programs[i]);
	if (!file_exists(root, plugin))
		return TAKE(plugin);
	return unit_exists(root, flavour->charon_unit) ? NULL : mem_strdup(flavour->charon_unit);
}

static bool flavour_wanted(const struct flavour *flavour, enum backend wanted)
{
	return wanted == BACKEND_DETECTED || wanted == flavour->backend;
}

static int distro_unknown(const struct release *release, struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	AUTO_FREE char *known = NULL;

	for (size_t i = 0; i < COUNT_OF(distros); i++)
		strings_add(&names, distros[i].name);
	known = strings_join(&names, ", ");
	err_set(e, EXIT_MISSING, "this machine is '%s' '%s', which cygnet does not know",
		release->id, release->version);
	return err_remedy(e, "use one of: %s", known);
}

static bool ids_have(const char *const *ids, const char *id)
{
	for (; *ids != NULL; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

static const struct distro *distro_find(const struct release *release)
{
	for (size_t i = 0; i < COUNT_OF(distros); i++)
		if (ids_have(distros[i].ids, release->id) &&
		    strcmp(distros[i].version, release->version) == 0)
			return &distros[i];
	return NULL;
}

static int flavour_missing(const char *root, const struct distro *distro,
			   const struct flavour *first, enum backend wanted, struct err *e)
{
	AUTO_FREE char *missing = NULL;

	if (first == NULL)
		return err_set(e, EXIT_MISSING, "%s has no strongSwan with backend '%s'",
			       distro->name, backend_names[wanted]);
	missing = flavour_lacks(root, first);
	err_set(e, EXIT_MISSING, "'%s' is not installed", missing);
	return err_remedy(e, "run '%s'", first->install);
}

static int flavour_choose(const char *root, const struct distro *distro, enum backend wanted,
			  const struct flavour **ret_flavour, struct err *e)
{
	const struct flavour *first = NULL;

	for (size_t i = 0; distro->flavours[i] != NULL; i++) {
		const struct flavour *flavour = distro->flavours[i];
		AUTO_FREE char *missing = NULL;

		if (!flavour_wanted(flavour, wanted))
			continue;
		if (first == NULL)
			first = flavour;
		missing = flavour_lacks(root, flavour);
		if (missing == NULL) {
			*ret_flavour = flavour;
			return 0;
		}
	}
	return flavour_missing(root, distro, first, wanted, e);
}

static int firewall_choose(const char *root, const struct distro *distro,
			   const struct flavour *flavour, const struct firewall **ret_firewall,
			   struct err *e)
{
	for (size_t i = 0; distro->firewalls[i] != NULL; i++)
		if (file_executable(root, distro->firewalls[i]->program)) {
			*ret_firewall = distro->firewalls[i];
			return 0;
		}
	err_set(e, EXIT_MISSING, "'%s' is not installed", distro->firewalls[0]->program);
	return err_remedy(e, "run '%s'", flavour->install);
}

static const struct time_source *time_find(const char *root, const struct distro *distro)
{
	for (size_t i = 0; distro->times[i] != NULL; i++)
		if (file_executable(root, distro->times[i]->program))
			return distro->times[i];
	return NULL;
}

static const char *restorecon_find(const char *root)
{
	for (size_t i = 0; i < COUNT_OF(restorecons); i++)
		if (file_executable(root, restorecons[i]))
			return restorecons[i];
	return NULL;
}

static bool units_packaged(const char *root, const char *const folders[])
{
	for (; *folders != NULL; folders++) {
		AUTO_FREE char *path = mem_printf("%s/" OWN_UNIT, *folders);

		if (file_exists(root, path))
			return true;
	}
	return false;
}

int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e)
{
	CLEANUP(release_done) struct release release = { 0 };
	struct host host = { 0 };

	if (release_read(root, &release, e) < 0)
		return -1;
	host.distro = distro_find(&release);
	if (host.distro == NULL)
		return distro_unknown(&release, e);
	if (flavour_choose(root, host.distro, wanted, &host.flavour, e) < 0 ||
	    firewall_choose(root, host.distro, host.flavour, &host.firewall, e) < 0)
		return -1;
	host.time = time_find(root, host.distro);
	host.restorecon = restorecon_find(root);
	host.packaged = units_packaged(root, host.distro->packaged_units);
	*ret_host = host;
	return 0;
}
