/* A hash that gateways of all versions agree on. */
#include "tests/unit/support.h"

#include "base/hash.h"

/* The first three are vectors of FNV's own test program; in the last, char may be signed. */
static void hash_is_not_that_of_fnv_1a(void **state)
{
	(void)state;
	assert_int_equal(hash_text(""), 0x811c9dc5);
	assert_int_equal(hash_text("a"), 0xe40c292c);
	assert_int_equal(hash_text("foobar"), 0xbf9cf968);
	assert_int_equal(hash_text("\xff"), 0x7a0b824e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_is_not_that_of_fnv_1a),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
