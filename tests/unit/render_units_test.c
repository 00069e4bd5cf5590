/* units: what depends on the machine; whole units are among the files of render_tree_test. */
#include <string.h>

#include "render/units.h"
#include "tests/unit/render_support.h"

static const struct unit *unit_named(const char *name)
{
	size_t count;
	const struct unit *units = units_table(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	fail_msg("there is no unit '%s'", name);
	return NULL;
}

static char *unit_text(const char *name, const char *program, int64_t interval_s)
{
	struct config config = { .interval_s = interval_s, .timeout_s = 300 };
	struct host host = { .distro = &scene_distro, .flavour = &scene_swanctl, .firewall = &scene_nft };
	struct buf out = { 0 };

	unit_render(unit_named(name), &host, program, &config, &out);
	return buf_take(&out);
}

static void assert_line(const char *text, const char *line)
{
	AUTO_FREE char *whole = mem_printf("\n%s\n", line);

	if (strstr(text, whole) == NULL)
		fail_msg("no line '%s' in:\n%s", line, text);
}

static void path_is_taken_for_more_than_one_word(void **state)
{
	static const struct {
		const char *program, *line;
	} cases[] = {
		{ "/opt/cygnet-1.0/cygnet", "ExecStart=/opt/cygnet-1.0/cygnet bootstrap" },
		{ "/opt/my swan/cygnet", "ExecStart=\"/opt/my swan/cygnet\" bootstrap" },
		{ "/opt/100%/cygnet", "ExecStart=/opt/100%%/cygnet bootstrap" },
		{ "/opt/a\"b\\c/cygnet", "ExecStart=\"/opt/a\\\"b\\\\c/cygnet\" bootstrap" },
		{ "/opt/it's/cygnet", "ExecStart=\"/opt/it's/cygnet\" bootstrap" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_FREE char *text = unit_text("cygnet.service", cases[i].program, 15);

		assert_line(text, cases[i].line);
	}
}

static void jitter_makes_a_period_longer_than_the_interval(void **state)
{
	AUTO_FREE char *shortest = unit_text("cygnet-sync.timer", "/cygnet", 1);
	AUTO_FREE char *hour = unit_text("cygnet-sync.timer", "/cygnet", 3600);

	(void)state;
	assert_line(shortest, "OnUnitInactiveSec=800ms");
	assert_line(shortest, "RandomizedDelaySec=200ms");
	assert_line(hour, "OnUnitInactiveSec=2880000ms");
	assert_line(hour, "RandomizedDelaySec=720000ms");
}

/* nft's is among the files of render_tree_test. */
static void rules_of_iptables_are_jumped_to_twice_or_never(void **state)
{
	static const struct firewall iptables = {
		.kind = FIREWALL_IPTABLES,
		.program = "/usr/sbin/iptables",
		.restore = "/usr/sbin/iptables-restore -w",
		.host_units = "iptables.service firewalld.service",
	};
	struct host host = { .distro = &scene_distro, .flavour = &scene_swanctl, .firewall = &iptables };
	struct config config = { 0 };
	AUTO_BUF struct buf out = { 0 };

	(void)state;
	unit_render(unit_named("cygnet-firewall.service"), &host, "/cygnet", &config, &out);
	assert_expected(&out, "/firewall/cygnet-firewall.service");
}

static void unit_to_be_enabled_says_nowhere_where(void **state)
{
	size_t count;
	const struct unit *units = units_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *text = unit_text(units[i].name, "/cygnet", 15);

		assert_int_equal(strstr(text, "\n[Install]\n") != NULL, units[i].enabled);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_is_taken_for_more_than_one_word),
		cmocka_unit_test(jitter_makes_a_period_longer_than_the_interval),
		cmocka_unit_test(rules_of_iptables_are_jumped_to_twice_or_never),
		cmocka_unit_test(unit_to_be_enabled_says_nowhere_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
