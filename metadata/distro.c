/*
 * distro: the rows. A new distribution, strongSwan flavour, firewall or time daemon is data here;
 * which of them a machine has is found out elsewhere.
 */
#include "metadata/distro.h"

#include <string.h>

/* --- strongSwan --- */

/* Included after charon.conf and charon-systemd.conf, so it wins over them. */
#define DROP_IN "strongswan.d/cygnet.conf"

static const struct flavour debian_swanctl = {
	.backend = BACKEND_SWANCTL,
	.swanctl = "/usr/sbin/swanctl",
	.swanctl_folder = "/etc/swanctl",
	.keys_folder = "/etc/swanctl/private",
	.certs_folder = "/etc/swanctl/pubkey",
	.charon = "/usr/sbin/charon-systemd",
	.plugin_folder = "/usr/lib/ipsec/plugins",
	.drop_in = "/etc/" DROP_IN,
	.charon_unit = "strongswan.service",
	.other_units = { "strongswan-starter.service" },
	.charon_sections = { "charon", "charon-systemd" },
	.load = "swanctl --load-all",
	.packages = "charon-systemd strongswan-swanctl libstrongswan-standard-plugins",
};

static const struct flavour debian_ipsec = {
	.backend = BACKEND_IPSEC,
	.ipsec = "/usr/sbin/ipsec",
	.ipsec_folder = "/etc",
	.keys_folder = "/etc/ipsec.d/private",
	.certs_folder = "/etc/ipsec.d/certs",
	.charon = "/usr/lib/ipsec/charon",
	.plugin_folder = "/usr/lib/ipsec/plugins",
	.drop_in = "/etc/" DROP_IN,
	.charon_unit = "strongswan-starter.service",
	.other_units = { "strongswan.service" },
	.charon_sections = { "charon" },
	.load = "ipsec update",
	.packages = "strongswan-starter strongswan-charon libstrongswan-standard-plugins",
};

#define EL_SWANCTL							\
	.backend = BACKEND_SWANCTL,					\
	.swanctl = "/usr/sbin/swanctl",					\
	.swanctl_folder = "/etc/strongswan/swanctl",			\
	.keys_folder = "/etc/strongswan/swanctl/private",		\
	.certs_folder = "/etc/strongswan/swanctl/pubkey",		\
	.charon = "/usr/sbin/charon-systemd",				\
	.plugin_folder = "/usr/lib64/strongswan/plugins",		\
	.drop_in = "/etc/strongswan/" DROP_IN,				\
	.charon_sections = { "charon", "charon-systemd" },		\
	.load = "swanctl --load-all",					\
	.packages = "strongswan"

#define EL_IPSEC							\
	.backend = BACKEND_IPSEC,					\
	.ipsec = "/usr/sbin/strongswan",				\
	.ipsec_folder = "/etc/strongswan",				\
	.keys_folder = "/etc/strongswan/ipsec.d/private",		\
	.certs_folder = "/etc/strongswan/ipsec.d/certs",		\
	.charon = "/usr/libexec/strongswan/charon",			\
	.plugin_folder = "/usr/lib64/strongswan/plugins",		\
	.drop_in = "/etc/strongswan/" DROP_IN,				\
	.charon_sections = { "charon" },				\
	.load = "strongswan update",					\
	.packages = "strongswan"

static const struct flavour el_swanctl = {
	EL_SWANCTL,
	.charon_unit = "strongswan.service",
	.other_units = { "strongswan-starter.service" },
};

static const struct flavour el_ipsec = {
	EL_IPSEC,
	.charon_unit = "strongswan-starter.service",
	.other_units = { "strongswan.service" },
};

/* Before strongSwan 5.8 the plain name was starter's. */
static const struct flavour el7_ipsec = {
	EL_IPSEC,
	.charon_unit = "strongswan.service",
	.other_units = { "strongswan-swanctl.service" },
};

static const struct flavour el7_swanctl = {
	EL_SWANCTL,
	.charon_unit = "strongswan-swanctl.service",
	.other_units = { "strongswan.service" },
};

