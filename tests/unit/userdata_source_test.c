/* source: what --source takes apart, and what it does not let through to a shell or a URL. */
#include "tests/unit/support.h"

#include <string.h>

#include "base/mem.h"
#include "userdata/source.h"

#define ASSERT_SAME(found, expected) do {			\
	if ((expected) == NULL)					\
		assert_null(found);				\
	else							\
		assert_string_equal(found, expected);		\
} while (0)

static void source_is_taken_for_another(void **state)
{
	const struct {
		const char *text;
		struct source expected;
		bool binary, repository;
	} cases[] = {
		{ "s3://bin-1/a/{arch}/cygnet",
		  { .kind = SOURCE_S3, .bucket = (char []){ "bin-1" }, .key = (char []){ "a/{arch}/cygnet" } }, true, false },
		{ "s3://bin/a?region=eu-west-1",
		  { .kind = SOURCE_S3, .bucket = (char []){ "bin" }, .key = (char []){ "a" },
		    .region = (char []){ "eu-west-1" } }, true, false },
		{ "https://dl.example.com:8443/it's/{arch}?a=%20&b=$c",
		  { .kind = SOURCE_HTTPS, .url = (char []){ "https://dl.example.com:8443/it's/{arch}?a=%20&b=$c" } }, true, false },
		{ "package:", { .kind = SOURCE_IMAGE }, false, false },
		{ "apt:https://repo.example/d  bookworm main extra",
		  { .kind = SOURCE_APT, .url = (char []){ "https://repo.example/d" },
		    .suite = (char []){ "bookworm main extra" } }, false, true },
		{ "dnf:https://repo.example/{arch}",
		  { .kind = SOURCE_DNF, .url = (char []){ "https://repo.example/{arch}" } }, false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		CLEANUP(source_done) struct source source = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(source_parse(cases[i].text, &source, &e), 0);
		assert_int_equal(source.kind, cases[i].expected.kind);
		assert_string_equal(source.text, cases[i].text);
		ASSERT_SAME(source.bucket, cases[i].expected.bucket);
		ASSERT_SAME(source.key, cases[i].expected.key);
		ASSERT_SAME(source.region, cases[i].expected.region);
		ASSERT_SAME(source.url, cases[i].expected.url);
		ASSERT_SAME(source.suite, cases[i].expected.suite);
		assert_int_equal(source_is_binary(&source), cases[i].binary);
		assert_int_equal(source_is_repository(&source), cases[i].repository);
	}
}

static void nonsense_is_let_through(void **state)
{
	static const char *const texts[] = {
		"", "s3:", "s3://", "s3://bucket", "s3://bucket/", "s3://Bucket/k", "s3://ab/k", "s3://-abc/k", "s3://a.b.c/k",
		"s3://bucket/a b", "s3://bucket/a'b", "s3://bucket/$a", "s3://bucket/{os}", "s3://bucket/a{arch",
		"s3://bucket/k?region=", "s3://bucket/k?region=Berlin", "s3://bucket/k?version=1", "S3://bucket/k",
		"http://host/a", "https://", "https://host", "https:///a", "https://HOST/a", "https://user@host/a",
		"https://host:/a", "https://host:123456/a", "https://host:80x/a", "https://host/a b", "https://host/a\"",
		"https://host/a\\", "https://host/`a`", "https://host/[1-9]", "https://host/a\n", "https://host/\xc3\xa9",
		"https://host/a#b", "package", "package:cygnet", "apt:https://host/a", "apt:https://host/a ", "apt:http://host/a b c",
		"apt:https://host/a b [trusted=yes]", "apt:https://host/a b\nc", "dnf:http://host/a", "dnf:/local", "rpm:x",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct source source = { 0 };
		struct err e = ERR_INIT;

		if (source_parse(texts[i], &source, &e) == 0)
			fail_msg("'%s' is let through", texts[i]);
		assert_int_equal(e.code, EXIT_USAGE);
		assert_memory_equal(e.cause, "--source", strlen("--source"));
		assert_null(source.text);
	}
}

static void source_of_1025_bytes(void **state)
{
	char text[1026] = "https://host/";
	struct source source = { 0 };
	struct err e = ERR_INIT;

	(void)state;
	memset(text + strlen(text), 'a', sizeof text - 1 - strlen(text));
	assert_int_equal(source_parse(text, &source, &e), -1);
	assert_string_equal(e.cause, "--source is longer than 1024 bytes");
	text[1024] = '\0';
	assert_int_equal(source_parse(text, &source, &(struct err)ERR_INIT), 0);
	source_done(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(source_is_taken_for_another),
		cmocka_unit_test(nonsense_is_let_through),
		cmocka_unit_test(source_of_1025_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
