/* host: telling machines apart by what is below a root folder, and saying what one lacks. */
#include "tests/unit/support.h"

#include <string.h>

#include "base/file.h"
#include "metadata/host.h"

#define DEBIAN "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"
#define AL2023 "NAME=\"Amazon Linux\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"2023\"\n"
#define SWANCTL "/usr/sbin/swanctl"
#define CHARON "/usr/sbin/charon-systemd"
#define PLUGIN "/usr/lib/ipsec/plugins/libstrongswan-openssl.so"
#define EL_PLUGIN "/usr/lib64/strongswan/plugins/libstrongswan-openssl.so"
#define UNITS "/usr/lib/systemd/system/"
#define UNIT UNITS "strongswan.service"
#define STARTER_UNIT UNITS "strongswan-starter.service"
#define NFT "/usr/sbin/nft"
#define CHRONYD "/usr/sbin/chronyd"
#define CHRONY_UNIT UNITS "chrony.service"
#define SOURCES "/etc/chrony/sources.d/README"
#define NTPD "/usr/sbin/ntpd"
#define TIMESYNCD "/lib/systemd/systemd-timesyncd"
#define TIMESYNCD_UNIT "/lib/systemd/system/systemd-timesyncd.service"
#define RUN "run 'apt-get install -y charon-systemd strongswan-swanctl " \
	    "libstrongswan-standard-plugins nftables chrony'"

/* A root folder: os-release, and empty programs. */
struct machine {
	const char *release;		/* NULL: /etc/os-release is missing */
	const char *vendor_release;	/* likewise below /usr/lib */
	const char *programs[12];
	const char *plain[8];		/* not executable */
	enum backend wanted;
};

#define COMPLETE \
	.programs = { SWANCTL, CHARON, NFT, CHRONYD }, \
	.plain = { PLUGIN, UNIT, CHRONY_UNIT, SOURCES }

static void file_put(const char *root, const char *path, const char *text, mode_t mode)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_replace(root, path, text, strlen(text), mode, &e), 0);
}

static int detect(const struct machine *machine, struct host *ret_host, struct err *e)
{
	char path[] = ROOT_TEMPLATE, *root = root_make(path);
	int result;

	if (machine->release != NULL)
		file_put(root, "/etc/os-release", machine->release, 0644);
	if (machine->vendor_release != NULL)
		file_put(root, "/usr/lib/os-release", machine->vendor_release, 0644);
	for (size_t i = 0; machine->programs[i] != NULL; i++)
		file_put(root, machine->programs[i], "", 0755);
	for (size_t i = 0; machine->plain[i] != NULL; i++)
		file_put(root, machine->plain[i], "", 0644);
	result = host_detect(root, machine->wanted, ret_host, e);
	root_remove(root);
	return result;
}

