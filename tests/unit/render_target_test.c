/* target: units, patterns, kernel settings and connections of one gateway. */
#include <string.h>

#include "render/target.h"
#include "tests/unit/render_support.h"

#define AUTO_TARGET CLEANUP(target_done) struct target

static const struct flavour swanctl_of_three = {
	.backend = BACKEND_SWANCTL,
	.swanctl_folder = "/etc/swanctl",
	.keys_folder = "/etc/swanctl/private",
	.certs_folder = "/etc/swanctl/pubkey",
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan.service",
	.other_units = { "strongswan-starter.service", "strongswan-old.service" },
	.charon_sections = { "charon" },
};

static const struct time_source chrony = {
	.daemon = TIME_CHRONY,
	.unit = "chrony.service",
	.file = "/etc/chrony/sources.d/cygnet.sources",
};

static void scene_begin(struct scene *scene)
{
	scene_init(scene);
	scene->host.flavour = &swanctl_of_three;
	scene->host.time = &chrony;
}

/* "name: enabled active", a unit a line. */
static void assert_units(const struct target *target, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	for (size_t i = 0; i < target->unit_count; i++) {
		const struct wanted_unit *unit = &target->units[i];

		buf_addf(&text, "%s:%s%s%s\n", unit->name, unit->own ? " own" : "",
			 unit->enabled ? " enabled" : "", unit->active ? " active" : "");
	}
	assert_string_equal(buf_str(&text), expected);
}

/* What must be off stands before what takes its place. */
static void unit_is_wanted_otherwise(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	target_make(&scene.inputs, &target);
	assert_units(&target, "cygnet-sync.timer: own enabled active\n"
			      "cygnet-firewall.service: own enabled active\n"
			      "cygnet.service: own enabled\n"
			      "strongswan-starter.service:\n"
			      "strongswan-old.service:\n"
			      "strongswan.service: enabled active\n"
			      "chrony.service: enabled active\n");
}

static void unit_starts_in_another_step(void **state)
{
	static const enum concern expected[] = {
		CONCERN_UNITS, CONCERN_FIREWALL, CONCERN_UNITS, CONCERN_STRONGSWAN,
		CONCERN_STRONGSWAN, CONCERN_STRONGSWAN, CONCERN_TIME,
	};
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	target_make(&scene.inputs, &target);
	assert_int_equal(target.unit_count, COUNT_OF(expected));
	for (size_t i = 0; i < COUNT_OF(expected); i++)
		assert_int_equal(target.units[i].concern, expected[i]);
}

static void machine_without_time_daemon_wants_one(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	scene.host.time = NULL;
	target_make(&scene.inputs, &target);
	assert_int_equal(target.unit_count, 6);
	assert_string_equal(target.units[5].name, "strongswan.service");
	assert_null(tree_find(&target.tree, chrony.file));
}

/* The package's files are left alone, and enabled all the same. */
static void packaged_units_are_written_or_not_wanted(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	scene.host.packaged = true;
	target_units(&scene.inputs, &target);
	assert_int_equal(target.tree.count, 0);
	assert_units(&target, "cygnet-sync.timer: own enabled active\n"
			      "cygnet-firewall.service: own enabled active\n"
			      "cygnet.service: own enabled\n");
}

/* Of a run that knows no peers yet, nor itself. */
static void early_units_take_anything_along(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	scene.inputs.own = NULL;
	scene.inputs.peers = NULL;
	target_units(&scene.inputs, &target);
	assert_int_equal(target.unit_count, 3);
	assert_int_equal(target.tree.count, 4);
	for (size_t i = 0; i < target.tree.count; i++)
		assert_int_equal(target.tree.files[i].concern, CONCERN_UNITS);
	for (size_t i = 0; i < target.pattern_count; i++)
		assert_int_equal(target.patterns[i].concern, CONCERN_UNITS);
	assert_int_equal(target.kernel.count, 0);
	assert_int_equal(target.connection_count, 0);
}

