/* The units that rpm/ packs are those that the program takes them for. */
#include "metadata/config.h"
#include "render/units.h"
#include "tests/unit/render_support.h"

static void package_brings_another_unit(void **state)
{
	size_t count;
	const struct unit *units = units_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		AUTO_FREE char *path = mem_printf("/%s", units[i].name);
		AUTO_FREE char *packed = root_read("rpm", path);
		AUTO_BUF struct buf text = { 0 };

		unit_render_packaged(&units[i], &text);
		assert_string_equal(packed, buf_str(&text));
	}
}

/* With these settings on Enterprise Linux, no unit needs to differ from the package's. */
static void packaged_unit_is_for_other_defaults(void **state)
{
	static const char *const options[SETTING_COUNT] = {
		[SETTING_MESH] = "lab", [SETTING_REGISTRY] = "us-east-1", [SETTING_SUBNETS] = "10.0.0.0/16",
	};
	const struct distro *el = distro_find("rocky", "10");
	const struct host host = { .distro = el, .flavour = el->flavours[0], .firewall = el->firewalls[0] };
	const struct instance instance = { .region = (char[]){ "us-east-1" }, .public_address = 0xc6336407 };
	const struct config_sources sources = {
		.options = options, .environment = (char *[]){ NULL }, .tags = &(struct tags){ 0 },
		.instance = &instance,
	};
	CLEANUP(config_done) struct config config = { 0 };
	struct err e = ERR_INIT;
	size_t count;
	const struct unit *units = units_table(&count);

	(void)state;
	assert_int_equal(config_make(&sources, &config, &e), 0);
	for (size_t i = 0; i < count; i++) {
		AUTO_BUF struct buf packaged = { 0 }, here = { 0 };

		unit_render_packaged(&units[i], &packaged);
		unit_render(&units[i], &host, UNITS_PACKAGED_PROGRAM, &config, &here);
		assert_string_equal(buf_str(&here), buf_str(&packaged));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(package_brings_another_unit),
		cmocka_unit_test(packaged_unit_is_for_other_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
