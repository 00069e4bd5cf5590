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

static const struct time_source debian_time_sources[] = {
	{
		/* not conf.d: there, a line that chronyd cannot read keeps it from starting */
		.daemon = TIME_CHRONY,
		.program = "/usr/sbin/chronyd",
		.unit = "chrony.service",
		.file = "/etc/chrony/sources.d/cygnet.sources",
	}, {
		.daemon = TIME_TIMESYNCD,
		.program = "/lib/systemd/systemd-timesyncd",
		.unit = "systemd-timesyncd.service",
		.file = "/etc/systemd/timesyncd.conf.d/cygnet.conf",
	},
	{ .program = NULL },
};

static const struct distro distros[] = {
	{
		.name = "Debian 12",
		.id = "debian",
		.version = "12",
		.source = "packages: strongswan 5.9.8-5+deb12u6, chrony 4.3-2, systemd 252.39",
		.install = "apt-get install -y charon-systemd strongswan-swanctl "
			   "libstrongswan-standard-plugins nftables chrony",
		.backend = BACKEND_SWANCTL,
		.swanctl = "/usr/sbin/swanctl",
		.charon = "/usr/sbin/charon-systemd",
		.crypto_plugin = "/usr/lib/ipsec/plugins/libstrongswan-openssl.so",
		.swanctl_folder = "/etc/swanctl",
		/* read after charon.conf and charon-systemd.conf, so it wins over them */
		.strongswan_drop_in = "/etc/strongswan.d/cygnet.conf",
		.charon_unit = "strongswan.service",
		.other_units = { "strongswan-starter.service" },
		.charon_sections = { "charon", "charon-systemd" },
		.nft = "/usr/sbin/nft",
		.systemctl = "/usr/bin/systemctl",
		.unit_folder = "/etc/systemd/system",
		.packaged_units = { "/usr/lib/systemd/system", "/lib/systemd/system" },
		/* after 99-sysctl.conf, the link to /etc/sysctl.conf: the last file wins */
		.sysctl_file = "/etc/sysctl.d/99-zz-cygnet.conf",
		.time_sources = debian_time_sources,
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

/* The first file of a row that is not there, or NULL. */
static const char *distro_lacks(const char *root, const struct distro *distro)
{
	const char *const programs[] = { distro->swanctl, distro->charon, distro->nft };

	for (size_t i = 0; i < COUNT_OF(programs); i++)
		if (!file_executable(root, programs[i]))
			return programs[i];
	return file_exists(root, distro->crypto_plugin) ? NULL : distro->crypto_plugin;
}

static const char *const backend_names[] = {
	[BACKEND_SWANCTL] = "swanctl",
	[BACKEND_IPSEC] = "ipsec",
};

static int distro_unknown(const struct release *release, enum backend wanted, struct err *e)
{
	struct strings names = { 0 };
	AUTO_FREE char *known = NULL, *with = NULL;

	for (size_t i = 0; i < COUNT_OF(distros); i++)
		strings_addf(&names, "%s (%s)", distros[i].name, backend_names[distros[i].backend]);
	known = strings_join(&names, ", ");
	strings_done(&names);
	if (wanted != BACKEND_DETECTED)
		with = mem_printf(" with backend '%s'", backend_names[wanted]);
	err_set(e, EXIT_MISSING, "this machine is '%s' '%s', which cygnet does not know%s",
		release->id, release->version, with ? with : "");
	return err_remedy(e, "use one of: %s", known);
}

static bool distro_matches(const struct distro *row, const struct release *release,
			   enum backend wanted)
{
	return strcmp(row->id, release->id) == 0 && strcmp(row->version, release->version) == 0 &&
	       (wanted == BACKEND_DETECTED || wanted == row->backend);
}

static int distro_choose(const char *root, const struct release *release, enum backend wanted,
			 const struct distro **ret_distro, struct err *e)
{
	const struct distro *incomplete = NULL;

	for (size_t i = 0; i < COUNT_OF(distros); i++) {
		const struct distro *row = &distros[i];

		if (!distro_matches(row, release, wanted))
			continue;
		if (distro_lacks(root, row) == NULL) {
			*ret_distro = row;
			return 0;
		}
		if (incomplete == NULL)
			incomplete = row;
	}
	if (incomplete == NULL)
		return distro_unknown(release, wanted, e);
	err_set(e, EXIT_MISSING, "'%s' is not installed", distro_lacks(root, incomplete));
	return err_remedy(e, "run '%s'", incomplete->install);
}

static const struct time_source *time_find(const char *root, const struct time_source *sources)
{
	for (; sources->program != NULL; sources++)
		if (file_executable(root, sources->program))
			return sources;
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
	const struct distro *distro;

	if (release_read(root, &release, e) < 0 ||
	    distro_choose(root, &release, wanted, &distro, e) < 0)
		return -1;
	*ret_host = (struct host){
		.distro = distro,
		.time = time_find(root, distro->time_sources),
		.packaged = units_packaged(root, distro->packaged_units),
	};
	return 0;
}
