/*
 * endpoint: host names from service, region and domain, as the AWS SDKs make them.
 * It resolves and contacts nothing; text from outside is checked before it is put into a name.
 */
#include "aws/endpoint.h"

#include <string.h>

#include "base/mem.h"

#define LABEL_MAX 63
#define DOMAIN_MAX 100

static const char lower_and_digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

/* A DNS label in lower case. */
static bool label_valid(const char *s, size_t len)
{
	if (len == 0 || len > LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] != '-' && (s[i] == '\0' || strchr(lower_and_digits, s[i]) == NULL))
			return false;
	return true;
}

bool region_valid(const char *region)
{
	size_t len = strlen(region);

	return label_valid(region, len) && region[0] >= 'a' && strchr(region, '-') != NULL &&
	       region[len - 1] <= '9';
}

static bool domain_valid(const char *domain)
{
	const char *dot = strchr(domain, '.');

	if (dot == NULL || strlen(domain) > DOMAIN_MAX)
		return false;
	for (; dot != NULL; domain = dot + 1, dot = strchr(domain, '.'))
		if (!label_valid(domain, (size_t)(dot - domain)))
			return false;
	return label_valid(domain, strlen(domain));
}

const char *endpoint_domain(const char *region)
{
	static const struct {
		const char *prefix, *domain;
	} partitions[] = {
		{ "cn-", "amazonaws.com.cn" },
		{ "eusc-", "amazonaws.eu" },
		{ "us-iso-", "c2s.ic.gov" },
		{ "us-isob-", "sc2s.sgov.gov" },
		{ "eu-isoe-", "cloud.adc-e.uk" },
		{ "us-isof-", "csp.hci.ic.gov" },
	};

	for (size_t i = 0; i < COUNT_OF(partitions); i++)
		if (strncmp(region, partitions[i].prefix, strlen(partitions[i].prefix)) == 0)
			return partitions[i].domain;
	return "amazonaws.com";
}

/* What the environment says for a service, or NULL. */
static const char *endpoint_override(const struct aws_environment *environment, const char *service)
{
	const struct {
		const char *service, *url;
	} own[] = {
		{ "ssm", environment->endpoint_ssm },
		{ "ec2", environment->endpoint_ec2 },
		{ "autoscaling", environment->endpoint_auto_scaling },
		{ "sts", environment->endpoint_sts },
	};

	for (size_t i = 0; i < COUNT_OF(own); i++)
		if (strcmp(own[i].service, service) == 0 && own[i].url != NULL)
			return own[i].url;
	return environment->endpoint;
}

/* The domain that answers over IPv6 too. */
static int dualstack_domain(const char *domain, const char **ret_domain, struct err *e)
{
	static const struct {
		const char *domain, *dualstack;
	} known[] = {
		{ "amazonaws.com", "api.aws" },
		{ "amazonaws.com.cn", "api.amazonwebservices.com.cn" },
		{ "amazonaws.eu", "api.amazonwebservices.eu" },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (strcmp(known[i].domain, domain) == 0) {
			*ret_domain = known[i].dualstack;
			return 0;
		}
	}
	err_set(e, EXIT_CONFIG, "no dual-stack endpoints are known in '%s'", domain);
	return err_remedy(e, "unset AWS_USE_DUALSTACK_ENDPOINT");
}

static int override_url(const struct aws_environment *environment, const char *url, char **ret_url,
			struct err *e)
{
	if (environment->fips || environment->dualstack) {
		err_set(e, EXIT_CONFIG, "the endpoint '%s' is given, and another kind asked for",
			url);
		return err_remedy(e, "unset the AWS_ENDPOINT_URL variables, or "
				  "AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT");
	}
	*ret_url = mem_printf("%s%s", url, url[strlen(url) - 1] == '/' ? "" : "/");
	return 0;
}

int endpoint_url(const struct aws_environment *environment, const char *service, const char *region,
		 const char *domain, char **ret_url, struct err *e)
{
	const char *override = endpoint_override(environment, service);
	bool fips_by_name;

	if (!region_valid(region))
		return err_set(e, EXIT_CONFIG, "'%s' is not a region", region);
	if (override != NULL)
		return override_url(environment, override, ret_url, e);
	if (!domain_valid(domain))
		return err_set(e, EXIT_CONFIG, "'%s' is not a domain", domain);
	/* In GovCloud the usual endpoints are the FIPS ones. */
	fips_by_name = environment->fips &&
		       (environment->dualstack || strncmp(region, "us-gov-", 7) != 0);
	if (environment->dualstack && dualstack_domain(domain, &domain, e) < 0)
		return -1;
	*ret_url = mem_printf("https://%s%s.%s.%s/", service, fips_by_name ? "-fips" : "", region,
			      domain);
	return 0;
}
