/* ec2_call: lists and changes, as all of EC2's actions make them. */
#ifndef CYGNET_AWS_EC2_CALL_H
#define CYGNET_AWS_EC2_CALL_H

#include <stdbool.h>

#include "aws/form.h"
#include "aws/query.h"
#include "base/mem.h"

#define EC2_CALL_ANSWERS 3

/* A call in the making. */
struct ec2_call {
	struct aws *aws;		/* borrowed, as the next three */
	const char *region;
	const char *action;		/* "DescribeSubnets" */
	const char *resource;		/* what it is about, for messages */
	struct buf form;		/* what form_add has put there */
	size_t filters;			/* how many of it are filters */
	struct aws_answer answers[EC2_CALL_ANSWERS];
	size_t answer_count;
};

struct ec2_call ec2_call(struct aws *aws, const char *region, const char *action,
			 const char *resource);
void ec2_call_done(struct ec2_call *call);
#define AUTO_EC2_CALL CLEANUP(ec2_call_done)

/* Only what has one of these values, of at most 200. */
void ec2_call_filter(struct ec2_call *call, const char *name, const struct strings *values);
void ec2_call_filter_one(struct ec2_call *call, const char *name, const char *value);

/* Add what item says to a list. */
typedef int ec2_item_read(const struct xml *item, void *list, struct err *e);

/*
 * Read the items of set ("subnetSet"), page by page with at most page items each (0: the action
 * knows no pages), 10,000 in all.
 */
int ec2_call_list(struct ec2_call *call, const char *set, int page, ec2_item_read *read, void *list,
		  struct err *e);

/* A fault as good as done, or left to the caller; two at most. Borrowed; message NULL: any. */
void ec2_call_accept(struct ec2_call *call, const char *code, const char *message);

/*
 * Make a change; with dry ask only whether IAM would allow it. *ret_accepted (NULL when it need not
 * be known) says that a fault came which is accepted.
 */
int ec2_call_change(struct ec2_call *call, bool dry, bool *ret_accepted, struct err *e);

#define EC2_TAG_MESH "cygnet:mesh"

/* The value of the item's tag cygnet:mesh, yours to free; NULL without one. */
int ec2_tag_mesh(const struct xml *item, char **ret_mesh, struct err *e);

#endif
