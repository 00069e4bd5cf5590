/* values: the text of a setting becomes a typed value. */
#ifndef CYGNET_METADATA_VALUES_H
#define CYGNET_METADATA_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RANGES_MAX 64		/* of one setting */

/* What a parser is given; all borrowed. */
struct value {
	const char *text;
	bool standard;		/* the text is the setting's default */
	int64_t min, max;	/* bounds of a number, or of a duration in seconds */
};

/*
 * Parsers, all pure and of one type, so that a table can name them. Each puts a value of the type
 * beside its name into *ret_value, or fails with EXIT_CONFIG saying which rule the text breaks.
 * Lists are separated by commas, spaces or both.
 */
typedef int value_parser(const struct value *value, void *ret_value, struct err *e);

value_parser value_label;	/* char *: see shape_label */
value_parser value_prefix;	/* char *: a path's first element, as SSM allows it */
value_parser value_ranges;	/* struct cidrs: 1..RANGES_MAX, sorted, apart, no /0 */
value_parser value_servers;	/* struct strings: 1..8 host names or addresses, in that order */
value_parser value_bits;	/* unsigned: min..max, a multiple of 8 */
value_parser value_mss;		/* unsigned: 0 or min..max */
value_parser value_duration;	/* int64_t: seconds, min..max; written "15s", "10m", "1h", "90d" */
value_parser value_period;	/* int64_t: as value_duration, and 0 for "off" */
value_parser value_backend;	/* enum backend */
value_parser value_scope;	/* enum scope */
value_parser value_routes;	/* enum route_choice: one of its words */
value_parser value_tables;	/* struct strings: ids of route tables */
value_parser value_security;	/* enum security */
value_parser value_address;	/* struct address_choice: the default is the instance's */
value_parser value_role;	/* char *: see shape_role; NULL for "none" */
value_parser value_hook;	/* char *: a lifecycle hook's name; NULL for "none" */

/* Take the next item off a list's text: terminated in place, borrowed; NULL when none is left. */
char *value_item(char **rest);

#endif
