/*
 * client: the calls of aws/ from a command line, so that tests can make them one by one and change
 * the world between. Steps are separated by '--' and share one connection, token and set of
 * credentials, as the calls of one run do. Each prints a line of JSON; the first that fails ends
 * the program with its exit code.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/autoscaling.h"
#include "aws/endpoint.h"
#include "aws/imds.h"
#include "aws/ssm.h"
#include "tests/aws/client.h"

#define TEXT_MAX 4096

static json_t *parameters_json(const struct parameters *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:I}", "name", list->items[i].name,
						"value", list->items[i].value, "version",
						(json_int_t)list->items[i].version));
	return array;
}

/* The arguments from the second on. */
static struct strings rest_of(const struct strings *arguments)
{
	return (struct strings){ arguments->items + 1, arguments->count - 1 };
}

/* imds PATH [MAX] */
static int step_imds(struct client *client, const struct strings *arguments, json_t **ret_result,
		     struct err *e)
{
	size_t max = arguments->count > 1 ? strtoul(arguments->items[1], NULL, 10) : TEXT_MAX;
	AUTO_FREE char *text = NULL;

	if (imds_get(client->imds, arguments->items[0], max, &text, e) < 0)
		return -1;
	*ret_result = json_string(text);
	return 0;
}

/* get REGION NAME... */
static int step_get(struct client *client, const struct strings *arguments, json_t **ret_result,
		    struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	const struct strings names = rest_of(arguments);

	if (ssm_get(client->aws, arguments->items[0], &names, &found, e) < 0)
		return -1;
	*ret_result = parameters_json(&found);
	return 0;
}

/* page REGION PATH [TOKEN] */
static int step_page(struct client *client, const struct strings *arguments, json_t **ret_result,
		     struct err *e)
{
	CLEANUP(parameters_done) struct parameters page = { 0 };
	AUTO_FREE char *next = NULL;
	const char *token = arguments->count > 2 ? arguments->items[2] : NULL;

	if (ssm_list_page(client->aws, arguments->items[0], arguments->items[1], token, &page,
			  &next, e) < 0)
		return -1;
	*ret_result = json_pack("{s:o, s:s?}", "parameters", parameters_json(&page), "token", next);
	return 0;
}

/* list REGION PATH... */
static int step_list(struct client *client, const struct strings *arguments, json_t **ret_result,
		     struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	const struct strings paths = rest_of(arguments);

	if (ssm_list(client->aws, arguments->items[0], &paths, &found, e) < 0)
		return -1;
	*ret_result = parameters_json(&found);
	return 0;
}

/* put REGION NAME VALUE */
static int step_put(struct client *client, const struct strings *arguments, json_t **ret_result,
		    struct err *e)
{
	int64_t version;

	if (ssm_put(client->aws, arguments->items[0], arguments->items[1], arguments->items[2],
		    &version, e) < 0)
		return -1;
	*ret_result = json_integer(version);
	return 0;
}

/* history REGION NAME */
static int step_history(struct client *client, const struct strings *arguments,
			json_t **ret_result, struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };

	if (ssm_history(client->aws, arguments->items[0], arguments->items[1], &found, e) < 0)
		return -1;
	*ret_result = parameters_json(&found);
	return 0;
}

/* group REGION INSTANCE */
static int step_group(struct client *client, const struct strings *arguments, json_t **ret_result,
		      struct err *e)
{
	AUTO_FREE char *group = NULL, *state = NULL;

	if (autoscaling_instance_read(client->aws, arguments->items[0], arguments->items[1], &group,
				      &state, e) < 0)
		return -1;
	*ret_result = json_pack("{s:s?, s:s?}", "group", group, "state", state);
	return 0;
}

/* hook REGION GROUP HOOK INSTANCE continue|abandon|heartbeat */
static int step_hook(struct client *client, const struct strings *arguments, json_t **ret_result,
		     struct err *e)
{
	char **words = arguments->items;
	bool active;
	int failed;

	if (strcmp(words[4], "heartbeat") == 0)
		failed = autoscaling_heartbeat(client->aws, words[0], words[1], words[2], words[3],
					       &active, e);
	else
		failed = autoscaling_complete(client->aws, words[0], words[1], words[2], words[3],
					      strcmp(words[4], "continue") == 0, &active, e);
	if (failed)
		return -1;
	*ret_result = json_boolean(active);
	return 0;
}

/* unhealthy REGION INSTANCE */
static int step_unhealthy(struct client *client, const struct strings *arguments,
			  json_t **ret_result, struct err *e)
{
	if (autoscaling_unhealthy(client->aws, arguments->items[0], arguments->items[1], e) < 0)
		return -1;
	*ret_result = json_true();
	return 0;
}

