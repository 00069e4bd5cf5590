/*
 * http: the use of libcurl. It owns idle connections and bounds each exchange in time and size.
 * It must not know what is said over them, and shows nothing of it to anybody.
 */
#include "aws/http.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/ca.h"

struct http {
	const struct aws_environment *environment;
	pthread_mutex_t lock;
	CURL **idle;		/* each with its connections */
	size_t idle_count;
};

/* What the write callback fills. */
struct reception {
	struct buf *body;
	size_t max;
	bool overflowed;
};

struct http *http_new(const struct aws_environment *environment)
{
	struct http *http = mem_calloc(1, sizeof *http);

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();	/* out of memory */
	http->environment = environment;
	pthread_mutex_init(&http->lock, NULL);
	return http;
}

void http_reconnect(struct http *http)
{
	pthread_mutex_lock(&http->lock);
	while (http->idle_count > 0)
		curl_easy_cleanup(http->idle[--http->idle_count]);
	pthread_mutex_unlock(&http->lock);
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	http_reconnect(http);
	free(http->idle);
	pthread_mutex_destroy(&http->lock);
	free(http);
	curl_global_cleanup();
}

static CURL *handle_take(struct http *http)
{
	CURL *handle = NULL;

	pthread_mutex_lock(&http->lock);
	if (http->idle_count > 0)
		handle = http->idle[--http->idle_count];
	pthread_mutex_unlock(&http->lock);
	if (handle == NULL)
		handle = curl_easy_init();
	if (handle == NULL)
		abort();	/* out of memory */
	return handle;
}

static void handle_give(struct http *http, CURL *handle)
{
	curl_easy_reset(handle);
	pthread_mutex_lock(&http->lock);
	*MEM_GROW(http->idle, http->idle_count) = handle;
	pthread_mutex_unlock(&http->lock);
}

static void slist_wipe(struct curl_slist **list)
{
	for (struct curl_slist *item = *list; item != NULL; item = item->next)
		OPENSSL_cleanse(item->data, strlen(item->data));
	curl_slist_free_all(*list);
}

static struct curl_slist *request_headers(const struct http_request *request)
{
	AUTO_WIPE struct buf line = { 0 };
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < request->header_count; i++) {
		const struct http_header *header = &request->headers[i];
		struct curl_slist *longer = list;

		buf_wipe(&line);
		buf_addf(&line, "%s: %s", header->name, header->value ? header->value : "");
		if (header->value != NULL)
			longer = curl_slist_append(list, buf_str(&line));
		if (longer == NULL && header->value != NULL)
			abort();	/* out of memory */
		list = longer;
	}
	return list;
}

static size_t reply_receive(char *data, size_t size, size_t count, void *context)
{
	struct reception *reception = context;
	size_t len = size * count;

	reception->overflowed = len > reception->max - reception->body->len;
	if (reception->overflowed)
		return CURL_WRITEFUNC_ERROR;
	buf_add(reception->body, data, len);
	return len;
}

