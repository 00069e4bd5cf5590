/* log: what an operator reads on the console or in the journal. */
#ifndef CYGNET_BASE_LOG_H
#define CYGNET_BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

enum log_level {
	LOG_LEVEL_QUIET,	/* changes, warnings, the outcome of what is not well */
	LOG_LEVEL_NORMAL,	/* and each step */
	LOG_LEVEL_VERBOSE,	/* and each call and file compared; never key material */
};

struct log {
	FILE *out;		/* borrowed */
	enum log_level level;
	bool journal;		/* prefix lines with sd-daemon(3) priorities */
};

/* Always. */
void log_note(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* From LOG_LEVEL_NORMAL on. */
void log_step(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* With LOG_LEVEL_VERBOSE. */
void log_detail(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Always; fmt ends ", ignoring" where the run goes on without what it warns of. */
void log_warn(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Always; main's alone. */
void log_error(const struct log *log, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
