/*
 * revocations: each revoked key of each site costs its SAs once, and what is remembered of it is
 * bounded.
 */
#include "tests/unit/keys_support.h"

#include "keys/revocations.h"

static void id_make(int number, char ret_id[KEY_ID_SIZE])
{
	snprintf(ret_id, KEY_ID_SIZE, "%064d", number);
}

static void key_of_one_site_is_taken_for_anothers(void **state)
{
	CLEANUP(revocations_done) struct revocations list = { 0 };

	(void)state;
	assert_false(revocations_has(&list, "ohio", KEY_A_ID));
	revocations_add(&list, "ohio", KEY_A_ID);
	assert_true(revocations_has(&list, "ohio", KEY_A_ID));
	assert_false(revocations_has(&list, "ohio", KEY_B_ID));
	assert_false(revocations_has(&list, "paris", KEY_A_ID));
}

static void key_is_noted_twice(void **state)
{
	CLEANUP(revocations_done) struct revocations list = { 0 };

	(void)state;
	revocations_add(&list, "ohio", KEY_A_ID);
	revocations_add(&list, "ohio", KEY_A_ID);
	assert_int_equal(list.count, 1);
}

/* Others' are not touched by one site that revokes without end. */
static void list_grows_without_end(void **state)
{
	CLEANUP(revocations_done) struct revocations list = { 0 };
	char id[KEY_ID_SIZE];

	(void)state;
	revocations_add(&list, "paris", KEY_A_ID);
	for (int i = 0; i < 100; i++) {
		id_make(i, id);
		revocations_add(&list, "ohio", id);
	}
	assert_int_equal(list.count, 1 + REVOKED_MAX);
	assert_true(revocations_has(&list, "paris", KEY_A_ID));
	assert_true(revocations_has(&list, "ohio", id));
	id_make(100 - REVOKED_MAX, id);
	assert_true(revocations_has(&list, "ohio", id));
	id_make(100 - REVOKED_MAX - 1, id);
	assert_false(revocations_has(&list, "ohio", id));
}

/* What a peer no longer lists stays: its record may be read as it was once more. */
static void peer_that_has_gone_is_remembered(void **state)
{
	CLEANUP(revocations_done) struct revocations list = { 0 };
	CLEANUP(sites_done) struct sites peers = { 0 };
	struct site frankfurt = site_example();

	(void)state;
	sites_add(&peers, &frankfurt);
	revocations_add(&list, "ohio", KEY_A_ID);
	revocations_add(&list, "frankfurt", KEY_A_ID);
	revocations_add(&list, "paris", KEY_B_ID);
	revocations_prune(&list, &peers);
	assert_int_equal(list.count, 1);
	assert_true(revocations_has(&list, "frankfurt", KEY_A_ID));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_of_one_site_is_taken_for_anothers),
		cmocka_unit_test(key_is_noted_twice),
		cmocka_unit_test(list_grows_without_end),
		cmocka_unit_test(peer_that_has_gone_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
