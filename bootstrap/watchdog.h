/* watchdog: the bound on a whole run, should something hang in spite of its own bound. */
#ifndef CYGNET_BOOTSTRAP_WATCHDOG_H
#define CYGNET_BOOTSTRAP_WATCHDOG_H

#include <stdint.h>

/*
 * End the process with EXIT_AGAIN and a line on stderr when it still runs after so many seconds.
 * Files are whole at any time.
 */
void watchdog_start(int64_t seconds);

#endif