static void debian_12_with_swanctl(void **state)
{
	static const struct machine machines[] = {
		{ .release = DEBIAN, COMPLETE },
		{ .release = DEBIAN, COMPLETE, .wanted = BACKEND_SWANCTL },
		{ .vendor_release = DEBIAN, COMPLETE },
		{ .release = DEBIAN, .vendor_release = "ID=other\n", COMPLETE },
		{ .release = "ID='debian'\nVERSION_ID=12.4", COMPLETE },
		{ .release = "# ID=x\n\nANSI_COLOR=\"1;31\nID=x\nID=\"debian\"\nVERSION_ID='12'\n", COMPLETE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		struct host host = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(detect(&machines[i], &host, &e), 0);
		assert_string_equal(host.distro->name, "Debian 12");
		assert_int_equal(host.flavour->backend, BACKEND_SWANCTL);
		assert_int_equal(host.time->daemon, TIME_CHRONY);
		assert_false(host.packaged || host.mlkem);
	}
}

static void mlkem_is_told_by_the_version_alone(void **state)
{
	static const struct machine machine = {
		.release = "ID=debian\nVERSION_ID=13\n",
		.programs = { SWANCTL, CHARON, NFT },
		.plain = { PLUGIN, UNIT, "/usr/lib/ipsec/plugins/libstrongswan-ml.so" },
	};
	struct host host = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(detect(&machine, &host, &e), 0);
	assert_true(host.mlkem);
}

static void time_daemon_is_told_by_its_program_alone(void **state)
{
	static const struct { const char *program, *unit, *other, *file; } rows[] = {
		{ CHRONYD, CHRONY_UNIT, SOURCES, "/etc/chrony/sources.d/cygnet.sources" },
		{ NTPD, UNITS "ntpsec.service", NULL, "/etc/ntpsec/ntp.conf" },
		{ NTPD, UNITS "ntp.service", NULL, "/etc/ntp.conf" },
		{ TIMESYNCD, TIMESYNCD_UNIT, NULL, "/etc/systemd/timesyncd.conf.d/cygnet.conf" },
		{ CHRONYD, CHRONY_UNIT, NULL, NULL },
		{ CHRONYD, UNITS "chronyd.service", SOURCES, NULL },
		{ NTPD, NULL, NULL, NULL },
		{ NULL, CHRONY_UNIT, SOURCES, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct machine machine = { .release = DEBIAN, .programs = { SWANCTL, CHARON, NFT },
					   .plain = { PLUGIN, UNIT } };
		struct host host = { 0 };
		struct err e = ERR_INIT;

		machine.programs[3] = rows[i].program;
		if (rows[i].unit != NULL) {
			machine.plain[2] = rows[i].unit;
			machine.plain[3] = rows[i].other;
		}
		assert_int_equal(detect(&machine, &host, &e), 0);
		if (rows[i].file == NULL)
			assert_null(host.time);
		else
			assert_string_equal(host.time->file, rows[i].file);
	}
}

static void a_package_brought_the_units(void **state)
{
	static const char *const folders[] = { "/usr/lib/systemd/system", "/lib/systemd/system" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		AUTO_FREE char *unit = mem_printf("%s/cygnet.service", folders[i]);
		struct machine machine = { .release = DEBIAN, COMPLETE };
		struct host host = { 0 };
		struct err e = ERR_INIT;

		machine.plain[4] = unit;
		assert_int_equal(detect(&machine, &host, &e), 0);
		assert_true(host.packaged);
	}
}

static void labels_are_restored_where_nothing_can(void **state)
{
	static const char *const programs[] = { NULL, "/usr/sbin/restorecon", "/sbin/restorecon" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		struct machine machine = { .release = DEBIAN, COMPLETE };
		struct host host = { 0 };
		struct err e = ERR_INIT;

		machine.programs[4] = programs[i];
		assert_int_equal(detect(&machine, &host, &e), 0);
		if (programs[i] == NULL)
			assert_null(host.restorecon);
		else
			assert_string_equal(host.restorecon, programs[i]);
	}
}

/*
 * Both flavours of Debian's are installed, or of EL's, which may be an unknown distribution's too.
 */
static void flavour_is_another_than_the_wanted_one(void **state)
{
#define BOTH(plugin, ipsec, charon) \
	.programs = { SWANCTL, CHARON, ipsec, charon, NFT }, .plain = { plugin, UNIT, STARTER_UNIT }
#define DEBIAN_BOTH BOTH(PLUGIN, "/usr/sbin/ipsec", "/usr/lib/ipsec/charon")
#define EL_BOTH BOTH(EL_PLUGIN, "/usr/sbin/strongswan", "/usr/libexec/strongswan/charon")
	static const struct { struct machine machine; const char *unit, *keys; } rows[] = {
		{ { .release = DEBIAN, DEBIAN_BOTH }, "strongswan.service", "/etc/swanctl/private" },
		{ { .release = DEBIAN, DEBIAN_BOTH, .wanted = BACKEND_IPSEC },
		  "strongswan-starter.service", "/etc/ipsec.d/private" },
		{ { .release = "ID=rocky\nVERSION_ID=9.4\n", EL_BOTH, .wanted = BACKEND_SWANCTL },
		  "strongswan.service", "/etc/strongswan/swanctl/private" },
		{ { .release = "ID=ol\nVERSION_ID=8.10\n", EL_BOTH, .wanted = BACKEND_IPSEC },
		  "strongswan-starter.service", "/etc/strongswan/ipsec.d/private" },
		{ { .release = AL2023, EL_BOTH }, "strongswan.service", "/etc/strongswan/swanctl/private" },
		{ { .release = "ID=kali\n", DEBIAN_BOTH }, "strongswan.service", "/etc/swanctl/private" },
		{ { .release = "ID=fedora\nVERSION_ID=42\n", EL_BOTH }, "strongswan.service",
		  "/etc/strongswan/swanctl/private" },
		{ { .release = "ID=fedora\nVERSION_ID=42\n", EL_BOTH, .wanted = BACKEND_IPSEC },
		  "strongswan-starter.service", "/etc/strongswan/ipsec.d/private" },
	};
#undef BOTH
#undef DEBIAN_BOTH
#undef EL_BOTH

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host host = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(detect(&rows[i].machine, &host, &e), 0);
		assert_string_equal(host.flavour->charon_unit, rows[i].unit);
		assert_string_equal(host.flavour->keys_folder, rows[i].keys);
	}
}

/* strongSwan 5.7 calls starter's unit as later ones call swanctl's. */
static void el_7_s_unit_is_taken_for_a_later_one(void **state)
{
	static const struct machine machine = {
		.release = "ID=\"centos\"\nVERSION_ID=\"7\"\n",
		.programs = { SWANCTL, CHARON, "/usr/sbin/strongswan", "/usr/libexec/strongswan/charon",
			      "/usr/sbin/iptables", NTPD, CHRONYD },
		.plain = { EL_PLUGIN, UNIT, UNITS "strongswan-swanctl.service", UNITS "ntpd.service",
			   UNITS "chronyd.service" },
	};
	struct machine swanctl = machine;
	struct host host = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(detect(&machine, &host, &e), 0);
	assert_int_equal(host.flavour->backend, BACKEND_IPSEC);
	assert_string_equal(host.flavour->ipsec, "/usr/sbin/strongswan");
	assert_string_equal(host.flavour->charon_unit, "strongswan.service");
	assert_int_equal(host.firewall->kind, FIREWALL_IPTABLES);
	assert_string_equal(host.time->unit, "ntpd.service");
	assert_string_equal(host.time->other_units[0], "chronyd.service");
	swanctl.wanted = BACKEND_SWANCTL;
	assert_int_equal(detect(&swanctl, &host, &e), 0);
	assert_string_equal(host.flavour->charon_unit, "strongswan-swanctl.service");
}

static void assert_refused(const struct machine *machine, const char *cause, const char *remedy)
{
	struct host host = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(detect(machine, &host, &e), -1);
	assert_error(&e, EXIT_MISSING, cause, remedy);
	assert_null(host.distro);
}

static void a_needed_file_is_missing(void **state)
{
	static const struct { struct machine machine; const char *cause, *remedy; } rows[] = {
		{ { .release = DEBIAN }, "'" SWANCTL "' is not installed", RUN },
		{ { .release = DEBIAN, .programs = { CHARON, NFT }, .plain = { PLUGIN, SWANCTL } },
		  "'" SWANCTL "' is not installed", RUN },
		{ { .release = DEBIAN, .programs = { SWANCTL, NFT }, .plain = { PLUGIN, UNIT } },
		  "'" CHARON "' is not installed", RUN },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON, NFT }, .plain = { PLUGIN } },
		  "'strongswan.service' is not installed", RUN },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON, NFT }, .plain = { UNIT } },
		  "'" PLUGIN "' is not installed", RUN },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON }, .plain = { PLUGIN, UNIT } },
		  "'" NFT "' is not installed", "run 'apt-get install -y nftables chrony'" },
		{ { .release = DEBIAN, COMPLETE, .wanted = BACKEND_IPSEC },
		  "'/usr/sbin/ipsec' is not installed",
		  "run 'apt-get install -y strongswan-starter strongswan-charon "
		  "libstrongswan-standard-plugins nftables chrony'" },
		{ { .release = "ID=almalinux\nVERSION_ID=10.0\n" }, "'" SWANCTL "' is not installed",
		  "enable EPEL, then run 'dnf install -y strongswan nftables chrony'" },
		{ { .release = AL2023 },
		  "'" SWANCTL "' is not installed, and no strongSwan is known in Amazon Linux 2023's "
		  "repositories, amazonlinux and SPAL",
		  "use another distribution, or build strongSwan from source" },
		{ { .release = AL2023, .programs = { SWANCTL, CHARON }, .plain = { EL_PLUGIN, UNIT } },
		  "'" NFT "' is not installed", "run 'dnf install -y nftables chrony'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_refused(&rows[i].machine, rows[i].cause, rows[i].remedy);
}

