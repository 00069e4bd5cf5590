/* members: parts that documents about sites have in common, for this room's use. */
#ifndef CYGNET_KEYS_MEMBERS_H
#define CYGNET_KEYS_MEMBERS_H

#include "base/cidr.h"
#include "base/json.h"

/* Each fails with EXIT_CONFIG naming the key and the rule. */

/* "site": what a site may be called. *ret_name is yours to free. */
int member_site(const json_t *document, char **ret_name, struct err *e);

/* An address that a gateway can have, in host byte order. */
int member_address(const json_t *document, const char *key, uint32_t *ret_address, struct err *e);
json_t *address_json(uint32_t address);

/* "subnets": 1..64 canonical ranges; added to subnets, sorted. */
int member_subnets(const json_t *document, struct cidrs *subnets, struct err *e);
json_t *subnets_json(const struct cidrs *subnets);

#endif
