/* fault: an error reply of AWS, in either of its formats. */
#ifndef CYGNET_AWS_FAULT_H
#define CYGNET_AWS_FAULT_H

#include <stddef.h>

#define FAULT_CODE_MAX 100
#define FAULT_MESSAGE_MAX 500

struct fault {
	int status;				/* HTTP status */
	char code[FAULT_CODE_MAX + 1];		/* "ThrottlingException"; or "" */
	char message[FAULT_MESSAGE_MAX + 1];	/* for people; printable, cut to fit; or "" */
};

/*
 * Decode the body of an error reply: JSON 1.1 ("__type", "message") or XML (Error/Code,
 * Error/Message). Never fails: of a reply that is neither, as a proxy or a load balancer
 * sends, the status is all there is.
 */
void fault_read(int status, const char *body, size_t len, struct fault *ret_fault);

#endif
