/*
 * tree: which files a gateway has, where, and for whom. What stands in them is the other renderers'
 * business; what is on disk already is nobody's here.
 */
#include "render/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "keys/keyring.h"
#include "render/connection.h"
#include "render/firewall.h"
#include "render/ipsec.h"
#include "render/ntp.h"
#include "render/swanctl.h"
#include "render/sysctl.h"
#include "render/units.h"

#define OPENING "# Written by cygnet "

static int file_compare(const void *path, const void *file)
{
	return strcmp(path, ((const struct tree_file *)file)->path);
}

static struct tree_file *tree_search(const struct tree *tree, const char *path)
{
	if (tree->count == 0)
		return NULL;
	return bsearch(path, tree->files, tree->count, sizeof *tree->files, file_compare);
}

const struct tree_file *tree_find(const struct tree *tree, const char *path)
{
	return tree_search(tree, path);
}

static struct tree_file *tree_insert(struct tree *tree, const char *path)
{
	struct tree_file *file = MEM_GROW(tree->files, tree->count);

	for (; file > tree->files && strcmp(file[-1].path, path) > 0; file--)
		file[0] = file[-1];
	*file = (struct tree_file){ .path = mem_strdup(path) };
	return file;
}

void tree_edit(struct tree *tree, const char *path, enum edit edit, struct buf *lines, mode_t mode,
	       enum concern concern)
{
	struct tree_file *file = tree_search(tree, path);

	if (file == NULL)
		file = tree_insert(tree, path);
	buf_done(&file->content);
	file->edit = edit;
	file->content = *lines;
	file->mode = mode;
	file->concern = concern;
	*lines = (struct buf){ 0 };
}

void tree_add(struct tree *tree, const char *path, struct buf *content, mode_t mode,
	      enum concern concern)
{
	tree_edit(tree, path, EDIT_WHOLE, content, mode, concern);
}

void tree_done(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->files[i].path);
		buf_done(&tree->files[i].content);
	}
	free(tree->files);
	*tree = (struct tree){ 0 };
}

/* What every file but a key opens with: no version or time, which would change the files. */
static struct buf file_begin(const struct tree_inputs *inputs)
{
	struct buf content = { 0 };

	buf_addf(&content, OPENING "for site '%s'; changes are overwritten.\n\n",
		 inputs->config->site);
	return content;
}

static bool unit_packaged_so(const struct unit *unit, const struct buf *text)
{
	AUTO_BUF struct buf packaged = { 0 };

	unit_render_packaged(unit, &packaged);
	return strcmp(buf_str(&packaged), buf_str(text)) == 0;
}

/* systemd takes a unit written here for the package's of that name, so only one that differs is. */
static void tree_unit(const struct tree_inputs *inputs, const struct unit *unit, struct tree *tree)
{
	const struct host *host = inputs->host;
	const char *program = host->packaged ? UNITS_PACKAGED_PROGRAM : inputs->program;
	AUTO_FREE char *path = mem_printf("%s/%s", host->distro->unit_folder, unit->name);
	AUTO_BUF struct buf text = { 0 };
	struct buf content;

	unit_render(unit, host, program, inputs->config, &text);
	if (host->packaged && unit_packaged_so(unit, &text))
		return;
	content = file_begin(inputs);
	buf_add(&content, text.data, text.len);
	tree_add(tree, path, &content, 0644, CONCERN_UNITS);
}

void tree_units(const struct tree_inputs *inputs, struct tree *ret_tree)
{
	struct tree tree = { 0 };
	size_t count;
	const struct unit *units = units_table(&count);

	for (size_t i = 0; i < count; i++)
		tree_unit(inputs, &units[i], &tree);
	*ret_tree = tree;
}

static void tree_sysctl(const struct tree_inputs *inputs, struct tree *tree)
{
	struct kernel_settings settings;
	struct buf content = file_begin(inputs);

	sysctl_wanted(inputs->interface, &settings);
	sysctl_render(&settings, &content);
	kernel_settings_done(&settings);
	tree_add(tree, inputs->host->distro->sysctl_file, &content, 0644, CONCERN_SYSCTL);
}

static void tree_time(const struct tree_inputs *inputs, struct tree *tree)
{
	const struct time_source *time = inputs->host->time;
	struct buf content = time->foreign ? (struct buf){ 0 } : file_begin(inputs);

	ntp_render(time->daemon, &inputs->config->ntp, &content);
	if (!time->foreign)
		tree_add(tree, time->file, &content, 0644, CONCERN_TIME);
	else
		tree_edit(tree, time->file, time->daemon == TIME_NTPD ? EDIT_SERVERS : EDIT_BLOCK,
			  &content, 0, CONCERN_TIME);
}