/* assume ROLE REGION SESSION: the steps that follow are signed with the role's credentials */
static int step_assume(struct client *client, const struct strings *arguments, json_t **ret_result,
		       struct err *e)
{
	if (client->base != NULL)
		return err_set(e, EXIT_USAGE, "a role is assumed already");
	strings_copy(arguments, &client->role);
	client->base = client->aws;
	client->aws = aws_new_assuming(client->base, client->role.items[0], client->role.items[1],
				       client->role.items[2]);
	*ret_result = json_true();
	return 0;
}

/* reconnect: the steps that follow make connections of their own */
static int step_reconnect(struct client *client, const struct strings *arguments,
			  json_t **ret_result, struct err *e)
{
	(void)arguments;
	(void)e;
	aws_reconnect(client->aws);
	*ret_result = json_true();
	return 0;
}

/* dry: the changes that follow are only asked for */
static int step_dry(struct client *client, const struct strings *arguments, json_t **ret_result,
		    struct err *e)
{
	(void)arguments;
	(void)e;
	client->dry = true;
	*ret_result = json_true();
	return 0;
}

/* endpoint SERVICE REGION DOMAIN */
static int step_endpoint(struct client *client, const struct strings *arguments,
			 json_t **ret_result, struct err *e)
{
	AUTO_FREE char *url = NULL;

	if (endpoint_url(&client->environment, arguments->items[0], arguments->items[1],
			 arguments->items[2], &url, e) < 0)
		return -1;
	*ret_result = json_string(url);
	return 0;
}

/* domain REGION */
static int step_domain(struct client *client, const struct strings *arguments, json_t **ret_result,
		       struct err *e)
{
	(void)client;
	(void)e;
	*ret_result = json_string(endpoint_domain(arguments->items[0]));
	return 0;
}

/* wait: for a line, while the test changes the world */
static int step_wait(struct client *client, const struct strings *arguments, json_t **ret_result,
		     struct err *e)
{
	char line[100];

	(void)client;
	(void)arguments;
	if (fgets(line, sizeof line, stdin) == NULL)
		return err_set(e, EXIT_USAGE, "wait: no line");
	*ret_result = json_true();
	return 0;
}

static const struct client_entry client_steps[] = {
	{ "imds", 1, step_imds },
	{ "get", 2, step_get },
	{ "page", 2, step_page },
	{ "list", 2, step_list },
	{ "put", 3, step_put },
	{ "history", 2, step_history },
	{ "group", 2, step_group },
	{ "hook", 5, step_hook },
	{ "unhealthy", 2, step_unhealthy },
	{ "assume", 3, step_assume },
	{ "reconnect", 0, step_reconnect },
	{ "dry", 0, step_dry },
	{ "endpoint", 3, step_endpoint },
	{ "domain", 1, step_domain },
	{ "wait", 0, step_wait },
	{ 0 },
};

/* The entry of that name that is content with so many arguments, or NULL. */
static const struct client_entry *step_find(const struct client_entry *steps, const char *name,
					    size_t arguments)
{
	for (; steps->name != NULL; steps++)
		if (strcmp(steps->name, name) == 0 && arguments >= steps->arguments)
			return steps;
	return NULL;
}

static int step_run(struct client *client, const struct strings *words, struct err *e)
{
	const struct strings arguments = rest_of(words);
	const struct client_entry *step =
		step_find(client_steps, words->items[0], arguments.count);
	AUTO_JSON json_t *result = NULL;
	AUTO_FREE char *text = NULL;

	if (step == NULL)
		step = step_find(client_ec2_steps, words->items[0], arguments.count);
	if (step == NULL)
		return err_set(e, EXIT_USAGE, "'%s' is no step, or lacks arguments",
			       words->items[0]);
	if (step->run(client, &arguments, &result, e) < 0)
		return -1;
	text = json_text(result);
	puts(text);
	fflush(stdout);
	return 0;
}

static int client_run(struct client *client, const struct strings *words, struct err *e)
{
	size_t begin = 0;

	for (size_t end = 0; end <= words->count; end++) {
		const struct strings step = { words->items + begin, end - begin };

		if (end < words->count && strcmp(words->items[end], "--") != 0)
			continue;
		if (step.count > 0 && step_run(client, &step, e) < 0)
			return -1;
		begin = end + 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct log log = { .out = stderr, .level = LOG_LEVEL_VERBOSE };
	const struct strings words = { argv + 1, (size_t)argc - 1 };
	struct client client = { 0 };
	struct err e = ERR_INIT;

	if (aws_environment_read(environ, &client.environment, &e) == 0) {
		client.imds = imds_new(&client.environment);
		client.aws = aws_new(&(struct aws_options){ &client.environment, client.imds,
							    "amazonaws.com", &log });
		client_run(&client, &words, &e);
	}
	aws_free(client.aws);
	aws_free(client.base);
	strings_done(&client.role);
	imds_free(client.imds);
	aws_environment_done(&client.environment);
	if (e.code != EXIT_DONE)
		fprintf(stderr, "error: %s\nremedy: %s\n", e.cause, e.remedy);
	return (int)e.code;
}
