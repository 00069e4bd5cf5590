/*
 * instance: whole sets of IMDS answers, and each answer's refusals word for word.
 */
#include "tests/unit/support.h"

#include <string.h>

#include "base/mem.h"
#include "metadata/instance.h"

#define MAC "0e:1f:22:9a:00:ff"
#define INTERFACE "meta-data/network/interfaces/macs/" MAC "/"
#define DOCUMENT(id, region, zone, account)							\
	"{\"instanceId\": \"" id "\", \"region\": \"" region "\", \"availabilityZone\": \"" zone	\
	"\", \"accountId\": \"" account "\", \"kernelId\": null}"

static const char *const good[INSTANCE_ANSWERS] = {
	[INSTANCE_DOCUMENT] = DOCUMENT("i-0123456789abcdef0", "us-east-1", "us-east-1a", "123456789012"),
	[INSTANCE_MAC] = MAC,
	[INSTANCE_DOMAIN] = "amazonaws.com",
	[INSTANCE_PARTITION] = "aws",
	[INSTANCE_INTERFACE] = "eni-0123456789abcdef1",
	[INSTANCE_VPC] = "vpc-0123456789abcdef2",
	[INSTANCE_SUBNET] = "subnet-0123456789abcdef3",
	[INSTANCE_PRIVATE] = "172.16.1.10\n172.16.1.11",
	[INSTANCE_PUBLIC] = "198.51.100.7\n198.51.100.8",
	[INSTANCE_VPC_RANGES] = "172.16.0.0/16\n100.64.0.0/16",
	[INSTANCE_SUBNET_RANGE] = "172.16.1.0/24",
};

static void every_answer_has_its_field(void **state)
{
	struct instance instance = { 0 };
	struct err e = ERR_INIT;
	char *vpc_ranges, *subnet_ranges;

	(void)state;
	for (unsigned i = 0; i < INSTANCE_ANSWERS; i++)
		assert_int_equal(instance_take(&instance, i, good[i], &e), 0);
	assert_string_equal(instance.id, "i-0123456789abcdef0");
	assert_string_equal(instance.region, "us-east-1");
	assert_string_equal(instance.zone, "us-east-1a");
	assert_string_equal(instance.account, "123456789012");
	assert_string_equal(instance.partition, "aws");
	assert_string_equal(instance.domain, "amazonaws.com");
	assert_string_equal(instance.interface, "eni-0123456789abcdef1");
	assert_string_equal(instance.mac, MAC);
	assert_string_equal(instance.vpc, "vpc-0123456789abcdef2");
	assert_string_equal(instance.subnet, "subnet-0123456789abcdef3");
	assert_int_equal(instance.private_address, 0xac10010a);
	assert_int_equal(instance.public_address, 0xc6336407);
	vpc_ranges = cidrs_join(&instance.vpc_ranges, " ");
	subnet_ranges = cidrs_join(&instance.subnet_ranges, " ");
	assert_string_equal(vpc_ranges, "100.64.0.0/16 172.16.0.0/16");
	assert_string_equal(subnet_ranges, "172.16.1.0/24");
	mem_cleanup(&vpc_ranges);
	mem_cleanup(&subnet_ranges);
	instance_done(&instance);
	assert_null(instance.id);
}

static void every_answer_has_its_path(void **state)
{
	static const char *const paths[INSTANCE_ANSWERS] = {
		[INSTANCE_DOCUMENT] = "dynamic/instance-identity/document",
		[INSTANCE_MAC] = "meta-data/mac",
		[INSTANCE_DOMAIN] = "meta-data/services/domain",
		[INSTANCE_PARTITION] = "meta-data/services/partition",
		[INSTANCE_INTERFACE] = INTERFACE "interface-id",
		[INSTANCE_VPC] = INTERFACE "vpc-id",
		[INSTANCE_SUBNET] = INTERFACE "subnet-id",
		[INSTANCE_PRIVATE] = INTERFACE "local-ipv4s",
		[INSTANCE_PUBLIC] = INTERFACE "public-ipv4s",
		[INSTANCE_VPC_RANGES] = INTERFACE "vpc-ipv4-cidr-blocks",
		[INSTANCE_SUBNET_RANGE] = INTERFACE "subnet-ipv4-cidr-block",
	};
	const struct instance instance = { .mac = (char []){ MAC } };

	(void)state;
	for (unsigned i = 0; i < INSTANCE_ANSWERS; i++) {
		AUTO_FREE char *path = instance_path(&instance, i);

		assert_string_equal(path, paths[i]);
	}
}

static void no_public_address_is_none(void **state)
{
	struct instance instance = { .mac = mem_strdup(MAC) };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(instance_take(&instance, INSTANCE_PUBLIC, NULL, &e), 0);
	assert_int_equal(instance.public_address, 0);
	instance_done(&instance);
}