static void tree_firewall(const struct tree_inputs *inputs, struct tree *tree)
{
	enum firewall_kind kind = inputs->host->firewall->kind;
	struct buf content = file_begin(inputs);

	firewall_render(kind, inputs->config->mss, inputs->peers, &content);
	tree_add(tree, firewall_file(kind), &content, 0644, CONCERN_FIREWALL);
}

static void tree_strongswan(const struct tree_inputs *inputs, struct tree *tree)
{
	struct buf content = file_begin(inputs);

	strongswan_render(inputs->host->flavour->charon_sections, &content);
	tree_add(tree, inputs->host->flavour->drop_in, &content, 0644,
		 CONCERN_STRONGSWAN);
}

static void tree_key(const struct tree_inputs *inputs, const char *site,
		     const struct public_key *key, struct tree *tree)
{
	AUTO_FREE char *name = keyring_public_name(site, key);
	AUTO_FREE char *path = mem_printf("%s/%s", inputs->host->flavour->certs_folder, name);
	AUTO_FREE char *pem = public_key_pem(key);
	struct buf content = { 0 };

	buf_adds(&content, pem);
	tree_add(tree, path, &content, 0644, CONCERN_CHARON);
}

static void tree_keys(const struct tree_inputs *inputs, const struct site *site, struct tree *tree)
{
	for (size_t i = 0; i < site->key_count; i++)
		tree_key(inputs, site->name, &site->keys[i].key, tree);
}

static const struct public_key *signing_key(const struct tree_inputs *inputs)
{
	return inputs->signing != NULL ? inputs->signing : site_active_key(inputs->own);
}

/* Where the files of connections are, which all are called "cygnet-….conf". Yours to free. */
static char *connections_folder(const struct flavour *flavour)
{
	return flavour->backend == BACKEND_IPSEC ? mem_printf("%s/ipsec.d", flavour->ipsec_folder) :
						   mem_printf("%s/conf.d", flavour->swanctl_folder);
}

static char *last_path(const struct tree_inputs *inputs)
{
	return mem_printf("%s/ipsec.d/cygnet.conf", inputs->host->flavour->ipsec_folder);
}

/* What makes starter read cygnet's files; in ipsec.d, where AppArmor and SELinux expect them. */
static void tree_starter(const struct tree_inputs *inputs, struct tree *tree)
{
	const char *folder = inputs->host->flavour->ipsec_folder;
	AUTO_FREE char *conf = mem_printf("%s/ipsec.conf", folder);
	AUTO_FREE char *secrets = mem_printf("%s/ipsec.secrets", folder);
	AUTO_FREE char *own_secrets = mem_printf("%s/ipsec.d/cygnet.secrets", folder);
	AUTO_FREE char *last = last_path(inputs);
	struct buf content = file_begin(inputs), conf_line = { 0 }, secrets_line = { 0 };

	ipsec_secrets_render(inputs->own, &content);
	tree_add(tree, own_secrets, &content, 0600, CONCERN_CHARON);
	buf_addf(&conf_line, "include %s/ipsec.d/cygnet-*.conf\ninclude %s\n", folder, last);
	tree_edit(tree, conf, EDIT_BLOCK, &conf_line, 0644, CONCERN_CHARON);
	buf_addf(&secrets_line, "include %s\n", own_secrets);
	tree_edit(tree, secrets, EDIT_BLOCK, &secrets_line, 0600, CONCERN_CHARON);
}

static void tree_peer(const struct tree_inputs *inputs, const struct site *peer, uint32_t reqid,
		      struct tree *tree)
{
	AUTO_FREE char *folder = connections_folder(inputs->host->flavour);
	AUTO_FREE char *name = connection_name(peer->name);
	AUTO_FREE char *path = mem_printf("%s/%s.conf", folder, name);
	struct buf content = file_begin(inputs);

	if (inputs->host->flavour->backend == BACKEND_IPSEC)
		ipsec_render(inputs->config, inputs->own, signing_key(inputs), peer, reqid,
			     &content);
	else
		swanctl_render(inputs->config, inputs->own, signing_key(inputs), peer, reqid,
			       &content);
	tree_add(tree, path, &content, 0644, CONCERN_CHARON);
	tree_keys(inputs, peer, tree);
}

static void tree_peers(const struct tree_inputs *inputs, struct tree *tree)
{
	AUTO_FREE uint32_t *reqids = mem_calloc(inputs->peers->count, sizeof *reqids);

	connection_reqids(inputs->peers, reqids);
	for (size_t i = 0; i < inputs->peers->count; i++)
		tree_peer(inputs, &inputs->peers->items[i], reqids[i], tree);
}

