/*
 * query: from a form to the document that answers it. What the fields and the elements of an action
 * are it does not know.
 */
#include "aws/query.h"

#include <string.h>

#include "aws/form.h"

#define RESPONSE "Response"

int query_wrap(const struct query *query, struct err *e)
{
	return err_wrap(e, "%s:%s on '%s' in '%s'", query->service, query->action, query->resource,
			query->region);
}

/* A proxy's page must not pass for a reply without items. */
static bool document_is_of(const struct xml *document, const char *action)
{
	const char *name = xml_name(document);
	size_t len = strlen(action);

	return strncmp(name, action, len) == 0 && strcmp(name + len, RESPONSE) == 0;
}

static int document_read(const struct query *query, const struct buf *body,
			 struct xml **ret_document, struct err *e)
{
	AUTO_XML struct xml *document = NULL;

	if (xml_read(buf_str(body), body->len, &document, e) < 0)
		return -1;
	if (!document_is_of(document, query->action))
		return err_set(e, EXIT_CONFIG, "the reply is not '%s" RESPONSE "'", query->action);
	*ret_document = TAKE(document);
	return 0;
}

static void form_begin(const struct query *query, const struct buf *fields, struct buf *form)
{
	form_add(form, "Action", query->action);
	form_add(form, "Version", query->version);
	buf_adds(form, fields->len > 0 ? "&" : "");
	buf_add(form, buf_str(fields), fields->len);
}

int query_call(const struct query *query, const struct buf *fields, struct query_reply *ret_reply,
	       struct err *e)
{
	AUTO_BUF struct buf form = { 0 };
	CLEANUP(aws_reply_done) struct aws_reply reply = { 0 };
	struct aws_request request = {
		.service = query->service,
		.region = query->region,
		.action = query->action,
		.resource = query->resource,
		.remedy = query->remedy,
		.content_type = "application/x-www-form-urlencoded; charset=utf-8",
		.answers = query->answers,
		.answer_count = query->answer_count,
	};
	struct xml *document = NULL;

	form_begin(query, fields, &form);
	request.body = buf_str(&form);
	if (aws_call(query->aws, &request, &reply, e) < 0)
		return -1;
	if (reply.answer == NULL && document_read(query, &reply.body, &document, e) < 0)
		return query_wrap(query, e);
	*ret_reply = (struct query_reply){ .answer = reply.answer, .document = document };
	return 0;
}

void query_reply_done(struct query_reply *reply)
{
	xml_free(reply->document);
	*reply = (struct query_reply){ 0 };
}
