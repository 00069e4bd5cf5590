/*
 * shell: quoting. It knows nothing of what the script does.
 */
#include "userdata/shell.h"

#include <string.h>

#include "userdata/source.h"

static void quote_part(struct buf *out, const char *text, size_t len)
{
	buf_adds(out, "'");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_add(out, &text[i], 1);
	}
	buf_adds(out, "'");
}

void shell_quote(struct buf *out, const char *text)
{
	quote_part(out, text, strlen(text));
}

void shell_quote_arch(struct buf *out, const char *text)
{
	const char *arch;

	while ((arch = strstr(text, SOURCE_ARCH)) != NULL) {
		quote_part(out, text, (size_t)(arch - text));
		buf_adds(out, "\"$arch\"");
		text = arch + strlen(SOURCE_ARCH);
	}
	if (*text != '\0')
		shell_quote(out, text);
}

void shell_write(struct buf *out, const char *path, const char *text)
{
	size_t len;

	buf_adds(out, "printf '%s\\n' >");
	shell_quote(out, path);
	for (; *text != '\0'; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		buf_adds(out, " \\\n\t");
		quote_part(out, text, len);
	}
	buf_adds(out, "\n");
}