static const struct flavour *const debian_flavours[] = { &debian_swanctl, &debian_ipsec, NULL };
static const struct flavour *const el_flavours[] = { &el_swanctl, &el_ipsec, NULL };
static const struct flavour *const el7_flavours[] = { &el7_ipsec, &el7_swanctl, NULL };
static const struct flavour *const all_flavours[] = {
	&debian_swanctl, &el_swanctl, &debian_ipsec, &el_ipsec, &el7_ipsec, NULL,
};

/* --- firewalls --- */

static const struct firewall nft = {
	.kind = FIREWALL_NFT,
	.program = "/usr/sbin/nft",
	.host_units = "nftables.service",
};

#define IPTABLES							\
	.kind = FIREWALL_IPTABLES,					\
	.program = "/usr/sbin/iptables",				\
	.host_units = "iptables.service firewalld.service"

static const struct firewall iptables = { IPTABLES, .restore = "/usr/sbin/iptables-restore -w" };
/* 1.4.21: iptables-restore takes no lock, and need not know an option to wait for it. */
static const struct firewall el7_iptables = { IPTABLES, .restore = "/usr/sbin/iptables-restore" };

static const struct firewall *const only_nft[] = { &nft, NULL };
static const struct firewall *const only_iptables[] = { &iptables, NULL };
static const struct firewall *const only_el7_iptables[] = { &el7_iptables, NULL };
static const struct firewall *const all_firewalls[] = { &nft, &iptables, NULL };

/* --- time daemons --- */

static const struct time_source debian_chrony = {
	/* not conf.d: there, a line that chronyd cannot read keeps it from starting */
	.daemon = TIME_CHRONY,
	.program = "/usr/sbin/chronyd",
	.unit = "chrony.service",
	.file = "/etc/chrony/sources.d/cygnet.sources",
	.folder = "/etc/chrony/sources.d",
};

/* chrony 3 knows no sources.d, and Ubuntu's includes no other folder. */
static const struct time_source focal_chrony = {
	.daemon = TIME_CHRONY,
	.program = "/usr/sbin/chronyd",
	.unit = "chrony.service",
	.file = "/etc/chrony/chrony.conf",
	.foreign = true,
};

static const struct time_source el_chrony = {
	.daemon = TIME_CHRONY,
	.program = "/usr/sbin/chronyd",
	.unit = "chronyd.service",
	.file = "/etc/chrony.conf",
	.foreign = true,
};

static const struct time_source amazon_chrony = {
	.daemon = TIME_CHRONY,
	.program = "/usr/sbin/chronyd",
	.unit = "chronyd.service",
	.file = "/etc/chrony.d/cygnet.sources",
	.folder = "/etc/chrony.d",
};

static const struct time_source ntp = {
	.daemon = TIME_NTPD,
	.program = "/usr/sbin/ntpd",
	.unit = "ntp.service",
	.file = "/etc/ntp.conf",
	.foreign = true,
};

static const struct time_source ntpsec = {
	.daemon = TIME_NTPD,
	.program = "/usr/sbin/ntpd",
	.unit = "ntpsec.service",
	.file = "/etc/ntpsec/ntp.conf",
	.foreign = true,
};

/* Installed by choice, beside the chronyd that the image brings. */
static const struct time_source el_ntpd = {
	.daemon = TIME_NTPD,
	.program = "/usr/sbin/ntpd",
	.unit = "ntpd.service",
	.file = "/etc/ntp.conf",
	.foreign = true,
	.other_units = { "chronyd.service" },
};

static const struct time_source timesyncd = {
	.daemon = TIME_TIMESYNCD,
	.program = "/lib/systemd/systemd-timesyncd",
	.unit = "systemd-timesyncd.service",
	.file = "/etc/systemd/timesyncd.conf.d/cygnet.conf",
};

static const struct time_source *const debian_times[] = {
	&debian_chrony, &ntpsec, &ntp, &timesyncd, NULL,
};
static const struct time_source *const focal_times[] = {
	&focal_chrony, &ntp, &ntpsec, &timesyncd, NULL,
};
static const struct time_source *const el_times[] = { &el_chrony, NULL };
static const struct time_source *const el7_times[] = { &el_ntpd, &el_chrony, NULL };
static const struct time_source *const al2023_times[] = { &amazon_chrony, &el_chrony, NULL };
static const struct time_source *const all_times[] = {
	&debian_chrony, &focal_chrony, &el_ntpd, &el_chrony, &ntpsec, &ntp, &timesyncd, NULL,
};

