/*
 * statusall: charon's report for people, read as strictly as one for programs. Each line that
 * speaks of one of cygnet's connections, SAs or children must have the shape that strongSwan gives
 * it; what the lines in between tell besides is not asked for. It runs nothing.
 */
#include "bootstrap/charon/statusall.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bootstrap/charon/selector.h"
#include "bootstrap/charon/words.h"
#include "render/connection.h"

enum section { SECTION_HEAD, SECTION_CONNECTIONS, SECTION_OTHER, SECTION_SAS };

/* What a line about an SA or a child begins with: "name[id]" or "name{id}". */
struct label {
	const char *name;
	uint32_t id;
};

struct reader {
	struct tunnels *tunnels;
	enum section section;
	size_t line;				/* number of the one that is read */
	struct connection *connection;		/* that is being filled; NULL: another's */
	size_t children;			/* of it, so far */
	struct ike_sa *sa;			/* likewise */
	struct child_sa *child;			/* of sa, likewise */
};

static int odd(const struct reader *reader, const char *rule, struct err *e)
{
	return err_set(e, EXIT_STEP, "line %zu of 'ipsec statusall' is not %s", reader->line, rule);
}

static bool id_parse(const char *text, uint32_t *ret_id)
{
	uint64_t value;

	if (!word_number(text, UINT32_MAX, &value) || value == 0)
		return false;
	*ret_id = (uint32_t)value;
	return true;
}

static void selectors_parse(char *text, struct cidrs *ranges)
{
	char *one;

	while ((one = strsep(&text, " ")) != NULL)
		if (*one != '\0')
			cidrs_add(ranges, selector_range(one));
	cidrs_sort(ranges);
}

/* "10.1.0.0/16 10.2.0.0/16 === 10.3.0.0/16" */
static bool selectors_both(char *text, struct cidrs *local, struct cidrs *remote)
{
	char *mine = word_take(&text, " === ");

	if (mine == NULL)
		return false;
	selectors_parse(mine, local);
	selectors_parse(text, remote);
	return true;
}

/* --- connections --- */

static void connection_settle(struct reader *reader)
{
	struct connection *connection = reader->connection;

	if (connection == NULL || reader->children == 1)
		return;
	mem_cleanup(&connection->child);
	connection->child = NULL;
	cidrs_done(&connection->local_subnets);
	cidrs_done(&connection->remote_subnets);
}

/* "%any...203.0.113.12  IKEv2, dpddelay=10s" */
static int connection_begin(struct reader *reader, const char *name, char *rest, struct err *e)
{
	struct tunnels *tunnels = reader->tunnels;
	char *remote;

	connection_settle(reader);
	reader->connection = NULL;
	reader->children = 0;
	if (connection_peer(name) == NULL)
		return 0;
	if (word_take(&rest, "...") == NULL || (remote = word_take(&rest, "  IKE")) == NULL)
		return odd(reader, "a connection's 'local...remote  IKEv2'", e);
	reader->connection = MEM_GROW(tunnels->connections, tunnels->connection_count);
	*reader->connection = (struct connection){ .name = mem_strdup(name) };
	reader->connection->remote_address = mem_strndup(remote, strcspn(remote, ","));
	return 0;
}

/* "[203.0.113.11] uses public key authentication" */
static int connection_end_read(struct reader *reader, char *rest, char **ret_id, struct err *e)
{
	char *id;

	if (*rest != '[' || *ret_id != NULL || (id = word_take(&rest, "] uses ")) == NULL)
		return odd(reader, "an end's '[id] uses'", e);
	*ret_id = mem_strdup(id + 1);
	return 0;
}

/* "172.16.0.0/16 === 172.31.0.0/16 TUNNEL, dpdaction=start" */
static int connection_child(struct reader *reader, const char *name, char *rest, struct err *e)
{
	struct connection *connection = reader->connection;
	char *selectors = word_take(&rest, " TUNNEL");

	reader->children++;
	if (reader->children > 1)
		return 0;
	if (selectors == NULL ||
	    !selectors_both(selectors, &connection->local_subnets, &connection->remote_subnets))
		return odd(reader, "a child's 'local === remote TUNNEL'", e);
	connection->child = mem_strdup(name);
	return 0;
}

