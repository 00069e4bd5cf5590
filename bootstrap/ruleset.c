/*
 * ruleset: asking the kernel, by the firewall's own program, for names alone: that is cheap however
 * many peers there are. What the rules are is the renderers' business.
 */
#include "bootstrap/ruleset.h"

#include <string.h>

#include "base/run.h"
#include "render/iptables.h"
#include "render/nftables.h"

#define LOOK_MS 10000

static bool line_is_there(const char *lines, const char *wanted)
{
	size_t len = strlen(wanted);

	for (; *lines != '\0'; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (strcspn(lines, "\n") == len && strncmp(lines, wanted, len) == 0)
			return true;
	return false;
}

static bool table_is_lost(const struct firewall *firewall)
{
	const char *const argv[] = { firewall->program, "list", "tables", NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };
	struct err unknown = ERR_INIT;

	return run_capture(argv, LOOK_MS, &result, &unknown) == 0 &&
	       !line_is_there(buf_str(&result.out), "table " NFTABLES_TABLE);
}

static bool jump_is_lost(const struct firewall *firewall, const struct iptables_chain *chain)
{
	const char *const argv[] = { firewall->program, "-w", "-t", "mangle", "-C", chain->from,
				     "-j", chain->name, NULL };
	CLEANUP(run_result_done) struct run_result result = { 0 };
	struct err unknown = ERR_INIT;

	return run_capture(argv, LOOK_MS, &result, &unknown) == 0 && result.status != 0;
}

bool ruleset_is_lost(const struct firewall *firewall)
{
	if (firewall->kind == FIREWALL_NFT)
		return table_is_lost(firewall);
	for (const struct iptables_chain *chain = iptables_chains; chain->name != NULL; chain++)
		if (jump_is_lost(firewall, chain))
			return true;
	return false;
}