static void answer_missing(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	for (unsigned i = 0; i < INSTANCE_ANSWERS; i++) {
		struct instance instance = { .mac = mem_strdup(MAC) };
		AUTO_FREE char *path = instance_path(&instance, i), *cause = mem_printf("IMDS has no '%s'", path);

		if (i != INSTANCE_PUBLIC) {
			assert_int_equal(instance_take(&instance, i, NULL, &e), -1);
			assert_error(&e, EXIT_CONFIG, cause, "");
		}
		instance_done(&instance);
	}
}

static void answer_of_another_shape(void **state)
{
	static const struct {
		enum instance_answer answer;
		const char *text, *cause;
	} rows[] = {
		{ INSTANCE_DOCUMENT, "{", "IMDS path 'dynamic/instance-identity/document': not valid JSON at line 1, "
		  "column 1" },
		{ INSTANCE_DOCUMENT, "{}", "IMDS path 'dynamic/instance-identity/document': 'instanceId' is missing" },
		{ INSTANCE_DOCUMENT, DOCUMENT("mi-01234567", "us-east-1", "us-east-1a", "123456789012"),
		  "IMDS path 'dynamic/instance-identity/document': 'instanceId': 'mi-01234567' is not an instance id" },
		{ INSTANCE_DOCUMENT, DOCUMENT("i-01234567", "us east", "us-east-1a", "123456789012"),
		  "IMDS path 'dynamic/instance-identity/document': 'region': 'us east' is not a region" },
		{ INSTANCE_DOCUMENT, DOCUMENT("i-01234567", "us-east-1", "", "123456789012"),
		  "IMDS path 'dynamic/instance-identity/document': 'availabilityZone': '' is not an Availability "
		  "Zone" },
		{ INSTANCE_DOCUMENT, DOCUMENT("i-01234567", "us-east-1", "us-east-1a", "42"),
		  "IMDS path 'dynamic/instance-identity/document': 'accountId': '42' is not 12 digits" },
		{ INSTANCE_MAC, MAC "/", "IMDS path 'meta-data/mac': '" MAC "/' is not a MAC address" },
		{ INSTANCE_DOMAIN, "a b", "IMDS path 'meta-data/services/domain': 'a b' is not a domain name" },
		{ INSTANCE_PARTITION, "AWS", "IMDS path 'meta-data/services/partition': 'AWS' is not a partition" },
		{ INSTANCE_INTERFACE, "eni-1", "IMDS path '" INTERFACE "interface-id': 'eni-1' is not a network "
		  "interface id" },
		{ INSTANCE_VPC, "eni-01234567", "IMDS path '" INTERFACE "vpc-id': 'eni-01234567' is not a VPC id" },
		{ INSTANCE_SUBNET, "../mac", "IMDS path '" INTERFACE "subnet-id': '../mac' is not a subnet id" },
		{ INSTANCE_PRIVATE, "", "IMDS path '" INTERFACE "local-ipv4s': '' is not an IPv4 address of an "
		  "interface" },
		{ INSTANCE_PRIVATE, "127.0.0.1", "IMDS path '" INTERFACE "local-ipv4s': '127.0.0.1' is not an IPv4 "
		  "address of an interface" },
		{ INSTANCE_PUBLIC, "198.51.100.07", "IMDS path '" INTERFACE "public-ipv4s': '198.51.100.07' is not an "
		  "IPv4 address of an interface" },
		{ INSTANCE_VPC_RANGES, "10.0.0.0/16\n", "IMDS path '" INTERFACE "vpc-ipv4-cidr-blocks': '' is not an "
		  "IPv4 range" },
		{ INSTANCE_SUBNET_RANGE, "10.0.0.1/24", "IMDS path '" INTERFACE "subnet-ipv4-cidr-block': "
		  "'10.0.0.1/24' is not an IPv4 range" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct instance instance = { 0 };
		struct err e = ERR_INIT;

		if (rows[i].answer >= INSTANCE_INTERFACE)
			instance.mac = mem_strdup(MAC);
		assert_int_equal(instance_take(&instance, rows[i].answer, rows[i].text, &e), -1);
		assert_error(&e, EXIT_CONFIG, rows[i].cause, "");
		instance_done(&instance);
	}
}

static void a_flood_of_ranges(void **state)
{
	struct instance instance = { .mac = mem_strdup(MAC) };
	struct strings ranges = { 0 };
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	(void)state;
	for (int i = 0; i < 65; i++)
		strings_addf(&ranges, "10.%d.0.0/16", i);
	text = strings_join(&ranges, "\n");
	assert_int_equal(instance_take(&instance, INSTANCE_VPC_RANGES, text, &e), -1);
	assert_error(&e, EXIT_CONFIG, "IMDS path '" INTERFACE "vpc-ipv4-cidr-blocks': more than 64 ranges", "");
	strings_done(&ranges);
	instance_done(&instance);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_answer_has_its_field),
		cmocka_unit_test(every_answer_has_its_path),
		cmocka_unit_test(no_public_address_is_none),
		cmocka_unit_test(answer_missing),
		cmocka_unit_test(answer_of_another_shape),
		cmocka_unit_test(a_flood_of_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