static void connection_is_not_what_its_file_says(void **state)
{
	AUTO_FREE char *local = NULL, *remote = NULL;
	AUTO_SCENE scene;
	AUTO_TARGET target;
	const struct connection *east;

	(void)state;
	scene_begin(&scene);
	target_make(&scene.inputs, &target);
	assert_int_equal(target.connection_count, 2);
	assert_string_equal(target.connections[0].name, "cygnet-eu-west-1");
	east = &target.connections[1];
	assert_string_equal(east->name, "cygnet-us-east-2");
	assert_string_equal(east->child, "cygnet-us-east-2");
	assert_string_equal(east->remote_address, "203.0.113.2");
	assert_string_equal(east->remote_id, "203.0.113.2");
	assert_string_equal(east->local_id, "203.0.113.1");
	local = cidrs_join(&east->local_subnets, " ");
	remote = cidrs_join(&east->remote_subnets, " ");
	assert_string_equal(local, "172.16.0.0/16");
	assert_string_equal(remote, "10.9.0.0/24 172.31.0.0/16");
}

/* Otherwise charon could never have what is wanted of it. */
static void connection_is_wanted_without_its_file(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	target_make(&scene.inputs, &target);
	for (size_t i = 0; i < target.connection_count; i++) {
		AUTO_FREE char *path = mem_printf("/etc/swanctl/conf.d/%s.conf",
						  target.connections[i].name);

		assert_non_null(tree_find(&target.tree, path));
	}
}

static const struct flavour starter = {
	.backend = BACKEND_IPSEC,
	.ipsec_folder = "/etc",
	.keys_folder = "/etc/ipsec.d/private",
	.certs_folder = "/etc/ipsec.d/certs",
	.drop_in = "/etc/strongswan.d/cygnet.conf",
	.charon_unit = "strongswan-starter.service",
	.charon_sections = { "charon" },
};

/* Yours to free. */
static char *connection_names(const struct target *target)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < target->connection_count; i++)
		buf_addf(&names, "%s%s", i > 0 ? " " : "", target->connections[i].name);
	return buf_take(&names);
}

/* A conn takes one key, and what charon has loaded of it does not tell which. */
static void starter_has_another_key_than_it_seems(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET plain, signing, peer;
	AUTO_FREE char *plain_names = NULL, *signing_names = NULL, *peer_names = NULL;

	(void)state;
	scene_begin(&scene);
	scene.host.flavour = &starter;
	target_make(&scene.inputs, &plain);
	plain_names = connection_names(&plain);
	assert_string_equal(plain_names, "cygnet-eu-west-1 cygnet-us-east-2 cygnet.files-7cb15183");
	scene_key_add(&scene.own, KEY_NEXT, KEY_B_ID, KEY_B_SPKI);
	scene.inputs.signing = site_next_key(&scene.own);
	target_make(&scene.inputs, &signing);
	signing_names = connection_names(&signing);
	assert_string_not_equal(signing_names, plain_names);
	scene_key_add(&scene.peers.items[0], KEY_NEXT, KEY_C_ID, KEY_C_SPKI);
	target_make(&scene.inputs, &peer);
	peer_names = connection_names(&peer);
	assert_non_null(strstr(peer_names, "cygnet-eu-west-1 cygnet-eu-west-1.next cygnet-us-east-2 cygnet.files-"));
	assert_string_not_equal(strstr(peer_names, "files-"), strstr(signing_names, "files-"));
}

static void gateway_without_peers_has_connections(void **state)
{
	AUTO_SCENE scene;
	AUTO_TARGET target;

	(void)state;
	scene_begin(&scene);
	sites_done(&scene.peers);
	target_make(&scene.inputs, &target);
	assert_int_equal(target.connection_count, 0);
	assert_true(target.pattern_count > 0);
	assert_true(target.kernel.count > 0);
	assert_string_equal(target.kernel.items[0].key, "net.ipv4.ip_forward");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unit_is_wanted_otherwise),
		cmocka_unit_test(unit_starts_in_another_step),
		cmocka_unit_test(machine_without_time_daemon_wants_one),
		cmocka_unit_test(packaged_units_are_written_or_not_wanted),
		cmocka_unit_test(early_units_take_anything_along),
		cmocka_unit_test(connection_is_not_what_its_file_says),
		cmocka_unit_test(connection_is_wanted_without_its_file),
		cmocka_unit_test(starter_has_another_key_than_it_seems),
		cmocka_unit_test(gateway_without_peers_has_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
