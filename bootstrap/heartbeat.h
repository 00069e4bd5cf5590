/* heartbeat: keeping a launch hook waiting beside other work. */
#ifndef CYGNET_BOOTSTRAP_HEARTBEAT_H
#define CYGNET_BOOTSTRAP_HEARTBEAT_H

#include "aws/call.h"

struct heartbeat;

/*
 * A thread begins that sends a heartbeat now and then, the first after some seconds: a run that is
 * over by then makes no call. It has credentials and connections of its own, as those of the run
 * may be cut off with its address. All of it is borrowed; options->imds is not used.
 */
struct heartbeat *heartbeat_start(const struct aws_options *options, const char *region,
				  const char *instance, const char *hook);

/* It ends. -1 with what made it give up before; what passes by itself did not. NULL is accepted. */
int heartbeat_stop(struct heartbeat *heartbeat, struct err *e);

#endif
