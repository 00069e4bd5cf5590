/*
 * units: what systemd is told of cygnet. It is confined by what holds wherever the binary lies and
 * whatever it runs: no ProtectHome or PrivateTmp, as it may lie in either folder, and no
 * NoNewPrivileges, under which SELinux may refuse to start the programs that it runs.
 */
#include "render/units.h"

#include <inttypes.h>
#include <string.h>

#include "render/firewall.h"
#include "render/iptables.h"

/* After its own deadline a run still goes back to the previous files, and says so. */
#define GRACE_S 60

/* Restrictions of system calls alone: no file looks different to a run. */
#define HARDENING			\
	"LockPersonality=yes\n"		\
	"RestrictRealtime=yes\n"	\
	"RestrictSUIDSGID=yes\n"

/* A tunnel that is down, or a registry that is, is no fault of the unit. */
#define SUCCESS "SuccessExitStatus=3 4 75\n"

struct unit_inputs {
	const struct host *host;
	const char *program;	/* quoted for ExecStart= */
	const struct config *config;
};

/* A path as one word of an Exec line, where systemd expands '%' and reads quotes as C does. */
static char *word_quote(const char *path)
{
	struct buf word = { 0 };
	bool quoted = strpbrk(path, " \t'\"\\;") != NULL;

	buf_adds(&word, quoted ? "\"" : "");
	for (; *path; path++) {
		if (*path == '"' || *path == '\\')
			buf_adds(&word, "\\");
		buf_addf(&word, "%s%c", *path == '%' ? "%" : "", *path);
	}
	buf_adds(&word, quoted ? "\"" : "");
	return buf_take(&word);
}

static void bootstrap_render(const struct unit_inputs *in, struct buf *out)
{
	buf_addf(out,
		 "[Unit]\n"
		 "Description=cygnet: make this instance a gateway of its mesh\n"
		 "Wants=network-online.target\n"
		 "After=network-online.target cygnet-firewall.service %s\n"
		 "\n"
		 "[Service]\n"
		 "Type=oneshot\n"
		 "ExecStart=%s bootstrap\n"
		 SUCCESS
		 "TimeoutStartSec=%" PRId64 "s\n"
		 HARDENING
		 "\n"
		 "[Install]\n"
		 "WantedBy=multi-user.target\n",
		 in->host->flavour->charon_unit, in->program, in->config->timeout_s + GRACE_S);
}

static void sync_render(const struct unit_inputs *in, struct buf *out)
{
	buf_addf(out,
		 "[Unit]\n"
		 "Description=cygnet: bring the gateway up to date with its mesh\n"
		 "After=network-online.target cygnet.service\n"
		 "# However short the interval, no run is refused.\n"
		 "StartLimitIntervalSec=0\n"
		 "\n"
		 "[Service]\n"
		 "Type=oneshot\n"
		 "ExecStart=%s sync --quiet\n"
		 SUCCESS
		 "TimeoutStartSec=%" PRId64 "s\n"
		 "# What a run has to say is logged, and not that it started and finished.\n"
		 "LogLevelMax=notice\n"
		 "SyslogLevel=notice\n"
		 HARDENING,
		 in->program, in->config->timeout_s + GRACE_S);
}

/* The jitter is taken from the interval, so that with it a period is at most the interval. */
static void timer_render(const struct unit_inputs *in, struct buf *out)
{
	int64_t jitter_ms = in->config->interval_s * 1000 / 5;
	int64_t pause_ms = in->config->interval_s * 1000 - jitter_ms;

	buf_addf(out,
		 "[Unit]\n"
		 "Description=cygnet: bring the gateway up to date every %" PRId64 " s\n"
		 "\n"
		 "[Timer]\n"
		 "OnActiveSec=%" PRId64 "ms\n"
		 "OnUnitInactiveSec=%" PRId64 "ms\n"
		 "RandomizedDelaySec=%" PRId64 "ms\n"
		 "AccuracySec=1s\n"
		 "\n"
		 "[Install]\n"
		 "WantedBy=timers.target\n",
		 in->config->interval_s, pause_ms, pause_ms, jitter_ms);
}

