/* support: what unit tests share. */
#ifndef CYGNET_TESTS_UNIT_SUPPORT_H
#define CYGNET_TESTS_UNIT_SUPPORT_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"

/* The error is this one to the letter; it is cleared for the next case. */
static inline void assert_error(struct err *e, enum exit_code code, const char *cause,
				const char *remedy)
{
	assert_string_equal(e->cause, cause);
	assert_string_equal(e->remedy, remedy);
	assert_int_equal(e->code, code);
	err_clear(e);
}

/* Enough for what ends by itself, also under sanitizers on a machine that is busy. */
#define PATIENCE_MS 20000

/*
 * As long as a root's path gets: tests/run.py makes a TMPDIR for each program, as a test that fails
 * leaves its root there.
 */
#define ROOT_TEMPLATE "/tmp/cygnet-unit-xxxxxxxx/cygnet-test-XXXXXX"

/* Make an empty root folder below it. path is as large as ROOT_TEMPLATE; it is given back. */
static inline char *root_make(char *path)
{
	const char *folder = getenv("TMPDIR");
	int len = snprintf(path, sizeof ROOT_TEMPLATE, "%s/cygnet-test-XXXXXX",
			   folder ? folder : "/tmp");

	assert_in_range(len, 1, sizeof ROOT_TEMPLATE - 1);
	assert_non_null(mkdtemp(path));
	return path;
}

static inline int root_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

/* Remove a root folder and all that is in it. */
static inline void root_remove(const char *root)
{
	assert_int_equal(nftw(root, root_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

#endif
