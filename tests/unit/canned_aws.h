/*
 * canned_aws: an endpoint in a thread of the test whose replies are given beforehand: what no AWS
 * would say, and what is sent to it, to the letter.
 */
#ifndef CYGNET_TESTS_UNIT_CANNED_AWS_H
#define CYGNET_TESTS_UNIT_CANNED_AWS_H

#include "tests/unit/http_thread.h"

struct canned_reply {
	int status;
	const char *body;
};

/* replies is set by the test; the last one is given again and again. */
struct canned_aws {
	const struct canned_reply *replies;
	size_t count;
	struct strings requests;	/* their bodies */
	struct http_thread http;
	struct aws *aws;		/* of it; calls of this go here */
};

static inline char *canned_answer(void *context, const char *head, const char *body,
				  int *ret_status)
{
	struct canned_aws *canned = context;
	size_t last = canned->count - 1;
	size_t turn = canned->requests.count < last ? canned->requests.count : last;

	(void)head;
	strings_add(&canned->requests, body);
	*ret_status = canned->replies[turn].status;
	return mem_strdup(canned->replies[turn].body);
}

static inline void canned_start(struct canned_aws *canned)
{
	http_thread_start(&canned->http, canned_answer, canned);
	canned->aws = canned->http.aws;
}

static inline void canned_stop(struct canned_aws *canned)
{
	http_thread_stop(&canned->http);
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
