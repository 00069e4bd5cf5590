/*
 * log: lines for people. It decides only whether a line is shown and how it is marked for the
 * journal; text from outside is made harmless here, so that nobody can forge a second line.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

static void log_line(const struct log *log, enum log_level level, const char *priority,
		     const char *prefix, const char *fmt, va_list ap)
{
	AUTO_FREE char *text = NULL;

	if (log->level < level || vasprintf(&text, fmt, ap) < 0)
		return;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(log->out, "%s%s%s\n", log->journal ? priority : "", prefix, text);
	fflush(log->out);
}

#define LOG_FUNCTION(name, level, priority, prefix)			\
	void name(const struct log *log, const char *fmt, ...)		\
	{								\
		va_list ap;						\
									\
		va_start(ap, fmt);					\
		log_line(log, level, priority, prefix, fmt, ap);	\
		va_end(ap);						\
	}

LOG_FUNCTION(log_note, LOG_LEVEL_QUIET, "<5>", "")
LOG_FUNCTION(log_step, LOG_LEVEL_NORMAL, "<6>", "")
LOG_FUNCTION(log_detail, LOG_LEVEL_VERBOSE, "<7>", "")
LOG_FUNCTION(log_warn, LOG_LEVEL_QUIET, "<4>", "warning: ")
LOG_FUNCTION(log_error, LOG_LEVEL_QUIET, "<3>", "")
