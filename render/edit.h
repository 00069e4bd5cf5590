/* edit: what cygnet makes of a file, its own or one that the distribution owns. Pure. */
#ifndef CYGNET_RENDER_EDIT_H
#define CYGNET_RENDER_EDIT_H

#include "base/buf.h"

enum edit {
	EDIT_WHOLE,	/* the file is cygnet's */
	EDIT_BLOCK,	/* lines stand in it once, between two marks; new ones at the end */
	EDIT_SERVERS,	/* likewise, in place of its server and pool lines */
};

/*
 * What the file should hold, given what it holds now (empty when it is not there) and cygnet's
 * lines, each with its newline. All else in it stays to the byte, but for a newline at its end
 * where lines follow, and lines equal to one of cygnet's, which would stand in it twice. Applied to
 * its own result it changes nothing. Server lines are ntp.conf(5)'s, without clocks of the machine.
 */
void edit_apply(enum edit edit, const struct buf *found, const struct buf *lines,
		struct buf *ret_content);

#endif
