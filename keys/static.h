/* static: peers that an operator has written down, for strongSwans that no registry knows. */
#ifndef CYGNET_KEYS_STATIC_H
#define CYGNET_KEYS_STATIC_H

#include "keys/record.h"

#define STATIC_FOLDER "/etc/cygnet/peers.d"

/* What the files say. Zeroed is nothing. */
struct statics {
	struct sites sites;		/* sorted by name; each manual */
	struct strings warnings;	/* one a file that is not used, no ", ignoring" */
	uint32_t hash;			/* of all that the files say; 0: there are none */
};

/*
 * Read STATIC_FOLDER's "….json" files below root. A file that is no static peer, that others than
 * root can write, or whose site an earlier one has, costs a warning and nothing else. No folder is
 * no peers; fails as file_list.
 */
int statics_load(const char *root, struct statics *ret_statics, struct err *e);
void statics_done(struct statics *statics);

/*
 * Pure. One file's text: {"site", "address", "subnets": […], "keys": […], "acks": […]}. A key
 * is PEM or base64 SPKI, as public_key_parse takes it; the first is the active one, another the
 * next. acks may be missing: ids of our keys that the peer's operator has loaded there, at most
 * 2. Anything else in it, or missing, is EXIT_CONFIG naming member and rule. The result is yours
 * to site_done.
 */
int static_parse(const char *text, size_t len, struct site *ret_site, struct err *e);

/* The same two ways, of a document within another one. */
int static_parse_json(const json_t *document, struct site *ret_site, struct err *e);
json_t *static_json(const struct site *site);	/* yours to json_decref */

#endif
