/*
 * userdata: from an order to the text of its format, and the limit that EC2 sets.
 */
#include "userdata/userdata.h"

#include <string.h>

#include "userdata/launch_template.h"
#include "userdata/permissions.h"
#include "userdata/policy.h"
#include "userdata/script.h"
#include "userdata/stack.h"
#include "userdata/wrap.h"

/* What is given to an instance as it is, or inside of a template. */
static int userdata_text(const struct order *order, const struct config *config, char **ret_text,
			 struct err *e)
{
	bool (*elsewhere)(enum setting) =
		order->format == FORMAT_CLOUDFORMATION ? stack_sets : NULL;
	bool inside = order->format != FORMAT_CLOUD_CONFIG;
	AUTO_FREE char *settings = script_settings(config, elsewhere);
	AUTO_FREE char *script = script_make(order, config, inside ? settings : NULL);
	AUTO_FREE char *text = NULL;

	if (order->format == FORMAT_CLOUD_CONFIG)
		text = wrap_cloud_config(script, settings);
	else if (order->format == FORMAT_MIME)
		text = wrap_mime(script);
	else
		text = TAKE(script);
	if (strlen(text) > USERDATA_MAX) {
		err_set(e, EXIT_CONFIG, "user-data has %zu bytes, and EC2 takes %d before base64",
			strlen(text), USERDATA_MAX);
		return err_remedy(e, "give fewer settings here, and the others by tags or in the "
				  "machine image");
	}
	*ret_text = TAKE(text);
	return 0;
}

int userdata_make(const struct order *order, const struct config *config, char **ret_text,
		  struct err *e)
{
	AUTO_FREE char *text = NULL;

	switch (order->format) {
	case FORMAT_GATEWAY_POLICY:
		return policy_make(order, config, PRINCIPAL_INSTANCE, ret_text, e);
	case FORMAT_REGISTRY_POLICY:
		return policy_make(order, config, PRINCIPAL_REGISTRY, ret_text, e);
	case FORMAT_OPERATOR_POLICY:
		return policy_make(order, config, PRINCIPAL_OPERATOR, ret_text, e);
	case FORMAT_PERMISSIONS:
		*ret_text = permissions_text();
		return 0;
	default:
		break;
	}
	if (userdata_text(order, config, &text, e) < 0)
		return -1;
	if (order->format == FORMAT_LAUNCH_TEMPLATE)
		return launch_template_make(order, config, text, ret_text, e);
	if (order->format == FORMAT_CLOUDFORMATION)
		return stack_make(order, config, text, ret_text, e);
	*ret_text = TAKE(text);
	return 0;
}
