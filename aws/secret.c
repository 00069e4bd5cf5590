/*
 * secret: wiping of keys and tokens that live in plain strings.
 * It cannot reach the copies that libraries make for themselves.
 */
#include "aws/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void secret_free(char *secret)
{
	if (secret != NULL)
		OPENSSL_cleanse(secret, strlen(secret));
	free(secret);
}

void secret_cleanup(char **secret)
{
	secret_free(*secret);
}