static void a_machine_without_a_row_lacks_something(void **state)
{
#define REMEDY "use one of: Debian 11, Debian 12, Debian 13, Ubuntu 20.04, Ubuntu 22.04, Ubuntu 24.04, " \
	       "CentOS 7, Amazon Linux 2, Amazon Linux 2023, Enterprise Linux 8, Enterprise Linux 9, " \
	       "Enterprise Linux 10"
#define UNKNOWN(id, version) \
	"this machine is '" id "' '" version "', which cygnet does not know, and what it looked for is " \
	"not installed: "
	static const struct { struct machine machine; const char *cause; } rows[] = {
		{ { .release = "" },
		  UNKNOWN("linux", "") "'" SWANCTL "', '/usr/sbin/ipsec', '/usr/sbin/strongswan'" },
		{ { .release = "ID=arch\n", .programs = { SWANCTL, CHARON } },
		  UNKNOWN("arch", "") "'" PLUGIN "', '" EL_PLUGIN "', '/usr/sbin/ipsec', "
		  "'/usr/sbin/strongswan'" },
		{ { .release = "ID=debian\nVERSION_ID=\"1.2\"\n", COMPLETE, .wanted = BACKEND_IPSEC },
		  UNKNOWN("debian", "1") "'/usr/sbin/ipsec', '/usr/sbin/strongswan'" },
		{ { .release = "ID=ubuntu\nVERSION_ID=\"12\"\nID_LIKE=debian\n",
		    .programs = { SWANCTL, CHARON }, .plain = { PLUGIN, UNIT } },
		  UNKNOWN("ubuntu", "12") "'" NFT "', '/usr/sbin/iptables'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		assert_refused(&rows[i].machine, rows[i].cause, REMEDY);
#undef UNKNOWN
#undef REMEDY
}

static void os_release_is_missing_or_damaged(void **state)
{
#define RULE " of os-release is not 1 to 64 of a-z, 0-9, '.', '_' and '-'"
	static const struct { struct machine machine; enum exit_code code; const char *cause; } rows[] = {
		{ { COMPLETE }, EXIT_MISSING, "'/usr/lib/os-release' is not there" },
		{ { .release = "ID=\"debian\n", COMPLETE }, EXIT_CONFIG, "ID" RULE },
		{ { .release = "ID=\"debian'\n", COMPLETE }, EXIT_CONFIG, "ID" RULE },
		{ { .release = "ID=\"\n", COMPLETE }, EXIT_CONFIG, "ID" RULE },
		{ { .release = "ID=\n", COMPLETE }, EXIT_CONFIG, "ID" RULE },
		{ { .release = "ID=debian \n", COMPLETE }, EXIT_CONFIG, "ID" RULE },
		{ { .release = "ID=debian\nVERSION_ID=\"1\\2\"\n", COMPLETE }, EXIT_CONFIG, "VERSION_ID" RULE },
	};
#undef RULE

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host host = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(detect(&rows[i].machine, &host, &e), -1);
		assert_error(&e, rows[i].code, rows[i].cause, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_12_with_swanctl),
		cmocka_unit_test(mlkem_is_told_by_the_version_alone),
		cmocka_unit_test(time_daemon_is_told_by_its_program_alone),
		cmocka_unit_test(a_package_brought_the_units),
		cmocka_unit_test(labels_are_restored_where_nothing_can),
		cmocka_unit_test(flavour_is_another_than_the_wanted_one),
		cmocka_unit_test(el_7_s_unit_is_taken_for_a_later_one),
		cmocka_unit_test(a_needed_file_is_missing),
		cmocka_unit_test(a_machine_without_a_row_lacks_something),
		cmocka_unit_test(os_release_is_missing_or_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
