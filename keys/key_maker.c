/*
 * key_maker: the thread that makes a key while the network is slow. It owns what it makes until it
 * is finished; it shares nothing with its starter but the wish to stop.
 */
#include "keys/keyring.h"

#include <pthread.h>
#include <stdlib.h>

struct key_maker {
	pthread_t thread;
	bool threaded;			/* false: the key is made when it is waited for */
	atomic_bool stop;
	unsigned bits;
	int result;
	struct buf private_pem;
	struct public_key public;
	struct err err;
};

static void *key_maker_run(void *data)
{
	struct key_maker *maker = data;

	maker->result = rsa_make_unless(&maker->stop, maker->bits, &maker->private_pem,
					&maker->public, &maker->err);
	return NULL;
}

struct key_maker *key_maker_start(unsigned bits)
{
	struct key_maker *maker = mem_calloc(1, sizeof *maker);

	maker->bits = bits;
	maker->threaded = pthread_create(&maker->thread, NULL, key_maker_run, maker) == 0;
	return maker;
}

static void key_maker_free(struct key_maker *maker)
{
	buf_wipe(&maker->private_pem);
	public_key_done(&maker->public);
	free(maker);
}

int key_maker_finish(struct key_maker *maker, struct buf *ret_private,
		     struct public_key *ret_public, struct err *e)
{
	int result;

	if (maker->threaded)
		pthread_join(maker->thread, NULL);
	else
		key_maker_run(maker);
	result = maker->result;
	if (result < 0) {
		err_set(e, maker->err.code, "%s", maker->err.cause);
	} else {
		buf_wipe(ret_private);
		*ret_private = maker->private_pem;
		*ret_public = maker->public;
		maker->private_pem = (struct buf){ 0 };
		maker->public = (struct public_key){ 0 };
	}
	key_maker_free(maker);
	return result;
}

/* Waits for the thread: OpenSSL takes its tables down at exit, under whoever still computes. */
void key_maker_abandon(struct key_maker *maker)
{
	if (maker == NULL)
		return;
	atomic_store(&maker->stop, true);
	if (maker->threaded)
		pthread_join(maker->thread, NULL);
	key_maker_free(maker);
}
