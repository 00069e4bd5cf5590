/* session: one run of cygnet: who we are, what we were told, and what we remember. */
#ifndef CYGNET_BOOTSTRAP_SESSION_H
#define CYGNET_BOOTSTRAP_SESSION_H

#include "aws/call.h"
#include "keys/keyring.h"
#include "keys/state.h"
#include "metadata/host.h"
#include "userdata/order.h"

#define SKIP_MAX 64

/* From the command line; all borrowed. */
struct options {
	const char *settings[SETTING_COUNT];	/* NULL where not given */
	const char *root;			/* "" is the machine itself */
	const char *site;			/* the operand of `forget`; NULL: there is none */
	bool claim;				/* bootstrap --claim */
	bool keep_address;			/* leave --keep-address */
	bool abort, compromised;		/* rekey --abort, --compromised */
	const char *wait[1];			/* rekey --wait; NULL where not given */
	const char *skip[SKIP_MAX];		/* rekey --skip: peers */
	struct order_words order;		/* of `userdata` */
	enum log_level level;
};

struct session {
	const struct options *options;	/* borrowed */
	const struct log *log;		/* borrowed */
	bool live;			/* the machine's own root: programs run, AWS is written */
	const char *step;		/* static; what the run is at, for its error message */
	bool claim;			/* take the site, whoever has it; over once that is done */
	struct err setback;		/* the first failure that the run went on after */
	bool setback_is_registry;	/* and that is over once the registry can be read */
	bool hindered;			/* a pass went on after what may mend, the registry aside */
	bool registry_told;		/* this run has warned that the registry cannot be read */

	struct aws_environment environment;
	struct imds *imds;
	struct aws *aws;
	struct instance instance;
	struct tags tags;
	struct config config;
	struct host host;
	char *interface;		/* kernel name of the primary network interface */
	char *program;			/* absolute path of cygnet itself */
	struct aws *assumed;		/* signs as 'registry-role'; NULL: none is assumed */
	struct registry registry;	/* borrows from the above */

	struct state state;
	bool fresh;			/* what is on disk is another instance's or site's */
	bool leaves;			/* it ends what this instance is, not what is set */
	struct recent recent;
	struct keyring keyring;
};

/* Begin: options and log are borrowed. session_close is due whatever comes after. */
void session_init(struct session *session, const struct options *options, const struct log *log);
void session_close(struct session *session);

/* Name the step that begins. */
void session_step(struct session *session, const char *step);

/* Warn of something that lasts: a quiet run does so once an hour, unless it changes. */
void session_warn(struct session *session, const char *text);

/* A failure after which the run goes on: warn of it, keep it if it is the first, and clear it. */
void session_setback(struct session *session, struct err *e);

/*
 * The same for a registry that cannot be read or written. Every known peer stays, so of an outage
 * one warning an hour is enough for a quiet log. And when it answers again: the next outage is
 * worth a warning at once.
 */
void session_registry_lost(struct session *session, struct err *e);
void session_registry_found(struct session *session);

/*
 * Who am I, what was I told, which machine is this: program, IMDS, tags, settings, distribution.
 * Nothing is changed. May be called again.
 */
int session_observe(struct session *session, char *const environment[], struct err *e);

/* Warn of required settings only this run is given: the timer's have their file and the tags. */
void session_tell_unseen(const struct session *session);

/* Whether the timer is enabled, so that other runs come whatever becomes of this one. */
bool session_is_followed(const struct session *session);

/*
 * Settings and aws are there: say where the registry is, and as whom it is asked. who names us in
 * the role's logs; borrowed.
 */
void session_connect(struct session *session, const char *who);

/*
 * For a command that runs away from any gateway: the registry, with whatever credentials there are.
 * Nothing is changed.
 */
int session_observe_registry(struct session *session, char *const environment[], struct err *e);

/* What is remembered on disk. Called under the lock; may be called again. */
int session_load(struct session *session, struct err *e);

/* The own key pair, as keyring_load; none that a fresh one finds. May be called again. */
int session_load_key(struct session *session, struct err *e);

/*
 * The period of sync grows with the mesh (at least sites / 10 s), so that a shared registry carries
 * any number of gateways: raise the interval to what this many peers need.
 */
void session_pace(struct session *session, size_t peers);

#endif
