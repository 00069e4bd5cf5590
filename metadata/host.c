/*
 * host: telling which machine is below a root folder, from os-release and from which files are
 * there. What the files are called is the table's business.
 */
#include "metadata/host.h"

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

/* --- os-release --- */

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
			       "%s of os-release is not 1 to 64 of a-z, 0-9, '.', '_' and '-'",
			       name);
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

/* --- what is installed --- */

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

static const struct firewall *firewall_find(const char *root, const struct distro *distro,
					    struct strings *missing)
{
	for (size_t i = 0; distro->firewalls[i] != NULL; i++) {
		if (file_executable(root, distro->firewalls[i]->program))
			return distro->firewalls[i];
		strings_add(missing, distro->firewalls[i]->program);
	}
	return NULL;
}

/* What each flavour lacks is missing only if none is complete. */
static const struct flavour *flavour_find(const char *root, const struct distro *distro,
					  enum backend wanted, struct strings *missing)
{
	for (size_t i = 0; distro->flavours[i] != NULL; i++) {
		const struct flavour *flavour = distro->flavours[i];
		AUTO_FREE char *lack = NULL;

		if (wanted != BACKEND_DETECTED && wanted != flavour->backend)
			continue;
		lack = flavour_lacks(root, flavour);
		if (lack == NULL)
			return flavour;
		if (!strings_has(missing, lack))
			strings_add(missing, lack);
	}
	return NULL;
}

static bool time_exists(const char *root, const struct time_source *time)
{
	return file_executable(root, time->program) && unit_exists(root, time->unit) &&
	       (time->folder == NULL || file_exists(root, time->folder));
}

static const struct time_source *time_find(const char *root, const struct distro *distro)
{
	for (size_t i = 0; distro->times[i] != NULL; i++)
		if (time_exists(root, distro->times[i]))
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

/* The plugin is not in every package of 6.0. Source: strongSwan's documentation, "Plugin list". */
static bool mlkem_found(const char *root, const struct flavour *flavour)
{
	AUTO_FREE char *path = mem_printf("%s/libstrongswan-ml.so", flavour->plugin_folder);

	return file_exists(root, path);
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

/* --- what is not --- */

static int unknown_lacks(const struct release *release, const struct strings *missing,
			 struct err *e)
{
	AUTO_FREE char *all = strings_join(missing, "', '");
	CLEANUP(strings_done) struct strings names = { 0 };
	AUTO_FREE char *known = NULL;
	size_t count;
	const struct distro *distros = distro_table(&count);

	for (size_t i = 0; i < count; i++)
		strings_add(&names, distros[i].name);
	known = strings_join(&names, ", ");
	err_set(e, EXIT_MISSING, "this machine is '%s' '%s', which cygnet does not know, and what "
		"it looked for is not installed: '%s'", release->id, release->version, all);
	return err_remedy(e, "use one of: %s", known);
}

static int firewall_lacks(const struct distro *distro, const char *missing, struct err *e)
{
	err_set(e, EXIT_MISSING, "'%s' is not installed", missing);
	return err_remedy(e, "run '%s %s'", distro->install, distro->packages);
}

/* The packages are those of the first flavour that would do. */
static int strongswan_lacks(const struct distro *distro, enum backend wanted, const char *missing,
			    struct err *e)
{
	const struct flavour *const *flavour = distro->flavours;

	if (distro->unpackaged) {
		err_set(e, EXIT_MISSING, "'%s' is not installed, and no strongSwan is known in "
			"%s's repositories, %s", missing, distro->name, distro->repositories);
		return err_remedy(e, "use another distribution, or build strongSwan from source");
	}
	while (wanted != BACKEND_DETECTED && (*flavour)->backend != wanted)
		flavour++;
	err_set(e, EXIT_MISSING, "'%s' is not installed", missing);
	return err_remedy(e, "%s%s%srun '%s %s %s'", distro->repositories ? "enable " : "",
			  distro->repositories ? distro->repositories : "",
			  distro->repositories ? ", then " : "", distro->install,
			  (*flavour)->packages, distro->packages);
}

int host_detect(const char *root, enum backend wanted, struct host *ret_host, struct err *e)
{
	CLEANUP(release_done) struct release release = { 0 };
	CLEANUP(strings_done) struct strings missing = { 0 };
	const struct distro *row;
	struct host host = { 0 };

	if (release_read(root, &release, e) < 0)
		return -1;
	row = distro_find(release.id, release.version);
	host.distro = row != NULL ? row : &distro_unknown;
	host.flavour = flavour_find(root, host.distro, wanted, &missing);
	if (host.flavour == NULL)
		return row ? strongswan_lacks(row, wanted, missing.items[0], e) :
			     unknown_lacks(&release, &missing, e);
	strings_done(&missing);
	host.firewall = firewall_find(root, host.distro, &missing);
	if (host.firewall == NULL)
		return row ? firewall_lacks(row, missing.items[0], e) :
			     unknown_lacks(&release, &missing, e);
	host.time = time_find(root, host.distro);
	host.restorecon = restorecon_find(root);
	host.packaged = units_packaged(root, host.distro->packaged_units);
	host.mlkem = mlkem_found(root, host.flavour);
	*ret_host = host;
	return 0;
}
