/*
 * Both ends of a tunnel, each with its own passes and its own knowledge of what is planned, over
 * one model of charon: whenever and in whichever order they learn of a change, the packets of what
 * stays planned are carried at every moment, and in the end one child is left, with exactly the
 * planned subnets.
 */
#include <string.h>

#include "render/bringup.h"
#include "tests/unit/support.h"

#define RUNS 400
#define CHANGES 3
#define SETTLE_S 300
#define INTERVAL_S 15
#define SIDES 2
#define RANGES 4		/* bits of a set of subnets; the first is in every plan */

struct planned {
	unsigned subnets[SIDES];	/* what each side offers, as sets */
	int known_s[SIDES];		/* when each side has loaded it */
};

struct link {			/* a child, as both sides see it */
	uint32_t id;
	unsigned subnets[SIDES];
	size_t planned[SIDES];		/* what each had loaded when it was made */
};

struct end {
	size_t planned;		/* index of what it has loaded */
	struct recent recent;
	struct plan plan;	/* observed and decided, and not done yet */
	struct tunnel_report *reports;
	struct site own;	/* that the reports are of, as the peers */
	struct sites peers;
	int pass_s, act_s;	/* when the next pass is; when what it decided is done */
};

struct run {
	uint32_t seed, next_id;
	struct planned plans[CHANGES + 1];
	struct link *links;
	size_t link_count;
	struct end ends[SIDES];
};

static const char *const names[SIDES] = { "a", "b" };

static int below(struct run *run, int bound)
{
	run->seed = run->seed * 1664525 + 1013904223;
	return (int)((run->seed >> 8) % (unsigned)bound);
}

static struct cidrs subnets_of(size_t side, unsigned set)
{
	struct cidrs subnets = { 0 };

	for (unsigned i = 0; i < RANGES; i++)
		if (set & 1u << i)
			cidrs_add(&subnets, (struct cidr){ 0x0a000000 + (uint32_t)side * 0x100000 + i * 0x10000, 16 });
	return subnets;
}

static uint32_t address_of(size_t side)
{
	return 0xcb007100 + (uint32_t)side;
}

static struct site site_of(size_t side, const struct planned *planned)
{
	return (struct site){
		.name = mem_strdup(names[side]), .address = address_of(side),
		.subnets = subnets_of(side, planned->subnets[side]),
	};
}

/* --- charon --- */

static char *address_text(size_t side)
{
	char text[ADDRESS_TEXT];

	address_format(address_of(side), text);
	return mem_strdup(text);
}

static void tunnels_observe(const struct run *run, size_t side, struct tunnels *ret_tunnels)
{
	struct tunnels tunnels = { 0 };
	struct ike_sa *sa = MEM_GROW(tunnels.sas, tunnels.sa_count);

	*sa = (struct ike_sa){
		.name = mem_printf("cygnet-%s", names[!side]), .id = 1, .state = mem_strdup("ESTABLISHED"),
		.remote_address = address_text(!side), .local_id = address_text(side), .remote_id = address_text(!side),
	};
	for (size_t i = 0; i < run->link_count; i++)
		*MEM_GROW(sa->children, sa->child_count) = (struct child_sa){
			.name = mem_strdup(sa->name), .id = run->links[i].id, .state = mem_strdup("INSTALLED"),
			.local_subnets = subnets_of(side, run->links[i].subnets[side]),
			.remote_subnets = subnets_of(!side, run->links[i].subnets[!side]),
		};
	*ret_tunnels = tunnels;
}

/*
 * No second child is made from what is loaded; and what is asked for is narrowed to what the other
 * end has loaded.
 */
static void initiate(struct run *run, size_t side)
{
	const struct planned *known[SIDES] = {
		&run->plans[run->ends[0].planned], &run->plans[run->ends[1].planned],
	};
	struct link link = { .id = run->next_id + 1 };

	for (size_t i = 0; i < run->link_count; i++)
		if (run->links[i].planned[side] == run->ends[side].planned)
			return;
	for (size_t i = 0; i < SIDES; i++) {
		link.planned[i] = run->ends[i].planned;
		link.subnets[i] = known[0]->subnets[i] & known[1]->subnets[i];
	}
	run->next_id++;
	*MEM_GROW(run->links, run->link_count) = link;
}

static void terminate(struct run *run, uint32_t id)
{
	for (size_t i = 0; i < run->link_count; i++)
		if (run->links[i].id == id)
			run->links[i--] = run->links[--run->link_count];
}

/* --- cygnet --- */

