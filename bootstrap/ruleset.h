/* ruleset: whether the kernel has cygnet's rules at all. */
#ifndef CYGNET_BOOTSTRAP_RULESET_H
#define CYGNET_BOOTSTRAP_RULESET_H

#include "metadata/distro.h"

/*
 * Whether they were taken out of the kernel since they were loaded, as by `nft flush ruleset`: the
 * table, or a jump into a chain, is not there. What the rules say is not looked at. A program that
 * cannot be run, or hangs, tells of no loss. Sources: nft(8), iptables(8).
 */
bool ruleset_is_lost(const struct firewall *firewall);

#endif
