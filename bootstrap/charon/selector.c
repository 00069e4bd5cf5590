/*
 * selector: charon's words for ranges. It knows neither of the ways in which they are read.
 */
#include "bootstrap/charon/selector.h"

/* Its host bits are set, which no parsed range has. */
static const struct cidr selector_other = { .address = UINT32_MAX, .length = 0 };

struct cidr selector_range(const char *text)
{
	struct cidr range;

	return cidr_parse(text, &range) ? range : selector_other;
}
