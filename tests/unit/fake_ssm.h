/* fake_ssm: a Parameter Store in a thread of the test, for what the order of calls is. */
#ifndef CYGNET_TESTS_UNIT_FAKE_SSM_H
#define CYGNET_TESTS_UNIT_FAKE_SSM_H

#include "aws/ssm.h"
#include "base/json.h"
#include "tests/unit/http_thread.h"

#define FAKE_SSM_PAGE 10

struct fake_ssm {
	struct parameters parameters;	/* in the order in which they are listed */
	struct parameters history;	/* what they were before, oldest first */
	struct parameters before, after;	/* somebody else's writes, one before or after each Put of that name */
	bool empty_page;		/* a listing's first page is empty, and has a token */
	const char *failing;		/* an action that is refused, or one of calls; or NULL */
	struct strings calls;		/* "Action name" of each request */
	struct http_thread http;
	struct aws *aws;		/* of it; calls of this go here */
};

static inline void fake_ssm_set(struct fake_ssm *fake, const char *name, const char *value,
				int64_t version)
{
	*MEM_GROW(fake->parameters.items, fake->parameters.count) =
		(struct parameter){ mem_strdup(name), mem_strdup(value), version };
}

/* What is called so, or NULL. */
static inline struct parameter *fake_ssm_find(struct fake_ssm *fake, const char *name)
{
	for (size_t i = 0; i < fake->parameters.count; i++)
		if (strcmp(fake->parameters.items[i].name, name) == 0)
			return &fake->parameters.items[i];
	return NULL;
}

static inline json_t *fake_ssm_json(const struct parameter *parameter)
{
	return json_pack("{s:s, s:s, s:I, s:s}", "Name", parameter->name, "Value", parameter->value,
			 "Version", (json_int_t)parameter->version, "Type", "String");
}

static inline json_t *fake_ssm_get(struct fake_ssm *fake, const json_t *input)
{
	json_t *found = json_array(), *name;
	size_t i;

	json_array_foreach(json_object_get(input, "Names"), i, name) {
		const struct parameter *parameter = fake_ssm_find(fake, json_string_value(name));

		if (parameter != NULL)
			json_array_append_new(found, fake_ssm_json(parameter));
	}
	return json_pack("{s:o}", "Parameters", found);
}

/* The token is the index of the parameter to go on from. */
static inline json_t *fake_ssm_list(struct fake_ssm *fake, const json_t *input)
{
	const char *token = json_string_value(json_object_get(input, "NextToken"));
	AUTO_FREE char *below =
		mem_printf("%s/", json_string_value(json_object_get(input, "Path")));
	size_t i = token ? strtoul(token, NULL, 10) : 0;
	size_t most = token || !fake->empty_page ? FAKE_SSM_PAGE : 0;
	json_t *found = json_array();
	AUTO_FREE char *next = NULL;

	for (; i < fake->parameters.count; i++) {
		if (strncmp(fake->parameters.items[i].name, below, strlen(below)) != 0)
			continue;
		if (json_array_size(found) == most) {
			next = mem_printf("%zu", i);
			break;
		}
		json_array_append_new(found, fake_ssm_json(&fake->parameters.items[i]));
	}
	return json_pack("{s:o, s:s*}", "Parameters", found, "NextToken", next);
}

static inline int64_t fake_ssm_write(struct fake_ssm *fake, const char *name, const char *value)
{
	struct parameter *parameter = fake_ssm_find(fake, name);

	if (parameter == NULL) {
		fake_ssm_set(fake, name, NULL, 0);
		parameter = &fake->parameters.items[fake->parameters.count - 1];
	} else {
		*MEM_GROW(fake->history.items, fake->history.count) =
			(struct parameter){ mem_strdup(name), parameter->value, parameter->version };
	}
	parameter->value = mem_strdup(value);
	return ++parameter->version;
}

