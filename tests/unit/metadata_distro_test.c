/* distro: that every row says enough, and that machines find theirs. */
#include <string.h>

#include "metadata/distro.h"
#include "tests/unit/support.h"

static void machine_finds_another_row_or_none(void **state)
{
	static const struct { const char *id, *version, *name; } cases[] = {
		{ "debian", "11", "Debian 11" },
		{ "debian", "12", "Debian 12" },
		{ "debian", "13", "Debian 13" },
		{ "ubuntu", "20", "Ubuntu 20.04" },
		{ "ubuntu", "22", "Ubuntu 22.04" },
		{ "ubuntu", "24", "Ubuntu 24.04" },
		{ "centos", "7", "CentOS 7" },
		{ "amzn", "2", "Amazon Linux 2" },
		{ "amzn", "2023", "Amazon Linux 2023" },
		{ "rhel", "8", "Enterprise Linux 8" },
		{ "rocky", "9", "Enterprise Linux 9" },
		{ "almalinux", "9", "Enterprise Linux 9" },
		{ "ol", "9", "Enterprise Linux 9" },
		{ "centos", "10", "Enterprise Linux 10" },
		{ "amzn", "2018", NULL },
		{ "debian", "", NULL },
		{ "ubuntu", "12", NULL },
		{ "fedora", "9", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct distro *row = distro_find(cases[i].id, cases[i].version);

		if (cases[i].name == NULL)
			assert_null(row);
		else
			assert_string_equal(row->name, cases[i].name);
	}
}

static void assert_flavour_whole(const struct flavour *flavour)
{
	bool swanctl = flavour->backend == BACKEND_SWANCTL;

	assert_true(swanctl || flavour->backend == BACKEND_IPSEC);
	assert_int_equal(flavour->swanctl != NULL, swanctl);
	assert_int_equal(flavour->swanctl_folder != NULL, swanctl);
	assert_int_equal(flavour->ipsec != NULL, !swanctl);
	assert_int_equal(flavour->ipsec_folder != NULL, !swanctl);
	assert_non_null(flavour->keys_folder);
	assert_non_null(flavour->certs_folder);
	assert_non_null(flavour->charon);
	assert_non_null(flavour->plugin_folder);
	assert_non_null(flavour->drop_in);
	assert_non_null(flavour->load);
	assert_non_null(flavour->packages);
	assert_string_equal(flavour->charon_sections[0], "charon");
	assert_string_not_equal(flavour->charon_unit, flavour->other_units[0]);
}

static void assert_time_whole(const struct time_source *time)
{
	assert_non_null(time->program);
	assert_non_null(time->unit);
	assert_non_null(time->file);
	assert_true(time->foreign || strstr(time->file, "/cygnet.") != NULL);
}

static void assert_row_whole(const struct distro *row)
{
	bool has[] = { [BACKEND_SWANCTL] = false, [BACKEND_IPSEC] = false };

	assert_non_null(row->name);
	assert_non_null(row->source);
	for (size_t i = 0; row->flavours[i] != NULL; i++) {
		assert_flavour_whole(row->flavours[i]);
		has[row->flavours[i]->backend] = true;
	}
	assert_true(has[BACKEND_SWANCTL] && has[BACKEND_IPSEC]);
	for (size_t i = 0; row->firewalls[i] != NULL; i++)
		assert_int_equal(row->firewalls[i]->restore != NULL,
				 row->firewalls[i]->kind == FIREWALL_IPTABLES);
	assert_non_null(row->firewalls[0]);
	for (size_t i = 0; row->times[i] != NULL; i++)
		assert_time_whole(row->times[i]);
	assert_non_null(row->systemctl);
	assert_non_null(row->unit_folder);
	assert_non_null(row->sysctl_file);
}

static void row_leaves_something_out(void **state)
{
	size_t count;
	const struct distro *rows = distro_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_row_whole(&rows[i]);
		assert_non_null(rows[i].install);
		assert_non_null(rows[i].query);
		assert_non_null(rows[i].upgrade);
		assert_non_null(rows[i].packages);
		assert_ptr_equal(distro_find(rows[i].ids[0], rows[i].version), &rows[i]);
	}
	assert_row_whole(&distro_unknown);
}

static bool ids_have(const char *const *ids, const char *id)
{
	while (*ids != NULL && strcmp(*ids, id) != 0)
		ids++;
	return *ids != NULL;
}

static void repository_is_enabled_on_some_machines_only(void **state)
{
	size_t count;
	const struct distro *rows = distro_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct enabling *enabling = rows[i].enabling;

		assert_int_equal(enabling != NULL, rows[i].repositories != NULL && !rows[i].unpackaged);
		for (size_t k = 0; enabling != NULL && rows[i].ids[k] != NULL; k++) {
			size_t commands = 0;

			for (const struct enabling *one = enabling; one->ids != NULL; one++)
				commands += ids_have(one->ids, rows[i].ids[k]);
			assert_int_equal(commands, 1);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_finds_another_row_or_none),
		cmocka_unit_test(row_leaves_something_out),
		cmocka_unit_test(repository_is_enabled_on_some_machines_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
