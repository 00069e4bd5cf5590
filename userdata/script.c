/*
 * script: the whole of it, in the order in which it runs. What a distribution or a source needs is
 * for others.
 */
#include "userdata/script.h"

#include "userdata/fetch.h"
#include "userdata/packages.h"
#include "userdata/shell.h"

/*
 * Tries wait 5, 10, 15 … seconds, and end after ten minutes: on a first boot other programs hold
 * locks on packages for long. It also sets the clock, which is no measure therefore.
 */
static const char beginning[] =
	"set -eu\n"
	"umask 022\n"
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
	"export PATH LC_ALL=C DEBIAN_FRONTEND=noninteractive\n"
	"at=start work='' known=''\n"
	"say() { echo \"cygnet user-data: $*\"; }\n"
	"step() { at=$1; say \"$at\"; }\n"
	"fail() { say \"$*\" >&2; exit 1; }\n"
	"ended() {\n"
	"\tcode=$?\n"
	"\trm -rf \"$work\"\n"
	"\t[ \"$code\" -eq 0 ] || say \"FAILED: $at (exit code $code)\" >&2\n"
	"}\n"
	"trap ended EXIT\n"
	"clock() { read -r now _ </proc/uptime && now=${now%.*}; }\n"
	"try() {\n"
	"\tclock\n"
	"\tend=$((now + 600)) tries=1\n"
	"\tuntil \"$@\"; do\n"
	"\t\tclock\n"
	"\t\tif [ $tries -ge 16 ] || [ \"$now\" -ge $end ]; then return 1; fi\n"
	"\t\tsleep $((tries * 5))\n"
	"\t\ttries=$((tries + 1))\n"
	"\tdone\n"
	"}\n"
	"work=$(mktemp -d)\n"
	"# shellcheck source=/dev/null\n"
	"os=$(. /etc/os-release && major=${VERSION_ID:-} && echo \"${ID:-linux} ${major%%.*}\")\n";

static const char install[] =
	"if [ -n \"$(needs missing)\" ]; then\n"
	"\tstep 'make the repositories known'\n"
	"\ttry repositories\n"
	"\tstep 'install strongSwan, firewall and time daemon'\n"
	"\tneeds obtain\n"
	"fi\n";

static const char upgrade[] =
	"step 'install updates'\n"
	"try repositories\n"
	"try anew upgrade\n";

/* The logs that the article wants collected. */
static const char cloudwatch[] =
	"if [ -n \"$agent\" ]; then\n"
	"\tstep 'install the CloudWatch agent'\n"
	"\tobtain \"$agent\" ${syslog:+\"$syslog\"}\n"
	"\t[ -z \"$syslog\" ] || systemctl enable --now \"$syslog\"\n"
	"\tfolder=/opt/aws/amazon-cloudwatch-agent\n"
	"\tfor log in messages secure audit/audit.log; do\n"
	"\t\tprintf '{\"file_path\":\"/var/log/%s\",\"log_group_name\":\"/var/log/%s\"}\\n' "
	"\"$log\" \"$log\"\n"
	"\tdone | paste -sd, - >\"$work/logs\"\n"
	"\tprintf '{\"logs\":{\"logs_collected\":{\"files\":{\"collect_list\":[%s]}}}}\\n' "
	"\"$(cat \"$work/logs\")\" \\\n"
	"\t\t>\"$folder/etc/cygnet.json\"\n"
	"\t\"$folder/bin/amazon-cloudwatch-agent-ctl\" -a fetch-config -m ec2 -s "
	"-c \"file:$folder/etc/cygnet.json\"\n"
	"else\n"
	"\tsay \"the CloudWatch agent is not packaged for $os, going on without\"\n"
	"fi\n";

/* 75 may be the end before anything was written; then nobody would come back to it. */
static const char ending[] =
	"step 'cygnet bootstrap'\n"
	"bootstrap() {\n"
	"\tcode=0\n"
	"\t\"$program\" bootstrap || code=$?\n"
	"\t[ \"$code\" -ne 75 ] || systemctl -q is-enabled cygnet-sync.timer 2>/dev/null\n"
	"}\n"
	"try bootstrap || exit \"$code\"\n"
	"case $code in\n"
	"0) say 'done' ;;\n"
	"3 | 4 | 75) say \"bootstrap ended with exit code $code; "
	"cygnet-sync.timer goes on from there\" ;;\n"
	"*) exit \"$code\" ;;\n"
	"esac\n";

char *script_settings(const struct config *config, bool (*elsewhere)(enum setting setting))
{
	struct buf text = { 0 };

	for (unsigned i = 0; i < SETTING_COUNT; i++)
		if (config_is_given(config, i) && (elsewhere == NULL || !elsewhere(i)))
			buf_addf(&text, "%s = %s\n", config_key(i), config->values[i]);
	return buf_take(&text);
}

char *script_make(const struct order *order, const struct config *config, const char *settings)
{
	struct buf script = { 0 };

	buf_adds(&script, "#!/bin/sh\n"
		 "# Makes this machine a gateway. Made by cygnet " CYGNET_VERSION ".\n"
		 "# shellcheck disable=SC2016\n");
	buf_adds(&script, beginning);
	packages_add(&script, order, config->backend);
	fetch_begin(&script, order);
	if (order->upgrade)
		buf_adds(&script, upgrade);
	buf_adds(&script, install);
	if (order->cloudwatch)
		buf_adds(&script, cloudwatch);
	fetch_add(&script, order);
	if (settings != NULL && *settings != '\0') {
		buf_adds(&script, "step 'write " CONFIG_FILE "'\n");
		shell_write(&script, CONFIG_FILE, settings);
	}
	buf_adds(&script, ending);
	return buf_take(&script);
}