static void end_forget(struct end *end)
{
	plan_done(&end->plan);
	free(end->reports);
	end->reports = NULL;
	site_done(&end->own);
	sites_done(&end->peers);
}

static struct bringup_inputs inputs_of(const struct end *end, const struct tunnels *tunnels,
				       int now_s)
{
	return (struct bringup_inputs){
		.own = &end->own, .peers = &end->peers, .tunnels = tunnels, .recent = &end->recent,
		.now_ms = 1000 * (int64_t)now_s, .interval_ms = 1000 * INTERVAL_S,
	};
}

static void end_decide(struct run *run, size_t side, int now_s)
{
	const struct planned *planned = &run->plans[run->ends[side].planned];
	CLEANUP(tunnels_done) struct tunnels tunnels = { 0 };
	struct site peer = site_of(!side, planned);
	struct end *end = &run->ends[side];
	struct bringup_inputs inputs;

	end_forget(end);
	end->own = site_of(side, planned);
	sites_add(&end->peers, &peer);
	tunnels_observe(run, side, &tunnels);
	inputs = inputs_of(end, &tunnels, now_s);
	bringup_plan(&inputs, &end->reports, &end->plan);
	bringup_remember(&inputs, end->reports, &end->plan, &end->recent);
	end->act_s = now_s + below(run, 3);
	end->pass_s = now_s + (below(run, 4) == 0 ? 3 : INTERVAL_S);
}

static void end_act(struct run *run, size_t side)
{
	struct end *end = &run->ends[side];

	for (size_t i = 0; i < end->plan.count; i++) {
		if (end->plan.actions[i].kind == ACTION_INITIATE)
			initiate(run, side);
		else if (end->plan.actions[i].kind == ACTION_TERMINATE_CHILD)
			terminate(run, end->plan.actions[i].sa);
		else
			fail_msg("the SA itself is as planned");
	}
	end_forget(end);
}

/* --- runs --- */

/* Each change is learnt of within a minute, by either end first. Returns when the last one is. */
static int run_make(struct run *run, uint32_t seed)
{
	int last_s = 0;

	*run = (struct run){ .seed = seed };
	for (size_t i = 0; i <= CHANGES; i++) {
		int begin_s = i == 0 ? 0 : last_s + below(run, 60);

		for (size_t k = 0; k < SIDES; k++) {
			run->plans[i].subnets[k] = 1u | (unsigned)below(run, 1 << RANGES);
			run->plans[i].known_s[k] = i == 0 ? 0 : begin_s + below(run, 60);
			last_s = run->plans[i].known_s[k] > last_s ? run->plans[i].known_s[k] : last_s;
		}
	}
	for (size_t k = 0; k < SIDES; k++)
		run->ends[k].pass_s = below(run, INTERVAL_S);
	initiate(run, 0);
	return last_s;
}

static bool carried(const struct run *run)
{
	for (size_t i = 0; i < run->link_count; i++)
		if (run->links[i].subnets[0] & run->links[i].subnets[1] & 1u)
			return true;
	return false;
}

static void run_tick(struct run *run, int now_s)
{
	for (size_t k = 0; k < SIDES; k++) {
		struct end *end = &run->ends[k];

		while (end->planned < CHANGES && run->plans[end->planned + 1].known_s[k] <= now_s)
			end->planned++;
		if (end->pass_s <= now_s)
			end_decide(run, k, now_s);
	}
	for (size_t k = 0; k < SIDES; k++)
		if (run->ends[k].act_s <= now_s)
			end_act(run, k);
	assert_true(carried(run));
}

static void run_done(struct run *run)
{
	for (size_t k = 0; k < SIDES; k++) {
		end_forget(&run->ends[k]);
		recent_done(&run->ends[k].recent);
	}
	free(run->links);
}

static void change_loses_packets_or_is_never_settled(void **state)
{
	uint32_t initiated = 0;

	(void)state;
	for (uint32_t seed = 0; seed < RUNS; seed++) {
		CLEANUP(run_done) struct run run;
		int last_s = run_make(&run, seed);

		for (int now_s = 0; now_s < last_s + SETTLE_S; now_s++)
			run_tick(&run, now_s);
		assert_int_equal(run.link_count, 1);
		for (size_t k = 0; k < SIDES; k++) {
			assert_int_equal(run.links[0].subnets[k], run.plans[CHANGES].subnets[k]);
			assert_int_equal(run.ends[k].recent.wait_count, 0);
		}
		initiated += run.next_id;
	}
	assert_true(initiated > RUNS * 3 && initiated < RUNS * 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_loses_packets_or_is_never_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
