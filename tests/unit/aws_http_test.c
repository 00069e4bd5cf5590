/*
 * Connections: kept, and given up together when one of them is dead or the address that they are of
 * has gone.
 */
#include "tests/unit/support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aws/http.h"
#include "base/mem.h"

#define KEPT 2

/*
 * Answers once on the first connections, which stay open and silent then, and once on each that
 * follows.
 */
struct silent_server {
	int listener;
	int kept[KEPT];
	pthread_t thread;
	char *url;
	struct aws_environment environment;
	struct http *http;
};

static void request_answer(int fd)
{
	static const char reply[] = "HTTP/1.1 200 .\r\nContent-Length: 2\r\n\r\nok";
	char request[4096] = "";
	ssize_t n = 1;

	for (size_t len = 0; n > 0 && strstr(request, "\r\n\r\n") == NULL; len += (size_t)n)
		n = read(fd, request + len, sizeof request - 1 - len);
	assert_int_equal(send(fd, reply, strlen(reply), MSG_NOSIGNAL), strlen(reply));
}

static void *server_run(void *context)
{
	struct silent_server *server = context;
	int fd;

	for (size_t i = 0; i < KEPT; i++)
		server->kept[i] = accept(server->listener, NULL, NULL);
	for (size_t i = 0; i < KEPT; i++)
		request_answer(server->kept[i]);
	while ((fd = accept(server->listener, NULL, NULL)) >= 0) {
		request_answer(fd);
		close(fd);
	}
	return NULL;
}

/* Whether a request is answered; if not, why is what http_send says. */
static bool server_ask(struct silent_server *server, int patience_ms, struct err *why)
{
	CLEANUP(http_reply_done) struct http_reply reply = { 0 };
	const struct http_request request = {
		.method = "GET",
		.url = server->url,
		.reply_max = 100,
		.connect_ms = 5000,
		.total_ms = patience_ms,
		.direct = true,
	};

	return http_send(server->http, &request, &reply, why) == 0 && reply.status == 200;
}

static void *worker_run(void *context)
{
	struct err why = ERR_INIT;

	return server_ask(context, 5000, &why) ? context : NULL;
}

/* Two requests at once, so that two connections are kept. */
static void server_start(struct silent_server *server)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;
	struct err why = ERR_INIT;
	pthread_t worker;
	void *answered;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->listener, (struct sockaddr *)&at, size), 0);
	assert_int_equal(getsockname(server->listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(listen(server->listener, 8), 0);
	server->url = mem_printf("http://127.0.0.1:%d/", ntohs(at.sin_port));
	server->http = http_new(&server->environment);
	assert_int_equal(pthread_create(&server->thread, NULL, server_run, server), 0);
	assert_int_equal(pthread_create(&worker, NULL, worker_run, server), 0);
	assert_true(server_ask(server, 5000, &why));
	pthread_join(worker, &answered);
	assert_non_null(answered);
}

static void server_stop(struct silent_server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->listener);
	for (size_t i = 0; i < KEPT; i++)
		close(server->kept[i]);
	http_free(server->http);
	free(server->url);
}

static void one_dead_connection_takes_the_others_with_it(void **state)
{
	CLEANUP(server_stop) struct silent_server server = { .listener = -1 };
	struct err why = ERR_INIT;

	(void)state;
	server_start(&server);
	assert_false(server_ask(&server, 200, &why));
	assert_int_equal(why.code, EXIT_AGAIN);
	err_clear(&why);
	assert_true(server_ask(&server, 5000, &why));
}

static void connections_that_are_told_to_go_are_not_used(void **state)
{
	CLEANUP(server_stop) struct silent_server server = { .listener = -1 };
	struct err why = ERR_INIT;

	(void)state;
	server_start(&server);
	http_reconnect(server.http);
	assert_true(server_ask(&server, 5000, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_dead_connection_takes_the_others_with_it),
		cmocka_unit_test(connections_that_are_told_to_go_are_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
