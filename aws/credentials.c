/*
 * credentials: what a source gave, and for how long it is good; of sources the environment and the
 * instance's role, as IMDS hands it out. What requests are signed it does not know; keys and tokens
 * never go into a message.
 */
#include "aws/credentials.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "aws/secret.h"
#include "base/json.h"

#define ROLES "meta-data/iam/security-credentials/"
#define ROLES_MAX 1024
#define DOCUMENT_MAX (16 * 1024)
#define KEY_MAX 1024
#define TOKEN_MAX 8192
#define RENEW_BEFORE_S 300	/* by then IMDS has new ones; STS always has */

struct credentials_cache {
	credentials_source *source;
	void *context;
	pthread_mutex_t lock;	/* of context and current */
	struct credentials current;
};

struct credentials_cache *credentials_cache_new(credentials_source *source, void *context)
{
	struct credentials_cache *cache = mem_calloc(1, sizeof *cache);

	cache->source = source;
	cache->context = context;
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void credentials_cache_free(struct credentials_cache *cache)
{
	if (cache == NULL)
		return;
	credentials_done(&cache->current);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

void credentials_done(struct credentials *credentials)
{
	free(credentials->access_key_id);
	secret_free(credentials->secret_access_key);
	secret_free(credentials->session_token);
	*credentials = (struct credentials){ 0 };
}

static void credentials_copy(const struct credentials *from, struct credentials *ret_credentials)
{
	*ret_credentials = (struct credentials){
		.access_key_id = mem_strdup(from->access_key_id),
		.secret_access_key = mem_strdup(from->secret_access_key),
		.session_token = mem_strdup(from->session_token),
		.expires = from->expires,
	};
}

/* A parsed document whose strings are wiped with it. */
static void secret_json_cleanup(json_t **document)
{
	const char *key;
	json_t *member;

	json_object_foreach(*document, key, member)
		if (json_is_string(member))
			OPENSSL_cleanse((char *)json_string_value(member),
					json_string_length(member));
	json_decref(*document);
}

static int outcome_check(const json_t *document, struct err *e)
{
	AUTO_FREE char *code = NULL;

	if (json_get_string_or(document, "Code", 100, "Success", &code, e) < 0)
		return -1;
	if (strcmp(code, "Success") == 0)
		return 0;
	err_set(e, EXIT_DENIED, "the instance's role has no credentials: %s", code);
	return err_remedy(e, "let ec2.amazonaws.com assume the role of the instance profile");
}

bool credentials_time(const char *text, int64_t *ret_time)
{
	struct tm time = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &time);

	if (end != NULL && *end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (end == NULL || strcmp(end, "Z") != 0)
		return false;
	*ret_time = (int64_t)timegm(&time);
	return true;
}

static int expiration_parse(const json_t *document, int64_t *ret_time, struct err *e)
{
	AUTO_FREE char *text = NULL;

	if (json_get_string(document, "Expiration", 40, &text, e) < 0)
		return -1;
	if (!credentials_time(text, ret_time))
		return err_set(e, EXIT_CONFIG, "'Expiration' is no time in UTC");
	return 0;
}

int credentials_parse(const char *text, struct credentials *ret_credentials, struct err *e)
{
	CLEANUP(secret_json_cleanup) json_t *document = NULL;
	CLEANUP(credentials_done) struct credentials credentials = { 0 };

	if (json_read(text, strlen(text), &document, e) < 0 || outcome_check(document, e) < 0 ||
	    json_get_string(document, "AccessKeyId", KEY_MAX, &credentials.access_key_id, e) < 0 ||
	    json_get_string(document, "SecretAccessKey", KEY_MAX, &credentials.secret_access_key,
			    e) < 0 ||
	    json_get_string(document, "Token", TOKEN_MAX, &credentials.session_token, e) < 0 ||
	    expiration_parse(document, &credentials.expires, e) < 0)
		return -1;
	*ret_credentials = credentials;
	credentials = (struct credentials){ 0 };
	return 0;
}

static int role_read(struct imds *imds, char **ret_role, struct err *e)
{
	AUTO_FREE char *roles = NULL;

	if (imds_get(imds, ROLES, ROLES_MAX, &roles, e) < 0) {
		if (e->code == EXIT_MISSING)
			err_remedy(e, "attach an instance profile with the README's permissions");
		return err_wrap(e, "this instance has no credentials");
	}
	*ret_role = mem_strndup(roles, strcspn(roles, "\r\n"));
	return 0;
}

int credentials_of_instance(void *context, struct credentials *ret_credentials, struct err *e)
{
	AUTO_FREE char *role = NULL, *path = NULL;
	AUTO_SECRET char *text = NULL;
	struct imds *imds = context;

	if (role_read(imds, &role, e) < 0)
		return -1;
	path = mem_printf(ROLES "%s", role);
	if (imds_get(imds, path, DOCUMENT_MAX, &text, e) < 0 ||
	    credentials_parse(text, ret_credentials, e) < 0)
		return err_wrap(e, "credentials of the role '%s'", role);
	return 0;
}

int credentials_of_environment(void *context, struct credentials *ret_credentials, struct err *e)
{
	const struct aws_environment *environment = context;

	(void)e;
	*ret_credentials = (struct credentials){
		.access_key_id = mem_strdup(environment->access_key_id),
		.secret_access_key = mem_strdup(environment->secret_access_key),
		.session_token = mem_strdup(environment->session_token),
		.expires = INT64_MAX,
	};
	return 0;
}

/* Ask the source again when it is time; as long as it does not answer, the old ones serve. */
static int cache_renew(struct credentials_cache *cache, int64_t now, struct err *e)
{
	struct credentials fresh;
	struct err why = ERR_INIT;

	if (cache->current.access_key_id != NULL && now < cache->current.expires - RENEW_BEFORE_S)
		return 0;
	if (cache->source(cache->context, &fresh, &why) == 0) {
		credentials_done(&cache->current);
		cache->current = fresh;
		return 0;
	}
	if (cache->current.access_key_id != NULL && now < cache->current.expires)
		return 0;
	*e = why;
	return -1;
}

int credentials_get(struct credentials_cache *cache, int64_t now,
		    struct credentials *ret_credentials, struct err *e)
{
	int failed;

	pthread_mutex_lock(&cache->lock);
	failed = cache_renew(cache, now, e);
	if (!failed)
		credentials_copy(&cache->current, ret_credentials);
	pthread_mutex_unlock(&cache->lock);
	return failed;
}

bool credentials_outdate(struct credentials_cache *cache, const struct credentials *outdated)
{
	if (outdated->expires == INT64_MAX)
		return false;
	pthread_mutex_lock(&cache->lock);
	if (cache->current.access_key_id != NULL &&
	    strcmp(cache->current.access_key_id, outdated->access_key_id) == 0)
		credentials_done(&cache->current);
	pthread_mutex_unlock(&cache->lock);
	return true;
}
