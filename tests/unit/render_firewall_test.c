/*
 * firewall: the whole rule set of either kind, with peers, without, and at the edges of what is
 * taken.
 */
#include "render/firewall.h"
#include "tests/unit/render_support.h"

static const struct {
	enum firewall_kind kind;
	const char *suffix;
} kinds[] = {
	{ FIREWALL_NFT, "nft" },
	{ FIREWALL_IPTABLES, "iptables" },
};

static void assert_rendered(unsigned mss, const struct sites *peers, const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		AUTO_FREE char *expected = mem_printf("/firewall/%s.%s", name, kinds[i].suffix);
		AUTO_BUF struct buf out = { 0 };

		firewall_render(kinds[i].kind, mss, peers, &out);
		assert_expected(&out, expected);
	}
}

static void rules_differ(void **state)
{
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	assert_rendered(1360, &scene.peers, "peers");
}

static void set_without_elements_is_no_set(void **state)
{
	(void)state;
	assert_rendered(1360, &(struct sites){ 0 }, "no-peers");
}

static void clamp_that_is_off_is_there(void **state)
{
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	assert_rendered(0, &scene.peers, "no-clamp");
}

static void range_within_another_makes_nft_refuse_the_set(void **state)
{
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	ranges_add(&scene.peers.items[0].subnets, "10.1.200.0/24");
	ranges_add(&scene.peers.items[0].subnets, "10.1.0.0/24");
	assert_rendered(0, &scene.peers, "no-clamp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_differ),
		cmocka_unit_test(set_without_elements_is_no_set),
		cmocka_unit_test(clamp_that_is_off_is_there),
		cmocka_unit_test(range_within_another_makes_nft_refuse_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
