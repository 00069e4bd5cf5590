/*
 * http_thread: an AWS endpoint in a thread of the test, over plain HTTP, and the client that asks
 * it. What it answers is its owner's to say. It believes every signature; the strict one is
 * tests/aws.
 */
#ifndef CYGNET_TESTS_UNIT_HTTP_THREAD_H
#define CYGNET_TESTS_UNIT_HTTP_THREAD_H

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/call.h"
#include "base/buf.h"
#include "tests/unit/support.h"

/*
 * The reply to a request: what comes before its body, and that. *ret_status is HTTP's. The reply is
 * yours to free; NULL hangs up without one.
 */
typedef char *(*http_answer)(void *context, const char *head, const char *body, int *ret_status);

struct http_thread {
	http_answer answer;
	void *context;		/* of answer; borrowed */
	int listener;
	pthread_t thread;
	struct aws_environment environment;
	struct imds *imds;
	struct aws *aws;	/* its calls come here, each once */
};

/* Read a request whole; false when the connection ends before. Its body follows its head's NUL. */
static inline bool http_receive(int fd, char *request, size_t size, const char **ret_body)
{
	static const char length[] = "Content-Length: ";
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, request + len, size - 1 - len)) > 0) {
		const char *field;
		char *end;

		request[len += (size_t)n] = '\0';
		end = strstr(request, "\r\n\r\n");
		field = strcasestr(request, length);
		if (end == NULL || field == NULL)
			continue;
		*ret_body = end + 4;
		if (strlen(*ret_body) == strtoul(field + strlen(length), NULL, 10)) {
			*end = '\0';
			return true;
		}
	}
	return false;
}

static inline void http_reply(int fd, int status, const char *body)
{
	AUTO_BUF struct buf text = { 0 };

	buf_addf(&text, "HTTP/1.1 %d .\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		 status, strlen(body), body);
	for (size_t sent = 0; sent < text.len;) {
		ssize_t n = send(fd, text.data + sent, text.len - sent, MSG_NOSIGNAL);

		if (n < 0)
			return;		/* the caller fails and says why */
		sent += (size_t)n;
	}
}

static inline void http_serve(const struct http_thread *http, int fd)
{
	char request[65536] = "";
	AUTO_FREE char *reply = NULL;
	const char *body;
	int status;

	if (http_receive(fd, request, sizeof request, &body))
		reply = http->answer(http->context, request, body, &status);
	if (reply != NULL)
		http_reply(fd, status, reply);
}

static inline void *http_run(void *data)
{
	const struct http_thread *http = data;
	int fd;

	while ((fd = accept(http->listener, NULL, NULL)) >= 0) {
		http_serve(http, fd);
		close(fd);
	}
	return NULL;
}

/* Listen on a port of the loopback; the variable that says so is yours to free. */
static inline char *http_listen(struct http_thread *http)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	http->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(http->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(http->listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(listen(http->listener, 32), 0);
	return mem_printf("AWS_ENDPOINT_URL=http://127.0.0.1:%d", ntohs(at.sin_port));
}

static inline void http_thread_start(struct http_thread *http, http_answer answer, void *context)
{
	static const struct log quiet = { .level = LOG_LEVEL_QUIET };
	AUTO_FREE char *endpoint = http_listen(http);
	char key[] = "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", secret[] = "AWS_SECRET_ACCESS_KEY=example";
	char attempts[] = "AWS_MAX_ATTEMPTS=1";
	char *const environment[] = { endpoint, key, secret, attempts, NULL };
	struct err e = ERR_INIT;

	http->answer = answer;
	http->context = context;
	assert_int_equal(aws_environment_read(environment, &http->environment, &e), 0);
	http->imds = imds_new(&http->environment);
	http->aws = aws_new(&(struct aws_options){ &http->environment, http->imds, "amazonaws.com",
						   &quiet });
	assert_int_equal(pthread_create(&http->thread, NULL, http_run, http), 0);
}

static inline void http_thread_stop(struct http_thread *http)
{
	shutdown(http->listener, SHUT_RDWR);
	pthread_join(http->thread, NULL);
	close(http->listener);
	aws_free(http->aws);
	imds_free(http->imds);
	aws_environment_done(&http->environment);
}

#endif
