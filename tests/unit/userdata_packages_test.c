/*
 * packages: each row of the table of distributions is in the script's cases, with its own packages
 * and commands.
 */
#include "tests/unit/support.h"

#include <string.h>

#include "metadata/distro.h"
#include "userdata/packages.h"

/*
 * What the arm of a machine says in the case whose arms define name, yours to free; NULL: it is
 * left to the others.
 */
static char *arm_find(const char *script, const char *id, const char *version, const char *name)
{
	AUTO_FREE char *machine = mem_printf("'%s %s'", id, version), *definition = mem_printf("\t%s", name);

	for (const char *arm = strstr(script, machine); arm != NULL; arm = strstr(arm + 1, machine)) {
		const char *body = strchr(arm, '\n') + 1, *end = strstr(body, "\t;;\n");
		AUTO_FREE char *text = mem_strndup(body, (size_t)(end - body));

		if (strstr(text, definition) != NULL)
			return TAKE(text);
	}
	return NULL;
}

static void assert_arm(const char *script, const char *id, const char *version, const char *name,
		       const char *expected)
{
	AUTO_FREE char *arm = arm_find(script, id, version, name);

	if (expected == NULL) {
		assert_null(arm);
		return;
	}
	assert_non_null(arm);
	if (strstr(arm, expected) == NULL)
		fail_msg("'%s %s': '%s' is not in '%s'", id, version, expected, arm);
}

static const char *enabling_of(const struct distro *row, const char *id)
{
	for (const struct enabling *one = row->enabling; one != NULL && one->ids != NULL; one++)
		for (size_t i = 0; one->ids[i] != NULL; i++)
			if (strcmp(one->ids[i], id) == 0)
				return one->command;
	return NULL;
}

static void assert_row(const char *script, const struct distro *row, const char *id,
		       const struct flavour *flavour)
{
	AUTO_FREE char *needs = row->unpackaged ? mem_printf("\"$@\" %s;", row->packages) :
						  mem_printf("\"$@\" %s %s;", flavour->packages, row->packages);
	const char *unattended = row->unattended ? row->unattended : "", *blank = row->unattended ? " " : "";
	AUTO_FREE char *add = mem_printf("add() { %s%s%s \"$@\"; }", row->install, blank, unattended);
	AUTO_FREE char *installed = mem_printf("installed() { %s; }", row->query);
	AUTO_FREE char *upgrade = mem_printf("upgrade() { %s%s%s; }", row->upgrade, blank, unattended);
	AUTO_FREE char *agent = row->agent == NULL ? NULL :
		mem_printf("agent=%s syslog=%s\n", row->agent, row->syslog ? row->syslog : "''");

	assert_arm(script, id, row->version, "needs()", needs);
	assert_arm(script, id, row->version, "add()", add);
	assert_arm(script, id, row->version, "installed()", installed);
	assert_arm(script, id, row->version, "upgrade()", upgrade);
	assert_arm(script, id, row->version, "enabling()", enabling_of(row, id));
	assert_arm(script, id, row->version, "agent=", agent);
	assert_arm(script, id, row->version, "aws_cli=", row->aws_cli);
}

static void row_is_left_out(void **state)
{
	const struct order order = {
		.has_source = true, .source.kind = SOURCE_S3, .upgrade = true, .cloudwatch = true,
	};
	AUTO_BUF struct buf script = { 0 };
	size_t count;
	const struct distro *rows = distro_table(&count);

	(void)state;
	packages_add(&script, &order, BACKEND_DETECTED);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; rows[i].ids[k] != NULL; k++)
			assert_row(buf_str(&script), &rows[i], rows[i].ids[k], rows[i].flavours[0]);
}

static void backend_is_not_the_one_that_was_set(void **state)
{
	const struct order order = { .format = FORMAT_SHELL };
	AUTO_BUF struct buf script = { 0 };

	(void)state;
	packages_add(&script, &order, BACKEND_IPSEC);
	assert_arm(buf_str(&script), "debian", "12", "needs()", "\"$@\" strongswan-starter strongswan-charon ");
}

static void order_gets_more_than_it_uses(void **state)
{
	const struct order order = { .has_source = true, .source.kind = SOURCE_HTTPS };
	AUTO_BUF struct buf script = { 0 };

	(void)state;
	packages_add(&script, &order, BACKEND_DETECTED);
	assert_null(strstr(buf_str(&script), "upgrade"));
	assert_null(strstr(buf_str(&script), "agent"));
	assert_null(strstr(buf_str(&script), "aws_cli"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_is_left_out),
		cmocka_unit_test(backend_is_not_the_one_that_was_set),
		cmocka_unit_test(order_gets_more_than_it_uses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
