/*
 * probe: what charon says of its connections and SAs, as typed values. It reads and never judges;
 * connections that are not cygnet's are passed over unread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "bootstrap/charon/selector.h"
#include "bootstrap/charon/vici.h"
#include "bootstrap/charon/way.h"
#include "render/connection.h"

#define PROBE_MS 10000
#define OBJECTS_MAX 10000	/* connections, SAs, and children of one */

enum field_kind { FIELD_TEXT, FIELD_RANGES, FIELD_ID, FIELD_BYTES, FIELD_SECONDS };

/* A member of the message and where it goes. */
struct field {
	unsigned depth;
	const char *section;	/* open at depth 1; "" for none */
	const char *name;	/* of the value or list */
	enum field_kind kind;
	size_t offset;		/* in the connection, in the SA, or at depth 3 in the SA's child */
};

static const struct field connection_fields[] = {
	{ 1, "", "remote_addrs", FIELD_TEXT, offsetof(struct connection, remote_address) },
	{ 2, "local-1", "id", FIELD_TEXT, offsetof(struct connection, local_id) },
	{ 2, "remote-1", "id", FIELD_TEXT, offsetof(struct connection, remote_id) },
	{ 3, "children", "local-ts", FIELD_RANGES, offsetof(struct connection, local_subnets) },
	{ 3, "children", "remote-ts", FIELD_RANGES, offsetof(struct connection, remote_subnets) },
};

static const struct field sa_fields[] = {
	{ 1, "", "uniqueid", FIELD_ID, offsetof(struct ike_sa, id) },
	{ 1, "", "state", FIELD_TEXT, offsetof(struct ike_sa, state) },
	{ 1, "", "remote-host", FIELD_TEXT, offsetof(struct ike_sa, remote_address) },
	{ 1, "", "local-id", FIELD_TEXT, offsetof(struct ike_sa, local_id) },
	{ 1, "", "remote-id", FIELD_TEXT, offsetof(struct ike_sa, remote_id) },
	{ 1, "", "established", FIELD_SECONDS, offsetof(struct ike_sa, established_s) },
	{ 3, "child-sas", "name", FIELD_TEXT, offsetof(struct child_sa, name) },
	{ 3, "child-sas", "uniqueid", FIELD_ID, offsetof(struct child_sa, id) },
	{ 3, "child-sas", "state", FIELD_TEXT, offsetof(struct child_sa, state) },
	{ 3, "child-sas", "bytes-in", FIELD_BYTES, offsetof(struct child_sa, bytes_in) },
	{ 3, "child-sas", "bytes-out", FIELD_BYTES, offsetof(struct child_sa, bytes_out) },
	{ 3, "child-sas", "local-ts", FIELD_RANGES, offsetof(struct child_sa, local_subnets) },
	{ 3, "child-sas", "remote-ts", FIELD_RANGES, offsetof(struct child_sa, remote_subnets) },
};

struct reader;

/* What is streamed: connections or SAs. */
struct stream {
	const char *command, *event;
	const struct field *fields;
	size_t field_count;
	const char *children;		/* the section at depth 1 that holds the children */
	void (*begin)(struct reader *reader, const char *name);
	void (*child_begin)(struct reader *reader, const char *name);
	int (*end)(struct reader *reader, struct err *e);
};

struct reader {
	const struct stream *stream;
	struct tunnels *tunnels;
	void *object;			/* that is being filled; NULL: passed over */
	void *child;			/* of object, likewise */
	size_t count, child_count;	/* objects so far; children of object */
	struct buf section, list;	/* what is open at depth 1; the open list */
};

static void reader_done(struct reader *reader)
{
	buf_done(&reader->section);
	buf_done(&reader->list);
}

/* --- fields --- */

static int number_read(const struct vici_item *item, uint64_t max, uint64_t *ret_value,
		       struct err *e)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(item->value, &end, 10);
	if (item->value[0] < '0' || item->value[0] > '9' || *end != '\0' || errno != 0 ||
	    value > max)
		return err_set(e, EXIT_STEP, "'%s' is '%.40s', not a number", item->name,
			       item->value);
	*ret_value = value;
	return 0;
}

