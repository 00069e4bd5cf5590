/*
 * call: one signed call to a service: credentials, endpoint, tries, and the error when they are
 * used up. It knows no action of any service; http does the exchange, retry judges what came of it.
 */
#include "aws/call.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/http.h"
#include "aws/random.h"
#include "aws/request.h"
#include "aws/retry.h"
#include "aws/sts.h"
#include "base/clock.h"

#define CONNECT_MS 5000
#define TOTAL_MS 15000
#define REPLY_MAX (4 * 1024 * 1024)
#define PAUSE_MS 1000
#define PAUSE_MAX_MS 20000

struct aws {
	const struct aws_environment *environment;
	char *domain;
	const struct log *log;
	struct http *http;	/* base's, where there is one */
	struct credentials_cache *credentials;
	_Atomic int64_t skew_s;	/* the servers' clock minus ours, once one has complained; else 0 */
	struct aws *base;	/* whose credentials assume the role; NULL: no role is assumed */
	const char *role, *region, *session;	/* of aws_new_assuming */
};

/* What became of one try. */
struct attempt {
	struct credentials credentials;
	bool answered;		/* else why says what failed below */
	struct http_reply reply;
	struct fault fault;	/* of an answer that is not 200 */
	enum fault_kind kind;	/* likewise; FAULT_PASSING also for a network that may recover */
	int64_t skew_s;		/* the server's clock minus ours, 0 when unknown */
	struct err why;
};

struct aws *aws_new(const struct aws_options *options)
{
	const struct aws_environment *environment = options->environment;
	struct aws *aws = mem_calloc(1, sizeof *aws);

	aws->environment = environment;
	aws->domain = mem_strdup(options->domain);
	aws->log = options->log;
	aws->http = http_new(environment);
	aws->credentials =
		environment->access_key_id != NULL
			? credentials_cache_new(credentials_of_environment, (void *)environment)
			: credentials_cache_new(credentials_of_instance, options->imds);
	return aws;
}

static int credentials_of_role(void *context, struct credentials *ret_credentials, struct err *e)
{
	const struct aws *aws = context;

	return sts_assume(aws->base, aws->region, aws->role, aws->session, ret_credentials, e);
}

struct aws *aws_new_assuming(struct aws *base, const char *role, const char *region,
			     const char *session)
{
	struct aws *aws = mem_calloc(1, sizeof *aws);

	aws->environment = base->environment;
	aws->domain = mem_strdup(base->domain);
	aws->log = base->log;
	aws->http = base->http;
	aws->credentials = credentials_cache_new(credentials_of_role, aws);
	aws->base = base;
	aws->role = role;
	aws->region = region;
	aws->session = session;
	return aws;
}

void aws_free(struct aws *aws)
{
	if (aws == NULL)
		return;
	credentials_cache_free(aws->credentials);
	if (aws->base == NULL)
		http_free(aws->http);
	free(aws->domain);
	free(aws);
}

void aws_reconnect(struct aws *aws)
{
	http_reconnect(aws->http);
}

static void attempt_done(struct attempt *attempt)
{
	credentials_done(&attempt->credentials);
	http_reply_done(&attempt->reply);
}

/* X-Amz-Date, needed when our clock is known to be wrong; libcurl makes its own otherwise. */
static const char *date_header(int64_t skew_s, char ret_date[17])
{
	time_t now = (time_t)(clock_wall_s() + skew_s);
	struct tm utc;

	if (skew_s == 0)
		return NULL;
	strftime(ret_date, 17, "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	return ret_date;
}

static int attempt_send(struct aws *aws, const struct aws_request *request, const char *url,
			struct attempt *attempt)
{
	const struct credentials *credentials = &attempt->credentials;
	char date[17];
	const struct http_header headers[] = {
		{ "Content-Type", request->content_type },
		{ "X-Amz-Target", request->target },
		{ "X-Amz-Security-Token", credentials->session_token },
		{ "X-Amz-Date", date_header(aws->skew_s, date) },
	};
	const struct http_signature signature = {
		.service = request->service,
		.region = request->region,
		.access_key_id = credentials->access_key_id,
		.secret_access_key = credentials->secret_access_key,
	};
	const struct http_request exchange = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.header_count = COUNT_OF(headers),
		.body = request->body,
		.signature = &signature,
		.reply_max = REPLY_MAX,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
	};

	return http_send(aws->http, &exchange, &attempt->reply, &attempt->why);
}

static void attempt_judge(struct attempt *attempt, int64_t skew_used_s)
{
	const struct http_reply *reply = &attempt->reply;

	if (!attempt->answered) {
		attempt->kind = attempt->why.code == EXIT_AGAIN ? FAULT_PASSING : FAULT_FINAL;
		return;
	}
	if (reply->date != 0)
		attempt->skew_s = reply->date - clock_wall_s();
	fault_read(reply->status, buf_str(&reply->body), reply->body.len, &attempt->fault);
	attempt->kind =
		retry_judge(&attempt->fault, reply->date != 0 ? attempt->skew_s - skew_used_s : 0);
}

