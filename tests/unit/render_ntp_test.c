/* ntp: the sources in each daemon's words. */
#include "render/ntp.h"
#include "tests/unit/support.h"

static void assert_rendered(enum time_daemon daemon, const char *expected)
{
	struct strings servers = { 0 };
	struct buf out = { 0 };

	strings_add(&servers, "169.254.169.123");
	strings_add(&servers, "0.amazon.pool.ntp.org");
	strings_add(&servers, "1.amazon.pool.ntp.org");
	ntp_render(daemon, &servers, &out);
	assert_string_equal(buf_str(&out), expected);
	strings_done(&servers);
	buf_done(&out);
}

static void chrony_prefers_another_than_the_first(void **state)
{
	(void)state;
	assert_rendered(TIME_CHRONY,
			"server 169.254.169.123 prefer iburst\n"
			"server 0.amazon.pool.ntp.org iburst\n"
			"server 1.amazon.pool.ntp.org iburst\n");
}

static void ntpd_prefers_another_than_the_first(void **state)
{
	(void)state;
	assert_rendered(TIME_NTPD,
			"server 169.254.169.123 prefer iburst\n"
			"server 0.amazon.pool.ntp.org iburst\n"
			"server 1.amazon.pool.ntp.org iburst\n");
}

static void timesyncd_asks_the_host_s_own_servers_first(void **state)
{
	(void)state;
	assert_rendered(TIME_TIMESYNCD,
			"[Time]\n"
			"NTP=\n"
			"NTP=169.254.169.123 0.amazon.pool.ntp.org 1.amazon.pool.ntp.org\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chrony_prefers_another_than_the_first),
		cmocka_unit_test(ntpd_prefers_another_than_the_first),
		cmocka_unit_test(timesyncd_asks_the_host_s_own_servers_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