char *tree_last_connection(const struct tree_inputs *inputs, const struct tree *tree)
{
	AUTO_FREE char *but = NULL;
	AUTO_BUF struct buf files = { 0 };

	if (inputs->host->flavour->backend != BACKEND_IPSEC || site_active_key(inputs->own) == NULL)
		return NULL;
	but = last_path(inputs);
	for (size_t i = 0; i < tree->count; i++)
		if (tree->files[i].concern == CONCERN_CHARON &&
		    strcmp(tree->files[i].path, but) != 0)
			buf_addf(&files, "%s\n%s", tree->files[i].path,
				 buf_str(&tree->files[i].content));
	return connection_last_name(hash_text(buf_str(&files)));
}

static void tree_last(const struct tree_inputs *inputs, struct tree *tree)
{
	AUTO_FREE char *name = tree_last_connection(inputs, tree);
	AUTO_FREE char *path = NULL;
	struct buf content;

	if (name == NULL)
		return;
	path = last_path(inputs);
	content = file_begin(inputs);
	buf_adds(&content, "# To see when starter has loaded all before it; it does nothing.\n");
	ipsec_last_render(name, &content);
	tree_add(tree, path, &content, 0644, CONCERN_CHARON);
}

void tree_all(const struct tree_inputs *inputs, struct tree *ret_tree)
{
	struct tree tree;

	tree_units(inputs, &tree);
	tree_sysctl(inputs, &tree);
	if (inputs->host->time != NULL)
		tree_time(inputs, &tree);
	tree_firewall(inputs, &tree);
	tree_strongswan(inputs, &tree);
	if (site_active_key(inputs->own) != NULL) {
		tree_keys(inputs, inputs->own, &tree);
		if (inputs->host->flavour->backend == BACKEND_IPSEC)
			tree_starter(inputs, &tree);
		tree_peers(inputs, &tree);
		tree_last(inputs, &tree);
	}
	*ret_tree = tree;
}

static void pattern_add(struct owned_pattern **patterns, size_t *count,
			struct owned_pattern pattern)
{
	*MEM_GROW(*patterns, *count) = pattern;
}

/* An administrator may have put a unit there instead of the package's, or a link that masks it. */
static void patterns_add_units(struct owned_pattern **patterns, size_t *count,
			       const struct host *host)
{
	size_t unit_count;
	const struct unit *units = units_table(&unit_count);

	for (size_t i = 0; i < unit_count; i++)
		pattern_add(patterns, count, (struct owned_pattern){
			.folder = mem_strdup(host->distro->unit_folder),
			.prefix = units[i].name, .opening = OPENING, .concern = CONCERN_UNITS });
}

void tree_units_owned(const struct host *host, struct owned_pattern **ret_patterns,
		      size_t *ret_count)
{
	struct owned_pattern *patterns = NULL;
	size_t count = 0;

	patterns_add_units(&patterns, &count, host);
	*ret_patterns = patterns;
	*ret_count = count;
}

void tree_owned(const struct host *host, struct owned_pattern **ret_patterns, size_t *ret_count)
{
	static const char *const firewall_suffixes[] = { ".nft", ".iptables" };
	/* the second is of a run that was killed: strongSwan reads whatever lies beside its keys */
	static const char *const key_suffixes[] = { ".pub", ".pub" FILE_TEMPORARY };
	struct owned_pattern *patterns = NULL;
	size_t count = 0;

	pattern_add(&patterns, &count, (struct owned_pattern){
		.folder = connections_folder(host->flavour),
		.prefix = "cygnet-", .suffix = ".conf", .concern = CONCERN_CHARON });
	for (size_t i = 0; i < COUNT_OF(key_suffixes); i++)
		pattern_add(&patterns, &count, (struct owned_pattern){
			.folder = mem_strdup(host->flavour->certs_folder), .prefix = "cygnet-",
			.suffix = key_suffixes[i], .concern = CONCERN_CHARON });
	for (size_t i = 0; i < COUNT_OF(firewall_suffixes); i++)
		pattern_add(&patterns, &count, (struct owned_pattern){
			.folder = mem_strdup(FIREWALL_FOLDER), .prefix = "cygnet",
			.suffix = firewall_suffixes[i], .concern = CONCERN_FIREWALL });
	patterns_add_units(&patterns, &count, host);
	*ret_patterns = patterns;
	*ret_count = count;
}

void owned_patterns_done(struct owned_pattern *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(patterns[i].folder);
	free(patterns);
}
