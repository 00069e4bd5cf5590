/*
 * session: gathering what a run is about, before anything is decided. It reads; it never writes
 * a file, starts a program or calls AWS.
 */
#include "bootstrap/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/endpoint.h"
#include "base/clock.h"
#include "base/file.h"
#include "bootstrap/membership.h"
#include "metadata/proposals.h"
#include "metadata/sources.h"
#include "render/units.h"

#define REGISTRY_WARNING_MS (3600 * 1000)
#define PROGRAM_BELOW_ROOT "/usr/local/bin/cygnet"
#define TIMER_LINK "/etc/systemd/system/timers.target.wants/cygnet-sync.timer"

void session_init(struct session *session, const struct options *options, const struct log *log)
{
	*session = (struct session){ .options = options, .log = log, .setback = ERR_INIT };
	session->live = options->root[0] == '\0';
	session->step = "start";
}

static void observed_done(struct session *session)
{
	free(TAKE(session->program));
	free(TAKE(session->interface));
	config_done(&session->config);
	tags_done(&session->tags);
	instance_done(&session->instance);
	aws_free(TAKE(session->assumed));
	aws_free(TAKE(session->aws));
	imds_free(TAKE(session->imds));
	aws_environment_done(&session->environment);
}

void session_close(struct session *session)
{
	keyring_done(&session->keyring);
	recent_done(&session->recent);
	state_done(&session->state);
	observed_done(session);
}

void session_step(struct session *session, const char *step)
{
	session->step = step;
	log_detail(session->log, "%s", step);
}

static void setback_keep(struct session *session, struct err *e)
{
	if (session->setback.code == EXIT_DONE) {
		session->setback = *e;
		err_wrap(&session->setback, "%s", session->step);
	}
	err_clear(e);
}

void session_warn(struct session *session, const char *text)
{
	bool told = recent_told(&session->recent, text, clock_boot_ms());

	if (!told || session->log->level != LOG_LEVEL_QUIET)
		log_warn(session->log, "%s", text);
}

static char *setback_text(const struct session *session, const struct err *e)
{
	return mem_printf("%s: %s%s%s, going on without", session->step, e->cause,
			  e->remedy[0] ? "; " : "", e->remedy);
}

void session_setback(struct session *session, struct err *e)
{
	AUTO_FREE char *text = setback_text(session, e);

	session->hindered |= e->code == EXIT_AGAIN;
	session_warn(session, text);
	setback_keep(session, e);
}

void session_registry_lost(struct session *session, struct err *e)
{
	int64_t now_ms = clock_boot_ms(), *warned_ms = &session->recent.registry_warned_ms;
	bool told = *warned_ms != 0 && now_ms - *warned_ms < REGISTRY_WARNING_MS;
	AUTO_FREE char *text = setback_text(session, e);

	session->setback_is_registry |= session->setback.code == EXIT_DONE;
	if (e->code != EXIT_AGAIN) {
		session_setback(session, e);
		return;
	}
	if (!told || (session->log->level != LOG_LEVEL_QUIET && !session->registry_told)) {
		*warned_ms = now_ms;
		session->registry_told = true;
		log_warn(session->log, "%s", text);
	}
	setback_keep(session, e);
}

void session_registry_found(struct session *session)
{
	session->recent.registry_warned_ms = 0;
	session->registry_told = false;
	if (session->setback_is_registry)
		err_clear(&session->setback);
	session->setback_is_registry = false;
}

typedef int (*config_maker)(const struct config_sources *sources, struct config *ret_config,
			    struct err *e);

static int config_observe(struct session *session, char *const environment[], config_maker make,
			  struct err *e)
{
	bool here = session->instance.id != NULL;
	AUTO_FREE char *text = NULL;

	if (config_file_read(session->options->root, &text, e) < 0)
		return -1;
	return make(&(struct config_sources){
		.options = session->options->settings,
		.environment = environment,
		.file_text = text,
		.tags = here ? &session->tags : NULL,
		.instance = here ? &session->instance : NULL,
	}, &session->config, e);
}