/* A connection has two blanks behind its name, and what belongs to it three. */
static int connection_line(struct reader *reader, const char *name, char *rest, struct err *e)
{
	struct connection *connection = reader->connection;

	if (strncmp(rest, "   ", 3) != 0)
		return connection_begin(reader, name, rest, e);
	if (connection == NULL)
		return 0;
	if (word_skip(&rest, "   local:  "))
		return connection_end_read(reader, rest, &connection->local_id, e);
	if (word_skip(&rest, "   remote: "))
		return connection_end_read(reader, rest, &connection->remote_id, e);
	if (word_skip(&rest, "   child:  "))
		return connection_child(reader, name, rest, e);
	return 0;
}

/* --- SAs --- */

/* "172.16.1.10[203.0.113.11]...203.0.113.12[203.0.113.12]" */
static int sa_ends(struct reader *reader, char *rest, struct err *e)
{
	const char *local_address = word_take(&rest, "["), *local_id = word_take(&rest, "]...");
	const char *remote_address = word_take(&rest, "["), *remote_id = word_take(&rest, "]");

	if (local_address == NULL || local_id == NULL || remote_address == NULL ||
	    remote_id == NULL || *rest != '\0')
		return odd(reader, "an SA's 'address[id]...address[id]'", e);
	reader->sa->local_id = mem_strdup(local_id);
	reader->sa->remote_address = mem_strdup(remote_address);
	reader->sa->remote_id = mem_strdup(remote_id);
	return 0;
}

/* "ESTABLISHED 24 seconds ago, …" or "CONNECTING, …" */
static int sa_begin(struct reader *reader, const struct label *label, char *rest, struct err *e)
{
	struct tunnels *tunnels = reader->tunnels;
	struct ike_sa *sa = MEM_GROW(tunnels->sas, tunnels->sa_count);
	char *state = word_take(&rest, ", "), *since = state, *age;

	*sa = (struct ike_sa){
		.name = mem_strdup(label->name), .id = label->id, .established_s = -1,
	};
	reader->sa = sa;
	if (state == NULL)
		return odd(reader, "an SA's state", e);
	if (word_skip(&since, "ESTABLISHED ")) {
		age = word_take(&since, " ago");
		if (age == NULL || !word_age(age, &sa->established_s))
			return odd(reader, "an SA's 'ESTABLISHED n seconds ago'", e);
	}
	sa->state = mem_strndup(state, strcspn(state, " "));
	return sa_ends(reader, rest, e);
}

/* An SA's first line begins it; those behind tell of its keys and tasks. */
static int sa_line(struct reader *reader, const struct label *label, char *rest, struct err *e)
{
	bool known = reader->sa != NULL && reader->sa->id == label->id;

	reader->child = NULL;
	if (connection_peer(label->name) == NULL)
		reader->sa = NULL;
	else if (!known)
		return sa_begin(reader, label, rest, e);
	return 0;
}

/* "INSTALLED, TUNNEL, reqid 1, …" */
static int child_begin(struct reader *reader, const struct label *label, char *rest, struct err *e)
{
	struct ike_sa *sa = reader->sa;
	char *state = word_take(&rest, ", ");

	if (state == NULL)
		return odd(reader, "a child's state", e);
	reader->child = MEM_GROW(sa->children, sa->child_count);
	*reader->child = (struct child_sa){
		.name = mem_strdup(label->name), .id = label->id, .state = mem_strdup(state),
	};
	return 0;
}

/* The number before a word, in "AES_GCM_16_256, 84 bytes_i (1 pkt, 3s ago), 0 bytes_o, …" */
static bool bytes_parse(const char *text, const char *word, uint64_t *ret_bytes)
{
	const char *end = strstr(text, word), *begin = end;
	AUTO_FREE char *number = NULL;

	if (end == NULL)
		return false;
	while (begin > text && begin[-1] != ' ')
		begin--;
	number = mem_strndup(begin, (size_t)(end - begin));
	return word_number(number, UINT64_MAX, ret_bytes);
}

/*
 * A child has up to three lines: its state, its cipher and bytes while it is installed, and behind
 * one more blank its selectors.
 */
