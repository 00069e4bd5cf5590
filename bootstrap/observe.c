/*
 * observe: the reading half of a run, for the host. What is missing or unreadable is a fact
 * for the plan to deal with, unless it stands in the way of deciding at all.
 */
#include "bootstrap/observe.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "bootstrap/apply.h"
#include "bootstrap/charon/charon.h"
#include "bootstrap/ruleset.h"
#include "bootstrap/services.h"
#include "render/firewall.h"

#define OWNED_FILE_MAX (1024 * 1024)
#define CHARON_ANSWER_MS 5000	/* it may have been started just now */

static int file_observe(const char *root, const char *path, enum concern concern,
			struct observed_file *ret_file, struct err *e)
{
	struct observed_file file = { .concern = concern };

	file.present = file_exists(root, path);
	if (file.present && file_read(root, path, OWNED_FILE_MAX, &file.content, &file.mode, e) < 0)
		return -1;
	file.path = mem_strdup(path);
	*ret_file = file;
	return 0;
}

static int files_observe(const char *root, const struct target *target, struct observation *seen,
			 struct err *e)
{
	seen->files = mem_calloc(target->tree.count, sizeof *seen->files);
	for (; seen->file_count < target->tree.count; seen->file_count++) {
		const struct tree_file *wanted = &target->tree.files[seen->file_count];

		if (file_observe(root, wanted->path, wanted->concern,
				 &seen->files[seen->file_count], e) < 0)
			return -1;
	}
	return 0;
}

/* Where files must open with something, an administrator's own may lie, or a link masking units. */
static int stale_file_observe(const char *root, const char *path,
			      const struct owned_pattern *pattern, struct observation *seen,
			      struct err *e)
{
	const char *opening = pattern->opening;
	struct observed_file file;

	if (opening != NULL && !S_ISREG(file_mode(root, path)))
		return 0;
	if (file_observe(root, path, pattern->concern, &file, e) < 0)
		return -1;
	if (opening == NULL || strncmp(buf_str(&file.content), opening, strlen(opening)) == 0)
		*MEM_GROW(seen->stale, seen->stale_count) = file;
	else
		observed_file_done(&file);
	return 0;
}

static int stale_observe(const char *root, const struct target *target,
			 const struct owned_pattern *pattern, struct observation *seen,
			 struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };

	if (file_list(root, pattern->folder, pattern->prefix, pattern->suffix, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", pattern->folder, names.items[i]);

		if (tree_find(&target->tree, path) == NULL &&
		    stale_file_observe(root, path, pattern, seen, e) < 0)
			return -1;
	}
	return 0;
}

static void kernel_observe(const char *root, const struct target *target, struct observation *seen)
{
	seen->kernel = mem_calloc(target->kernel.count, sizeof *seen->kernel);
	seen->kernel_count = target->kernel.count;
	for (size_t i = 0; i < target->kernel.count; i++) {
		AUTO_FREE char *path = sysctl_path(target->kernel.items[i].key);
		AUTO_BUF struct buf text = { 0 };
		struct err unreadable = ERR_INIT;

		if (file_read(root, path, 4096, &text, NULL, &unreadable) == 0)
			seen->kernel[i] = mem_strndup(buf_str(&text),
						      strcspn(buf_str(&text), "\n"));
	}
}

static int services_observe(const struct session *session, const struct target *target,
			    struct observation *seen, struct err *e)
{
	seen->services = mem_calloc(target->unit_count, sizeof *seen->services);
	for (size_t i = 0; session->live && i < target->unit_count; i++)
		if (service_observe(session->host.distro, target->units[i].name,
				    &seen->services[i], e) < 0)
			return -1;
	return 0;
}

static bool charon_runs(const struct session *session, const struct target *target,
			const struct observation *seen)
{
	for (size_t i = 0; i < target->unit_count; i++)
		if (strcmp(target->units[i].name, session->host.flavour->charon_unit) == 0)
			return seen->services[i].active;
	return false;
}

/* Files that were not heard of, and rules that are in their file alone by now. */
static void behind_observe(const struct session *session, const struct target *target,
			   struct observation *seen)
{
	const struct firewall *firewall = session->host.firewall;

	for (enum concern concern = 0; concern < CONCERN_COUNT; concern++)
		seen->behind[concern] = apply_is_behind(session, concern);
	if (session->live && tree_find(&target->tree, firewall_file(firewall->kind)) != NULL)
		seen->behind[CONCERN_FIREWALL] |= ruleset_is_lost(firewall);
}

static void charon_observe(const struct session *session, const struct target *target,
			   struct observation *seen)
{
	const struct charon charon = { session->options->root, session->host.flavour };
	struct err silent = ERR_INIT;
	struct tunnels tunnels = { 0 };

	if (!charon_runs(session, target, seen))
		return;
	seen->charon_silent = charon_wait(&charon, clock_boot_ms() + CHARON_ANSWER_MS, &silent) < 0;
	if (seen->charon_silent || charon_probe(&charon, &tunnels, &silent) < 0)
		return;
	seen->charon = mem_calloc(1, sizeof *seen->charon);
	*seen->charon = tunnels;
}

int observe_host(const struct session *session, const struct target *target,
		 struct observation *ret_observation, struct err *e)
{
	CLEANUP(observation_done) struct observation seen = { 0 };
	const char *root = session->options->root;

	if (files_observe(root, target, &seen, e) < 0)
		return -1;
	for (size_t i = 0; i < target->pattern_count; i++)
		if (stale_observe(root, target, &target->patterns[i], &seen, e) < 0)
			return -1;
	kernel_observe(root, target, &seen);
	if (services_observe(session, target, &seen, e) < 0)
		return -1;
	behind_observe(session, target, &seen);
	charon_observe(session, target, &seen);
	*ret_observation = seen;
	seen = (struct observation){ 0 };
	return 0;
}
