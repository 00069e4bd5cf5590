/* cidr: IPv4 ranges and addresses, in canonical form. */
#ifndef CYGNET_BASE_CIDR_H
#define CYGNET_BASE_CIDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CIDR_TEXT 19		/* bytes that hold "255.255.255.255/32" and its NUL */
#define ADDRESS_TEXT 16		/* bytes that hold "255.255.255.255" and its NUL */

struct cidr {
	uint32_t address;	/* host byte order, host bits zero */
	uint8_t length;		/* 0..32 */
};

/* A list of ranges. Zeroed is empty. */
struct cidrs {
	struct cidr *items;
	size_t count;
};

/*
 * Parse "a.b.c.d/n"; a bare address is a /32. Only canonical text is accepted: no host bits, no
 * leading zeros, no blanks. False when text is anything else.
 */
bool cidr_parse(const char *text, struct cidr *ret_range);
void cidr_format(struct cidr range, char ret_text[CIDR_TEXT]);		/* always with "/n" */
bool cidr_overlaps(struct cidr a, struct cidr b);
bool cidr_within(struct cidr inner, struct cidr outer);
bool cidr_equal(struct cidr a, struct cidr b);

/* Parse a dotted IPv4 address, strictly as above, into host byte order. */
bool address_parse(const char *text, uint32_t *ret_address);
void address_format(uint32_t address, char ret_text[ADDRESS_TEXT]);
/* A unicast address that can be a gateway's: not in 0/8, 127/8, 169.254/16, nor 224/3. */
bool address_plausible(uint32_t address);

void cidrs_add(struct cidrs *list, struct cidr range);
/* Whether one item contains it whole. */
bool cidrs_cover(const struct cidrs *list, struct cidr range);
/* An item that overlaps it; borrowed, or NULL. */
const struct cidr *cidrs_overlap(const struct cidrs *list, struct cidr range);
/* As sets; neither has duplicates. */
bool cidrs_equal(const struct cidrs *a, const struct cidrs *b);
/* By address; drops what another one covers, as charon does. */
void cidrs_sort(struct cidrs *list);
void cidrs_copy(const struct cidrs *from, struct cidrs *ret_list);
char *cidrs_join(const struct cidrs *list, const char *separator);	/* yours to free */
void cidrs_done(struct cidrs *list);

#endif
