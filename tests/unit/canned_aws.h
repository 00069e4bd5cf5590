/*
 * canned_aws: an endpoint in a thread of the test, over plain HTTP, whose replies are given
 * beforehand: what no AWS would say, and what is sent to it, to the letter. It believes every
 * signature; the strict one is tests/aws.
 */
#ifndef CYGNET_TESTS_UNIT_CANNED_AWS_H
#define CYGNET_TESTS_UNIT_CANNED_AWS_H

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/call.h"
#include "base/buf.h"
#include "tests/unit/support.h"

struct canned_reply {
	int status;
	const char *body;
};

/* replies is set by the test; the last one is given again and again. */
struct canned_aws {
	const struct canned_reply *replies;
	size_t count;
	struct strings requests;	/* their bodies */
	int listener;
	pthread_t thread;
	struct aws_environment environment;
	struct imds *imds;
	struct aws *aws;		/* calls of this go here */
};

/* The body of a request, read whole; false when the connection ends before. */
static inline bool canned_receive(int fd, char *request, size_t size, const char **ret_body)
{
	static const char length[] = "Content-Length: ";
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, request + len, size - 1 - len)) > 0) {
		const char *body, *field;

		request[len += (size_t)n] = '\0';
		body = strstr(request, "\r\n\r\n");
		field = strcasestr(request, length);
		if (body == NULL || field == NULL)
			continue;
		*ret_body = body + 4;
		if (strlen(*ret_body) == strtoul(field + strlen(length), NULL, 10))
			return true;
	}
	return false;
}

static inline void canned_serve(struct canned_aws *canned, int fd)
{
	size_t last = canned->count - 1;
	size_t turn = canned->requests.count < last ? canned->requests.count : last;
	const struct canned_reply *reply = &canned->replies[turn];
	AUTO_BUF struct buf text = { 0 };
	char request[65536] = "";
	const char *body;

	if (!canned_receive(fd, request, sizeof request, &body))
		return;
	strings_add(&canned->requests, body);
	buf_addf(&text, "HTTP/1.1 %d .\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		 reply->status, strlen(reply->body), reply->body);
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.data + sent, text.len - sent, MSG_NOSIGNAL);

		if (n < 0)
			return;		/* the caller fails and says why */
		sent += (size_t)n;
	}
}

static inline void *canned_run(void *data)
{
	struct canned_aws *canned = data;
	int fd;

	while ((fd = accept(canned->listener, NULL, NULL)) >= 0) {
		canned_serve(canned, fd);
		close(fd);
	}
	return NULL;
}

/* Listen on a port of the loopback; the setting that says so is yours to free. */
static inline char *canned_listen(struct canned_aws *canned)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	canned->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(canned->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(canned->listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(listen(canned->listener, 32), 0);
	return mem_printf("AWS_ENDPOINT_URL=http://127.0.0.1:%d", ntohs(at.sin_port));
}

static inline void canned_start(struct canned_aws *canned)
{
	static const struct log quiet = { .level = LOG_LEVEL_QUIET };
	AUTO_FREE char *endpoint = canned_listen(canned);
	char key[] = "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", secret[] = "AWS_SECRET_ACCESS_KEY=example";
	char attempts[] = "AWS_MAX_ATTEMPTS=1";
	char *const environment[] = { endpoint, key, secret, attempts, NULL };
	struct err e = ERR_INIT;

	assert_int_equal(aws_environment_read(environment, &canned->environment, &e), 0);
	canned->imds = imds_new(&canned->environment);
	canned->aws = aws_new(&(struct aws_options){ &canned->environment, canned->imds,
						     "amazonaws.com", &quiet });
	assert_int_equal(pthread_create(&canned->thread, NULL, canned_run, canned), 0);
}

static inline void canned_stop(struct canned_aws *canned)
{
	shutdown(canned->listener, SHUT_RDWR);
	pthread_join(canned->thread, NULL);
	close(canned->listener);
	aws_free(canned->aws);
	imds_free(canned->imds);
	aws_environment_done(&canned->environment);
	strings_done(&canned->requests);
}

#define AUTO_CANNED CLEANUP(canned_stop)
/* An endpoint with these replies: CANNED(name, { 200, "…" }, …); */
#define CANNED(name, ...) \
	const struct canned_reply name##_replies[] = { __VA_ARGS__ };			\
	AUTO_CANNED struct canned_aws name = { .replies = name##_replies,		\
					       .count = COUNT_OF(name##_replies) };	\
	canned_start(&name)

/* The last request, to the letter. */
static inline void assert_asked(const struct canned_aws *canned, const char *form)
{
	assert_true(canned->requests.count > 0);
	assert_string_equal(canned->requests.items[canned->requests.count - 1], form);
}

#endif
