/* nftables: the whole table, with peers, without, and at the edges of what nft takes. */
#include "render/firewall.h"
#include "tests/unit/render_support.h"

static void assert_rendered(unsigned mss, const struct sites *peers, const char *expected)
{
	struct buf out = { 0 };

	nftables_render(mss, peers, &out);
	assert_expected(&out, expected);
	buf_done(&out);
}

static void set_without_elements_is_no_set(void **state)
{
	(void)state;
	assert_rendered(1360, &(struct sites){ 0 }, "/firewall/no-peers.nft");
}

static void clamp_that_is_off_is_there(void **state)
{
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	assert_rendered(0, &scene.peers, "/firewall/no-clamp.nft");
}

static void range_within_another_makes_nft_refuse_the_set(void **state)
{
	AUTO_SCENE scene;

	(void)state;
	scene_init(&scene);
	ranges_add(&scene.peers.items[0].subnets, "10.1.200.0/24");
	ranges_add(&scene.peers.items[0].subnets, "10.1.0.0/24");
	assert_rendered(0, &scene.peers, "/firewall/no-clamp.nft");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_without_elements_is_no_set),
		cmocka_unit_test(clamp_that_is_off_is_there),
		cmocka_unit_test(range_within_another_makes_nft_refuse_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
