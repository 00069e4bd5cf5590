/* selector: a traffic selector as charon writes it. */
#ifndef CYGNET_BOOTSTRAP_CHARON_SELECTOR_H
#define CYGNET_BOOTSTRAP_CHARON_SELECTOR_H

#include "base/cidr.h"

/*
 * The range of a selector's text. What is no plain IPv4 range ("dynamic", "10.0.0.0/8[tcp]", IPv6)
 * becomes one that equals no range that was ever parsed: a peer may negotiate such ones, so they
 * must not fail a probe.
 */
struct cidr selector_range(const char *text);

#endif
