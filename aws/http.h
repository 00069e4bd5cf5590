/* http: one request and its reply; the only file that knows libcurl. */
#ifndef CYGNET_AWS_HTTP_H
#define CYGNET_AWS_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/environment.h"
#include "base/buf.h"

struct http;		/* connections kept for the next request; for several threads at once */

struct http_header {
	const char *name;
	const char *value;	/* NULL: the header is not sent */
};

/* With what a request is signed (SigV4). A session token and a date of one's own are headers. */
struct http_signature {
	const char *service;
	const char *region;
	const char *access_key_id;
	const char *secret_access_key;
};

struct http_request {
	const char *method;		/* "GET", "PUT", "POST" */
	const char *url;		/* http or https */
	const struct http_header *headers;	/* all are signed, and wiped after use */
	size_t header_count;
	const char *body;		/* NULL for none */
	const struct http_signature *signature;	/* NULL for none */
	size_t reply_max;		/* bytes of the reply's body */
	int connect_ms;			/* with name resolution and TLS */
	int total_ms;
	bool direct;			/* past any proxy of the environment */
};

struct http_reply {
	int status;
	int64_t date;			/* the server's clock, Unix time; 0 when it does not say */
	struct buf body;
};

/* Never contacts anything. environment is borrowed: it names the CA certificates. */
struct http *http_new(const struct aws_environment *environment);
void http_free(struct http *http);
/* Close the connections that no request uses now. */
void http_reconnect(struct http *http);

/*
 * Send a request and receive the whole reply, whatever its status; redirects are not followed.
 * Fails with EXIT_AGAIN when no whole reply came in time, EXIT_CONFIG when the server's certificate
 * is not trusted or the reply is larger than reply_max, EXIT_MISSING when no CA certificates are
 * found.
 */
int http_send(struct http *http, const struct http_request *request, struct http_reply *ret_reply,
	      struct err *e);
void http_reply_done(struct http_reply *reply);		/* wipes: a reply may hold credentials */

/* Name and version of the library behind it. Static. */
const char *http_library(void);

#endif
