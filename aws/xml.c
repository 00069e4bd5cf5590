/*
 * xml: a small tree over expat. It knows no reply of any service; names are taken as they are
 * written, as EC2 puts all of its elements into one default namespace.
 */
#include "aws/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DEPTH_MAX 32
#define ELEMENTS_MAX 100000

struct xml {
	char *name;
	struct buf text;
	struct xml *parent;	/* borrowed; NULL for the root */
	struct xml *first, *last;	/* children */
	struct xml *next;	/* the following child of parent */
};

struct xml_parse {
	XML_Parser parser;
	struct xml *root;
	struct xml *open;	/* the innermost element not yet ended */
	int depth;
	int count;
	const char *refused;	/* why the document was given up */
};

static void xml_refuse(struct xml_parse *parse, const char *why)
{
	parse->refused = why;
	XML_StopParser(parse->parser, XML_FALSE);
}

static void XMLCALL xml_begin(void *context, const char *name, const char **attributes)
{
	struct xml_parse *parse = context;
	struct xml *element;

	(void)attributes;
	if (++parse->depth > DEPTH_MAX || ++parse->count > ELEMENTS_MAX) {
		xml_refuse(parse, "too deep, or too many elements");
		return;
	}
	element = mem_calloc(1, sizeof *element);
	element->name = mem_strdup(name);
	element->parent = parse->open;
	if (parse->open == NULL)
		parse->root = element;
	else if (parse->open->last == NULL)
		parse->open->first = parse->open->last = element;
	else
		parse->open->last = parse->open->last->next = element;
	parse->open = element;
}

static void XMLCALL xml_end(void *context, const char *name)
{
	struct xml_parse *parse = context;

	(void)name;
	if (parse->refused != NULL)
		return;		/* expat still ends the empty element that was refused */
	parse->depth--;
	parse->open = parse->open->parent;
}

static void XMLCALL xml_characters(void *context, const char *text, int len)
{
	struct xml_parse *parse = context;

	if (parse->open != NULL && parse->refused == NULL)
		buf_add(&parse->open->text, text, (size_t)len);
}

static void XMLCALL xml_doctype(void *context, const char *name, const char *system,
				const char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	xml_refuse(context, "a document type declaration");
}

int xml_read(const char *text, size_t len, struct xml **ret_root, struct err *e)
{
	struct xml_parse parse = { .parser = XML_ParserCreate(NULL) };
	enum XML_Status status;
	unsigned long line;

	if (parse.parser == NULL)
		abort();	/* out of memory */
	XML_SetUserData(parse.parser, &parse);
	XML_SetElementHandler(parse.parser, xml_begin, xml_end);
	XML_SetCharacterDataHandler(parse.parser, xml_characters);
	XML_SetStartDoctypeDeclHandler(parse.parser, xml_doctype);
	status = XML_Parse(parse.parser, text, (int)len, XML_TRUE);
	line = XML_GetCurrentLineNumber(parse.parser);
	XML_ParserFree(parse.parser);
	if (status == XML_STATUS_OK) {
		*ret_root = parse.root;
		return 0;
	}
	xml_free(parse.root);
	return err_set(e, EXIT_CONFIG, "not valid XML at line %lu: %s", line,
		       parse.refused ? parse.refused : "not well-formed");
}

void xml_free(struct xml *root)
{
	struct xml *child, *next;

	if (root == NULL)
		return;
	for (child = root->first; child != NULL; child = next) {
		next = child->next;
		xml_free(child);
	}
	free(root->name);
	buf_wipe(&root->text);
	free(root);
}

void xml_cleanup(struct xml **root)
{
	xml_free(*root);
}

const char *xml_name(const struct xml *element)
{
	return element->name;
}

const struct xml *xml_find(const struct xml *element, const char *path)
{
	size_t len = strcspn(path, "/");

	for (const struct xml *child = element->first; child != NULL; child = child->next) {
		const struct xml *found = NULL;

		if (strncmp(child->name, path, len) == 0 && child->name[len] == '\0')
			found = path[len] == '\0' ? child : xml_find(child, path + len + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

const char *xml_text(const struct xml *element, const char *path)
{
	const struct xml *found = xml_find(element, path);

	return found != NULL ? buf_str(&found->text) : NULL;
}

const struct xml *xml_next(const struct xml *element)
{
	const struct xml *next = element->next;

	while (next != NULL && strcmp(next->name, element->name) != 0)
		next = next->next;
	return next;
}

const char *xml_library(void)
{
	return XML_ExpatVersion();
}
