/* state: what a gateway remembers between runs, in /var/lib/cygnet and /run/cygnet. */
#ifndef CYGNET_KEYS_STATE_H
#define CYGNET_KEYS_STATE_H

#include "keys/exchange.h"
#include "keys/identity.h"
#include "keys/keyring.h"
#include "keys/revocations.h"

#define STATE_FILE "/var/lib/cygnet/state.json"
#define RECENT_FILE "/run/cygnet/recent.json"

/* Whether this instance serves its site; what ended it lasts until a claim. */
enum duty {
	DUTY_SERVES,
	DUTY_SUPERSEDED,	/* another instance fills the site */
	DUTY_LEAVES,		/* `leave` has begun, and is to be finished */
	DUTY_RELEASES,		/* and only state.address is still to be given back */
	DUTY_LEFT,
};

/* A route to the own interface that cygnet has made or adopted: it may delete it again. */
struct made_route {
	char *table;
	struct cidr destination;
};

/* How far the replacement of the own key has come; each follows from the one before it. */
enum rotation_phase {
	ROTATION_NONE,		/* there is one key */
	ROTATION_WANTED,	/* asked for, and nothing else has happened */
	ROTATION_OFFERED,	/* the record has both keys, and peers are waited for */
	ROTATION_SWITCHING,	/* .to signs, and the SAs that .from signed are replaced */
	ROTATION_RETIRING,	/* the record has .to alone, and .from is to be wiped */
};

#define BOOT_ID_SIZE 37		/* a UUID's text, and NUL */

/* The replacement of the own key. Zeroed: none is going on. */
struct rotation {
	enum rotation_phase phase;
	char from[KEY_ID_SIZE];	/* the key that goes, "" only in ROTATION_NONE */
	char to[KEY_ID_SIZE];	/* the key that stays, "" only in ROTATION_NONE and _WANTED */
	bool compromised;	/* .from may be in other hands: nobody is waited for */
	struct strings skip;	/* peers that are not waited for */
	int64_t wait_s;		/* for acks; 0: what suits the number of peers */
	char boot[BOOT_ID_SIZE];	/* kernel's id of the boot the next two are of; "": none */
	int64_t since_ms;	/* the phase's begin, clock_boot_ms() */
	uint32_t *sas;		/* charon's ids of the IKE_SAs that .from signed */
	size_t sa_count;
};

/* Survives a reboot. Zeroed is that of a fresh instance. */
struct state {
	char *instance;		/* that wrote it; NULL: nothing was written yet */
	struct identity identity;	/* of the site that all of this is about */
	struct epoch applied;	/* the registry's epoch that the files and charon show */
	bool complete;		/* a run has finished all its local steps under this state */
	bool pending;		/* a record is to be put, or was put and is not announced yet */
	int64_t generation;	/* of the own record; 0: this instance has not claimed the site */
	enum duty duty;
	bool keep_address;	/* of a `leave`: the address stays with this instance */
	struct strings predecessors;	/* instances that filled the site before, newest first */
	uint32_t address;	/* public, as last applied; 0: none yet */
	struct cidrs zone_ranges;	/* of the own zone's subnets, as last read (scope az) */
	struct made_route *routes;
	size_t route_count;
	struct sites peers;	/* as last applied; static ones too */
	uint32_t statics;	/* hash of the static peers' files as last applied */
	uint32_t policy;	/* hash of the policy as last applied */
	bool refused;		/* the mesh last applied had warnings: no partial listing will do */
	struct sites neighbours;	/* records of the own VPC's other sites, as last read */
	char key[KEY_ID_SIZE];	/* that the own record calls active; "": the only one on disk */
	int64_t key_made_s;	/* when it was made, or first seen; Unix time, 0: never */
	struct rotation rotation;
	struct strings revoked;	/* own keys that peers must not trust, oldest first */
	struct revocations dealt;	/* peers' revoked keys whose SAs were terminated */
	uint32_t ack;		/* hash of the ack's text as last put; 0: none was */
};

/*
 * Which keys state knows to be on disk; borrowed from it. What is .to of a rotation is so before it
 * is stored, and what is .from after it is wiped.
 */
struct keyring_ids state_key_ids(const struct state *state);

/* Lost at boot. Zeroed is that of a fresh boot. Times are clock_boot_ms(). */
struct recent {
	int64_t reconciled_ms;		/* last full reconcile; 0: none yet, or due again at once */
	int64_t hindered_ms;		/* last that found what another may find mended; 0: over */
	int64_t hindered;		/* how many of them in a row did */
	int64_t public_address;		/* that the instance had at the last */
	int64_t settings;		/* hash of those that it was made with */
	int64_t registry_warned_ms;	/* last warning that the registry cannot be read; 0: none */
	int64_t charon_lost_ms;		/* since when charon is mute after a pass; 0: it is not */
	int64_t unhealthy_ms;		/* when the Auto Scaling group was last told so; 0: never */
	int64_t hook_due_ms;		/* from then on sync answers the launch hook; 0: done */
	struct tunnel_wait {
		char *site;
		int64_t wanted;		/* hash of what its tunnel is to be, and whether it is */
		int64_t since_ms;	/* it is not as planned */
		int64_t initiated_ms;	/* last try; 0: none */
		int64_t tries;
	} *waits;
	size_t wait_count;
	struct told {			/* a warning, by its text's hash */
		int64_t hash, told_ms;
	} *told;
	size_t told_count;
	struct follower {		/* how a peer stands to the rotation of the own key */
		char *site;
		int64_t live_ms;	/* last time that an SA with it was there; 0: never */
		int64_t tried_ms;	/* last try to replace its SA; 0: none */
		int64_t tries;		/* that it refused */
	} *followers;
	size_t follower_count;
};

/*
 * Load below root. A missing file is the zeroed struct. State written under another instance id (a
 * baked image) is set aside: the zeroed struct, and *ret_aside (yours to free, else NULL) is the
 * warning. A damaged state is EXIT_CONFIG with advice; a damaged recent is the zeroed struct.
 */
int state_load(const char *root, const char *instance, struct state *ret_state, char **ret_aside,
	       struct err *e);
/* Write it (0600, folder 0700) unless it is what is there already. state->instance is set. */
int state_save(const char *root, const struct state *state, struct err *e);
void state_done(struct state *state);
void rotation_done(struct rotation *rotation);	/* it is zeroed then */
void made_routes_done(struct made_route *routes, size_t count);	/* frees the array too */

void recent_load(const char *root, struct recent *ret_recent);
int recent_save(const char *root, const struct recent *recent, struct err *e);
/* Borrowed until the next is added; NULL: none. An added one is zeroed but for its site. */
struct tunnel_wait *recent_wait(struct recent *recent, const char *site);
struct tunnel_wait *recent_wait_add(struct recent *recent, const char *site);
void recent_wait_drop(struct recent *recent, const char *site);
/* Whether this text was told within the last hour; else it is noted as told now. */
bool recent_told(struct recent *recent, const char *text, int64_t now_ms);
/* As recent_wait and recent_wait_add in one; and forget all of them, as the rotation is over. */
struct follower *recent_follower(struct recent *recent, const char *site);
void recent_followers_drop(struct recent *recent);
void recent_done(struct recent *recent);

#endif
