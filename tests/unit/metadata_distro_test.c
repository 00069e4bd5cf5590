/*
 * distro: telling machines apart by what is below a root folder, and saying what one lacks.
 */
#include "tests/unit/support.h"

#include <string.h>

#include "base/file.h"
#include "metadata/distro.h"

#define DEBIAN "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\nID=debian\n"
#define SWANCTL "/usr/sbin/swanctl"
#define CHARON "/usr/sbin/charon-systemd"
#define PLUGIN "/usr/lib/ipsec/plugins/libstrongswan-openssl.so"
#define UNIT "/usr/lib/systemd/system/strongswan.service"
#define NFT "/usr/sbin/nft"
#define CHRONYD "/usr/sbin/chronyd"
#define TIMESYNCD "/lib/systemd/systemd-timesyncd"
#define INSTALL \
	"run 'apt-get install -y charon-systemd strongswan-swanctl libstrongswan-standard-plugins nftables chrony'"

/* A root folder: os-release, and empty programs. */
struct machine {
	const char *release;		/* NULL: /etc/os-release is missing */
	const char *vendor_release;	/* likewise below /usr/lib */
	const char *programs[8];
	const char *plain[4];		/* not executable */
	enum backend wanted;
};

#define COMPLETE .programs = { SWANCTL, CHARON, NFT, CHRONYD }, .plain = { PLUGIN, UNIT }

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
		assert_false(host.packaged);
	}
}

static void the_other_time_daemon_or_none(void **state)
{
	static const struct machine timesyncd = {
		.release = DEBIAN, .programs = { SWANCTL, CHARON, NFT, TIMESYNCD }, .plain = { PLUGIN, UNIT },
	};
	static const struct machine none = {
		.release = DEBIAN, .programs = { SWANCTL, CHARON, NFT }, .plain = { PLUGIN, UNIT, CHRONYD },
	};
	struct host host = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(detect(&timesyncd, &host, &e), 0);
	assert_int_equal(host.time->daemon, TIME_TIMESYNCD);
	assert_string_equal(host.time->file, "/etc/systemd/timesyncd.conf.d/cygnet.conf");
	assert_int_equal(detect(&none, &host, &e), 0);
	assert_null(host.time);
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

		machine.plain[2] = unit;
		assert_int_equal(detect(&machine, &host, &e), 0);
		assert_true(host.packaged);
	}
}

static void a_needed_file_is_missing(void **state)
{
	static const struct { struct machine machine; const char *cause; } rows[] = {
		{ { .release = DEBIAN }, "'" SWANCTL "' is not installed" },
		{ { .release = DEBIAN, .programs = { CHARON, NFT }, .plain = { PLUGIN, SWANCTL } },
		  "'" SWANCTL "' is not installed" },
		{ { .release = DEBIAN, .programs = { SWANCTL, NFT }, .plain = { PLUGIN } },
		  "'" CHARON "' is not installed" },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON, NFT }, .plain = { PLUGIN } },
		  "'strongswan.service' is not installed" },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON }, .plain = { PLUGIN, UNIT } },
		  "'" NFT "' is not installed" },
		{ { .release = DEBIAN, .programs = { SWANCTL, CHARON, NFT } }, "'" PLUGIN "' is not installed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host host = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(detect(&rows[i].machine, &host, &e), -1);
		assert_error(&e, EXIT_MISSING, rows[i].cause, INSTALL);
		assert_null(host.distro);
	}
}

static void a_machine_without_a_row(void **state)
{
	static const struct { struct machine machine; const char *cause; } rows[] = {
		{ { .release = "ID=arch\n", COMPLETE }, "this machine is 'arch' '', which cygnet does not know" },
		{ { .release = "", COMPLETE }, "this machine is 'linux' '', which cygnet does not know" },
		{ { .release = "ID=debian\nVERSION_ID=\"1.2\"\n", COMPLETE },
		  "this machine is 'debian' '1', which cygnet does not know" },
		{ { .release = "ID=ubuntu\nVERSION_ID=\"12\"\nID_LIKE=debian\n", COMPLETE },
		  "this machine is 'ubuntu' '12', which cygnet does not know" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct host host = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(detect(&rows[i].machine, &host, &e), -1);
		assert_error(&e, EXIT_MISSING, rows[i].cause, "use one of: Debian 12");
	}
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
		cmocka_unit_test(the_other_time_daemon_or_none),
		cmocka_unit_test(a_package_brought_the_units),
		cmocka_unit_test(a_needed_file_is_missing),
		cmocka_unit_test(a_machine_without_a_row),
		cmocka_unit_test(os_release_is_missing_or_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