static void attempt_log(const struct aws *aws, const struct aws_request *request,
			const struct attempt *attempt, int64_t took_ms)
{
	const char *what = attempt->answered ? attempt->fault.code : attempt->why.cause;

	log_detail(aws->log, "%s:%s '%s' in '%s': %d%s%s, %" PRId64 " ms", request->service,
		   request->action, request->resource, request->region, attempt->reply.status,
		   what[0] != '\0' ? " " : "", what, took_ms);
}

/* One try, whatever comes of it. Fails only when there is nothing to sign with. */
static int attempt_make(struct aws *aws, const struct aws_request *request, const char *url,
			struct attempt *attempt, struct err *e)
{
	int64_t began_ms, skew_s = aws->skew_s, now = clock_wall_s() + skew_s;

	if (credentials_get(aws->credentials, now, &attempt->credentials, e) < 0)
		return -1;
	began_ms = clock_boot_ms();
	attempt->answered = attempt_send(aws, request, url, attempt) == 0;
	if (attempt->reply.status != 200)
		attempt_judge(attempt, skew_s);
	attempt_log(aws, request, attempt, clock_boot_ms() - began_ms);
	return 0;
}

static int final_remedy(const struct aws_request *request, enum fault_kind kind, struct err *e)
{
	switch (kind) {
	case FAULT_DENIED:
		if (request->remedy != NULL)
			return err_remedy(e, "%s", request->remedy);
		return err_remedy(e, "grant %s:%s on '%s'", request->service, request->action,
				  request->resource);
	case FAULT_IDENTITY:
		return err_remedy(e, "check that the access key exists and its secret is right");
	case FAULT_EXPIRED:
		return err_remedy(e, "renew the credentials");
	case FAULT_CLOCK:
		return err_remedy(e, "set this machine's clock");
	default:
		return -1;
	}
}

static int final_error(const struct aws_request *request, const struct attempt *attempt,
		       int attempts, struct err *e)
{
	const struct fault *fault = &attempt->fault;

	if (!attempt->answered)
		*e = attempt->why;
	else if (fault->code[0] == '\0')
		err_set(e, retry_exit(attempt->kind), "status %d", fault->status);
	else
		err_set(e, retry_exit(attempt->kind), "%s%s%s", fault->code,
			fault->message[0] != '\0' ? ": " : "", fault->message);
	if (attempts > 1)
		err_wrap(e, "%d attempts", attempts);
	err_wrap(e, "%s:%s on '%s' in '%s'", request->service, request->action, request->resource,
		 request->region);
	return final_remedy(request, attempt->kind, e);
}

/* What may be done only once for each call. */
struct corrections {
	bool clock;
	bool credentials;
};

/* Put right at once what is wrong on our side; false when there is nothing left to put right. */
static bool attempt_correct(struct aws *aws, const struct attempt *attempt,
			    struct corrections *done)
{
	if (attempt->kind == FAULT_CLOCK && !done->clock) {
		done->clock = true;
		aws->skew_s = attempt->skew_s;
		return true;
	}
	if (attempt->kind == FAULT_EXPIRED && !done->credentials) {
		done->credentials = true;
		return credentials_outdate(aws->credentials, &attempt->credentials);
	}
	return false;
}

/* The one of the request's answers that this fault is, or NULL. */
static const struct aws_answer *attempt_answer(const struct aws_request *request,
					       const struct attempt *attempt)
{
	for (size_t i = 0; i < request->answer_count; i++) {
		const struct aws_answer *answer = &request->answers[i];

		if (strcmp(attempt->fault.code, answer->code) == 0 &&
		    (answer->message == NULL || strstr(attempt->fault.message, answer->message)))
			return answer;
	}
	return NULL;
}

/* What the caller gets of it; false when that is neither status 200 nor an answer. */
static bool attempt_settled(const struct aws_request *request, struct attempt *attempt,
			    struct aws_reply *ret_reply)
{
	const struct aws_answer *answer = attempt_answer(request, attempt);

	if (answer != NULL) {
		*ret_reply = (struct aws_reply){ .answer = answer };
		return true;
	}
	if (attempt->reply.status != 200)
		return false;
	*ret_reply = (struct aws_reply){ .body = attempt->reply.body };
	attempt->reply.body = (struct buf){ 0 };
	return true;
}

int aws_call(struct aws *aws, const struct aws_request *request, struct aws_reply *ret_reply,
	     struct err *e)
{
	AUTO_FREE char *url = NULL;
	struct corrections done = { 0 };
	int used = 1;

	if (endpoint_url(aws->environment, request->service, request->region, aws->domain, &url,
			 e) < 0)
		return -1;
	for (;;) {
		CLEANUP(attempt_done) struct attempt attempt = { .why = ERR_INIT };

		if (attempt_make(aws, request, url, &attempt, e) < 0)
			return -1;
		if (attempt_settled(request, &attempt, ret_reply))
			return 0;
		if (attempt_correct(aws, &attempt, &done))
			continue;
		if (attempt.kind != FAULT_PASSING || used == aws->environment->max_attempts)
			return final_error(request, &attempt, used, e);
		clock_sleep_ms(random_up_to(retry_pause_ms(used++, PAUSE_MS, PAUSE_MAX_MS)));
	}
}

void aws_reply_done(struct aws_reply *reply)
{
	buf_wipe(&reply->body);
}
