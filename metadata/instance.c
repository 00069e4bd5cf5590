/*
 * instance: what IMDS says of the EC2 instance we run on, each answer checked once, here.
 * It knows the paths and shapes of IMDS, not how IMDS is reached.
 */
#include "metadata/instance.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "metadata/shape.h"

#define ANSWER_MAX 16384	/* the identity document has 500 bytes, lists of ranges 1 KiB */
#define RANGES_MAX 64
#define SHOWN 64		/* bytes of an odd answer that a message quotes */

static int text_keep(bool good, const char *text, const char *rule, char **ret_text, struct err *e)
{
	if (!good)
		return err_set(e, EXIT_CONFIG, "'%.*s' is not %s", SHOWN, text, rule);
	*ret_text = mem_strdup(text);
	return 0;
}

static int member_keep(const json_t *document, const char *key, bool (*good)(const char *),
		       const char *rule, char **ret_text, struct err *e)
{
	AUTO_FREE char *text = NULL;

	if (json_get_string(document, key, 128, &text, e) < 0)
		return -1;
	if (text_keep(good(text), text, rule, ret_text, e) < 0)
		return err_wrap(e, "'%s'", key);
	return 0;
}

static bool instance_id_valid(const char *text)
{
	return shape_resource(text, "i-");
}

static int take_document(struct instance *into, const char *text, struct err *e)
{
	AUTO_JSON json_t *document = NULL;

	const struct {
		const char *key;
		bool (*good)(const char *);
		const char *rule;
		char **kept;
	} members[] = {
		{ "instanceId", instance_id_valid, "an instance id", &into->id },
		{ "region", shape_label, "a region", &into->region },
		{ "availabilityZone", shape_label, "an Availability Zone", &into->zone },
		{ "accountId", shape_account, "12 digits", &into->account },
	};

	if (json_read(text, strlen(text), &document, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(members); i++)
		if (member_keep(document, members[i].key, members[i].good, members[i].rule,
				members[i].kept, e) < 0)
			return -1;
	return 0;
}

static int take_mac(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_mac(text), text, "a MAC address", &into->mac, e);
}

static int take_domain(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_domain(text), text, "a domain name", &into->domain, e);
}

static int take_partition(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_label(text), text, "a partition", &into->partition, e);
}

static int take_interface(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_resource(text, "eni-"), text, "a network interface id",
			 &into->interface, e);
}

static int take_vpc(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_resource(text, "vpc-"), text, "a VPC id", &into->vpc, e);
}

static int take_subnet(struct instance *into, const char *text, struct err *e)
{
	return text_keep(shape_resource(text, "subnet-"), text, "a subnet id", &into->subnet, e);
}

/* The first of a list is the interface's primary one. */
static int take_address(uint32_t *ret_address, const char *list, struct err *e)
{
	AUTO_FREE char *first = mem_strndup(list, strcspn(list, "\n"));
	uint32_t address;

	if (!address_parse(first, &address) || !address_plausible(address))
		return err_set(e, EXIT_CONFIG, "'%.*s' is not an IPv4 address of an interface",
			       SHOWN, first);
	*ret_address = address;
	return 0;
}

static int take_private(struct instance *into, const char *text, struct err *e)
{
	return take_address(&into->private_address, text, e);
}

static int take_public(struct instance *into, const char *text, struct err *e)
{
	return text == NULL ? 0 : take_address(&into->public_address, text, e);
}

static int take_ranges(struct cidrs *into, const char *text, struct err *e)
{
	AUTO_FREE char *list = mem_strdup(text);
	char *rest = list, *item;
	struct cidr range;

	while ((item = strsep(&rest, "\n")) != NULL) {
		if (!cidr_parse(item, &range))
			return err_set(e, EXIT_CONFIG, "'%.*s' is not an IPv4 range", SHOWN, item);
		if (into->count == RANGES_MAX)
			return err_set(e, EXIT_CONFIG, "more than %d ranges", RANGES_MAX);
		cidrs_add(into, range);
	}
	cidrs_sort(into);
	return 0;
}