static int child_line(struct reader *reader, const struct label *label, char *rest, struct err *e)
{
	struct child_sa *child = reader->child;

	if (reader->sa == NULL || connection_peer(label->name) == NULL)
		return 0;
	if (child == NULL || child->id != label->id)
		return child_begin(reader, label, rest, e);
	if (*rest == ' ')
		return selectors_both(rest, &child->local_subnets, &child->remote_subnets) ?
		       0 : odd(reader, "a child's 'local === remote'", e);
	if (!bytes_parse(rest, " bytes_i", &child->bytes_in) ||
	    !bytes_parse(rest, " bytes_o", &child->bytes_out))
		return odd(reader, "a child's 'n bytes_i, n bytes_o'", e);
	return 0;
}

static int sas_line(struct reader *reader, char *line, struct err *e)
{
	struct label label = { .name = line };
	char *rest = line + strcspn(line, "[{"), kind = *rest, *number;

	if (kind == '\0')
		return 0;
	*rest++ = '\0';
	number = word_take(&rest, kind == '[' ? "]: " : "}:  ");
	if (number != NULL && id_parse(number, &label.id))
		return kind == '[' ? sa_line(reader, &label, rest, e) :
				     child_line(reader, &label, rest, e);
	return connection_peer(label.name) == NULL ? 0 : odd(reader, "one with an SA's number", e);
}

/* --- the whole --- */

/* "Status of IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64):" */
static int head_line(struct reader *reader, char *line, struct err *e)
{
	char *version;

	if (!word_skip(&line, "Status of IKE charon daemon (") ||
	    word_take(&line, "Swan ") == NULL || (version = word_take(&line, ",")) == NULL)
		return odd(reader, "the head of a report of charon's", e);
	reader->tunnels->version = mem_strdup(version);
	return 0;
}

static bool section_enter(struct reader *reader, const char *line)
{
	static const struct {
		const char *begins;
		enum section section;
	} heads[] = {
		{ "Connections:", SECTION_CONNECTIONS },
		{ "Shunted Connections:", SECTION_OTHER },
		{ "Routed Connections:", SECTION_OTHER },
		{ "Security Associations (", SECTION_SAS },
	};

	for (size_t i = 0; i < COUNT_OF(heads); i++)
		if (strncmp(line, heads[i].begins, strlen(heads[i].begins)) == 0) {
			reader->section = heads[i].section;
			return true;
		}
	return false;
}

/* Short names are moved to the right by blanks. */
static int line_read(struct reader *reader, char *line, struct err *e)
{
	char *rest, *name;

	if (reader->line == 1)
		return head_line(reader, line, e);
	if (section_enter(reader, line))
		return 0;
	line += strspn(line, " ");
	rest = line;
	if (reader->section == SECTION_SAS)
		return sas_line(reader, line, e);
	if (reader->section == SECTION_CONNECTIONS && (name = word_take(&rest, ":")) != NULL)
		return connection_line(reader, name, rest, e);
	return 0;
}

static int connections_check(const struct tunnels *tunnels, struct err *e)
{
	for (size_t i = 0; i < tunnels->connection_count; i++) {
		const struct connection *connection = &tunnels->connections[i];

		if (connection->local_id == NULL || connection->remote_id == NULL)
			return err_set(e, EXIT_STEP, "'ipsec statusall' tells no ids of '%s'",
				       connection->name);
	}
	return 0;
}

int statusall_parse(const char *text, struct tunnels *ret_tunnels, struct err *e)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	struct reader reader = { .tunnels = &tunnels };
	AUTO_FREE char *copy = mem_strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		reader.line++;
		if (line_read(&reader, line, e) < 0)
			return -1;
	}
	connection_settle(&reader);
	if (reader.section != SECTION_SAS)
		return err_set(e, EXIT_STEP, "'ipsec statusall' does not get to its SAs");
	if (connections_check(&tunnels, e) < 0)
		return -1;
	connections_sort(tunnels.connections, tunnels.connection_count);
	*ret_tunnels = tunnels;
	tunnels = (struct tunnels){ 0 };
	return 0;
}
