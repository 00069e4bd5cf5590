/*
 * fault: error replies. It says what AWS said, made fit for a message; what follows from it
 * is for retry to judge.
 */
#include "aws/fault.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "aws/xml.h"
#include "base/json.h"

/* At most max bytes of text, '?' for each that is not printable ASCII: it ends up on consoles. */
static void text_copy(const char *text, size_t max, char *ret_text)
{
	size_t len = text ? strnlen(text, max) : 0;

	for (size_t i = 0; i < len; i++)
		ret_text[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	ret_text[len] = '\0';
}

/* Without the namespace before '#' and the URL after ':' that some services add. */
static void code_copy(const char *type, char ret_code[FAULT_CODE_MAX + 1])
{
	const char *hash = type ? strrchr(type, '#') : NULL;

	text_copy(hash ? hash + 1 : type, FAULT_CODE_MAX, ret_code);
	ret_code[strcspn(ret_code, ":")] = '\0';
}

static bool fault_read_json(const char *body, size_t len, struct fault *fault)
{
	AUTO_JSON json_t *document = NULL;
	struct err ignored = ERR_INIT;
	const char *message;

	if (json_read(body, len, &document, &ignored) < 0)
		return false;
	message = json_string_value(json_object_get(document, "message"));
	if (message == NULL)
		message = json_string_value(json_object_get(document, "Message"));
	code_copy(json_string_value(json_object_get(document, "__type")), fault->code);
	text_copy(message, FAULT_MESSAGE_MAX, fault->message);
	return true;
}

/* EC2 has Response/Errors/Error, the other query services have ErrorResponse/Error. */
static void fault_read_xml(const char *body, size_t len, struct fault *fault)
{
	AUTO_XML struct xml *root = NULL;
	struct err ignored = ERR_INIT;
	const char *code, *message;

	if (xml_read(body, len, &root, &ignored) < 0)
		return;
	code = xml_text(root, "Errors/Error/Code");
	message = xml_text(root, "Errors/Error/Message");
	code_copy(code ? code : xml_text(root, "Error/Code"), fault->code);
	text_copy(message ? message : xml_text(root, "Error/Message"), FAULT_MESSAGE_MAX,
		  fault->message);
}

/* Without what EC2 encodes for sts:DecodeAuthorizationMessage: nobody can read that. */
static void message_cut(char *message)
{
	char *encoded = strstr(message, " Encoded authorization failure message");

	if (encoded != NULL)
		*encoded = '\0';
}

void fault_read(int status, const char *body, size_t len, struct fault *ret_fault)
{
	*ret_fault = (struct fault){ .status = status };
	if (!fault_read_json(body, len, ret_fault))
		fault_read_xml(body, len, ret_fault);
	message_cut(ret_fault->message);
}
