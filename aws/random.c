/*
 * random: numbers from the kernel. It keeps no state and knows no purpose.
 */
#include "aws/random.h"

#include <sys/random.h>

int64_t random_up_to(int64_t max)
{
	uint64_t bits = 0;

	/* Before the kernel's pool is ready this gives 0: no jitter is better than no boot. */
	if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) < 0)
		bits = 0;
	return (int64_t)(bits % ((uint64_t)max + 1));
}
