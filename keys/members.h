/* members: parts that documents about sites have in common, for this room's use. */
#ifndef CYGNET_KEYS_MEMBERS_H
#define CYGNET_KEYS_MEMBERS_H

#include "base/cidr.h"
#include "base/json.h"
#include "base/mem.h"
#include "keys/rsa.h"

/* Each fails with EXIT_CONFIG naming the key and the rule. */

/* "schema": the only one that this version of cygnet reads. */
#define SCHEMA 1
int member_schema(const json_t *document, struct err *e);

/* "site": what a site may be called. *ret_name is yours to free. */
int member_site(const json_t *document, char **ret_name, struct err *e);

/* The same, of the site that the document's parameter is called after. */
int member_own_site(const json_t *document, const char *expected, char **ret_name, struct err *e);

/* An address that a gateway can have, in host byte order. */
int member_address(const json_t *document, const char *key, uint32_t *ret_address, struct err *e);
json_t *address_json(uint32_t address);

/* At most max canonical ranges, none when the member is missing; added to ranges, sorted. */
int member_ranges(const json_t *document, const char *key, size_t max, struct cidrs *ranges,
		  struct err *e);
json_t *ranges_json(const struct cidrs *ranges);

/* "subnets": as member_ranges, 1..64 of them. */
int member_subnets(const json_t *document, struct cidrs *subnets, struct err *e);

/* Each member is one of those known: in a document of an operator's hand, any other is a slip. */
int members_check(const json_t *document, const char *const known[], size_t count, struct err *e);

/* A key's id, or "" where empty may be; a missing member is as an empty one. */
int member_key_id(const json_t *document, const char *key, bool empty, char ret_id[KEY_ID_SIZE],
		  struct err *e);

/* At most max keys' ids, none when the member is missing. *ret_ids is yours to strings_done. */
int member_key_ids(const json_t *document, const char *key, size_t max, struct strings *ret_ids,
		   struct err *e);

json_t *strings_json(const struct strings *list);

#endif