static void text_read(const struct vici_item *item, char **ret_text)
{
	if (*ret_text != NULL && item->element == VICI_LIST_ITEM)
		return;
	free(*ret_text);
	*ret_text = mem_strdup(item->value);
}

static int field_read(const struct field *field, void *object, const struct vici_item *item,
		      struct err *e)
{
	void *member = (char *)object + field->offset;
	uint64_t number = 0;

	switch (field->kind) {
	case FIELD_TEXT:
		text_read(item, member);
		return 0;
	case FIELD_RANGES:
		cidrs_add(member, selector_range(item->value));
		return 0;
	case FIELD_ID:
		if (number_read(item, UINT32_MAX, &number, e) < 0)
			return -1;
		*(uint32_t *)member = (uint32_t)number;
		return 0;
	case FIELD_BYTES:
		return number_read(item, UINT64_MAX, member, e);
	case FIELD_SECONDS:
		if (number_read(item, INT64_MAX, &number, e) < 0)
			return -1;
		*(int64_t *)member = (int64_t)number;
		return 0;
	}
	return 0;
}

/* --- connections --- */

static void connection_begin(struct reader *reader, const char *name)
{
	struct tunnels *tunnels = reader->tunnels;
	struct connection *connection = MEM_GROW(tunnels->connections, tunnels->connection_count);

	*connection = (struct connection){ .name = mem_strdup(name) };
	reader->object = connection;
}

static void connection_child(struct reader *reader, const char *name)
{
	struct connection *connection = reader->object;

	if (connection->child == NULL)
		connection->child = mem_strdup(name);
	reader->child = connection;
}

static int connection_end(struct reader *reader, struct err *e)
{
	struct connection *connection = reader->object;

	(void)e;
	if (reader->child_count > 1) {
		mem_cleanup(&connection->child);
		connection->child = NULL;
		cidrs_done(&connection->local_subnets);
		cidrs_done(&connection->remote_subnets);
	}
	cidrs_sort(&connection->local_subnets);
	cidrs_sort(&connection->remote_subnets);
	return 0;
}

/* --- SAs --- */

static void sa_begin(struct reader *reader, const char *name)
{
	struct tunnels *tunnels = reader->tunnels;
	struct ike_sa *sa = MEM_GROW(tunnels->sas, tunnels->sa_count);

	*sa = (struct ike_sa){ .name = mem_strdup(name), .established_s = -1 };
	reader->object = sa;
}

/* Newer versions put a number behind the name of the section, and the child's own name inside. */
static void sa_child(struct reader *reader, const char *name)
{
	struct ike_sa *sa = reader->object;
	struct child_sa *child = MEM_GROW(sa->children, sa->child_count);

	*child = (struct child_sa){ .name = mem_strdup(name) };
	reader->child = child;
}

/* Whoever reads the SA relies on its texts being there. */
static int texts_check(const struct ike_sa *sa, const void *object, unsigned depth, struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(sa_fields); i++) {
		const struct field *field = &sa_fields[i];

		if (field->depth == depth && field->kind == FIELD_TEXT &&
		    *(char *const *)((const char *)object + field->offset) == NULL)
			return err_set(e, EXIT_STEP, "an SA of '%s' without '%s'", sa->name,
				       field->name);
	}
	return 0;
}

static int sa_end(struct reader *reader, struct err *e)
{
	struct ike_sa *sa = reader->object;

	if (sa->id == 0)
		return err_set(e, EXIT_STEP, "an SA of '%s' without 'uniqueid'", sa->name);
	if (texts_check(sa, sa, 1, e) < 0)
		return -1;
	for (size_t i = 0; i < sa->child_count; i++) {
		if (texts_check(sa, &sa->children[i], 3, e) < 0)
			return -1;
		cidrs_sort(&sa->children[i].local_subnets);
		cidrs_sort(&sa->children[i].remote_subnets);
	}
	return 0;
}

/* --- streams --- */

static const struct stream connection_stream = {
	.command = "list-conns", .event = "list-conn", .fields = connection_fields,
	.field_count = COUNT_OF(connection_fields), .children = "children",
	.begin = connection_begin, .child_begin = connection_child, .end = connection_end,
};

