/* support: what unit tests share. */
#ifndef CYGNET_TESTS_UNIT_SUPPORT_H
#define CYGNET_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"

/* The error is this one to the letter; it is cleared for the next case. */
static inline void assert_error(struct err *e, enum exit_code code, const char *cause, const char *remedy)
{
	assert_string_equal(e->cause, cause);
	assert_string_equal(e->remedy, remedy);
	assert_int_equal(e->code, code);
	err_clear(e);
}

#endif
