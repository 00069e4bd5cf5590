/*
 * launch_template: JSON, from what was ordered. The user-data is somebody else's text.
 */
#include "userdata/launch_template.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

/* Text in base64; yours to free. */
static char *base64(const char *text)
{
	size_t len = strlen(text);
	char *out = mem_calloc((len + 2) / 3 * 4 + 1, 1);

	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)text, (int)len);
	return out;
}

json_t *launch_metadata_options(void)
{
	return json_pack("{s:s, s:s, s:i, s:s}",
			 "HttpEndpoint", "enabled", "HttpTokens", "required",
			 "HttpPutResponseHopLimit", 1, "InstanceMetadataTags", "enabled");
}

json_t *launch_tag(const char *key, json_t *value)
{
	return json_pack("{s:s, s:o}", "Key", key, "Value", value);
}

json_t *launch_tag_specifications(json_t *tags)
{
	return json_pack("[{s:s, s:O}, {s:s, s:O}]", "ResourceType", "instance", "Tags", tags,
			 "ResourceType", "network-interface", "Tags", tags);
}

static json_t *tags_make(const struct config *config)
{
	AUTO_FREE char *name = mem_printf("cygnet %s", config->mesh);
	json_t *tags = json_array();

	json_array_append_new(tags, launch_tag("Name", json_string(name)));
	json_array_append_new(tags, launch_tag("cygnet:mesh", json_string(config->mesh)));
	if (config->site != NULL)
		json_array_append_new(tags, launch_tag("cygnet:site", json_string(config->site)));
	return tags;
}

int launch_template_make(const struct order *order, const struct config *config,
			 const char *userdata, char **ret_text, struct err *e)
{
	AUTO_JSON json_t *tags = NULL, *data = NULL;
	AUTO_FREE char *encoded = base64(userdata), *text = NULL;

	if (config->mesh == NULL) {
		err_set(e, EXIT_CONFIG, "a launch template tags what it launches with 'mesh', "
			"which is set nowhere");
		return err_remedy(e, "give --mesh");
	}
	tags = tags_make(config);
	data = json_pack("{s:s, s:s, s:{s:s}, s:o, s:[{s:i, s:b, s:b, s:[s]}], s:o, s:s}",
			 "ImageId", order->ami, "InstanceType", order->type,
			 "IamInstanceProfile", "Name", order->profile,
			 "MetadataOptions", launch_metadata_options(),
			 "NetworkInterfaces", "DeviceIndex", 0,
			 "AssociatePublicIpAddress", !order->endpoints,
			 "DeleteOnTermination", true, "Groups", order->group,
			 "TagSpecifications", launch_tag_specifications(tags),
			 "UserData", encoded);
	text = json_dumps(data, JSON_INDENT(2));
	*ret_text = mem_printf("%s\n", text);
	return 0;
}