/* The next of somebody else's writes that is of this name. */
static inline void fake_ssm_intrude(struct fake_ssm *fake, struct parameters *writes,
				    const char *name)
{
	for (size_t i = 0; i < writes->count; i++) {
		struct parameter *write = &writes->items[i];

		if (write->name == NULL || strcmp(write->name, name) != 0)
			continue;
		fake_ssm_write(fake, name, write->value);
		free(write->name);
		write->name = NULL;
		return;
	}
}

static inline json_t *fake_ssm_put(struct fake_ssm *fake, const json_t *input)
{
	const char *name = json_string_value(json_object_get(input, "Name"));
	int64_t version;

	fake_ssm_intrude(fake, &fake->before, name);
	version = fake_ssm_write(fake, name, json_string_value(json_object_get(input, "Value")));
	fake_ssm_intrude(fake, &fake->after, name);
	return json_pack("{s:I}", "Version", (json_int_t)version);
}

/* What it was, and then what it is. */
static inline json_t *fake_ssm_history(struct fake_ssm *fake, const json_t *input)
{
	const char *name = json_string_value(json_object_get(input, "Name"));
	const struct parameter *now = fake_ssm_find(fake, name);
	json_t *found = json_array();

	for (size_t i = 0; i < fake->history.count; i++)
		if (strcmp(fake->history.items[i].name, name) == 0)
			json_array_append_new(found, fake_ssm_json(&fake->history.items[i]));
	if (now != NULL)
		json_array_append_new(found, fake_ssm_json(now));
	return json_pack("{s:o}", "Parameters", found);
}

static const struct {
	const char *name, *subject;
	json_t *(*answer)(struct fake_ssm *fake, const json_t *input);
} fake_ssm_actions[] = {
	{ "GetParameters", NULL, fake_ssm_get },
	{ "GetParametersByPath", "Path", fake_ssm_list },
	{ "PutParameter", "Name", fake_ssm_put },
	{ "GetParameterHistory", "Name", fake_ssm_history },
};

static inline bool fake_ssm_fails(const struct fake_ssm *fake, const char *action)
{
	const char *call = fake->calls.items[fake->calls.count - 1];

	return fake->failing != NULL &&
	       (strcmp(fake->failing, action) == 0 || strcmp(fake->failing, call) == 0);
}

static inline char *fake_ssm_do(struct fake_ssm *fake, const char *action, const char *body,
				int *ret_status)
{
	AUTO_JSON json_t *input = json_loads(body, 0, NULL);
	AUTO_JSON json_t *reply = NULL;

	for (size_t i = 0; i < COUNT_OF(fake_ssm_actions); i++) {
		const json_t *subject = fake_ssm_actions[i].subject ?
			json_object_get(input, fake_ssm_actions[i].subject) :
			json_array_get(json_object_get(input, "Names"), 0);

		if (strcmp(fake_ssm_actions[i].name, action) != 0)
			continue;
		strings_addf(&fake->calls, "%s %s", action, json_string_value(subject));
		if (fake_ssm_fails(fake, action))
			break;
		reply = fake_ssm_actions[i].answer(fake, input);
	}
	*ret_status = reply != NULL ? 200 : 400;
	return reply ? json_text(reply) : mem_strdup("{\"__type\":\"AccessDeniedException\"}");
}

static inline char *fake_ssm_answer(void *context, const char *head, const char *body,
				    int *ret_status)
{
	static const char target[] = "X-Amz-Target: AmazonSSM.";
	const char *field = strcasestr(head, target);
	AUTO_FREE char *action = NULL;

	if (field == NULL)
		return NULL;
	field += strlen(target);
	action = mem_strndup(field, strcspn(field, "\r"));
	return fake_ssm_do(context, action, body, ret_status);
}

/* fake is zeroed. */
static inline void fake_ssm_start(struct fake_ssm *fake)
{
	http_thread_start(&fake->http, fake_ssm_answer, fake);
	fake->aws = fake->http.aws;
}

static inline void fake_ssm_stop(struct fake_ssm *fake)
{
	http_thread_stop(&fake->http);
	parameters_done(&fake->parameters);
	parameters_done(&fake->before);
	parameters_done(&fake->after);
	parameters_done(&fake->history);
	strings_done(&fake->calls);
}

#endif