/* Options that libcurl refuses would weaken the exchange silently: none may be. */
#define SET(handle, option, value) \
	do {									\
		if (curl_easy_setopt((handle), CURLOPT_##option, (value)) != CURLE_OK)	\
			return err_set(e, EXIT_STEP, "libcurl does not take the option " #option); \
	} while (0)

static int handle_set_request(CURL *handle, const struct http_request *request,
			      const struct curl_slist *headers, struct err *e)
{
	SET(handle, URL, request->url);
	SET(handle, HTTPHEADER, headers);
	if (request->body != NULL)
		SET(handle, POSTFIELDS, request->body);
	SET(handle, CUSTOMREQUEST, request->method);
	SET(handle, USERAGENT, "cygnet/" CYGNET_VERSION);
	SET(handle, HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(handle, PROTOCOLS_STR, "http,https");
	SET(handle, FOLLOWLOCATION, 0L);
	SET(handle, NOSIGNAL, 1L);
	SET(handle, CONNECTTIMEOUT_MS, (long)request->connect_ms);
	SET(handle, TIMEOUT_MS, (long)request->total_ms);
	if (request->direct)
		SET(handle, PROXY, "");
	return 0;
}

static int handle_set_trust(CURL *handle, const char *ca, struct err *e)
{
	SET(handle, SSL_VERIFYPEER, 1L);
	SET(handle, SSL_VERIFYHOST, 2L);
	SET(handle, SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(handle, CAINFO, ca);
	SET(handle, CAPATH, NULL);	/* where the library was built with one */
	SET(handle, PROXY_CAINFO, ca);
	SET(handle, PROXY_CAPATH, NULL);
	return 0;
}

static int handle_set_signature(CURL *handle, const struct http_signature *signature, struct err *e)
{
	AUTO_FREE char *scope = mem_printf("aws:amz:%s:%s", signature->region, signature->service);

	SET(handle, AWS_SIGV4, scope);
	SET(handle, USERNAME, signature->access_key_id);
	SET(handle, PASSWORD, signature->secret_access_key);
	return 0;
}

static bool url_is_secure(const char *url)
{
	return strncmp(url, "https:", 6) == 0;
}

/* libcurl quotes a proxy that it cannot use as the environment has it: with the password. */
static void password_hide(char *text)
{
	char *at = strrchr(text, '@'), *begin = strchr(text, '\''), *scheme = strstr(text, "://");

	if (at == NULL || begin == NULL || begin > at)
		return;
	begin = scheme != NULL && scheme < at ? scheme + strlen("://") : begin + 1;
	memmove(begin, at + 1, strlen(at + 1) + 1);
}

/* libcurl's own words, as a cause: lower case, no full stop. */
static void cause_from_curl(CURLcode code, const char *detail, char ret_cause[CURL_ERROR_SIZE])
{
	size_t len;

	snprintf(ret_cause, CURL_ERROR_SIZE, "%s",
		 detail[0] != '\0' ? detail : curl_easy_strerror(code));
	password_hide(ret_cause);
	if (ret_cause[0] >= 'A' && ret_cause[0] <= 'Z' &&
	    (ret_cause[1] < 'A' || ret_cause[1] > 'Z'))
		ret_cause[0] = (char)(ret_cause[0] - 'A' + 'a');
	len = strlen(ret_cause);
	while (len > 0 && (ret_cause[len - 1] == '.' || ret_cause[len - 1] <= ' '))
		ret_cause[--len] = '\0';
}

static int failure_set(CURLcode code, const char *detail, const char *ca, struct err *e)
{
	char cause[CURL_ERROR_SIZE];

	cause_from_curl(code, detail, cause);
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		err_set(e, EXIT_CONFIG, "%s (certificates of '%s')", cause, ca ? ca : "");
		return err_remedy(e, "name the CA certificates of the endpoint, or of the proxy "
				     "before it, in AWS_CA_BUNDLE");
	case CURLE_URL_MALFORMAT:
	case CURLE_BAD_FUNCTION_ARGUMENT:
		return err_set(e, EXIT_CONFIG, "%s", cause);
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(e, EXIT_AGAIN, "%s", cause);
		return err_remedy(e, "check the name of the region, and this machine's DNS");
	default:
		return err_set(e, EXIT_AGAIN, "%s", cause);
	}
}

/* The server's Date header as Unix time, 0 without one. */
static int64_t reply_date(CURL *handle)
{
	struct curl_header *date;
	struct tm time = { 0 };
	const char *end;

	if (curl_easy_header(handle, "Date", 0, CURLH_HEADER, -1, &date) != CURLHE_OK)
		return 0;
	end = strptime(date->value, "%a, %d %b %Y %H:%M:%S GMT", &time);
	return end != NULL && *end == '\0' ? (int64_t)timegm(&time) : 0;
}

static int handle_perform(CURL *handle, const struct http_request *request, const char *ca,
			  struct http_reply *reply, struct err *e)
{
	struct reception reception = { .body = &reply->body, .max = request->reply_max };
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;

	SET(handle, ERRORBUFFER, detail);
	SET(handle, WRITEFUNCTION, reply_receive);
	SET(handle, WRITEDATA, &reception);
	code = curl_easy_perform(handle);
	SET(handle, ERRORBUFFER, NULL);	/* closing the connection later may write there */
	if (reception.overflowed)
		return err_set(e, EXIT_CONFIG, "the reply is larger than %zu bytes",
			       request->reply_max);
	if (code != CURLE_OK)
		return failure_set(code, detail, ca, e);
	curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	reply->status = (int)status;
	reply->date = reply_date(handle);
	return 0;
}

static int handle_exchange(CURL *handle, const struct http_request *request, const char *ca,
			   struct http_reply *reply, struct err *e)
{
	CLEANUP(slist_wipe) struct curl_slist *headers = request_headers(request);

	if (handle_set_request(handle, request, headers, e) < 0)
		return -1;
	if (ca != NULL && handle_set_trust(handle, ca, e) < 0)
		return -1;
	if (request->signature != NULL && handle_set_signature(handle, request->signature, e) < 0)
		return -1;
	return handle_perform(handle, request, ca, reply, e);
}

int http_send(struct http *http, const struct http_request *request, struct http_reply *ret_reply,
	      struct err *e)
{
	CLEANUP(http_reply_done) struct http_reply reply = { 0 };
	AUTO_FREE char *ca = NULL;
	CURL *handle;

	if (url_is_secure(request->url) && ca_find("", http->environment, &ca, e) < 0)
		return -1;
	handle = handle_take(http);
	if (handle_exchange(handle, request, ca, &reply, e) < 0) {
		/*
		 * Its connection may be dead, and so may be those kept: the next try makes a fresh
		 * one.
		 */
		curl_easy_cleanup(handle);
		http_reconnect(http);
		return -1;
	}
	handle_give(http, handle);
	*ret_reply = reply;
	reply = (struct http_reply){ 0 };
	return 0;
}

void http_reply_done(struct http_reply *reply)
{
	buf_wipe(&reply->body);
}

const char *http_library(void)
{
	return curl_version();
}
