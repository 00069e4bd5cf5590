/*
 * packages: the cases, walked off the table of distributions, so that a new row is all that a new
 * distribution takes.
 */
#include "userdata/packages.h"

#include <string.h>

#include "metadata/distro.h"

/* A kind of machine, as one arm's pattern names it. */
struct machine {
	const struct distro *distro;
	const char *id;			/* of os-release */
	enum backend backend;		/* that is to be installed there */
};

/* One thing in which machines differ: a case. */
struct aspect {
	/* Add what an arm says of the machine; nothing when that is what the others say. */
	void (*body)(struct buf *body, const struct machine *machine);
	const char *others;		/* what the last arm says, of any other machine */
};

/* --- what an arm says --- */

static void manager_body(struct buf *body, const struct machine *machine)
{
	const struct distro *distro = machine->distro;

	buf_addf(body, "\tinstalled() { %s; }\n", distro->query);
	buf_addf(body, "\tadd() { %s%s%s \"$@\"; }\n", distro->install,
		 distro->unattended ? " " : "", distro->unattended ? distro->unattended : "");
	buf_addf(body, "\trefresh() { %s; }\n", distro->refresh ? distro->refresh : ":");
}

static void upgrade_body(struct buf *body, const struct machine *machine)
{
	const char *unattended = machine->distro->unattended;

	buf_addf(body, "\tupgrade() { %s%s%s; }\n", machine->distro->upgrade, unattended ? " " : "",
		 unattended ? unattended : "");
}

/* The flavour that bootstrap will take, as only its packages are there; NULL: none to install. */
static const struct flavour *flavour_choose(const struct machine *machine)
{
	const struct flavour *const *flavours = machine->distro->flavours;

	for (size_t i = 0; flavours[i] != NULL && !machine->distro->unpackaged; i++)
		if (machine->backend == BACKEND_DETECTED ||
		    flavours[i]->backend == machine->backend)
			return flavours[i];
	return NULL;
}

static void needs_body(struct buf *body, const struct machine *machine)
{
	const struct flavour *flavour = flavour_choose(machine);

	buf_addf(body, "\tneeds() { \"$@\" %s%s%s; }\n",
		 flavour ? flavour->packages : "", flavour ? " " : "", machine->distro->packages);
	if (flavour == NULL)
		buf_adds(body, "\tsay \"no strongSwan is packaged for $os: "
			 "the machine image has to have it\"\n");
}

static void enable_body(struct buf *body, const struct machine *machine)
{
	for (const struct enabling *one = machine->distro->enabling;
	     one != NULL && one->ids != NULL; one++)
		for (size_t i = 0; one->ids[i] != NULL; i++)
			if (strcmp(one->ids[i], machine->id) == 0)
				buf_addf(body, "\tenabling() { %s; }\n", one->command);
}

static void agent_body(struct buf *body, const struct machine *machine)
{
	const char *syslog = machine->distro->syslog;

	if (machine->distro->agent != NULL)
		buf_addf(body, "\tagent=%s syslog=%s\n", machine->distro->agent,
			 syslog ? syslog : "''");
}

static void aws_cli_body(struct buf *body, const struct machine *machine)
{
	if (machine->distro->aws_cli != NULL)
		buf_addf(body, "\taws_cli=%s\n", machine->distro->aws_cli);
}

static const struct aspect manager = {
	manager_body,
	"\tinstalled() { :; }\n"
	"\tadd() { fail \"nobody knows how to install $* on '$os'\"; }\n"
	"\trefresh() { :; }\n",
};
static const struct aspect needs = {
	needs_body,
	"\tneeds() { \"$@\"; }\n"
	"\tsay \"'$os' is not known: "
	"the machine image has to have strongSwan, nft and a time daemon\"\n",
};
static const struct aspect enable = { enable_body, "\tenabling() { :; }\n" };
static const struct aspect upgrade = {
	upgrade_body,
	"\tupgrade() { fail \"nobody knows how to upgrade '$os'\"; }\n",
};
static const struct aspect agent = { agent_body, "\tagent=''\n" };
static const struct aspect aws_cli = { aws_cli_body, "\taws_cli=''\n" };

/*
 * Indexes that have aged name packages that are gone, so what fails is tried again with new ones.
 * yum passes over names that it does not find.
 */
static const char functions[] =
	"repositories() { [ -n \"$known\" ] || { enabling && refresh && known=yes; }; }\n"
	"missing() { for name; do "
	"installed \"$name\" >/dev/null 2>&1 || printf ' %s' \"$name\"; done; }\n"
	"added() { add \"$@\" && [ -z \"$(missing \"$@\")\" ]; }\n"
	"anew() { \"$@\" || { refresh; return 1; }; }\n"
	"obtain() { try anew added \"$@\" || fail \"not all is installed:$(missing \"$@\")\"; }\n";

/* --- arms: machines of which the same is said share one --- */

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

static struct arm *arm_find(struct arms *arms, const struct buf *body)
{
	for (size_t i = 0; i < arms->count; i++)
		if (strcmp(buf_str(&arms->items[i].body), buf_str(body)) == 0)
			return &arms->items[i];
	return NULL;
}

static void arms_add(struct arms *arms, const struct aspect *aspect, const struct machine *machine)
{
	AUTO_BUF struct buf body = { 0 };
	struct arm *arm;

	aspect->body(&body, machine);
	if (body.len == 0)
		return;
	arm = arm_find(arms, &body);
	if (arm == NULL) {
		arm = MEM_GROW(arms->items, arms->count);
		*arm = (struct arm){ .body = body };
		body = (struct buf){ 0 };
	}
	buf_addf(&arm->machines, "%s'%s %s'", arm->machines.len > 0 ? " | " : "", machine->id,
		 machine->distro->version);
}

static void case_add(struct buf *out, const struct aspect *aspect, enum backend backend)
{
	CLEANUP(arms_done) struct arms arms = { 0 };
	size_t count;
	const struct distro *rows = distro_table(&count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; rows[i].ids[k] != NULL; k++)
			arms_add(&arms, aspect,
				 &(struct machine){ &rows[i], rows[i].ids[k], backend });
	buf_adds(out, "case $os in\n");
	for (size_t i = 0; i < arms.count; i++)
		buf_addf(out, "%s)\n%s\t;;\n", buf_str(&arms.items[i].machines),
			 buf_str(&arms.items[i].body));
	buf_addf(out, "*)\n%s\t;;\nesac\n", aspect->others);
}

void packages_add(struct buf *out, const struct order *order, enum backend backend)
{
	case_add(out, &manager, backend);
	case_add(out, &needs, backend);
	case_add(out, &enable, backend);
	if (order->upgrade)
		case_add(out, &upgrade, backend);
	if (order->cloudwatch)
		case_add(out, &agent, backend);
	if (order->has_source && order->source.kind == SOURCE_S3)
		case_add(out, &aws_cli, backend);
	buf_adds(out, functions);
}