static const struct stream sa_stream = {
	.command = "list-sas", .event = "list-sa", .fields = sa_fields,
	.field_count = COUNT_OF(sa_fields), .children = "child-sas",
	.begin = sa_begin, .child_begin = sa_child, .end = sa_end,
};

static void name_set(struct buf *name, const char *to)
{
	name->len = 0;
	buf_adds(name, to);
}

static int section_begin(struct reader *reader, const struct vici_item *item, struct err *e)
{
	const struct stream *stream = reader->stream;

	if (item->depth == 0 && connection_peer(item->name) != NULL) {
		reader->child_count = 0;
		reader->count++;
		stream->begin(reader, item->name);
	} else if (item->depth == 1) {
		name_set(&reader->section, item->name);
	} else if (item->depth == 2 && reader->object != NULL &&
		   strcmp(buf_str(&reader->section), stream->children) == 0) {
		reader->child_count++;
		stream->child_begin(reader, item->name);
	}
	if (reader->count > OBJECTS_MAX || reader->child_count > OBJECTS_MAX)
		return err_set(e, EXIT_STEP, "more than %d objects", OBJECTS_MAX);
	return 0;
}

static int section_end(struct reader *reader, const struct vici_item *item, struct err *e)
{
	if (item->depth == 2)
		reader->child = NULL;
	if (item->depth == 1)
		name_set(&reader->section, "");
	if (item->depth > 0 || reader->object == NULL)
		return 0;
	if (reader->stream->end(reader, e) < 0)
		return -1;
	reader->object = NULL;
	return 0;
}

static int member_visit(struct reader *reader, const struct vici_item *item, struct err *e)
{
	const char *name = item->element == VICI_VALUE ? item->name : buf_str(&reader->list);
	void *object = item->depth == 3 ? reader->child : reader->object;

	for (size_t i = 0; object != NULL && i < reader->stream->field_count; i++) {
		const struct field *field = &reader->stream->fields[i];

		if (field->depth == item->depth &&
		    strcmp(field->section, buf_str(&reader->section)) == 0 &&
		    strcmp(field->name, name) == 0)
			return field_read(field, object, item, e);
	}
	return 0;
}

static int reader_visit(const struct vici_item *item, void *context, struct err *e)
{
	struct reader *reader = context;

	switch (item->element) {
	case VICI_SECTION_START:
		return section_begin(reader, item, e);
	case VICI_SECTION_END:
		return section_end(reader, item, e);
	case VICI_LIST_START:
		name_set(&reader->list, item->name);
		return 0;
	case VICI_LIST_END:
		return 0;
	case VICI_VALUE:
	case VICI_LIST_ITEM:
		return member_visit(reader, item, e);
	}
	return 0;
}

static int stream_read(struct vici *vici, const struct stream *stream, struct tunnels *tunnels,
		       struct err *e)
{
	CLEANUP(reader_done) struct reader reader = { .stream = stream, .tunnels = tunnels };

	return vici_stream(vici, stream->command, stream->event, reader_visit, &reader, e);
}

static int version_read(struct vici *vici, char **ret_version, struct err *e)
{
	AUTO_MESSAGE struct vici_message *reply = NULL;

	if (vici_request(vici, "version", NULL, &reply, e) < 0 ||
	    vici_value(reply, "version", ret_version, e) < 0)
		return -1;
	return *ret_version ? 0 : err_set(e, EXIT_STEP, "charon does not tell its version");
}

int vici_probe(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e)
{
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	AUTO_VICI struct vici *vici = NULL;

	if (vici_open(charon->root, PROBE_MS, &vici, e) < 0 ||
	    version_read(vici, &tunnels.version, e) < 0 ||
	    stream_read(vici, &connection_stream, &tunnels, e) < 0 ||
	    stream_read(vici, &sa_stream, &tunnels, e) < 0)
		return -1;
	connections_sort(tunnels.connections, tunnels.connection_count);
	*ret_tunnels = tunnels;
	tunnels = (struct tunnels){ 0 };
	return 0;
}