/* --- distributions --- */

static const char *const debian[] = { "debian", NULL };
static const char *const ubuntu[] = { "ubuntu", NULL };
static const char *const amazon[] = { "amzn", NULL };
static const char *const el[] = { "rhel", "rocky", "almalinux", "centos", "ol", NULL };
static const char *const rhel[] = { "rhel", NULL };
static const char *const oracle[] = { "ol", NULL };
static const char *const el_extras[] = { "rocky", "almalinux", "centos", NULL };

/* Source: docs.fedoraproject.org/en-US/epel/getting-started; Oracle's has a package of its own. */
#define EPEL(program, major)						\
	{ el_extras, program " install -y epel-release" },		\
	{ rhel, "rpm -q epel-release || " program " install -y "	\
	  "https://dl.fedoraproject.org/pub/epel/epel-release-latest-" major ".noarch.rpm" }, \
	{ oracle, program " install -y oracle-epel-release-el" major },	\
	{ NULL, NULL }

static const struct enabling el7_epel[] = { EPEL("yum", "7") };
static const struct enabling el8_epel[] = { EPEL("dnf", "8") };
static const struct enabling el9_epel[] = { EPEL("dnf", "9") };
static const struct enabling el10_epel[] = { EPEL("dnf", "10") };
static const struct enabling amazon2_epel[] = {
	{ amazon, "amazon-linux-extras install -y epel" },
	{ NULL, NULL },
};

/* The same everywhere. Of sysctl.d's files the last wins; 99-sysctl.conf is /etc/sysctl.conf. */
#define SYSTEMD								\
	.systemctl = "/usr/bin/systemctl",				\
	.unit_folder = "/etc/systemd/system",				\
	.packaged_units = { "/usr/lib/systemd/system", "/lib/systemd/system" }, \
	.sysctl_file = "/etc/sysctl.d/99-zz-cygnet.conf"

/*
 * apt-get update forgives a server that does not answer unless it is told not to, which apt before
 * 2.1.16 does not hear: Ubuntu 20.04's. A package that was removed may still be in dpkg's list.
 * First boots run unattended upgrades, which last for minutes.
 */
#define APT								\
	.install = "apt-get install -y",				\
	.query = "dpkg-query -W -f '${db:Status-Status}\\n' \"$1\" | grep -qx installed", \
	.refresh = "apt-get update -o APT::Update::Error-Mode=any",	\
	.upgrade = "apt-get upgrade -y --with-new-pkgs",		\
	.unattended = "-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold"

#define YUM								\
	.install = "yum install -y",					\
	.query = "rpm -q \"$1\"",					\
	.upgrade = "yum update -y"

#define DNF_INSTALLS							\
	.install = "dnf install -y",					\
	.query = "rpm -q \"$1\""

#define DNF								\
	DNF_INSTALLS,							\
	.upgrade = "dnf upgrade -y"

#define DEBIAN								\
	APT,								\
	.packages = "nftables chrony",					\
	.flavours = debian_flavours,					\
	.firewalls = only_nft,						\
	SYSTEMD

#define EL								\
	.ids = el,							\
	.repositories = "EPEL",						\
	DNF,								\
	.packages = "nftables chrony",					\
	.flavours = el_flavours,					\
	.firewalls = only_nft,						\
	.times = el_times,						\
	SYSTEMD

