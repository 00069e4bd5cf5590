/*
 * heartbeat: the thread that speaks to the hook while the run waits for locks, charon, metadata and
 * peers. It shares nothing with its starter but the wish to stop.
 */
#include "bootstrap/heartbeat.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "bootstrap/hook.h"

#define FIRST_S 10	/* a hook waits for 30 s at least */
#define PERIOD_S 15

struct heartbeat {
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool stop;			/* under the mutex */
	struct imds *imds;
	struct hook hook;
	struct err err;			/* the thread's until it is joined */
};

/* Whether it is to end, as it was told so within these seconds. */
static bool stop_awaited(struct heartbeat *heartbeat, int seconds)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&heartbeat->mutex);
	while (!heartbeat->stop &&
	       pthread_cond_timedwait(&heartbeat->woken, &heartbeat->mutex, &until) == 0)
		continue;
	stop = heartbeat->stop;
	pthread_mutex_unlock(&heartbeat->mutex);
	return stop;
}

static void *heartbeat_run(void *data)
{
	struct heartbeat *heartbeat = data;

	for (int pause = FIRST_S; !heartbeat->hook.over && !stop_awaited(heartbeat, pause);
	     pause = PERIOD_S) {
		aws_reconnect(heartbeat->hook.aws);
		if (hook_beat(&heartbeat->hook, &heartbeat->err) == 0)
			continue;
		if (heartbeat->err.code != EXIT_AGAIN)
			break;
		err_clear(&heartbeat->err);
	}
	return NULL;
}

static void heartbeat_free(struct heartbeat *heartbeat)
{
	pthread_cond_destroy(&heartbeat->woken);
	pthread_mutex_destroy(&heartbeat->mutex);
	aws_free(heartbeat->hook.aws);
	imds_free(heartbeat->imds);
	hook_done(&heartbeat->hook);
	free(heartbeat);
}

struct heartbeat *heartbeat_start(const struct aws_options *options, const char *region,
				  const char *instance, const char *hook)
{
	struct heartbeat *heartbeat = mem_calloc(1, sizeof *heartbeat);
	struct aws_options own = *options;
	pthread_condattr_t attributes;

	own.imds = heartbeat->imds = imds_new(options->environment);
	heartbeat->hook = (struct hook){
		.aws = aws_new(&own), .region = region, .instance = instance, .name = hook,
	};
	pthread_mutex_init(&heartbeat->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&heartbeat->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	if (pthread_create(&heartbeat->thread, NULL, heartbeat_run, heartbeat) == 0)
		return heartbeat;
	heartbeat_free(heartbeat);
	return NULL;
}

int heartbeat_stop(struct heartbeat *heartbeat, struct err *e)
{
	int result = 0;

	if (heartbeat == NULL)
		return 0;
	pthread_mutex_lock(&heartbeat->mutex);
	heartbeat->stop = true;
	pthread_cond_signal(&heartbeat->woken);
	pthread_mutex_unlock(&heartbeat->mutex);
	pthread_join(heartbeat->thread, NULL);
	if (heartbeat->err.code != EXIT_DONE) {
		*e = heartbeat->err;
		result = -1;
	}
	heartbeat_free(heartbeat);
	return result;
}