/*
 * A jump is always there: a second one, told apart by its comment, stands in while the first is put
 * back. A '-' before a command: there may be nothing to delete.
 */
static void jumps_render(const char *setting, const char *program, struct buf *out)
{
	for (const struct iptables_chain *chain = iptables_chains; chain->name != NULL; chain++) {
		AUTO_FREE char *jump = mem_printf("%s -j %s", chain->from, chain->name);
		AUTO_FREE char *second = mem_printf("%s -m comment --comment second -j %s",
						    chain->from, chain->name);

		buf_addf(out, "%s=%s -w -t mangle -I %s\n", setting, program, second);
		buf_addf(out, "%s=-%s -w -t mangle -D %s\n", setting, program, jump);
		buf_addf(out, "%s=%s -w -t mangle -I %s\n", setting, program, jump);
		buf_addf(out, "%s=%s -w -t mangle -D %s\n", setting, program, second);
	}
}

static void loading_render(const char *setting, const struct firewall *firewall, struct buf *out)
{
	const char *file = firewall_file(firewall->kind);

	switch (firewall->kind) {
	case FIREWALL_NFT:
		buf_addf(out, "%s=%s -f %s\n", setting, firewall->program, file);
		break;
	case FIREWALL_IPTABLES:
		buf_addf(out, "%s=%s --noflush %s\n", setting, firewall->restore, file);
		jumps_render(setting, firewall->program, out);
		break;
	}
}

static void firewall_unit_render(const struct unit_inputs *in, struct buf *out)
{
	const struct firewall *firewall = in->host->firewall;

	buf_addf(out,
		 "[Unit]\n"
		 "Description=cygnet: nothing to the mesh in the clear, and its MSS clamped\n"
		 "DefaultDependencies=no\n"
		 "Conflicts=shutdown.target\n"
		 "Before=network-pre.target shutdown.target %s\n"
		 "Wants=network-pre.target\n"
		 "# The host's own rules begin with a flush that takes these too.\n"
		 "After=%s\n"
		 "PartOf=%s\n"
		 "ReloadPropagatedFrom=%s\n"
		 "ConditionPathExists=%s\n"
		 "\n"
		 "[Service]\n"
		 "Type=oneshot\n"
		 "RemainAfterExit=yes\n",
		 in->host->flavour->charon_unit, firewall->host_units, firewall->host_units,
		 firewall->host_units, firewall_file(firewall->kind));
	loading_render("ExecStart", firewall, out);
	loading_render("ExecReload", firewall, out);
	buf_adds(out,
		 "# No ExecStop: stopping a unit must not let packets out in the clear.\n"
		 "ProtectSystem=full\n"
		 "ProtectHome=yes\n"
		 "\n"
		 "[Install]\n"
		 "WantedBy=sysinit.target\n");
}

/* In the order in which they are started and enabled. */
static const struct unit units[] = {
	{ "cygnet-sync.timer", CONCERN_UNITS, true, true },
	{ "cygnet-sync.service", CONCERN_UNITS, false, false },
	{ "cygnet-firewall.service", CONCERN_FIREWALL, true, true },
	{ "cygnet.service", CONCERN_UNITS, true, false },
};

/* In the order of units. */
static void (*const renderers[])(const struct unit_inputs *in, struct buf *out) = {
	timer_render,
	sync_render,
	firewall_unit_render,
	bootstrap_render,
};

const struct unit *units_table(size_t *ret_count)
{
	*ret_count = COUNT_OF(units);
	return units;
}

void unit_render(const struct unit *unit, const struct host *host, const char *program,
		 const struct config *config, struct buf *out)
{
	AUTO_FREE char *quoted = word_quote(program);

	renderers[unit - units](&(struct unit_inputs){ host, quoted, config }, out);
}

void unit_render_packaged(const struct unit *unit, struct buf *out)
{
	static const struct config defaults = { .interval_s = 15, .timeout_s = 300 };
	const struct distro *el = distro_find("rhel", "9");
	const struct host host = {
		.distro = el,
		.flavour = el->flavours[0],
		.firewall = el->firewalls[0],
	};

	unit_render(unit, &host, UNITS_PACKAGED_PROGRAM, &defaults, out);
}