static const struct distro distros[] = {
	{
		.name = "Debian 11", .ids = debian, .version = "11",
		.source = "files of strongSwan 5.9.1-1+deb11u4, chrony 4.0-8+deb11u2, "
			  "ntp 4.2.8p15, systemd 247.3-7+deb11u5",
		.times = debian_times,
		.aws_cli = "awscli",
		DEBIAN,
	}, {
		.name = "Debian 12", .ids = debian, .version = "12",
		.source = "files of strongSwan 5.9.8-5+deb12u6, chrony 4.3-2+deb12u3, "
			  "ntpsec 1.2.2, systemd 252.39",
		.times = debian_times,
		DEBIAN,
	}, {
		.name = "Debian 13", .ids = debian, .version = "13",
		.source = "files of strongSwan 6.0.1-6+deb13u6, chrony 4.6.1-3+deb13u2, "
			  "ntpsec 1.2.3, systemd 257.13",
		.times = debian_times,
		DEBIAN,
	}, {
		.name = "Ubuntu 20.04", .ids = ubuntu, .version = "20",
		.source = "files of strongSwan 5.8.2-1ubuntu3, chrony 3.5-6ubuntu6, "
			  "ntp 4.2.8p12, systemd 245.4",
		.times = focal_times,
		.aws_cli = "awscli",
		DEBIAN,
	}, {
		.name = "Ubuntu 22.04", .ids = ubuntu, .version = "22",
		.source = "files of strongSwan 5.9.5-2ubuntu2, chrony 4.2-2ubuntu2, "
			  "ntp 4.2.8p15, ntpsec 1.2.1, systemd 249.11",
		.times = debian_times,
		.aws_cli = "awscli",
		DEBIAN,
	}, {
		.name = "Ubuntu 24.04", .ids = ubuntu, .version = "24",
		.source = "files of strongSwan 5.9.13-2ubuntu4, chrony 4.5-1ubuntu4, "
			  "ntpsec 1.2.2, systemd 255.4",
		.times = debian_times,
		DEBIAN,
	}, {
		.name = "CentOS 7", .ids = el, .version = "7",
		.source = "EPEL's spec for strongSwan, and the article; iptables, chronyd's "
			  "and swanctl's units unverified",
		.repositories = "EPEL",
		.enabling = el7_epel,
		YUM,
		.packages = "iptables ntp",
		.flavours = el7_flavours,
		.firewalls = only_el7_iptables,
		.times = el7_times,
		SYSTEMD,
	}, {
		.name = "Amazon Linux 2", .ids = amazon, .version = "2",
		.source = "as CentOS 7, its EPEL by 'amazon-linux-extras install epel'; unverified",
		.repositories = "EPEL",
		.enabling = amazon2_epel,
		YUM,
		.agent = "amazon-cloudwatch-agent",
		.packages = "iptables chrony",
		.flavours = el7_flavours,
		.firewalls = only_iptables,
		.times = el7_times,
		SYSTEMD,
	}, {
		.name = "Amazon Linux 2023", .ids = amazon, .version = "2023",
		.source = "amazonlinux/amazon-linux-2023 issue 301; EL 9's paths, unverified",
		.repositories = "amazonlinux and SPAL",
		.unpackaged = true,
		DNF_INSTALLS,
		/*
		 * An image is locked to its release's repositories: AL2023 User Guide,
		 * "Deterministic upgrades"
		 */
		.upgrade = "dnf upgrade -y --releasever=latest",
		.agent = "amazon-cloudwatch-agent",
		.syslog = "rsyslog",	/* the same guide, "Comparing": only journald is there */
		.packages = "nftables chrony",
		.flavours = el_flavours,
		.firewalls = all_firewalls,
		.times = al2023_times,
		SYSTEMD,
	}, {
		.name = "Enterprise Linux 8", .version = "8",
		.enabling = el8_epel,
		.source = "Fedora's and EPEL's spec of strongSwan 5.9; the rest unverified",
		EL,
	}, {
		.name = "Enterprise Linux 9", .version = "9",
		.enabling = el9_epel,
		.aws_cli = "awscli2",	/* of AppStream, from 9.5 on */
		.source = "Fedora's and EPEL's spec of strongSwan 5.9; the rest unverified",
		EL,
	}, {
		.name = "Enterprise Linux 10", .version = "10",
		.enabling = el10_epel,
		.source = "Fedora's and EPEL's spec of strongSwan 5.9; the rest unverified",
		EL,
	},
};

const struct distro distro_unknown = {
	.name = "an unknown distribution",
	.source = "unverified",
	.flavours = all_flavours,
	.firewalls = all_firewalls,
	.times = all_times,
	SYSTEMD,
};

static bool ids_have(const char *const *ids, const char *id)
{
	for (; *ids != NULL; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

const struct distro *distro_table(size_t *ret_count)
{
	*ret_count = COUNT_OF(distros);
	return distros;
}

const struct distro *distro_find(const char *id, const char *version)
{
	for (size_t i = 0; i < COUNT_OF(distros); i++)
		if (ids_have(distros[i].ids, id) && strcmp(distros[i].version, version) == 0)
			return &distros[i];
	return NULL;
}
