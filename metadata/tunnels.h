/* tunnels: what charon has loaded and established, as observed. */
#ifndef CYGNET_METADATA_TUNNELS_H
#define CYGNET_METADATA_TUNNELS_H

#include <stdint.h>

#include "base/cidr.h"
#include "base/err.h"

/* A connection that charon has loaded. */
struct connection {
	char *name;
	char *remote_address;		/* as loaded; the first of the list */
	char *local_id, *remote_id;
	char *child;			/* name of the one child; NULL: there is none or several */
	struct cidrs local_subnets, remote_subnets;	/* of that child, sorted */
};

/* An IKE_SA's child, installed or on its way. */
struct child_sa {
	char *name;
	uint32_t id;			/* charon's unique id among children; 0: it does not tell */
	char *state;			/* "INSTALLED", "REKEYING", … */
	struct cidrs local_subnets, remote_subnets;
	uint64_t bytes_in, bytes_out;
};

struct ike_sa {
	char *name;			/* of its connection */
	uint32_t id;			/* charon's unique id */
	char *state;			/* "CONNECTING", "ESTABLISHED", … */
	char *remote_address;
	char *local_id, *remote_id;	/* may be "%any" before it is established */
	int64_t established_s;		/* seconds ago; -1 when not established */
	struct child_sa *children;
	size_t child_count;
};

struct tunnels {
	char *version;			/* strongSwan's, "5.9.8" */
	struct connection *connections;
	size_t connection_count;
	struct ike_sa *sas;
	size_t sa_count;
};

void tunnels_done(struct tunnels *tunnels);
void connections_done(struct connection *connections, size_t count);	/* frees the array too */

void connections_sort(struct connection *connections, size_t count);	/* by name */

/*
 * Compare what is loaded with what should be, each given as struct connection sorted by name: 0
 * when they are the same, -1 with EXIT_STEP naming the first connection and member that differs.
 * Pure.
 */
int connections_compare(const struct connection *wanted, size_t wanted_count,
			const struct connection *loaded, size_t loaded_count, struct err *e);

#endif
