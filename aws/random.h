/* random: chance, for spreading retries; nothing secret is made of it. */
#ifndef CYGNET_AWS_RANDOM_H
#define CYGNET_AWS_RANDOM_H

#include <stdint.h>

/* Uniform in 0..max, from the kernel. max < INT64_MAX, not negative. */
int64_t random_up_to(int64_t max);

#endif
