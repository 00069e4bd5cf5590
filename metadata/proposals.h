/* proposals: which ciphers the tunnels offer. */
#ifndef CYGNET_METADATA_PROPOSALS_H
#define CYGNET_METADATA_PROPOSALS_H

#include "base/err.h"
#include "base/mem.h"

/*
 * Pure. Parse a list of named sets ("strong", "article") and literals ("ike:…", "esp:…", in
 * strongSwan's words), strongest first. EXIT_CONFIG when an item is neither, when a proposal does
 * not encrypt or mixes AEAD and classic ciphers (which strongSwan discards), or when either list
 * stays empty. Source: strongSwan's documentation, "IKEv2 Cipher Suites".
 */
int proposals_parse(const char *text, struct strings *ret_ike, struct strings *ret_esp,
		    struct err *e);

/*
 * Pure. Take out of parsed proposals what "strong" has for a strongSwan with ML-KEM, if this one
 * has none. EXIT_CONFIG when another one uses it then, or nothing else is left.
 */
int proposals_fit(bool mlkem, struct strings *ike, const struct strings *esp, struct err *e);

#endif
