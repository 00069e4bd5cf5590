/*
 * ssm_list: several listings side by side, as one. It owns the threads; what a page is,
 * ssm.c knows.
 */
#include "aws/ssm.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 8
#define PARAMETERS_MAX 10000
#define PAGES_MAX 4000		/* also when most are empty: a listing that goes in circles ends */

struct listing {
	struct aws *aws;
	const char *region;
	const struct strings *paths;
	struct parameters *found;	/* one list for each path, for the worker that took it */
	pthread_mutex_t lock;		/* of all below */
	size_t taken;			/* paths */
	size_t parameters, pages;
	struct err failure;		/* the first; the others stop when they see it */
};

/* The next path nobody has, or NULL. */
static const char *listing_take(struct listing *listing, struct parameters **ret_found)
{
	const char *path = NULL;

	pthread_mutex_lock(&listing->lock);
	if (listing->taken < listing->paths->count && listing->failure.code == EXIT_DONE) {
		path = listing->paths->items[listing->taken];
		*ret_found = &listing->found[listing->taken++];
	}
	pthread_mutex_unlock(&listing->lock);
	return path;
}

/* Note a page, or that there was none. False when the listing as a whole has failed. */
static bool listing_count(struct listing *listing, size_t parameters, const struct err *why)
{
	bool goes_on;

	pthread_mutex_lock(&listing->lock);
	listing->parameters += parameters;
	listing->pages++;
	if (listing->failure.code == EXIT_DONE)
		listing->failure = *why;
	if (listing->parameters > PARAMETERS_MAX || listing->pages > PAGES_MAX)
		err_set(&listing->failure, EXIT_CONFIG,
			"more than %d parameters or %d pages below '%s' in '%s'", PARAMETERS_MAX,
			PAGES_MAX, listing->paths->items[0], listing->region);
	goes_on = listing->failure.code == EXIT_DONE;
	pthread_mutex_unlock(&listing->lock);
	return goes_on;
}

static void listing_follow(struct listing *listing, const char *path, struct parameters *found)
{
	AUTO_FREE char *token = NULL;
	bool goes_on;

	do {
		CLEANUP(parameters_done) struct parameters page = { 0 };
		char *next = NULL;
		struct err why = ERR_INIT;

		ssm_list_page(listing->aws, listing->region, path, token, &page, &next, &why);
		goes_on = listing_count(listing, page.count, &why);
		parameters_move(&page, found);
		free(token);
		token = next;
	} while (goes_on && token != NULL);
}

static void *listing_work(void *context)
{
	struct listing *listing = context;
	struct parameters *found;
	const char *path;

	while ((path = listing_take(listing, &found)) != NULL)
		listing_follow(listing, path, found);
	return NULL;
}

/* This thread works too: with one path, or where no thread can be had, it does all. */
static void listing_run(struct listing *listing)
{
	size_t wanted = listing->paths->count < WORKERS_MAX ? listing->paths->count : WORKERS_MAX;
	pthread_t workers[WORKERS_MAX];
	size_t started = 0;

	while (started + 1 < wanted &&
	       pthread_create(&workers[started], NULL, listing_work, listing) == 0)
		started++;
	listing_work(listing);
	while (started > 0)
		pthread_join(workers[--started], NULL);
}

int ssm_list(struct aws *aws, const char *region, const struct strings *paths,
	     struct parameters *ret_found, struct err *e)
{
	CLEANUP(parameters_done) struct parameters all = { 0 };
	struct listing listing = {
		.aws = aws,
		.region = region,
		.paths = paths,
		.found = mem_calloc(paths->count, sizeof *listing.found),
		.failure = ERR_INIT,
	};

	pthread_mutex_init(&listing.lock, NULL);
	listing_run(&listing);
	pthread_mutex_destroy(&listing.lock);
	for (size_t i = 0; i < paths->count; i++)
		parameters_move(&listing.found[i], &all);
	free(listing.found);
	if (listing.failure.code != EXIT_DONE) {
		*e = listing.failure;
		return -1;
	}
	*ret_found = all;
	all = (struct parameters){ 0 };
	return 0;
}
