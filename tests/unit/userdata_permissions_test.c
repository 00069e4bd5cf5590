/* permissions: rows that a policy can be made from, whatever the settings are. */
#include "tests/unit/support.h"

#include <string.h>

#include "userdata/policy.h"

static const char *const commands[] = { "user-data", "bootstrap", "sync", "rekey", "plan", "leave", "forget" };

static bool command_known(const char *word, size_t len)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strlen(commands[i]) == len && strncmp(commands[i], word, len) == 0)
			return true;
	return false;
}

static void row_names_what_there_is_not(void **state)
{
	size_t count;
	const struct permission *rows = permissions_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const char *word = rows[i].commands;

		for (size_t len; *word != '\0'; word += len + (word[len] == ' ')) {
			len = strcspn(word, " ");
			if (!command_known(word, len))
				fail_msg("%s: '%s' has a word that is no command", rows[i].action, rows[i].commands);
		}
		assert_non_null(strchr(rows[i].action, ':'));
		assert_true(strncmp(rows[i].resource, "arn:{partition}:", 16) == 0 || strcmp(rows[i].resource, "*") == 0 ||
			    strcmp(rows[i].resource, "{registry-role}") == 0);
	}
}

static void rows_of_an_action_are_apart(void **state)
{
	size_t count;
	const struct permission *rows = permissions_table(&count);

	(void)state;
	for (size_t i = 1; i < count; i++)
		for (size_t k = 0; k + 1 < i; k++)
			if (strcmp(rows[k].action, rows[i].action) == 0)
				assert_string_equal(rows[i - 1].action, rows[i].action);
}

/* Every row is filled in, under settings that lead to it. */
static void name_in_braces_is_not_filled_in(void **state)
{
	char *tables[] = { (char []){ "rtb-1" } };
	const struct source source = { .kind = SOURCE_S3, .bucket = (char []){ "b" }, .key = (char []){ "{arch}/c" } };
	size_t count;
	const struct permission *rows = permissions_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct config config = {
			.prefix = (char []){ "p" }, .registry_role = (char []){ "arn:aws:iam::1:role/r" },
			.scope = SCOPE_AZ, .security = SECURITY_MANAGE, .lifecycle_hook = (char []){ "h" },
			.unhealthy_after_s = 60, .route_tables = { tables, 1 },
		};
		const struct names names = {
			.config = &config, .source = &source, .partition = "aws", .region = "r-1", .account = "1",
			.registry_account = "2", .mesh = "m", .registry = "r-2", .site = "s", .record = "sites/0/s",
			.allocation = "eipalloc-1", .vpc = "vpc-1", .scaling_group = "g",
		};
		AUTO_JSON json_t *statements = NULL;
		AUTO_FREE char *text = NULL;
		struct err e = ERR_INIT;

		config.values[SETTING_ADDRESS] = (char []){ "203.0.113.1" };
		for (unsigned choice = 0; choice < 4; choice++) {
			config.routes = choice;
			config.address.kind = choice;
			if (rows[i].reason == NULL || rows[i].reason->holds(&config, &source))
				break;
			assert_int_not_equal(choice, 3);
		}
		assert_int_equal(policy_statements(&names, rows[i].principal, &statements, &e), 0);
		text = json_text(statements);
		assert_non_null(strstr(text, rows[i].action));
		for (const char *brace = strchr(text, '{'); brace != NULL; brace = strchr(brace + 1, '{'))
			assert_int_equal(brace[1], '"');	/* JSON's own */
	}
}

static void partition_is_another_s(void **state)
{
	static const struct { const char *region, *partition; } cases[] = {
		{ "us-east-1", "aws" }, { "cn-north-1", "aws-cn" }, { "us-gov-west-1", "aws-us-gov" },
		{ "eusc-de-east-1", "aws-eusc" }, { "us-iso-east-1", "aws-iso" }, { "us-isob-east-1", "aws-iso-b" },
		{ "eu-isoe-west-1", "aws-iso-e" }, { "us-isof-south-1", "aws-iso-f" }, { "eu-west-1", "aws" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_string_equal(policy_partition(cases[i].region), cases[i].partition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_names_what_there_is_not),
		cmocka_unit_test(rows_of_an_action_are_apart),
		cmocka_unit_test(name_in_braces_is_not_filled_in),
		cmocka_unit_test(partition_is_another_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
