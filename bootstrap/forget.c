/*
 * forget: the tombstone for a site whose gateway is gone for good, put by an operator from
 * anywhere. It needs neither root nor an instance: nothing on this machine is read but the
 * settings, and nothing is written.
 */
#include "bootstrap/command.h"
#include "bootstrap/publish.h"
#include "bootstrap/watchdog.h"
#include "keys/succession.h"

#define TRIES 3
#define TIMEOUT_S 300

/*
 * Put a tombstone over the last record. Where another has written in between, the version tells;
 * over what that was, which may be a claim of the same generation, goes another one.
 */
static int tombstone_put(const struct registry *registry, const struct site *last,
			 struct site *ret_tombstone, struct err *e)
{
	CLEANUP(site_done) struct site over = { 0 };

	site_copy(last, &over);
	for (int i = 0; i < TRIES; i++) {
		struct site tombstone;

		succession_tombstone(&over, &tombstone);
		if (exchange_put_record(registry, &tombstone, &tombstone.version, e) < 0) {
			site_done(&tombstone);
			return -1;
		}
		if (tombstone.version == over.version + 1) {
			*ret_tombstone = tombstone;
			return 0;
		}
		site_done(&over);
		over = tombstone;
	}
	err_set(e, EXIT_AGAIN, "the record of site '%s' is written by others again and again",
		last->name);
	return err_remedy(e, "stop whoever fills it: 'cygnet leave' there takes it out for good");
}

static int site_absent(const struct session *session, struct err *e)
{
	AUTO_FREE char *path = exchange_record_path(&session->registry, session->options->site);

	err_set(e, EXIT_CONFIG, "mesh '%s' has no site '%s': there is no '%s' in '%s'",
		session->config.mesh, session->options->site, path, session->config.registry);
	return err_remedy(e, "check 'mesh', 'prefix', 'registry' and the site's name");
}

/* It may be a living gateway's, of a later version: only the operator can know. */
static int record_refused(const struct session *session, struct err *e)
{
	const char *site = session->options->site;
	AUTO_FREE char *path = exchange_record_path(&session->registry, site);

	return err_remedy(e, "if its gateway is gone, put a tombstone over it: "
			  "aws ssm put-parameter --overwrite --region %s --name %s --value "
			  "'{\"schema\":1,\"generation\":1,\"site\":\"%s\",\"left\":true}'",
			  session->config.registry, path, site);
}

static int site_forget(const struct session *session, const struct site *last, struct err *e)
{
	CLEANUP(site_done) struct site tombstone = { 0 };
	struct epoch epoch;

	if (tombstone_put(&session->registry, last, &tombstone, e) < 0 ||
	    publish_announce(&session->registry, last->name, tombstone.version, &epoch, e) < 0)
		return -1;
	log_note(session->log, "site '%s' of mesh '%s' is taken out: a tombstone of generation "
		 "%lld is over the record of '%s', and its peers drop it with their next sync",
		 last->name, session->config.mesh, (long long)tombstone.generation, last->instance);
	return 0;
}

enum exit_code command_forget(struct session *session, char *const environment[], struct err *e)
{
	CLEANUP(site_done) struct site found = { 0 };
	bool is_found;

	if (!config_name_valid(session->options->site)) {
		err_set(e, EXIT_USAGE, "'%s' cannot be the name of a site", session->options->site);
		return EXIT_STEP;
	}
	watchdog_start(TIMEOUT_S);
	if (session_observe_registry(session, environment, e) < 0)
		return EXIT_STEP;
	session_step(session, "registry");
	if (exchange_record(&session->registry, session->options->site, &is_found, &found, e) < 0) {
		if (e->code == EXIT_CONFIG)
			record_refused(session, e);
		return EXIT_STEP;
	}
	if (!is_found) {
		site_absent(session, e);
		return EXIT_STEP;
	}
	if (!found.left) {
		session_step(session, "tombstone");
		return site_forget(session, &found, e) < 0 ? EXIT_STEP : EXIT_DONE;
	}
	log_note(session->log, "site '%s' of mesh '%s' has a tombstone already, of "
		 "generation %lld: nothing to do",
		 found.name, session->config.mesh, (long long)found.generation);
	return EXIT_DONE;
}
