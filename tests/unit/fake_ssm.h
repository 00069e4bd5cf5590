/*
 * fake_ssm: a Parameter Store in a thread of the test, over plain HTTP, for what the order of calls
 * is. It believes every signature; the strict one is tests/aws.
 */
#ifndef CYGNET_TESTS_UNIT_FAKE_SSM_H
#define CYGNET_TESTS_UNIT_FAKE_SSM_H

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/call.h"
#include "aws/ssm.h"
#include "base/json.h"
#include "tests/unit/support.h"

#define FAKE_SSM_PAGE 10

struct fake_ssm {
	struct parameters parameters;	/* in the order in which they are listed */
	struct parameters history;	/* what they were before, oldest first */
	struct parameters before, after;	/* somebody else's writes, one before or after each Put of that name */
	bool empty_page;		/* a listing's first page is empty, and has a token */
	const char *failing;		/* an action that is refused, or one of calls; or NULL */
	struct strings calls;		/* "Action name" of each request */
	int listener;
	pthread_t thread;
	struct aws_environment environment;
	struct imds *imds;
	struct aws *aws;		/* calls of this go here */
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
static inline void fake_ssm_intrude(struct fake_ssm *fake, struct parameters *writes, const char *name)
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

/* The reply to one request; *ret_status is that of HTTP. Yours to free. */
static inline char *fake_ssm_answer(struct fake_ssm *fake, const char *action, const char *body,
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

static inline void fake_ssm_serve(struct fake_ssm *fake, int fd)
{
	static const char target[] = "X-Amz-Target: AmazonSSM.", length[] = "Content-Length: ";
	char request[16384] = "", action[64] = "";
	AUTO_FREE char *reply = NULL;
	AUTO_FREE char *head = NULL;
	const char *body = NULL, *field;
	size_t len = 0;
	ssize_t n = 1;
	int status;

	while (n > 0 && (body == NULL || strlen(body) < strtoul(field, NULL, 10))) {
		n = read(fd, request + len, sizeof request - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		request[len] = '\0';
		body = strstr(request, "\r\n\r\n");
		body = body ? body + 4 : NULL;
		field = strcasestr(request, length);
		field = field ? field + strlen(length) : "0";
	}
	field = strcasestr(request, target);
	if (body == NULL || field == NULL)
		return;
	snprintf(action, sizeof action, "%.*s", (int)strcspn(field + strlen(target), "\r"),
		 field + strlen(target));
	reply = fake_ssm_answer(fake, action, body, &status);
	head = mem_printf("HTTP/1.1 %d .\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			  status, strlen(reply));
	if (write(fd, head, strlen(head)) < 0 || write(fd, reply, strlen(reply)) < 0)
		return;		/* the caller fails and says why */
}

static inline void *fake_ssm_run(void *data)
{
	struct fake_ssm *fake = data;
	int fd;

	while ((fd = accept(fake->listener, NULL, NULL)) >= 0) {
		fake_ssm_serve(fake, fd);
		close(fd);
	}
	return NULL;
}

/* Listen on a port of the loopback; the URL is yours to free. */
static inline char *fake_ssm_listen(struct fake_ssm *fake)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(listen(fake->listener, 32), 0);
	return mem_printf("http://127.0.0.1:%d", ntohs(at.sin_port));
}

/* fake is zeroed. */
static inline void fake_ssm_start(struct fake_ssm *fake)
{
	static const struct log quiet = { .level = LOG_LEVEL_QUIET };
	AUTO_FREE char *url = fake_ssm_listen(fake);
	AUTO_FREE char *endpoint = mem_printf("AWS_ENDPOINT_URL_SSM=%s", url);
	char key[] = "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", secret[] = "AWS_SECRET_ACCESS_KEY=example";
	char *const environment[] = { endpoint, key, secret, NULL };
	struct err e = ERR_INIT;

	assert_int_equal(aws_environment_read(environment, &fake->environment, &e), 0);
	fake->imds = imds_new(&fake->environment);
	fake->aws = aws_new(&(struct aws_options){ &fake->environment, fake->imds,
						   "amazonaws.com", &quiet });
	assert_int_equal(pthread_create(&fake->thread, NULL, fake_ssm_run, fake), 0);
}

static inline void fake_ssm_stop(struct fake_ssm *fake)
{
	shutdown(fake->listener, SHUT_RDWR);
	pthread_join(fake->thread, NULL);
	close(fake->listener);
	aws_free(fake->aws);
	imds_free(fake->imds);
	aws_environment_done(&fake->environment);
	parameters_done(&fake->parameters);
	parameters_done(&fake->before);
	parameters_done(&fake->after);
	parameters_done(&fake->history);
	strings_done(&fake->calls);
}

#endif
