/* values: the text of a setting becomes a typed value. */
#ifndef CYGNET_METADATA_VALUES_H
#define CYGNET_METADATA_VALUES_H

#include <stdint.h>

#include "base/err.h"

#define RANGES_MAX 64		/* of one setting */

/* What a parser is given; all borrowed. */
struct value {
	const char *text;
	const char *standard;	/* the setting's default, as text; NULL: it has none */
	int64_t min, max;	/* bounds of a number, or of a duration in seconds */
};

/*
 * Parsers, all pure and of one type, so that a table can name them. Each puts a value of the type
 * beside its name into *ret_value, or fails with EXIT_CONFIG saying which rule the text breaks. Lists
 * are separated by commas, spaces or both.
 */
typedef int value_parser(const struct value *value, void *ret_value, struct err *e);

value_parser value_label;	/* char *: see shape_label */
value_parser value_prefix;	/* char *: a path's first element, as SSM allows it */
value_parser value_ranges;	/* struct cidrs: 1..RANGES_MAX, sorted, apart from each other, no /0 */
value_parser value_servers;	/* struct strings: 1..8 host names or addresses, in that order */
value_parser value_bits;	/* unsigned: min..max, a multiple of 8 */
value_parser value_mss;		/* unsigned: 0 or min..max */
value_parser value_duration;	/* int64_t: seconds, min..max; written "15s", "10m" or "1h" */
value_parser value_backend;	/* enum backend */
value_parser value_standard;	/* nothing: only the default's text is supported by this version */

/* Take the next item off a list's text: terminated in place, borrowed; NULL when none is left. */
char *value_item(char **rest);

#endif
