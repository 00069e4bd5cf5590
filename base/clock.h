/* clock: the two clocks a run reads, and sleeping. Pure code gets times as arguments. */
#ifndef CYGNET_BASE_CLOCK_H
#define CYGNET_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_boot_ms(void);		/* since boot, goes on in suspend, never jumps */
int64_t clock_wall_s(void);		/* Unix time */
void clock_sleep_ms(int64_t ms);	/* whole, also across signals; <= 0 returns at once */

#endif
