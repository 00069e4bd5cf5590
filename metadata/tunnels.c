/*
 * tunnels: ordering and releasing what was observed of charon. Observing is bootstrap/charon's
 * business, judging it render's.
 */
#include "metadata/tunnels.h"

#include <stdlib.h>
#include <string.h>

static void connection_done(struct connection *connection)
{
	free(connection->name);
	free(connection->remote_address);
	free(connection->local_id);
	free(connection->remote_id);
	free(connection->child);
	cidrs_done(&connection->local_subnets);
	cidrs_done(&connection->remote_subnets);
}

void connections_done(struct connection *connections, size_t count)
{
	for (size_t i = 0; i < count; i++)
		connection_done(&connections[i]);
	free(connections);
}

static int connection_order(const void *a, const void *b)
{
	return strcmp(((const struct connection *)a)->name, ((const struct connection *)b)->name);
}

void connections_sort(struct connection *connections, size_t count)
{
	if (count > 1)
		qsort(connections, count, sizeof *connections, connection_order);
}

static void child_sa_done(struct child_sa *child)
{
	free(child->name);
	free(child->state);
	cidrs_done(&child->local_subnets);
	cidrs_done(&child->remote_subnets);
}

static void ike_sa_done(struct ike_sa *sa)
{
	free(sa->name);
	free(sa->state);
	free(sa->remote_address);
	free(sa->local_id);
	free(sa->remote_id);
	for (size_t i = 0; i < sa->child_count; i++)
		child_sa_done(&sa->children[i]);
	free(sa->children);
}

void tunnels_done(struct tunnels *tunnels)
{
	free(tunnels->version);
	connections_done(tunnels->connections, tunnels->connection_count);
	for (size_t i = 0; i < tunnels->sa_count; i++)
		ike_sa_done(&tunnels->sas[i]);
	free(tunnels->sas);
	*tunnels = (struct tunnels){ 0 };
}
