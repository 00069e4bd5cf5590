/*
 * cidr: IPv4 ranges as values. Text that is not canonical is refused, because the same range spelt
 * twice would be two ranges to everybody who compares text (route tables, charon, golden files).
 */
#include "base/cidr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static uint32_t cidr_mask(uint8_t length)
{
	return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

/* A decimal without sign or leading zero, at most max; NULL when there is none, else the rest. */
static const char *cidr_number(const char *s, unsigned max, unsigned *ret_value)
{
	unsigned value = 0;
	const char *start = s;

	for (; *s >= '0' && *s <= '9'; s++) {
		value = value * 10 + (unsigned)(*s - '0');
		if (value > max)
			return NULL;
	}
	if (s == start || (*start == '0' && s - start > 1))
		return NULL;
	*ret_value = value;
	return s;
}

static const char *address_scan(const char *s, uint32_t *ret_address)
{
	uint32_t address = 0;
	unsigned octet;

	for (int i = 0; i < 4; i++) {
		if (i > 0 && *s++ != '.')
			return NULL;
		s = cidr_number(s, 255, &octet);
		if (s == NULL)
			return NULL;
		address = address << 8 | octet;
	}
	*ret_address = address;
	return s;
}

bool address_parse(const char *text, uint32_t *ret_address)
{
	uint32_t address;
	const char *rest = address_scan(text, &address);

	if (rest == NULL || *rest != '\0')
		return false;
	*ret_address = address;
	return true;
}

bool address_plausible(uint32_t address)
{
	static const struct cidr never[] = {
		{ 0x00000000, 8 },	/* this network */
		{ 0x7f000000, 8 },	/* loopback */
		{ 0xa9fe0000, 16 },	/* link-local */
		{ 0xe0000000, 3 },	/* multicast, reserved, broadcast */
	};

	for (size_t i = 0; i < COUNT_OF(never); i++)
		if (cidr_within((struct cidr){ address, 32 }, never[i]))
			return false;
	return true;
}

bool cidr_parse(const char *text, struct cidr *ret_range)
{
	uint32_t address;
	unsigned length = 32;
	const char *s = address_scan(text, &address);

	if (s != NULL && *s == '/')
		s = cidr_number(s + 1, 32, &length);
	if (s == NULL || *s != '\0' || (address & ~cidr_mask((uint8_t)length)) != 0)
		return false;
	*ret_range = (struct cidr){ address, (uint8_t)length };
	return true;
}

void address_format(uint32_t a, char ret_text[ADDRESS_TEXT])
{
	snprintf(ret_text, ADDRESS_TEXT, "%u.%u.%u.%u",
		 a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

void cidr_format(struct cidr range, char ret_text[CIDR_TEXT])
{
	size_t used;

	address_format(range.address, ret_text);
	used = strlen(ret_text);
	snprintf(ret_text + used, CIDR_TEXT - used, "/%u", range.length);
}

bool cidr_within(struct cidr inner, struct cidr outer)
{
	return inner.length >= outer.length &&
	       (inner.address & cidr_mask(outer.length)) == outer.address;
}

bool cidr_overlaps(struct cidr a, struct cidr b)
{
	return cidr_within(a, b) || cidr_within(b, a);
}

bool cidr_equal(struct cidr a, struct cidr b)
{
	return a.address == b.address && a.length == b.length;
}

void cidrs_add(struct cidrs *list, struct cidr range)
{
	*MEM_GROW(list->items, list->count) = range;
}

bool cidrs_cover(const struct cidrs *list, struct cidr range)
{
	for (size_t i = 0; i < list->count; i++)
		if (cidr_within(range, list->items[i]))
			return true;
	return false;
}

const struct cidr *cidrs_overlap(const struct cidrs *list, struct cidr range)
{
	for (size_t i = 0; i < list->count; i++)
		if (cidr_overlaps(list->items[i], range))
			return &list->items[i];
	return NULL;
}

static bool cidrs_contain(const struct cidrs *list, struct cidr range)
{
	for (size_t i = 0; i < list->count; i++)
		if (cidr_equal(list->items[i], range))
			return true;
	return false;
}

bool cidrs_equal(const struct cidrs *a, const struct cidrs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!cidrs_contain(b, a->items[i]))
			return false;
	return true;
}

static int cidr_compare(const void *a, const void *b)
{
	const struct cidr *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return (int)x->length - (int)y->length;
}

void cidrs_sort(struct cidrs *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof *list->items, cidr_compare);
	for (size_t i = 1; i < list->count; i++)
		if (!cidr_within(list->items[i], list->items[kept]))
			list->items[++kept] = list->items[i];
	list->count = kept + 1;
}

void cidrs_copy(const struct cidrs *from, struct cidrs *ret_list)
{
	*ret_list = (struct cidrs){ 0 };
	for (size_t i = 0; i < from->count; i++)
		cidrs_add(ret_list, from->items[i]);
}

char *cidrs_join(const struct cidrs *list, const char *separator)
{
	struct buf joined = { 0 };
	char text[CIDR_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		cidr_format(list->items[i], text);
		buf_addf(&joined, "%s%s", i > 0 ? separator : "", text);
	}
	return buf_take(&joined);
}

void cidrs_done(struct cidrs *list)
{
	free(list->items);
	*list = (struct cidrs){ 0 };
}
