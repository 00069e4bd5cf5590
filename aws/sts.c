/*
 * sts: a role's temporary credentials out of AssumeRole. For how long they are kept, and what they
 * sign, it does not know; keys and tokens never go into a message.
 */
#include "aws/sts.h"

#include "aws/form.h"
#include "aws/query.h"

#define KEY_MAX 1024
#define TOKEN_MAX 8192
#define RESULT "AssumeRoleResult/Credentials"

static int reply_parse(const struct xml *document, struct credentials *ret_credentials,
		       struct err *e)
{
	CLEANUP(credentials_done) struct credentials credentials = { 0 };
	const char *expiration = xml_text(document, RESULT "/Expiration");

	if (xml_get_id(document, RESULT "/AccessKeyId", &credentials.access_key_id, e) < 0 ||
	    xml_get_text(document, RESULT "/SecretAccessKey", KEY_MAX,
			 &credentials.secret_access_key, e) < 0 ||
	    xml_get_text(document, RESULT "/SessionToken", TOKEN_MAX, &credentials.session_token,
			 e) < 0)
		return -1;
	if (expiration == NULL || !credentials_time(expiration, &credentials.expires))
		return err_set(e, EXIT_CONFIG, "'" RESULT "/Expiration' is no time in UTC");
	*ret_credentials = credentials;
	credentials = (struct credentials){ 0 };
	return 0;
}

int sts_assume(struct aws *aws, const char *region, const char *role, const char *session,
	       struct credentials *ret_credentials, struct err *e)
{
	AUTO_FREE char *remedy =
		mem_printf("grant sts:AssumeRole on '%s', and let that role's trust policy name "
			   "who asks", role);
	CLEANUP(query_reply_done) struct query_reply reply = { 0 };
	AUTO_BUF struct buf form = { 0 };
	const struct query query = {
		.aws = aws,
		.service = "sts",
		.version = "2011-06-15",
		.region = region,
		.action = "AssumeRole",
		.resource = role,
		.remedy = remedy,
	};

	form_add(&form, "RoleArn", role);
	form_add(&form, "RoleSessionName", session);
	if (query_call(&query, &form, &reply, e) < 0)
		return -1;
	if (reply_parse(reply.document, ret_credentials, e) < 0)
		return query_wrap(&query, e);
	return 0;
}