/* The interface that has the instance's MAC address; whatever the kernel or udev has called it. */
static int interface_observe(struct session *session, struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	const char *root = session->options->root;

	if (file_list(root, "/sys/class/net", "", "", &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		AUTO_FREE char *path = mem_printf("/sys/class/net/%s/address", names.items[i]);
		AUTO_BUF struct buf text = { 0 };
		struct err unreadable = ERR_INIT;

		if (file_read(root, path, 128, &text, NULL, &unreadable) == 0 &&
		    strncasecmp(buf_str(&text), session->instance.mac,
				strlen(session->instance.mac)) == 0) {
			session->interface = TAKE(names.items[i]);
			names.items[i] = mem_strdup("");
			return 0;
		}
	}
	return err_set(e, EXIT_MISSING, "no network interface in /sys/class/net has the address "
		       "'%s' of '%s'", session->instance.mac, session->instance.interface);
}

/*
 * The kernel's word behind the path of a file that was removed, or replaced, since the program in
 * it was started.
 */
static size_t program_length(const char *path, size_t len)
{
	static const char removed[] = " (deleted)";
	size_t size = sizeof removed - 1;

	return len > size && memcmp(path + len - size, removed, size) == 0 ? len - size : len;
}

/* It is for units to start, so it has to be there. Source: proc_pid_exe(5). */
static int program_observe(struct session *session, struct err *e)
{
	char path[4096];
	ssize_t n;

	if (!session->live) {
		session->program = mem_strdup(PROGRAM_BELOW_ROOT);
		return 0;
	}
	n = readlink("/proc/self/exe", path, sizeof path);
	if (n <= 0 || (size_t)n >= sizeof path)
		return err_set(e, EXIT_STEP,
			       "cannot tell from /proc/self/exe where cygnet itself is");
	session->program = mem_strndup(path, program_length(path, (size_t)n));
	if (!file_executable(session->options->root, session->program))
		return err_set(e, EXIT_AGAIN, "cygnet was started as '%s', and that is not there "
			       "any more", session->program);
	return 0;
}

static void packaged_tell(const struct session *session)
{
	if (strcmp(session->program, UNITS_PACKAGED_PROGRAM) != 0)
		log_warn(session->log, "'%s' is not the package's, which is '"
			 UNITS_PACKAGED_PROGRAM "' and what cygnet's units start: remove '%s', "
			 "ignoring", session->program, session->program);
}

static void volatile_tell(const struct session *session)
{
	static const char *const folders[] = { "/tmp/", "/run/", "/dev/" };

	for (size_t i = 0; i < COUNT_OF(folders); i++)
		if (strncmp(session->program, folders[i], strlen(folders[i])) == 0)
			log_warn(session->log, "cygnet's units start it as '%s', which a boot may "
				 "clear: install it in /usr/local/bin and run it there",
				 session->program);
}

static int host_observe(struct session *session, struct err *e)
{
	struct config *config = &session->config;

	if (host_detect(session->options->root, config->backend, &session->host, e) < 0)
		return -1;
	if (proposals_fit(session->host.mlkem,
			  &config->ike_proposals, &config->esp_proposals, e) < 0)
		return err_wrap(e, "'proposals' (%s)", config->origins[SETTING_PROPOSALS]);
	return 0;
}

static void aws_settle(struct session *session, const char *domain)
{
	session->aws = aws_new(&(struct aws_options){
		.environment = &session->environment,
		.imds = session->imds,
		.domain = domain,
		.log = session->log,
	});
}

static int identity_observe(struct session *session, char *const environment[], struct err *e)
{
	if (aws_environment_read(environment, &session->environment, e) < 0)
		return -1;
	session->imds = imds_new(&session->environment);
	if (instance_read(session->imds, &session->instance, e) < 0 ||
	    tags_read(session->imds, &session->tags, e) < 0)
		return -1;
	aws_settle(session, session->instance.domain);
	return 0;
}

void session_connect(struct session *session, const char *who)
{
	const struct config *config = &session->config;

	if (config->registry_role != NULL)
		session->assumed = aws_new_assuming(session->aws, config->registry_role,
						    config->registry, who);
	session->registry = (struct registry){
		.aws = session->assumed ? session->assumed : session->aws,
		.region = config->registry,
		.prefix = config->prefix,
		.mesh = config->mesh,
	};
}

int session_observe(struct session *session, char *const environment[], struct err *e)
{
	observed_done(session);
	session_step(session, "program");
	if (program_observe(session, e) < 0)
		return -1;
	session_step(session, "instance metadata");
	if (identity_observe(session, environment, e) < 0)
		return -1;
	session_step(session, "settings");
	if (config_observe(session, environment, config_make, e) < 0)
		return -1;
	session_connect(session, session->instance.id);
	session_step(session, "distribution");
	if (host_observe(session, e) < 0 || interface_observe(session, e) < 0)
		return -1;
	if (session->live && session->host.packaged)
		packaged_tell(session);
	else if (session->live)
		volatile_tell(session);
	return 0;
}

static void unseen_tell(const struct session *session, const struct config *timer,
			enum setting setting)
{
	const struct config *config = &session->config;
	const char *key = config_key(setting), *value = config->values[setting];

	if (timer->values[setting] == NULL || strcmp(timer->values[setting], value) != 0)
		log_warn(session->log, "'%s' is '%s' by %s, which the timer's runs will not see: "
			 "put '%s = %s' into '" CONFIG_FILE "'",
			 key, value, config->origins[setting], key, value);
}

/* What is wrong with the file or the tags was told when they were read for this run. */
void session_tell_unseen(const struct session *session)
{
	static const char *const no_options[SETTING_COUNT] = { 0 };
	static char *const no_environment[] = { NULL };
	CLEANUP(config_done) struct config timer = { 0 };
	AUTO_FREE char *text = NULL;
	struct err told = ERR_INIT;

	if (config_file_read(session->options->root, &text, &told) < 0 ||
	    sources_merge(&(struct config_sources){
		.options = no_options,
		.environment = no_environment,
		.file_text = text,
		.tags = &session->tags,
	    }, &timer, &told) < 0)
		return;
	unseen_tell(session, &timer, SETTING_MESH);
	unseen_tell(session, &timer, SETTING_REGISTRY);
}

bool session_is_followed(const struct session *session)
{
	return session->live && file_exists(session->options->root, TIMER_LINK);
}

int session_observe_registry(struct session *session, char *const environment[], struct err *e)
{
	session_step(session, "settings");
	if (config_observe(session, environment, config_registry, e) < 0 ||
	    aws_environment_read(environment, &session->environment, e) < 0)
		return -1;
	session->imds = imds_new(&session->environment);
	aws_settle(session, endpoint_domain(session->config.registry));
	session_connect(session, "cygnet");
	return 0;
}

int session_load(struct session *session, struct err *e)
{
	AUTO_FREE char *aside = NULL;

	session_step(session, "state");
	state_done(&session->state);
	recent_done(&session->recent);
	if (state_load(session->options->root, session->instance.id,
		       &session->state, &aside, e) < 0)
		return -1;
	session->fresh = aside != NULL;
	if (session->fresh)
		log_warn(session->log, "%s", aside);
	recent_load(session->options->root, &session->recent);
	if (membership_settle(session, e) < 0)
		return -1;
	if (session->state.zone_ranges.count > 0 &&
	    config_zone(&session->config, &session->instance, &session->state.zone_ranges, e) < 0)
		return -1;
	session_pace(session, session->state.peers.count);
	return 0;
}

int session_load_key(struct session *session, struct err *e)
{
	const char *folder = session->host.flavour->keys_folder;
	const struct keyring_ids ids = state_key_ids(&session->state);

	session_step(session, "key");
	keyring_done(&session->keyring);
	if (session->fresh)
		return 0;
	return keyring_load(session->options->root, folder, &ids, &session->keyring, e);
}

void session_pace(struct session *session, size_t peers)
{
	int64_t least = (int64_t)(peers + 1 + 9) / 10;

	if (session->config.interval_s < least)
		session->config.interval_s = least;
}
