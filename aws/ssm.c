/*
 * ssm: requests and replies of Parameter Store as JSON. What a parameter's value means it does not
 * know: a value that is odd must not spoil the page it comes with.
 */
#include "aws/ssm.h"

#include <stdlib.h>
#include <string.h>

#include "aws/request.h"
#include "base/json.h"

#define NAME_MAX_BYTES 2048
#define VALUE_MAX 8192
#define TOKEN_MAX 16384
#define PAGE_MAX 10
#define HISTORY_PAGE_MAX 50
#define HISTORY_MAX 100		/* versions that Parameter Store keeps */
#define HISTORY_PAGES_MAX 100	/* also when most are empty */

static void parameter_done(struct parameter *parameter)
{
	free(parameter->name);
	free(parameter->value);
}

void parameters_done(struct parameters *list)
{
	for (size_t i = 0; i < list->count; i++)
		parameter_done(&list->items[i]);
	free(list->items);
	*list = (struct parameters){ 0 };
}

void parameters_move(struct parameters *from, struct parameters *to)
{
	for (size_t i = 0; i < from->count; i++)
		*MEM_GROW(to->items, to->count) = from->items[i];
	free(from->items);
	*from = (struct parameters){ 0 };
}

/* A NUL in one value would fail them all: it is let in here, and ends the value it stands in. */
static int reply_parse(const struct buf *body, json_t **ret_document, struct err *e)
{
	json_t *document = json_loadb(buf_str(body), body->len,
				      JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	if (!json_is_object(document)) {
		json_decref(document);
		return err_set(e, EXIT_AGAIN, "the reply is not a JSON object");
	}
	*ret_document = document;
	return 0;
}

/* Send input, which is released, and parse the reply: NULL when it is the fault answer. */
static int ssm_ask(struct aws *aws, const char *region, const char *action, const char *resource,
		   json_t *input, const struct aws_answer *answer, json_t **ret_reply,
		   struct err *e)
{
	AUTO_JSON json_t *owned = input;
	AUTO_FREE char *body = NULL, *target = mem_printf("AmazonSSM.%s", action);
	CLEANUP(aws_reply_done) struct aws_reply reply = { 0 };
	struct aws_request request = {
		.service = "ssm",
		.region = region,
		.action = action,
		.resource = resource,
		.content_type = "application/x-amz-json-1.1",
		.target = target,
		.answers = answer,
		.answer_count = answer != NULL,
	};

	if (owned == NULL)
		return err_set(e, EXIT_CONFIG, "ssm:%s on '%s': not UTF-8", action, resource);
	request.body = body = json_text(owned);
	if (aws_call(aws, &request, &reply, e) < 0)
		return -1;
	*ret_reply = NULL;
	if (reply.answer == NULL && reply_parse(&reply.body, ret_reply, e) < 0)
		return err_wrap(e, "ssm:%s on '%s' in '%s'", action, resource, region);
	return 0;
}

static int ssm_call(struct aws *aws, const char *region, const char *action, const char *resource,
		    json_t *input, json_t **ret_reply, struct err *e)
{
	return ssm_ask(aws, region, action, resource, input, NULL, ret_reply, e);
}

/* Several lines are fine, people write some by hand; what is too long is cut, no record then. */
static int value_parse(const json_t *item, char **ret_value, struct err *e)
{
	const json_t *value = json_object_get(item, "Value");

	if (!json_is_string(value))
		return err_set(e, EXIT_CONFIG, "'Value' is not a string");
	*ret_value = mem_strndup(json_string_value(value), VALUE_MAX);
	return 0;
}

static int parameter_parse(const json_t *item, struct parameter *ret_parameter, struct err *e)
{
	CLEANUP(parameter_done) struct parameter parameter = { 0 };

	if (json_get_string(item, "Name", NAME_MAX_BYTES, &parameter.name, e) < 0 ||
	    json_get_integer(item, "Version", 1, INT64_MAX, &parameter.version, e) < 0 ||
	    value_parse(item, &parameter.value, e) < 0)
		return -1;
	*ret_parameter = parameter;
	parameter = (struct parameter){ 0 };
	return 0;
}

static int parameters_parse(const json_t *reply, size_t max, struct parameters *ret_list,
			    struct err *e)
{
	CLEANUP(parameters_done) struct parameters list = { 0 };
	json_t *items, *item;
	size_t i;

	if (json_get_array(reply, "Parameters", max, &items, e) < 0)
		return -1;
	json_array_foreach(items, i, item) {
		struct parameter parameter;

		if (parameter_parse(item, &parameter, e) < 0)
			return err_wrap(e, "'Parameters' %zu", i);
		*MEM_GROW(list.items, list.count) = parameter;
	}
	*ret_list = list;
	list = (struct parameters){ 0 };
	return 0;
}

int ssm_get(struct aws *aws, const char *region, const struct strings *names,
	    struct parameters *ret_found, struct err *e)
{
	AUTO_FREE char *resource = strings_join(names, "', '");
	AUTO_JSON json_t *reply = NULL;
	json_t *list = json_array(), *input;

	for (size_t i = 0; i < names->count; i++)
		json_array_append_new(list, json_string(names->items[i]));
	input = json_pack("{s:o}", "Names", list);
	if (ssm_call(aws, region, "GetParameters", resource, input, &reply, e) < 0)
		return -1;
	if (parameters_parse(reply, PAGE_MAX, ret_found, e) < 0)
		return err_wrap(e, "ssm:GetParameters on '%s' in '%s'", resource, region);
	return 0;
}

int ssm_list_page(struct aws *aws, const char *region, const char *path, const char *token,
		  struct parameters *ret_page, char **ret_token, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char *next = NULL;
	json_t *input = json_pack("{s:s, s:b, s:i, s:s*}", "Path", path, "Recursive", 1,
				  "MaxResults", PAGE_MAX, "NextToken", token);

	if (ssm_call(aws, region, "GetParametersByPath", path, input, &reply, e) < 0)
		return -1;
	if (json_get_string_or(reply, "NextToken", TOKEN_MAX, NULL, &next, e) < 0 ||
	    parameters_parse(reply, PAGE_MAX, ret_page, e) < 0)
		return err_wrap(e, "ssm:GetParametersByPath on '%s' in '%s'", path, region);
	*ret_token = TAKE(next);
	return 0;
}

int ssm_put(struct aws *aws, const char *region, const char *name, const char *value,
	    int64_t *ret_version, struct err *e)
{
	AUTO_JSON json_t *reply = NULL;
	json_t *input = json_pack("{s:s, s:s, s:s, s:s, s:b}", "Name", name, "Value", value,
				  "Type", "String", "Tier", "Standard", "Overwrite", 1);

	if (ssm_call(aws, region, "PutParameter", name, input, &reply, e) < 0)
		return -1;
	if (json_get_integer(reply, "Version", 1, INT64_MAX, ret_version, e) < 0)
		return err_wrap(e, "ssm:PutParameter on '%s' in '%s'", name, region);
	return 0;
}

int ssm_delete(struct aws *aws, const char *region, const char *name, struct err *e)
{
	static const struct aws_answer absent = { "ParameterNotFound", NULL };
	AUTO_JSON json_t *reply = NULL;

	return ssm_ask(aws, region, "DeleteParameter", name, json_pack("{s:s}", "Name", name),
		       &absent, &reply, e);
}

/* A page; a parameter that does not exist has one that is empty. */
static int history_page(struct aws *aws, const char *region, const char *name, const char *token,
			struct parameters *ret_page, char **ret_token, struct err *e)
{
	static const struct aws_answer absent = { "ParameterNotFound", NULL };
	AUTO_JSON json_t *reply = NULL;
	AUTO_FREE char *next = NULL;
	json_t *input = json_pack("{s:s, s:i, s:s*}", "Name", name, "MaxResults", HISTORY_PAGE_MAX,
				  "NextToken", token);

	if (ssm_ask(aws, region, "GetParameterHistory", name, input, &absent, &reply, e) < 0)
		return -1;
	if (reply != NULL &&
	    (json_get_string_or(reply, "NextToken", TOKEN_MAX, NULL, &next, e) < 0 ||
	     parameters_parse(reply, HISTORY_PAGE_MAX, ret_page, e) < 0))
		return err_wrap(e, "ssm:GetParameterHistory on '%s' in '%s'", name, region);
	*ret_token = TAKE(next);
	return 0;
}

static int by_version(const void *a, const void *b)
{
	int64_t first = ((const struct parameter *)a)->version;
	int64_t second = ((const struct parameter *)b)->version;

	return (first > second) - (first < second);
}

int ssm_history(struct aws *aws, const char *region, const char *name, struct parameters *ret_found,
		struct err *e)
{
	CLEANUP(parameters_done) struct parameters found = { 0 };
	AUTO_FREE char *token = NULL;

	for (int pages = 0; pages == 0 || token != NULL; pages++) {
		struct parameters page = { 0 };
		char *next = NULL;

		if (history_page(aws, region, name, token, &page, &next, e) < 0)
			return -1;
		parameters_move(&page, &found);
		free(token);
		token = next;
		if (found.count > HISTORY_MAX || pages == HISTORY_PAGES_MAX)
			return err_set(e, EXIT_CONFIG,
				       "ssm:GetParameterHistory on '%s' in '%s': more than %d "
				       "versions or %d pages", name, region, HISTORY_MAX,
				       HISTORY_PAGES_MAX);
	}
	if (found.count > 1)
		qsort(found.items, found.count, sizeof *found.items, by_version);
	*ret_found = found;
	found = (struct parameters){ 0 };
	return 0;
}