static int take_vpc_ranges(struct instance *into, const char *text, struct err *e)
{
	return take_ranges(&into->vpc_ranges, text, e);
}

static int take_subnet_range(struct instance *into, const char *text, struct err *e)
{
	return take_ranges(&into->subnet_ranges, text, e);
}

#define INTERFACE(below, ...) { .path = below, .of_interface = true, __VA_ARGS__ }

static const struct answer {
	const char *path;	/* below /latest/, or below the primary interface's folder */
	bool of_interface;
	bool optional;		/* take knows what NULL means */
	int (*take)(struct instance *into, const char *text, struct err *e);
} answers[INSTANCE_ANSWERS] = {
	[INSTANCE_DOCUMENT] = { "dynamic/instance-identity/document", .take = take_document },
	[INSTANCE_MAC] = { "meta-data/mac", .take = take_mac },
	[INSTANCE_DOMAIN] = { "meta-data/services/domain", .take = take_domain },
	[INSTANCE_PARTITION] = { "meta-data/services/partition", .take = take_partition },
	[INSTANCE_INTERFACE] = INTERFACE("interface-id", .take = take_interface),
	[INSTANCE_VPC] = INTERFACE("vpc-id", .take = take_vpc),
	[INSTANCE_SUBNET] = INTERFACE("subnet-id", .take = take_subnet),
	[INSTANCE_PRIVATE] = INTERFACE("local-ipv4s", .take = take_private),
	[INSTANCE_PUBLIC] = INTERFACE("public-ipv4s", .take = take_public, .optional = true),
	[INSTANCE_VPC_RANGES] = INTERFACE("vpc-ipv4-cidr-blocks", .take = take_vpc_ranges),
	[INSTANCE_SUBNET_RANGE] = INTERFACE("subnet-ipv4-cidr-block", .take = take_subnet_range),
};

char *instance_path(const struct instance *instance, enum instance_answer answer)
{
	if (!answers[answer].of_interface)
		return mem_strdup(answers[answer].path);
	return mem_printf("meta-data/network/interfaces/macs/%s/%s", instance->mac,
			  answers[answer].path);
}

int instance_take(struct instance *instance, enum instance_answer answer, const char *text,
		  struct err *e)
{
	AUTO_FREE char *path = instance_path(instance, answer);

	if (text == NULL && !answers[answer].optional)
		return err_set(e, EXIT_CONFIG, "IMDS has no '%s'", path);
	if (answers[answer].take(instance, text, e) < 0)
		return err_wrap(e, "IMDS path '%s'", path);
	return 0;
}

static int answer_read(struct imds *imds, struct instance *instance, enum instance_answer answer,
		       struct err *e)
{
	AUTO_FREE char *path = instance_path(instance, answer), *text = NULL;

	if (imds_get(imds, path, ANSWER_MAX, &text, e) < 0) {
		if (e->code != EXIT_MISSING)
			return -1;
		err_clear(e);
	}
	return instance_take(instance, answer, text, e);
}

int instance_read(struct imds *imds, struct instance *ret_instance, struct err *e)
{
	struct instance instance = { 0 };

	for (unsigned i = 0; i < INSTANCE_ANSWERS; i++) {
		if (answer_read(imds, &instance, i, e) < 0) {
			instance_done(&instance);
			return -1;
		}
	}
	*ret_instance = instance;
	return 0;
}

int instance_read_public(struct imds *imds, struct instance *instance, struct err *e)
{
	struct instance now = { .mac = instance->mac };

	if (answer_read(imds, &now, INSTANCE_PUBLIC, e) < 0)
		return -1;
	instance->public_address = now.public_address;
	return 0;
}

void instance_done(struct instance *instance)
{
	char *texts[] = {
		instance->id, instance->region, instance->zone, instance->account,
		instance->partition, instance->domain, instance->interface, instance->mac,
		instance->vpc, instance->subnet,
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		free(texts[i]);
	cidrs_done(&instance->vpc_ranges);
	cidrs_done(&instance->subnet_ranges);
	*instance = (struct instance){ 0 };
}
