/*
 * edit: the text of a file of which only some lines are cygnet's. It knows the two marks around
 * them and what a server line of ntp.conf looks like; not which file it is, nor where it lies.
 */
#include "render/edit.h"

#include <stdbool.h>
#include <string.h>

#define MARK_BEGIN "# cygnet begins; what stands up to its end is overwritten"
#define MARK_END "# cygnet ends"

/* Part of a text; of a line what stands before its blank end. */
struct span {
	const char *text;
	size_t len;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *line_after(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline != NULL ? newline + 1 : end;
}

static struct span line_at(const char *at, const char *end)
{
	size_t len = (size_t)(line_after(at, end) - at);

	while (len > 0 && blank(at[len - 1]))
		len--;
	return (struct span){ at, len };
}

static bool span_is(struct span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.text, text, span.len) == 0;
}

/* Take the first word off a line. */
static struct span word_take(struct span *line)
{
	struct span word;

	while (line->len > 0 && blank(*line->text))
		line->text++, line->len--;
	word = (struct span){ line->text, 0 };
	while (line->len > 0 && !blank(*line->text))
		line->text++, line->len--, word.len++;
	return word;
}

/* "server [-4|-6] address …"; an address 127.127.t.u is a clock of the machine. */
static bool line_is_server(struct span line)
{
	static const char clock[] = "127.127.";
	struct span word = word_take(&line);

	if (!span_is(word, "server") && !span_is(word, "pool"))
		return false;
	do
		word = word_take(&line);
	while (span_is(word, "-4") || span_is(word, "-6"));
	return word.len > 0 && strncmp(word.text, clock, sizeof clock - 1) != 0;
}

static bool line_is_one_of(struct span line, const struct buf *lines)
{
	const char *at = buf_str(lines), *end = at + lines->len;

	for (; at < end; at = line_after(at, end)) {
		struct span other = line_at(at, end);

		if (other.len > 0 && other.len == line.len &&
		    memcmp(other.text, line.text, line.len) == 0)
			return true;
	}
	return false;
}

/* Behind the block that begins at at; a mark that has lost its other half stands alone. */
static const char *block_after(const char *at, const char *end)
{
	const char *first = line_after(at, end);

	for (const char *next = first; next < end; next = line_after(next, end)) {
		if (span_is(line_at(next, end), MARK_BEGIN))
			return first;
		if (span_is(line_at(next, end), MARK_END))
			return line_after(next, end);
	}
	return first;
}

/* Behind what is cygnet's at at; at itself when it is somebody else's. */
static const char *ours_after(enum edit edit, const struct buf *lines, const char *at,
			      const char *end)
{
	struct span line = line_at(at, end);

	if (span_is(line, MARK_BEGIN))
		return block_after(at, end);
	if (span_is(line, MARK_END) || line_is_one_of(line, lines) ||
	    (edit == EDIT_SERVERS && line_is_server(line)))
		return line_after(at, end);
	return at;
}

static void block_add(const struct buf *lines, struct buf *out)
{
	buf_adds(out, MARK_BEGIN "\n");
	buf_add(out, buf_str(lines), lines->len);
	buf_adds(out, MARK_END "\n");
}

static void lines_put(enum edit edit, const struct buf *found, const struct buf *lines,
		      struct buf *out)
{
	const char *at = buf_str(found), *end = at + found->len, *next;
	bool put = false;

	for (; at < end; at = next) {
		next = ours_after(edit, lines, at, end);
		if (next == at) {
			next = line_after(at, end);
			buf_add(out, at, (size_t)(next - at));
		} else if (!put) {
			block_add(lines, out);
			put = true;
		}
	}
	if (put)
		return;
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		buf_adds(out, "\n");
	block_add(lines, out);
}

void edit_apply(enum edit edit, const struct buf *found, const struct buf *lines,
		struct buf *ret_content)
{
	if (edit == EDIT_WHOLE)
		buf_add(ret_content, buf_str(lines), lines->len);
	else
		lines_put(edit, found, lines, ret_content);
}
