/*
 * charon: which way of talking serves this daemon, and waiting for it. It says nothing to charon
 * itself.
 */
#include "bootstrap/charon/charon.h"

#include "base/clock.h"
#include "bootstrap/charon/way.h"

#define ANSWER_MS 2000
#define POLL_MS 200
#define SETTLE_MS 10000		/* for starter to load what `ipsec update` has told it of */

static const struct way *const ways[] = { &vici_way, &stroke_way };

static size_t way_count(const struct charon *charon)
{
	return charon->flavour->backend == BACKEND_IPSEC ? COUNT_OF(ways) : 1;
}

/* The first way on which somebody answers; what is wrong with the first of all tells the most. */
static const struct way *way_answering(const struct charon *charon, int64_t wait_ms, struct err *e)
{
	struct err first = ERR_INIT;

	for (size_t i = 0; i < way_count(charon); i++) {
		struct err attempt = ERR_INIT;

		if (ways[i]->answers(charon, wait_ms, &attempt) == 0)
			return ways[i];
		if (i == 0)
			first = attempt;
	}
	err_set(e, first.code, "%s", first.cause);
	return NULL;
}

static const struct way *way_choose(const struct charon *charon, struct err *e)
{
	return way_count(charon) == 1 ? ways[0] : way_answering(charon, ANSWER_MS, e);
}

int charon_wait(const struct charon *charon, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		struct err attempt = ERR_INIT;
		int64_t left = deadline_ms - clock_boot_ms();

		if (way_answering(charon, left < ANSWER_MS ? left : ANSWER_MS, &attempt) != NULL)
			return 0;
		left = deadline_ms - clock_boot_ms();
		if (attempt.code != EXIT_AGAIN || left <= 0)
			return err_set(e, attempt.code, "%s", attempt.cause);
		clock_sleep_ms(left < POLL_MS ? left : POLL_MS);
	}
}

int charon_probe(const struct charon *charon, struct tunnels *ret_tunnels, struct err *e)
{
	const struct way *way = way_choose(charon, e);

	return way != NULL ? way->probe(charon, ret_tunnels, e) : -1;
}

static int loaded_compare(const struct charon *charon, const struct connection *wanted,
			  size_t count, struct err *e)
{
	CLEANUP(tunnels_done) struct tunnels loaded = { 0 };

	if (charon_probe(charon, &loaded, e) < 0)
		return -1;
	return connections_compare(wanted, count, loaded.connections, loaded.connection_count, e);
}

int charon_verify(const struct charon *charon, const struct connection *wanted, size_t count,
		  struct err *e)
{
	bool settles = charon->flavour->backend == BACKEND_IPSEC;
	int64_t deadline_ms = clock_boot_ms() + (settles ? SETTLE_MS : 0);

	for (;;) {
		struct err attempt = ERR_INIT;

		if (loaded_compare(charon, wanted, count, &attempt) == 0)
			return 0;
		if (clock_boot_ms() >= deadline_ms)
			return err_set(e, attempt.code, "%s", attempt.cause);
		clock_sleep_ms(POLL_MS);
	}
}

int charon_reload_settings(const struct charon *charon, struct err *e)
{
	const struct way *way = way_choose(charon, e);

	return way != NULL ? way->reload_settings(charon, e) : -1;
}

int charon_initiate(const struct charon *charon, const char *connection, struct err *e)
{
	const struct way *way = way_choose(charon, e);

	return way != NULL ? way->initiate(charon, connection, e) : -1;
}

int charon_terminate(const struct charon *charon, const char *connection, uint32_t sa_id,
		     bool force, struct err *e)
{
	const struct way *way = way_choose(charon, e);

	return way != NULL ? way->terminate(charon, connection, sa_id, force, e) : -1;
}

int charon_terminate_child(const struct charon *charon, const char *connection, uint32_t child_id,
			   struct err *e)
{
	const struct way *way = way_choose(charon, e);

	return way != NULL ? way->terminate_child(charon, connection, child_id, e) : -1;
}
