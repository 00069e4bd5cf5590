/*
 * document: JSON files that only cygnet writes, and only when they would change. It knows not what
 * they say.
 */
#include "keys/document.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define DOCUMENT_MAX (64 << 20)		/* bytes; 10,000 records of 4,096 fit */
#define DOCUMENT_MODE 0600

int document_load(const char *root, const char *path, json_t **ret_document, struct err *e)
{
	AUTO_BUF struct buf text = { 0 };

	if (file_read(root, path, DOCUMENT_MAX, &text, NULL, e) < 0) {
		if (e->code != EXIT_MISSING)
			return -1;
		err_clear(e);
		*ret_document = NULL;
		return 0;
	}
	return json_read(buf_str(&text), text.len, ret_document, e);
}

static bool document_is_there(const char *root, const char *path, const char *text)
{
	AUTO_BUF struct buf present = { 0 };
	struct err ignored = ERR_INIT;
	mode_t mode;

	return file_read(root, path, DOCUMENT_MAX, &present, &mode, &ignored) == 0 &&
	       mode == DOCUMENT_MODE && strcmp(buf_str(&present), text) == 0;
}

int document_save(const char *root, const char *path, const json_t *document, struct err *e)
{
	AUTO_FREE char *compact = json_text(document);
	AUTO_FREE char *text = mem_printf("%s\n", compact);

	if (document_is_there(root, path, text))
		return 0;
	return file_replace(root, path, text, strlen(text), DOCUMENT_MODE, e);
}
