/* rotation: how the own key is replaced losing no packet, and which key signs meanwhile. Pure. */
#ifndef CYGNET_RENDER_ROTATION_H
#define CYGNET_RENDER_ROTATION_H

#include "keys/ack.h"
#include "keys/state.h"
#include "render/plan.h"

/*
 * NONE → WANTED → OFFERED → SWITCHING → RETIRING → NONE. Each step is saved before
 * anything follows from it, so that a run that is killed anywhere is made up for by the next:
 * - WANTED: the other key is to be made; its id is in the state before it is stored, and with that
 *   it is OFFERED.
 * - OFFERED: the record has both, and every live peer is to say that it has loaded the next one.
 * - SWITCHING: .to signs, and each IKE_SA that .from has signed gives way to a second one.
 * - RETIRING: the record has .to alone; then .from is wiped.
 * A compromised key is not offered beside its successor: it goes from OFFERED to RETIRING at once,
 * and its SAs are terminated once peers have had an interval to read of it. Going back is the same
 * with the keys exchanged.
 */

/* What a step is taken from; all borrowed. */
struct rotation_inputs {
	const struct site *own;
	const struct sites *peers;
	const struct tunnels *tunnels;
	const struct acks *acks;	/* NULL: not read */
	const struct recent *recent;
	const char *boot;		/* the kernel's id of this boot */
	int64_t now_ms, interval_ms;	/* clock_boot_ms() */
	int64_t wall_s;			/* Unix time */
};

/* --- which keys --- */

/* Whether a next key has to be made: none was yet, or a killed run has lost it. */
bool rotation_lacks_key(const struct state *state, const struct keyring *keyring);

/* The keys that the own record shows, and revokes, added to own. The keyring has an active one. */
void rotation_show(const struct state *state, const struct keyring *keyring, struct site *own);

/* Which of own's keys signs; borrowed. NULL: own has none. */
const struct public_key *rotation_signing(const struct state *state, const struct site *own);

/* --- how peers stand (rotation_judge.c) --- */

enum stance {
	STANCE_ABSENT,		/* there is no tunnel: it reads the record when it returns */
	STANCE_SKIPPED,
	STANCE_AWAITED,		/* it has not said that it has loaded the next key */
	STANCE_READY,		/* it has */
	STANCE_QUEUED,		/* its SA is to be replaced, and its turn comes */
	STANCE_TRIED,		/* it was just asked for an SA with the other key */
	STANCE_REFUSES,		/* it was, and there is none */
	STANCE_SWITCHED,	/* no SA is left that .from has signed, and another is up */
};

struct rotation_report {
	const struct site *peer;	/* borrowed */
	enum stance stance;
	int64_t tries;			/* to replace its SA */
};

/* Whether acks are to be read: the own record, as published, offers a key or revokes one. */
bool rotation_wants_acks(const struct state *state);

/* How long a peer that does not ack holds the rotation up, and one that was seen counts as live. */
int64_t rotation_wait_ms(const struct state *state, const struct sites *peers);

/* One entry a peer, in their order; yours to free. */
struct rotation_report *rotation_judge(const struct state *state,
				       const struct rotation_inputs *inputs);

/* Whether a peer keeps the rotation from its next step. */
bool rotation_is_held(const struct rotation_report *report);

/* Whether those that do have had all their time: who runs it is told, while sync goes on. */
bool rotation_is_overdue(const struct state *state, const struct rotation_inputs *inputs,
			 const struct rotation_report *reports);

/* One line on a peer, for people. Yours to free. */
char *rotation_text(const struct state *state, const struct rotation_report *report);

/* --- what to do (rotation_plan.c) --- */

/* What to initiate and terminate now, added to plan: one peer is asked at a time. */
void rotation_plan(const struct state *state, const struct rotation_inputs *inputs,
		   const struct rotation_report *reports, struct plan *plan);

/* Note in recent who is live, and who was asked just now. */
void rotation_remember(const struct rotation_inputs *inputs, const struct plan *plan,
		       struct recent *recent);

/* --- the steps --- */

/* What came to pass meanwhile: SAs that are gone, a reboot, a record not yet out. True: save it. */
bool rotation_refresh(const struct rotation_inputs *inputs, struct state *state);

/*
 * Take the next step, if nobody holds it: true when the state has changed. It is to be saved then,
 * and the next pass looks at everything. Of RETIRING, .from must have been wiped before.
 */
bool rotation_advance(const struct rotation_inputs *inputs, const struct rotation_report *reports,
		      struct state *state);

/* Own revoked keys that every live peer has dealt with leave the record. As rotation_advance. */
bool rotation_forgive(const struct rotation_inputs *inputs, struct state *state);

/* --- what changes its course; to be saved as well --- */

/* The active key is to be replaced. */
void rotation_want(struct state *state, const struct public_key *active, bool compromised);

/* The next key is made: to be saved before it is stored. */
void rotation_offer(struct state *state, const struct public_key *active,
		    const struct public_key *next);

/* All own keys were gone, and this one is made: to be saved before it is stored. */
void rotation_restart(struct state *state, const struct public_key *key);

/* Back to the key that was. False: there is nothing to go back from, or it is too late. */
bool rotation_abort(const struct rotation_inputs *inputs, struct state *state);

/* The key that goes is in other hands. False: it is gone, or is the one that stays. */
bool rotation_compromise(const struct rotation_inputs *inputs, struct state *state);

/*
 * Whether the active key is old enough, by 'rekey-after', to be replaced now. Sites do so at
 * different times, by their names, and none while another one is at it.
 */
bool rotation_is_due(const struct state *state, const char *site, int64_t rekey_after_s,
		     int64_t wall_s);

#endif
