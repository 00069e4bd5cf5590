/*
 * Comparing what is loaded with what should be: each difference is told, by connection and member.
 */
#include "tests/unit/support.h"

#include "base/mem.h"
#include "metadata/tunnels.h"

#define COMPARE(wanted, loaded, e) \
	connections_compare(wanted, COUNT_OF(wanted), loaded, COUNT_OF(loaded), e)

static struct cidr west[] = { { 0xac100000, 16 }, { 0x0a010200, 24 } };		/* 172.16.0.0/16, 10.1.2.0/24 */
static struct cidr west_sorted[] = { { 0x0a010200, 24 }, { 0xac100000, 16 } };
static struct cidr east[] = { { 0xac1f0000, 16 } };				/* 172.31.0.0/16 */

static struct connection connection(char *name)
{
	return (struct connection){
		.name = name, .remote_address = "192.0.2.2", .local_id = "192.0.2.1", .remote_id = "192.0.2.2",
		.child = name, .local_subnets = { west, COUNT_OF(west) }, .remote_subnets = { east, COUNT_OF(east) },
	};
}

static void the_same_in_another_order_of_subnets_is_the_same(void **state)
{
	const struct connection wanted[] = { connection("cygnet-a"), connection("cygnet-b") };
	struct connection loaded[] = { connection("cygnet-a"), connection("cygnet-b") };
	struct err e = ERR_INIT;

	(void)state;
	loaded[1].local_subnets.items = west_sorted;
	assert_int_equal(COMPARE(wanted, loaded, &e), 0);
	assert_int_equal(connections_compare(NULL, 0, NULL, 0, &e), 0);
	assert_int_equal(e.code, EXIT_DONE);
}

static void a_connection_that_is_not_loaded_is_named(void **state)
{
	const struct connection wanted[] = { connection("cygnet-a"), connection("cygnet-b") };
	const struct connection last[] = { connection("cygnet-a") }, first[] = { connection("cygnet-b") };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(COMPARE(wanted, last, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-b' is not loaded", "");
	assert_int_equal(COMPARE(wanted, first, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-a' is not loaded", "");
	assert_int_equal(connections_compare(wanted, 2, NULL, 0, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-a' is not loaded", "");
}

static void a_connection_that_is_not_planned_is_named(void **state)
{
	const struct connection wanted[] = { connection("cygnet-b") };
	const struct connection before[] = { connection("cygnet-a"), connection("cygnet-b") };
	const struct connection after[] = { connection("cygnet-b"), connection("cygnet-c") };
	const struct connection twice[] = { connection("cygnet-b"), connection("cygnet-b") };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(COMPARE(wanted, before, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-a' is loaded but not planned", "");
	assert_int_equal(COMPARE(wanted, after, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-c' is loaded but not planned", "");
	assert_int_equal(COMPARE(wanted, twice, &e), -1);
	assert_error(&e, EXIT_STEP, "connection 'cygnet-b' is loaded but not planned", "");
}

static void assert_difference(const struct connection *loaded, const char *rest)
{
	const struct connection wanted = connection("cygnet-a");
	AUTO_FREE char *cause = mem_printf("connection 'cygnet-a' is loaded with %s", rest);
	struct err e = ERR_INIT;

	assert_int_equal(connections_compare(&wanted, 1, loaded, 1, &e), -1);
	assert_error(&e, EXIT_STEP, cause, "");
}

static void each_member_that_differs_is_named(void **state)
{
	struct connection loaded = connection("cygnet-a");

	(void)state;
	loaded.remote_subnets.items = west;
	assert_difference(&loaded, "remote subnets '172.16.0.0/16' instead of '172.31.0.0/16'");
	loaded.local_subnets.count = 1;
	assert_difference(&loaded, "local subnets '172.16.0.0/16' instead of '172.16.0.0/16,10.1.2.0/24'");
	loaded.child = NULL;
	assert_difference(&loaded, "child 'none' instead of 'cygnet-a'");
	loaded.remote_id = "gateway";
	assert_difference(&loaded, "remote id 'gateway' instead of '192.0.2.2'");
	loaded.local_id = NULL;
	assert_difference(&loaded, "local id 'none' instead of '192.0.2.1'");
	loaded.remote_address = "%any";
	assert_difference(&loaded, "remote address '%any' instead of '192.0.2.2'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_in_another_order_of_subnets_is_the_same),
		cmocka_unit_test(a_connection_that_is_not_loaded_is_named),
		cmocka_unit_test(a_connection_that_is_not_planned_is_named),
		cmocka_unit_test(each_member_that_differs_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
