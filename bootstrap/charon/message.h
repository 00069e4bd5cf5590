/* message: the bytes of a vici message, for those who send and receive them. */
#ifndef CYGNET_BOOTSTRAP_CHARON_MESSAGE_H
#define CYGNET_BOOTSTRAP_CHARON_MESSAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "bootstrap/charon/vici.h"

#define MESSAGE_MAX (512 * 1024)	/* charon's own limit of a packet */
#define MESSAGE_DEPTH 16		/* charon's messages are 4 deep */
#define NAME_MAX_LEN 255		/* its length travels in one byte */

struct vici_message {
	struct buf bytes;	/* elements as they travel */
	bool unsendable;	/* something added was longer than its length field can say */
};

#endif
