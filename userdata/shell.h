/* shell: putting text from outside into a POSIX shell's script. */
#ifndef CYGNET_USERDATA_SHELL_H
#define CYGNET_USERDATA_SHELL_H

#include "base/buf.h"

/* Add text as one word that the shell takes as it is, whatever it has in it: '…'. */
void shell_quote(struct buf *out, const char *text);

/* The same, but SOURCE_ARCH in it is what the script's variable arch holds. */
void shell_quote_arch(struct buf *out, const char *text);

/* Add a command that writes text to path: lines, each with its newline. */
void shell_write(struct buf *out, const char *path, const char *text);

#endif
