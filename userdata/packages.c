/*
 * packages: the arms of the script's case, walked off the table of distributions, so that a new row is all that a new
 * distribution takes. Rows that do the same share an arm.
 */
#include "userdata/packages.h"

#include <string.h>

#include "metadata/distro.h"
#include "userdata/shell.h"

/* An arm: the machines that it is for, and what it says. */
struct arm {
	struct buf machines, body;
};

struct arms {
	struct arm *items;
	size_t count;
};

static void arms_done(struct arms *arms)
{
	for (size_t i = 0; i < arms->count; i++) {
		buf_done(&arms->items[i].machines);
		buf_done(&arms->items[i].body);
	}
	mem_cleanup(&arms->items);
}

static bool ids_have(const char *const *ids, const char *id)
{
	for (; *ids != NULL; ids++)
		if (strcmp(*ids, id) == 0)
			return true;
	return false;
}

/* The command that enables the row's repositories on machines with this id; NULL: none is needed. */
static const char *enabling_find(const struct distro *distro, const char *id)
{
	for (const struct enabling *one = distro->enabling; one != NULL && one->ids != NULL; one++)
		if (ids_have(one->ids, id))
			return one->command;
	return NULL;
}

/* The flavour that bootstrap will take, as nothing but these packages is there; NULL: the row has none to install. */
static const struct flavour *flavour_choose(const struct distro *distro, enum backend backend)
{
	if (distro->unpackaged)
		return NULL;
	for (size_t i = 0; distro->flavours[i] != NULL; i++)
		if (backend == BACKEND_DETECTED || distro->flavours[i]->backend == backend)
			return distro->flavours[i];
	return NULL;
}

static void body_variable(struct buf *body, const char *name, const char *value)
{
	buf_addf(body, "\t%s=", name);
	shell_quote(body, value != NULL ? value : "");
	buf_adds(body, "\n");
}

static void body_repositories(struct buf *body, const char *enable, const char *refresh)
{
	buf_addf(body, "\trepositories() { %s%s%s; }\n", enable ? enable : "", enable && refresh ? " && " : "",
		 refresh ? refresh : enable ? "" : ":");
}

/* What only some orders use. */
static void body_extras(struct buf *body, const struct order *order, const char *upgrade, const char *agent,
			const char *aws_cli)
{
	if (order->upgrade)
		buf_addf(body, "\tupgrade() { %s; }\n", upgrade);
	if (order->cloudwatch)
		body_variable(body, "agent", agent);
	if (order->source.kind == SOURCE_S3)
		body_variable(body, "aws_cli", aws_cli);
}

static void body_make(struct buf *body, const struct distro *distro, const char *id, const struct order *order,
		      enum backend backend)
{
	const struct flavour *flavour = flavour_choose(distro, backend);
	AUTO_FREE char *needed = mem_printf("%s%s%s", flavour ? flavour->packages : "", flavour ? " " : "",
					    distro->packages);

	body_repositories(body, enabling_find(distro, id), distro->refresh);
	buf_addf(body, "\tpresent() { %s %s >/dev/null 2>&1; }\n", distro->query, needed);
	buf_addf(body, "\tpackages() { %s %s; }\n", distro->install, needed);
	buf_addf(body, "\tadd() { %s \"$@\"; }\n", distro->install);
	body_extras(body, order, distro->upgrade, distro->agent, distro->aws_cli);
	if (flavour == NULL)
		buf_adds(body, "\tsay \"no strongSwan is packaged for $os: the machine image has to have it\"\n");
}

static struct arm *arm_find(struct arms *arms, const struct buf *body)
{
	for (size_t i = 0; i < arms->count; i++)
		if (strcmp(buf_str(&arms->items[i].body), buf_str(body)) == 0)
			return &arms->items[i];
	return NULL;
}

static void arms_add(struct arms *arms, const struct distro *distro, const char *id, const struct order *order,
		     enum backend backend)
{
	AUTO_BUF struct buf body = { 0 };
	struct arm *arm;

	body_make(&body, distro, id, order, backend);
	arm = arm_find(arms, &body);
	if (arm == NULL) {
		arm = MEM_GROW(arms->items, arms->count);
		*arm = (struct arm){ .body = body };
		body = (struct buf){ 0 };
	}
	buf_addf(&arm->machines, "%s'%s %s'", arm->machines.len > 0 ? " | " : "", id, distro->version);
}

/* The arm of machines that no row is for: cygnet itself tells them what is missing. */
static void unknown_add(struct buf *out, const struct order *order)
{
	buf_adds(out,
		 "*)\n"
		 "\tsay \"'$os' is not known: the machine image has to have strongSwan, nft and a time daemon\"\n"
		 "\trepositories() { :; }\n"
		 "\tpresent() { :; }\n"
		 "\tpackages() { :; }\n"
		 "\tadd() { fail \"nobody knows how to install $* on '$os'\"; }\n");
	body_extras(out, order, ":", NULL, NULL);
	buf_adds(out, "\t;;\n");
}

void packages_cases(struct buf *out, const struct order *order, enum backend backend)
{
	CLEANUP(arms_done) struct arms arms = { 0 };
	size_t count;
	const struct distro *rows = distro_table(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; rows[i].ids[k] != NULL; k++)
			arms_add(&arms, &rows[i], rows[i].ids[k], order, backend);
	buf_adds(out, "case $os in\n");
	for (size_t i = 0; i < arms.count; i++)
		buf_addf(out, "%s)\n%s\t;;\n", buf_str(&arms.items[i].machines), buf_str(&arms.items[i].body));
	unknown_add(out, order);
	buf_adds(out, "esac\n");
}
