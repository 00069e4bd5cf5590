/*
 * imds: the transport to the instance metadata service: token, retries, what a status means.
 * It knows no path of the service; the token never leaves this file.
 */
#include "aws/imds.h"

#include <stdlib.h>
#include <string.h>

#include "aws/http.h"
#include "aws/random.h"
#include "aws/retry.h"
#include "aws/secret.h"
#include "base/clock.h"

#define ENDPOINT_DEFAULT "http://169.254.169.254"
#define ATTEMPT_MS 1000
#define PATIENCE_MS 10000	/* a hiccup while the machine boots is survived */
#define PAUSE_MS 200
#define PAUSE_MAX_MS 2000
#define TOKEN_SECONDS "21600"
#define TOKEN_MAX 1024

struct imds {
	char *endpoint;		/* without a '/' at its end */
	bool disabled;
	struct http *http;
	char *token;		/* NULL until it is needed */
};

struct imds *imds_new(const struct aws_environment *environment)
{
	struct imds *imds = mem_calloc(1, sizeof *imds);
	const char *endpoint = environment->metadata_endpoint;
	size_t len;

	if (endpoint == NULL)
		endpoint = ENDPOINT_DEFAULT;
	len = strlen(endpoint);
	while (endpoint[len - 1] == '/')
		len--;
	imds->endpoint = mem_strndup(endpoint, len);
	imds->disabled = environment->metadata_disabled;
	imds->http = http_new(environment);
	return imds;
}

void imds_free(struct imds *imds)
{
	if (imds == NULL)
		return;
	secret_free(imds->token);
	http_free(imds->http);
	free(imds->endpoint);
	free(imds);
}

/* Worth another try: no answer, throttled, or IMDS's own trouble. */
static bool outcome_passing(int failed, const struct http_reply *reply, const struct err *e)
{
	const struct fault fault = { .status = reply->status };

	return failed ? e->code == EXIT_AGAIN : retry_judge(&fault, 0) == FAULT_PASSING;
}

static int imds_silent(const struct imds *imds, const struct http_reply *reply, struct err *e)
{
	if (e->code == EXIT_DONE)
		err_set(e, EXIT_AGAIN, "status %d", reply->status);
	err_wrap(e, "the metadata service at '%s' is out of reach", imds->endpoint);
	return err_remedy(e, "is this an EC2 instance, with a large enough hop limit for metadata");
}

/* Send until there is an answer that another try would not change, or until deadline_ms. */
static int imds_send(struct imds *imds, const struct http_request *request, int64_t deadline_ms,
		     struct http_reply *ret_reply, struct err *e)
{
	for (int attempt = 1;; attempt++) {
		CLEANUP(http_reply_done) struct http_reply reply = { 0 };
		struct err why = ERR_INIT;
		int failed = http_send(imds->http, request, &reply, &why);
		int64_t pause = retry_pause_ms(attempt, PAUSE_MS, PAUSE_MAX_MS);

		pause = pause / 2 + random_up_to(pause / 2);
		if (!outcome_passing(failed, &reply, &why)) {
			*e = why;
			*ret_reply = reply;
			reply = (struct http_reply){ 0 };
			return failed;
		}
		if (clock_boot_ms() + pause + ATTEMPT_MS > deadline_ms) {
			*e = why;
			return imds_silent(imds, &reply, e);
		}
		clock_sleep_ms(pause);
	}
}

static int imds_off(struct err *e)
{
	err_set(e, EXIT_CONFIG, "the metadata service is off for this instance (status 403)");
	return err_remedy(e, "set HttpEndpoint to 'enabled' in the instance's metadata options");
}

static int imds_forbidden(struct err *e)
{
	err_set(e, EXIT_CONFIG, "AWS_EC2_METADATA_DISABLED forbids the metadata service");
	return err_remedy(e, "unset it: addresses and tags are read from there");
}

static int token_check(const struct http_reply *reply, struct err *e)
{
	const char *token = buf_str(&reply->body);

	if (reply->status == 403)
		return imds_off(e);
	if (reply->status != 200)
		return err_set(e, EXIT_AGAIN, "the metadata service gives no token (status %d)",
			       reply->status);
	for (size_t i = 0; i < reply->body.len; i++)
		if (token[i] <= ' ' || token[i] > '~')
			return err_set(e, EXIT_AGAIN, "the metadata service gives no valid token");
	return 0;
}

static int token_make(struct imds *imds, int64_t deadline_ms, struct err *e)
{
	AUTO_FREE char *url = mem_printf("%s/latest/api/token", imds->endpoint);
	const struct http_header headers[] = {
		{ "X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS },
	};
	const struct http_request request = {
		.method = "PUT",
		.url = url,
		.headers = headers,
		.header_count = COUNT_OF(headers),
		.reply_max = TOKEN_MAX,
		.connect_ms = ATTEMPT_MS,
		.total_ms = ATTEMPT_MS,
		.direct = true,
	};
	CLEANUP(http_reply_done) struct http_reply reply = { 0 };

	if (imds_send(imds, &request, deadline_ms, &reply, e) < 0 || token_check(&reply, e) < 0)
		return -1;
	secret_free(imds->token);
	imds->token = buf_take(&reply.body);
	return 0;
}

static int imds_read(struct imds *imds, const char *path, size_t max, int64_t deadline_ms,
		     struct http_reply *ret_reply, struct err *e)
{
	AUTO_FREE char *url = mem_printf("%s/latest/%s", imds->endpoint, path);
	const struct http_header headers[] = {
		{ "X-aws-ec2-metadata-token", imds->token },
	};
	const struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.header_count = COUNT_OF(headers),
		.reply_max = max,
		.connect_ms = ATTEMPT_MS,
		.total_ms = ATTEMPT_MS,
		.direct = true,
	};

	return imds_send(imds, &request, deadline_ms, ret_reply, e);
}

static int reply_text(struct http_reply *reply, const char *path, char **ret_text, struct err *e)
{
	switch (reply->status) {
	case 200:
		if (memchr(buf_str(&reply->body), '\0', reply->body.len) != NULL)
			return err_set(e, EXIT_CONFIG, "instance metadata '%s' holds a NUL", path);
		*ret_text = buf_take(&reply->body);
		return 0;
	case 403:
		return imds_off(e);
	case 404:
		return err_set(e, EXIT_MISSING, "instance metadata has no '%s'", path);
	default:
		return err_set(e, EXIT_AGAIN, "instance metadata '%s': status %d", path,
			       reply->status);
	}
}

/* What AWS uses in paths and tag keys: nothing that has to be escaped, or leads elsewhere. */
static bool path_valid(const char *path)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+-=.,_:@";

	return path[0] != '\0' && strstr(path, "..") == NULL && path[strspn(path, allowed)] == '\0';
}

int imds_get(struct imds *imds, const char *path, size_t max, char **ret_text, struct err *e)
{
	int64_t deadline_ms = clock_boot_ms() + PATIENCE_MS;

	if (imds->disabled)
		return imds_forbidden(e);
	if (!path_valid(path))
		return err_set(e, EXIT_CONFIG, "'%s' is no path of instance metadata", path);
	for (bool renewed = false;; renewed = true) {
		CLEANUP(http_reply_done) struct http_reply reply = { 0 };

		if (imds->token == NULL && token_make(imds, deadline_ms, e) < 0)
			return -1;
		if (imds_read(imds, path, max, deadline_ms, &reply, e) < 0)
			return err_wrap(e, "instance metadata '%s'", path);
		if (reply.status != 401 || renewed)
			return reply_text(&reply, path, ret_text, e);
		secret_free(TAKE(imds->token));
	}
}
