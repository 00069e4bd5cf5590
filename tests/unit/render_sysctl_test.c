/* sysctl: order, spelling and paths; the whole file is among those of render_tree_test. */
#include <string.h>

#include "render/sysctl.h"
#include "tests/unit/support.h"

static void setting_before_ip_forward_is_reset_by_it(void **state)
{
	struct kernel_settings settings;

	(void)state;
	sysctl_wanted("ens5", &settings);
	assert_string_equal(settings.items[0].key, "net.ipv4.ip_forward");
	assert_string_equal(settings.items[0].value, "1");
	kernel_settings_done(&settings);
}

static void setting_is_written_twice(void **state)
{
	struct kernel_settings settings;

	(void)state;
	sysctl_wanted("ens5", &settings);
	for (size_t i = 0; i < settings.count; i++)
		for (size_t k = i + 1; k < settings.count; k++)
			assert_string_not_equal(settings.items[i].key, settings.items[k].key);
	kernel_settings_done(&settings);
}

static void dot_in_an_interface_name_splits_it(void **state)
{
	struct kernel_settings settings;
	const struct kernel_setting *last;

	(void)state;
	sysctl_wanted("eth0.100", &settings);
	last = &settings.items[settings.count - 1];
	assert_string_equal(last->key, "net.ipv4.conf.eth0/100.send_redirects");
	assert_string_equal(last->value, "0");
	kernel_settings_done(&settings);
}

static void assert_path(const char *key, const char *expected)
{
	AUTO_FREE char *path = sysctl_path(key);

	assert_string_equal(path, expected);
}

static void path_of_a_key(void **state)
{
	(void)state;
	assert_path("net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward");
	assert_path("net.ipv4.conf.eth0/100.send_redirects",
		    "/proc/sys/net/ipv4/conf/eth0.100/send_redirects");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_before_ip_forward_is_reset_by_it),
		cmocka_unit_test(setting_is_written_twice),
		cmocka_unit_test(dot_in_an_interface_name_splits_it),
		cmocka_unit_test(path_of_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
