/*
 * ec2_call: pages, filters, dry runs and tags, the same for every action of EC2. What an item or a
 * change is, the file of its resource knows.
 */
#include "aws/ec2_call.h"

#include <stdio.h>
#include <string.h>

#define API_VERSION "2016-11-15"
#define ITEMS_MAX 10000
#define PAGES_MAX 1000		/* also when most are empty: a listing that goes in circles ends */
#define TOKEN_MAX 16384
#define TAG_MAX 1024		/* bytes that hold the 256 characters of a tag's value */

struct ec2_call ec2_call(struct aws *aws, const char *region, const char *action,
			 const char *resource)
{
	return (struct ec2_call){
		.aws = aws,
		.region = region,
		.action = action,
		.resource = resource,
	};
}

void ec2_call_done(struct ec2_call *call)
{
	buf_done(&call->form);
}

void ec2_call_filter(struct ec2_call *call, const char *name, const struct strings *values)
{
	size_t filter = ++call->filters;

	form_addf(&call->form, name, "Filter.%zu.Name", filter);
	for (size_t i = 0; i < values->count; i++)
		form_addf(&call->form, values->items[i], "Filter.%zu.Value.%zu", filter, i + 1);
}

void ec2_call_filter_one(struct ec2_call *call, const char *name, const char *value)
{
	char *values[] = { (char *)value };

	ec2_call_filter(call, name, &(const struct strings){ values, 1 });
}

static struct query call_query(const struct ec2_call *call)
{
	return (struct query){
		.aws = call->aws,
		.service = "ec2",
		.version = API_VERSION,
		.region = call->region,
		.action = call->action,
		.resource = call->resource,
	};
}

/* Read a page; *ret_token (yours to free) is NULL after the last. */
static int page_read(const struct xml *document, const char *set, ec2_item_read *read, void *list,
		     size_t *items, char **ret_token, struct err *e)
{
	const struct xml *found = xml_find(document, set);

	if (found == NULL)
		return err_set(e, EXIT_CONFIG, "'%s' is missing", set);
	XML_EACH(item, found, "item") {
		if (++*items > ITEMS_MAX)
			return err_set(e, EXIT_CONFIG, "more than %d items", ITEMS_MAX);
		if (read(item, list, e) < 0)
			return -1;
	}
	return xml_get_text_or(document, "nextToken", TOKEN_MAX, NULL, ret_token, e);
}

static int page_call(const struct ec2_call *call, const struct query *query, const char *token,
		     struct query_reply *ret_reply, struct err *e)
{
	AUTO_BUF struct buf form = { 0 };

	buf_add(&form, buf_str(&call->form), call->form.len);
	if (token != NULL)
		form_add(&form, "NextToken", token);
	return query_call(query, &form, ret_reply, e);
}

static int pages_read(struct ec2_call *call, const struct query *query, const char *set,
		      ec2_item_read *read, void *list, struct err *e)
{
	AUTO_FREE char *token = NULL;
	size_t items = 0;

	for (int pages = 0; pages == 0 || token != NULL; pages++) {
		CLEANUP(query_reply_done) struct query_reply reply = { 0 };
		char *next = NULL;

		if (pages == PAGES_MAX) {
			err_set(e, EXIT_CONFIG, "more than %d pages", PAGES_MAX);
			return query_wrap(query, e);
		}
		if (page_call(call, query, token, &reply, e) < 0)
			return -1;
		if (page_read(reply.document, set, read, list, &items, &next, e) < 0)
			return query_wrap(query, e);
		mem_cleanup(&token);
		token = next;
	}
	return 0;
}

int ec2_call_list(struct ec2_call *call, const char *set, int page, ec2_item_read *read, void *list,
		  struct err *e)
{
	/* IAM knows no resources of EC2's Describe actions. */
	AUTO_FREE char *remedy = mem_printf("grant ec2:%s on '*'", call->action);
	struct query query = call_query(call);
	char number[12];

	query.remedy = remedy;
	snprintf(number, sizeof number, "%d", page);
	if (page > 0)
		form_add(&call->form, "MaxResults", number);
	return pages_read(call, &query, set, read, list, e);
}

void ec2_call_accept(struct ec2_call *call, const char *code, const char *message)
{
	call->answers[call->answer_count++] = (struct aws_answer){ code, message };
}

int ec2_call_change(struct ec2_call *call, bool dry, bool *ret_accepted, struct err *e)
{
	CLEANUP(query_reply_done) struct query_reply reply = { 0 };
	struct query query = call_query(call);
	const struct aws_answer *allowed = &call->answers[call->answer_count];

	if (dry) {
		ec2_call_accept(call, "DryRunOperation", NULL);
		form_add(&call->form, "DryRun", "true");
	}
	query.answers = call->answers;
	query.answer_count = call->answer_count;
	if (query_call(&query, &call->form, &reply, e) < 0)
		return -1;
	if (dry && reply.answer == NULL) {
		err_set(e, EXIT_CONFIG, "a dry run was answered as if the change had been made");
		return query_wrap(&query, e);
	}
	if (ret_accepted != NULL)
		*ret_accepted = reply.answer != NULL && reply.answer != allowed;
	return 0;
}

int ec2_tag_mesh(const struct xml *item, char **ret_mesh, struct err *e)
{
	XML_EACH(tag, item, "tagSet/item") {
		const char *key = xml_text(tag, "key");

		if (key != NULL && strcmp(key, EC2_TAG_MESH) == 0)
			return xml_get_text_or(tag, "value", TAG_MAX, "", ret_mesh, e);
	}
	*ret_mesh = NULL;
	return 0;
}
