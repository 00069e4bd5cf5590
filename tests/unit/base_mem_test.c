/* Allocation, lists of strings, and what leaves its scope. */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#include "base/mem.h"

/* How a child that runs this ends: its signal, or 0. */
static int signal_of(void (*function)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		signal(SIGABRT, SIG_DFL);	/* cmocka's own would report a failed test */
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		function();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void multiply_past_the_end(void)
{
	mem_realloc(NULL, SIZE_MAX / 2, 3);
}

static void size_of_an_array_overflows_into_a_small_one(void **state)
{
	(void)state;
	assert_int_equal(signal_of(multiply_past_the_end), SIGABRT);
}

static void nothing_to_allocate_is_taken_for_no_memory(void **state)
{
	AUTO_FREE char *none = mem_calloc(0, 8), *shrunk = mem_realloc(mem_strdup("a"), 0, 1);

	(void)state;
	assert_non_null(none);
	assert_non_null(shrunk);
	assert_null(mem_strdup(NULL));
}

static void copy_reads_past_its_end(void **state)
{
	const char unterminated[] = { 'a', 'b', 'c' };
	AUTO_FREE char *all = mem_strndup(unterminated, 3), *shorter = mem_strndup("ab", 9);
	AUTO_FREE char *printed = mem_printf("%s-%d", "ab", 7);

	(void)state;
	assert_string_equal(all, "abc");
	assert_string_equal(shorter, "ab");
	assert_string_equal(printed, "ab-7");
}

static void grown_array_loses_its_items(void **state)
{
	AUTO_FREE int *items = NULL;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		*MEM_GROW(items, count) = i;
	assert_int_equal(count, 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(items[i], i);
}

static char *text_handed_over(void)
{
	AUTO_FREE char *text = mem_strdup("kept");

	return TAKE(text);
}

/* Were it released on the way out, the sanitizer would stop the test here. */
static void handed_over_text_is_released(void **state)
{
	AUTO_FREE char *text = text_handed_over();

	(void)state;
	assert_string_equal(text, "kept");
}

static int descriptor_used(void)
{
	AUTO_CLOSE int fd = dup(STDIN_FILENO), none = -1;

	assert_true(fd >= 0);
	assert_int_equal(none, -1);
	return fd;
}

static void descriptor_stays_open_behind_its_scope(void **state)
{
	(void)state;
	assert_int_equal(fcntl(descriptor_used(), F_GETFD), -1);
}

static void list_shares_its_strings(void **state)
{
	CLEANUP(strings_done) struct strings list = { 0 }, copy = { 0 };
	char text[] = "one";

	(void)state;
	strings_add(&list, text);
	strings_addf(&list, "%s%d", "two", 2);
	strings_copy(&list, &copy);
	text[0] = 'X';
	list.items[1][0] = 'X';
	assert_string_equal(list.items[0], "one");
	assert_string_equal(copy.items[1], "two2");
	assert_int_equal(copy.count, 2);
	strings_done(&list);
	assert_int_equal(list.count, 0);
	assert_null(list.items);
}

static struct strings list_of(const char *const texts[])
{
	struct strings list = { 0 };

	for (; *texts != NULL; texts++)
		strings_add(&list, *texts);
	return list;
}

static void lists_that_differ_count_as_equal(void **state)
{
	static const char *const others[][3] = {
		{ NULL }, { "a", NULL }, { "a", "c", NULL }, { "b", "a", NULL }, { "ab", "", NULL },
	};
	CLEANUP(strings_done) struct strings list = list_of((const char *[]){ "a", "b", NULL });
	CLEANUP(strings_done) struct strings same = list_of((const char *[]){ "a", "b", NULL });

	(void)state;
	assert_true(strings_equal(&list, &same));
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		CLEANUP(strings_done) struct strings other = list_of(others[i]);

		assert_false(strings_equal(&list, &other));
		assert_false(strings_equal(&other, &list));
	}
	assert_true(strings_has(&list, "b"));
	assert_false(strings_has(&list, "ab"));
}

static void joined_list_has_a_separator_too_many(void **state)
{
	CLEANUP(strings_done) struct strings list = { 0 };
	AUTO_FREE char *none = strings_join(&list, ", "), *one = NULL, *three = NULL;

	(void)state;
	strings_add(&list, "a");
	one = strings_join(&list, ", ");
	strings_add(&list, "");
	strings_add(&list, "c");
	three = strings_join(&list, ", ");
	assert_string_equal(none, "");
	assert_string_equal(one, "a");
	assert_string_equal(three, "a, , c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(size_of_an_array_overflows_into_a_small_one),
		cmocka_unit_test(nothing_to_allocate_is_taken_for_no_memory),
		cmocka_unit_test(copy_reads_past_its_end),
		cmocka_unit_test(grown_array_loses_its_items),
		cmocka_unit_test(handed_over_text_is_released),
		cmocka_unit_test(descriptor_stays_open_behind_its_scope),
		cmocka_unit_test(list_shares_its_strings),
		cmocka_unit_test(lists_that_differ_count_as_equal),
		cmocka_unit_test(joined_list_has_a_separator_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
