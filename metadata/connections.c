/*
 * connections: telling whether charon has loaded what it should have. Pure, and silent on which of
 * the two sides is right.
 */
#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "metadata/tunnels.h"

struct member {
	const char *called;
	size_t offset;
};

static const struct member texts[] = {
	{ "remote address", offsetof(struct connection, remote_address) },
	{ "local id", offsetof(struct connection, local_id) },
	{ "remote id", offsetof(struct connection, remote_id) },
	{ "child", offsetof(struct connection, child) },
};

static const struct member subnets[] = {
	{ "local subnets", offsetof(struct connection, local_subnets) },
	{ "remote subnets", offsetof(struct connection, remote_subnets) },
};

static const void *member_of(const struct connection *connection, const struct member *member)
{
	return (const char *)connection + member->offset;
}

static int differs(const struct connection *wanted, const char *called, const char *loaded,
		   const char *instead, struct err *e)
{
	return err_set(e, EXIT_STEP, "connection '%s' is loaded with %s '%s' instead of '%s'",
		       wanted->name, called, loaded, instead);
}

static int connection_compare(const struct connection *wanted, const struct connection *loaded,
			      struct err *e)
{
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *want = *(char *const *)member_of(wanted, &texts[i]);
		const char *have = *(char *const *)member_of(loaded, &texts[i]);

		want = want ? want : "none";
		have = have ? have : "none";
		if (strcmp(want, have) != 0)
			return differs(wanted, texts[i].called, have, want, e);
	}
	for (size_t i = 0; i < COUNT_OF(subnets); i++) {
		const struct cidrs *want = member_of(wanted, &subnets[i]);
		const struct cidrs *have = member_of(loaded, &subnets[i]);
		AUTO_FREE char *want_text = cidrs_join(want, ",");
		AUTO_FREE char *have_text = cidrs_join(have, ",");

		if (!cidrs_equal(want, have))
			return differs(wanted, subnets[i].called, have_text, want_text, e);
	}
	return 0;
}

int connections_compare(const struct connection *wanted, size_t wanted_count,
			const struct connection *loaded, size_t loaded_count, struct err *e)
{
	for (size_t i = 0; i < wanted_count || i < loaded_count; i++) {
		int order = i == loaded_count ? -1 : i == wanted_count ? 1 :
			    strcmp(wanted[i].name, loaded[i].name);

		if (order < 0)
			return err_set(e, EXIT_STEP, "connection '%s' is not loaded",
				       wanted[i].name);
		if (order > 0)
			return err_set(e, EXIT_STEP, "connection '%s' is loaded but not planned",
				       loaded[i].name);
		if (connection_compare(&wanted[i], &loaded[i], e) < 0)
			return -1;
	}
	return 0;
}
