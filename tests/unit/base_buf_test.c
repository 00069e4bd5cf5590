/* The growing buffer, and that it leaves nothing of a secret behind. */
#include <string.h>

#include "tests/unit/support.h"

#include "base/buf.h"

static void growth_loses_or_garbles_bytes(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++) {
		const char byte = (char)i;

		buf_add(&b, &byte, 1);
		assert_int_equal(b.data[b.len], '\0');
	}
	assert_int_equal(b.len, 10000);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], (char)i);
}

/* At every fill around the size of the first block: the text, not what fits. */
static void formatted_text_is_cut_where_the_block_ends(void **state)
{
	(void)state;
	for (size_t fill = 240; fill < 260; fill++) {
		AUTO_BUF struct buf b = { 0 };

		for (size_t i = 0; i < fill; i++)
			buf_adds(&b, "x");
		buf_addf(&b, "%s=%d", "length", 1234567);
		assert_int_equal(b.len, fill + 14);
		assert_string_equal(b.data + fill, "length=1234567");
	}
}

static void nul_inside_ends_the_content(void **state)
{
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	buf_add(&b, "a\0b", 3);
	buf_adds(&b, "c");
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.data, "a\0bc", 5);
}

static void empty_buffer_is_no_string(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	AUTO_FREE char *taken = buf_take(&b);

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_string_equal(taken, "");
	buf_add(&b, NULL, 0);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(b.len, 0);
}

static void taken_content_is_shared(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	AUTO_FREE char *taken = NULL;

	(void)state;
	buf_adds(&b, "one");
	taken = buf_take(&b);
	assert_string_equal(buf_str(&b), "");
	buf_adds(&b, "two");
	assert_string_equal(taken, "one");
	assert_string_equal(buf_str(&b), "two");
}

#ifndef WITHOUT_SANITIZERS	/* as the unit tests for another machine are built */

/* gcc has no header for it. */
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
					      void (*released)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *block);

static const char secret[] = "-----BEGIN PRIVATE KEY-----";
static size_t blocks_released, blocks_with_secret;

static void block_allocated(const volatile void *block, size_t size)
{
	(void)block;
	(void)size;
}

static void block_released(const volatile void *block)
{
	size_t size = block ? __sanitizer_get_allocated_size(block) : 0;

	if (size < sizeof secret)
		return;
	blocks_released++;
	blocks_with_secret += memmem((const void *)block, size, secret, strlen(secret)) != NULL;
}

/* Through two reallocations and a wipe, seen when each block goes back to the allocator. */
static void secret_stays_in_memory_that_was_let_go(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_not_equal(__sanitizer_install_malloc_and_free_hooks(block_allocated, block_released), 0);
	blocks_released = blocks_with_secret = 0;
	buf_adds(&b, secret);
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "=");
	buf_wipe(&b);
	assert_true(blocks_released >= 3);
	assert_int_equal(blocks_with_secret, 0);
	assert_int_equal(b.len, 0);
	buf_wipe(&b);
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growth_loses_or_garbles_bytes),
		cmocka_unit_test(formatted_text_is_cut_where_the_block_ends),
		cmocka_unit_test(nul_inside_ends_the_content),
		cmocka_unit_test(empty_buffer_is_no_string),
		cmocka_unit_test(taken_content_is_shared),
#ifndef WITHOUT_SANITIZERS
		cmocka_unit_test(secret_stays_in_memory_that_was_let_go),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
