/* plan: from small targets and what was found of them to what has to be done, in its order. */
#include <string.h>

#include "render/plan.h"
#include "tests/unit/support.h"

#define EVERYTHING ((1u << CONCERN_COUNT) - 1)

/* A target, and a host on which nothing of it was looked at yet. */
struct lab {
	struct target target;
	struct observation seen;
	struct tunnels charon;		/* seen.charon points here once it answers */
	struct site_observation site;
};

#define AUTO_LAB CLEANUP(lab_done) struct lab

static void lab_done(struct lab *lab)
{
	lab->seen.charon = NULL;
	tunnels_done(&lab->charon);
	observation_done(&lab->seen);
	target_done(&lab->target);
}

static struct observed_file file_found(const char *path, const char *text, mode_t mode,
				       enum concern concern)
{
	struct observed_file file = {
		.path = mem_strdup(path),
		.present = text != NULL,
		.mode = mode,
		.concern = concern,
	};

	buf_adds(&file.content, text ? text : "");
	return file;
}

/* A wanted file and what is there of it: NULL for nothing. Paths come in their order. */
static void lab_file(struct lab *lab, enum concern concern, const char *path, const char *wanted,
		     const char *found)
{
	struct buf content = { 0 };

	buf_adds(&content, wanted);
	tree_add(&lab->target.tree, path, &content, 0644, concern);
	assert_string_equal(lab->target.tree.files[lab->seen.file_count].path, path);
	*MEM_GROW(lab->seen.files, lab->seen.file_count) =
		file_found(path, found, found ? 0644 : 0, concern);
}

static void lab_stale(struct lab *lab, enum concern concern, const char *path, const char *text)
{
	*MEM_GROW(lab->seen.stale, lab->seen.stale_count) = file_found(path, text, 0640, concern);
}

static void lab_kernel(struct lab *lab, const char *key, const char *wanted, const char *found)
{
	struct kernel_settings *kernel = &lab->target.kernel;

	*MEM_GROW(kernel->items, kernel->count) =
		(struct kernel_setting){ mem_strdup(key), wanted };
	*MEM_GROW(lab->seen.kernel, lab->seen.kernel_count) = mem_strdup(found);
}

static const struct service absent = { 0 };
static const struct service stopped = { .known = true };
static const struct service enabled = { .known = true, .enabled = true };
static const struct service running = { .known = true, .enabled = true, .active = true };
static const struct service by_hand = { .known = true, .active = true };

static void lab_unit(struct lab *lab, struct wanted_unit wanted, struct service found)
{
	size_t count = lab->target.unit_count;

	*MEM_GROW(lab->target.units, lab->target.unit_count) = wanted;
	*MEM_GROW(lab->seen.services, count) = found;
}

static void lab_own_unit(struct lab *lab, const char *name, enum concern concern, bool active,
			 struct service found)
{
	lab_unit(lab, (struct wanted_unit){ name, concern, true, true, active }, found);
}

static void lab_daemon(struct lab *lab, const char *name, enum concern concern,
		       struct service found)
{
	lab_unit(lab, (struct wanted_unit){ name, concern, false, true, true }, found);
}

static void lab_other_flavour(struct lab *lab, struct service found)
{
	const struct wanted_unit off = { .name = "starter.service", .concern = CONCERN_STRONGSWAN };

	lab_unit(lab, off, found);
}

static void connection_add(struct connection **list, size_t *count, const char *name)
{
	*MEM_GROW(*list, *count) = (struct connection){ .name = mem_strdup(name) };
}

static void lab_connection(struct lab *lab, const char *name)
{
	connection_add(&lab->target.connections, &lab->target.connection_count, name);
}

/* Charon answers, and has loaded this one. */
static void lab_loaded(struct lab *lab, const char *name)
{
	lab->seen.charon = &lab->charon;
	connection_add(&lab->charon.connections, &lab->charon.connection_count, name);
}

/* A gateway with everything, found as wanted. */
static void lab_gateway(struct lab *lab)
{
	lab_file(lab, CONCERN_FIREWALL, "/etc/cygnet.nft", "rules", "rules");
	lab_file(lab, CONCERN_STRONGSWAN, "/etc/strongswan.d", "charon", "charon");
	lab_file(lab, CONCERN_CHARON, "/etc/swanctl/peer.conf", "peer", "peer");
	lab_kernel(lab, "net.ipv4.ip_forward", "1", "1");
	lab_kernel(lab, "net.ipv4.conf.all.rp_filter", "1", "1");
	lab_own_unit(lab, "cygnet.timer", CONCERN_UNITS, true, running);
	lab_own_unit(lab, "rules.service", CONCERN_FIREWALL, true, running);
	lab_other_flavour(lab, absent);
	lab_daemon(lab, "charon.service", CONCERN_STRONGSWAN, running);
	lab_connection(lab, "cygnet-peer");
	lab_loaded(lab, "cygnet-peer");
}

static void plan_join(const struct lab *lab, unsigned concerns, struct buf *ret_text)
{
	CLEANUP(plan_done) struct plan plan = { 0 };
	struct target target = lab->target;	/* what is in it stays the lab's */

	target.load = "swanctl --load-all";
	plan_make(&target, &lab->seen, concerns, &lab->site, &plan);
	for (size_t i = 0; i < plan.count; i++) {
		AUTO_FREE char *text = action_text(&plan.actions[i]);

		buf_addf(ret_text, "%s\n", text);
	}
}

/* The actions of these concerns, a line each. */
static void assert_planned(const struct lab *lab, unsigned concerns, const char *expected)
{
	AUTO_BUF struct buf text = { 0 };

	plan_join(lab, concerns, &text);
	assert_string_equal(buf_str(&text), expected);
}

#define assert_plan(lab, expected) assert_planned(lab, EVERYTHING, expected)

static void gateway_that_is_right_is_changed(void **state)
{
	AUTO_LAB lab = { 0 }, empty = { 0 };

	(void)state;
	lab_gateway(&lab);
	assert_plan(&lab, "");
	assert_plan(&empty, "swanctl --load-all\n");
	empty.seen.charon = &empty.charon;
	assert_plan(&empty, "");
}

/* A fresh machine, with everything that a gateway has. */
static void order_is_not_that_in_which_a_gateway_is_built_up(void **state)
{
	char *baked = (char *)"/etc/keys/cygnet-1.key";
	const struct strings unused = { &baked, 1 };
	AUTO_LAB lab = { .site = { true, 4096, &unused, "/cygnet/lab/sites/0/a", "/cygnet/lab/epoch" } };

	(void)state;
	lab_file(&lab, CONCERN_TIME, "/etc/chrony", "time", NULL);
	lab_file(&lab, CONCERN_FIREWALL, "/etc/cygnet.nft", "rules", NULL);
	lab_file(&lab, CONCERN_STRONGSWAN, "/etc/strongswan.d", "charon", NULL);
	lab_file(&lab, CONCERN_CHARON, "/etc/swanctl/peer.conf", "peer", NULL);
	lab_file(&lab, CONCERN_SYSCTL, "/etc/sysctl.d", "forward", NULL);
	lab_file(&lab, CONCERN_UNITS, "/etc/systemd/cygnet.timer", "timer", NULL);
	lab_kernel(&lab, "net.ipv4.ip_forward", "1", "0");
	lab_daemon(&lab, "charon.service", CONCERN_STRONGSWAN, stopped);
	lab_daemon(&lab, "chrony.service", CONCERN_TIME, running);
	lab_own_unit(&lab, "cygnet.timer", CONCERN_UNITS, true, absent);
	lab_own_unit(&lab, "rules.service", CONCERN_FIREWALL, true, absent);
	lab_own_unit(&lab, "cygnet.service", CONCERN_UNITS, false, absent);
	lab_connection(&lab, "cygnet-peer");
	assert_plan(&lab, "make an RSA-4096 key pair\n"
			  "wipe /etc/keys/cygnet-1.key, another instance's key\n"
			  "create /etc/systemd/cygnet.timer (5 bytes, mode 0644)\n"
			  "systemctl daemon-reload\n"
			  "systemctl start cygnet.timer\n"
			  "systemctl enable cygnet.timer\n"
			  "systemctl enable rules.service\n"
			  "systemctl enable cygnet.service\n"
			  "create /etc/sysctl.d (7 bytes, mode 0644)\n"
			  "sysctl net.ipv4.ip_forward=1\n"
			  "create /etc/chrony (4 bytes, mode 0644)\n"
			  "systemctl restart chrony.service\n"
			  "create /etc/cygnet.nft (5 bytes, mode 0644)\n"
			  "systemctl start rules.service\n"
			  "create /etc/strongswan.d (6 bytes, mode 0644)\n"
			  "systemctl start charon.service\n"
			  "systemctl enable charon.service\n"
			  "create /etc/swanctl/peer.conf (4 bytes, mode 0644)\n"
			  "swanctl --load-all\n"
			  "ssm:PutParameter /cygnet/lab/sites/0/a\n"
			  "ssm:PutParameter /cygnet/lab/epoch\n");
}

/* The rules' unit would fail without its rules; that it is enabled costs nothing. */
static void units_wait_for_the_files_of_others(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_file(&lab, CONCERN_FIREWALL, "/etc/cygnet.nft", "rules", NULL);
	lab_own_unit(&lab, "rules.service", CONCERN_FIREWALL, true, absent);
	assert_planned(&lab, 1u << CONCERN_UNITS, "systemctl enable rules.service\n");
	assert_planned(&lab, 1u << CONCERN_FIREWALL,
		       "create /etc/cygnet.nft (5 bytes, mode 0644)\n"
		       "systemctl start rules.service\n");
}

static void part_that_was_not_asked_for_is_planned(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_gateway(&lab);
	buf_adds(&lab.seen.files[0].content, "x");
	buf_adds(&lab.seen.files[2].content, "x");
	assert_planned(&lab, EVERYTHING & ~(1u << CONCERN_CHARON | 1u << CONCERN_FIREWALL), "");
	assert_planned(&lab, 0, "");
}

/* How the service of a concern hears of its files. */
static const struct {
	enum concern concern;
	const char *text;
} reactions[] = {
	{ CONCERN_UNITS, "systemctl daemon-reload\nsystemctl restart unit\n" },
	{ CONCERN_TIME, "systemctl restart unit\n" },
	{ CONCERN_FIREWALL, "systemctl reload unit\n" },
	{ CONCERN_STRONGSWAN, "reload settings of unit\n" },
};

static void file_is_told_to_the_wrong_service(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reactions); i++) {
		AUTO_FREE char *expected = mem_printf("change /f (3 bytes, mode 0644)\n%s",
						      reactions[i].text);
		AUTO_LAB lab = { 0 };

		lab.seen.charon = &lab.charon;
		lab_file(&lab, reactions[i].concern, "/f", "new", "old");
		lab_daemon(&lab, "unit", reactions[i].concern, running);
		assert_plan(&lab, expected);
	}
}

static void change_of_another_concern_restarts_a_daemon(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_file(&lab, CONCERN_SYSCTL, "/f", "new", "old");
	lab_daemon(&lab, "charon.service", CONCERN_STRONGSWAN, running);
	lab_daemon(&lab, "chrony.service", CONCERN_TIME, running);
	assert_plan(&lab, "change /f (3 bytes, mode 0644)\n");
}

static void file_that_differs_only_in_mode_stays(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_gateway(&lab);
	lab.seen.files[2].mode = 0600;
	assert_plan(&lab, "change /etc/swanctl/peer.conf (4 bytes, mode 0644)\n"
			  "swanctl --load-all\n");
}

/* The same beginning is not the same file, nor is an empty one none. */
static void content_is_compared_as_a_string(void **state)
{
	static const struct {
		const char *wanted, *found;
	} cases[] = {
		{ "abc", "ab" }, { "abc", "abcd" }, { "abc", "" }, { "", "x" }, { "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_FREE char *expected =
			mem_printf("%s /f (%zu bytes, mode 0644)\n",
				   cases[i].found ? "change" : "create", strlen(cases[i].wanted));
		AUTO_LAB lab = { 0 };

		lab.seen.charon = &lab.charon;
		lab_file(&lab, CONCERN_SYSCTL, "/f", cases[i].wanted, cases[i].found);
		assert_plan(&lab, expected);
	}
}

static void nul_ends_the_comparison(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_file(&lab, CONCERN_SYSCTL, "/f", "same", "same");
	buf_add(&lab.target.tree.files[0].content, "\0a", 2);
	buf_add(&lab.seen.files[0].content, "\0b", 2);
	assert_plan(&lab, "change /f (6 bytes, mode 0644)\n");
}

static void file_of_a_peer_that_left_stays(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_gateway(&lab);
	lab_stale(&lab, CONCERN_CHARON, "/etc/swanctl/cygnet-gone.conf", "gone");
	assert_plan(&lab, "remove /etc/swanctl/cygnet-gone.conf\n"
			  "swanctl --load-all\n");
}

/* New before old, so that charon is never without a connection that has only moved. */
static void file_is_removed_before_its_successor_is_written(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_file(&lab, CONCERN_CHARON, "/etc/swanctl/new.conf", "new", NULL);
	lab_stale(&lab, CONCERN_CHARON, "/etc/swanctl/a-old.conf", "old");
	assert_plan(&lab, "create /etc/swanctl/new.conf (3 bytes, mode 0644)\n"
			  "remove /etc/swanctl/a-old.conf\n"
			  "swanctl --load-all\n");
}

/* --- going back --- */

static void way_back_is_lost(void **state)
{
	CLEANUP(plan_done) struct plan plan = { 0 };
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_file(&lab, CONCERN_CHARON, "/changed", "new", "old");
	lab_file(&lab, CONCERN_CHARON, "/created", "new", NULL);
	lab_stale(&lab, CONCERN_CHARON, "/removed", "stale");
	plan_make(&lab.target, &lab.seen, EVERYTHING, NULL, &plan);
	assert_int_equal(plan.count, 4);
	assert_string_equal(buf_str(&plan.actions[0].file.before), "old");
	assert_int_equal(plan.actions[0].file.before_mode, 0644);
	assert_string_equal(buf_str(&plan.actions[0].file.content), "new");
	assert_int_equal(plan.actions[0].file.mode, 0644);
	assert_int_equal(plan.actions[1].file.before_mode, 0);
	assert_string_equal(buf_str(&plan.actions[2].file.before), "stale");
	assert_int_equal(plan.actions[2].file.before_mode, 0640);
}

static void action_belongs_to_another_concern(void **state)
{
	CLEANUP(plan_done) struct plan plan = { 0 };
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_file(&lab, CONCERN_FIREWALL, "/a", "new", NULL);
	lab_file(&lab, CONCERN_STRONGSWAN, "/b", "new", NULL);
	lab_file(&lab, CONCERN_CHARON, "/c", "new", NULL);
	lab_own_unit(&lab, "rules.service", CONCERN_FIREWALL, true, absent);
	plan_make(&lab.target, &lab.seen, EVERYTHING, NULL, &plan);
	assert_int_equal(plan.count, 6);
	assert_int_equal(plan.actions[0].concern, CONCERN_UNITS);	/* enable */
	assert_int_equal(plan.actions[1].concern, CONCERN_FIREWALL);	/* write */
	assert_int_equal(plan.actions[2].concern, CONCERN_FIREWALL);	/* start */
	assert_int_equal(plan.actions[3].concern, CONCERN_STRONGSWAN);
	assert_int_equal(plan.actions[4].concern, CONCERN_CHARON);
	assert_int_equal(plan.actions[5].concern, CONCERN_CHARON);	/* load */
}

/* --- the kernel --- */

static void setting_that_ip_forward_resets_is_not_written_again(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_kernel(&lab, "net.ipv4.ip_forward", "1", "0");
	lab_kernel(&lab, "net.ipv4.conf.all.rp_filter", "1", "1");
	lab_kernel(&lab, "net.ipv4.conf.ens5.send_redirects", "0", "0");
	assert_plan(&lab, "sysctl net.ipv4.ip_forward=1\n"
			  "sysctl net.ipv4.conf.all.rp_filter=1\n"
			  "sysctl net.ipv4.conf.ens5.send_redirects=0\n");
}

static void setting_that_is_right_is_written(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_kernel(&lab, "net.ipv4.ip_forward", "1", "1");
	lab_kernel(&lab, "net.ipv4.conf.all.rp_filter", "1", "2");
	lab_kernel(&lab, "net.ipv4.conf.all.log_martians", "1", "1");
	lab_kernel(&lab, "net.ipv4.tcp_syncookies", "1", NULL);
	assert_plan(&lab, "sysctl net.ipv4.conf.all.rp_filter=1\n"
			  "sysctl net.ipv4.tcp_syncookies=1\n");
}

/* --- units --- */

static void unit_is_left_as_it_was_found(void **state)
{
	static const struct {
		struct service found;
		const char *expected;
	} cases[] = {
		{ { .known = true, .enabled = true, .active = true }, "" },
		{ { .known = true, .active = true }, "systemctl enable unit\n" },
		{ { .known = true, .enabled = true }, "systemctl start unit\n" },
		{ { .known = true }, "systemctl start unit\nsystemctl enable unit\n" },
		{ { 0 }, "systemctl start unit\nsystemctl enable unit\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_LAB lab = { 0 };

		lab.seen.charon = &lab.charon;
		lab_daemon(&lab, "unit", CONCERN_TIME, cases[i].found);
		assert_plan(&lab, cases[i].expected);
	}
}

static void assert_moved(void (*lab_file_of)(struct lab *lab), const char *expected)
{
	AUTO_LAB lab = { 0 };

	lab_file_of(&lab);
	lab_own_unit(&lab, "a.timer", CONCERN_UNITS, true, running);
	lab_own_unit(&lab, "b-a.timer", CONCERN_UNITS, false, enabled);
	assert_planned(&lab, 1u << CONCERN_UNITS, expected);
}

static void lab_leaves(struct lab *lab)
{
	lab_stale(lab, CONCERN_UNITS, "/etc/a.timer", "of the bare binary");
}

static void lab_arrives(struct lab *lab)
{
	lab_file(lab, CONCERN_UNITS, "/etc/a.timer", "other than the package's", NULL);
}

static void lab_changes(struct lab *lab)
{
	lab_file(lab, CONCERN_UNITS, "/etc/a.timer", "new", "old");
}

/* Enabled by a link to /etc/a.timer, or to the package's unit of that name. */
static void link_points_where_a_unit_was(void **state)
{
	(void)state;
	assert_moved(lab_leaves, "remove /etc/a.timer\n"
				 "systemctl daemon-reload\n"
				 "systemctl restart a.timer\n"
				 "systemctl reenable a.timer\n");
	assert_moved(lab_arrives, "create /etc/a.timer (24 bytes, mode 0644)\n"
				  "systemctl daemon-reload\n"
				  "systemctl restart a.timer\n"
				  "systemctl reenable a.timer\n");
	assert_moved(lab_changes, "change /etc/a.timer (3 bytes, mode 0644)\n"
				  "systemctl daemon-reload\n"
				  "systemctl restart a.timer\n");
}

static void unit_that_only_boots_is_started(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_file(&lab, CONCERN_UNITS, "/etc/systemd/cygnet.service", "new", "old");
	lab_own_unit(&lab, "cygnet.service", CONCERN_UNITS, false, enabled);
	assert_plan(&lab, "change /etc/systemd/cygnet.service (3 bytes, mode 0644)\n"
			  "systemctl daemon-reload\n");
}

static void other_flavour_stays(void **state)
{
	static const struct {
		struct service found;
		const char *expected;
	} cases[] = {
		{ { 0 }, "" },
		{ { .known = true }, "" },
		{ { .known = true, .enabled = true }, "systemctl disable --now starter.service\n" },
		{ { .known = true, .active = true },
		  "systemctl disable --now starter.service\nsystemctl restart charon.service\n" },
		{ { .known = true, .enabled = true, .active = true },
		  "systemctl disable --now starter.service\nsystemctl restart charon.service\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		AUTO_LAB lab = { 0 };

		lab.seen.charon = &lab.charon;
		lab_other_flavour(&lab, cases[i].found);
		lab_daemon(&lab, "charon.service", CONCERN_STRONGSWAN, running);
		assert_plan(&lab, cases[i].expected);
	}
}

static void stopped_charon_is_restarted_behind_the_other_flavour(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_other_flavour(&lab, by_hand);
	lab_daemon(&lab, "charon.service", CONCERN_STRONGSWAN, stopped);
	assert_plan(&lab, "systemctl disable --now starter.service\n"
			  "systemctl start charon.service\n"
			  "systemctl enable charon.service\n");
}

/* Its unit runs, but the other flavour, stopped since, has removed the socket. */
static void silent_charon_is_waited_for(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_gateway(&lab);
	lab.seen.charon = NULL;
	lab.seen.charon_silent = true;
	assert_plan(&lab, "systemctl restart charon.service\n"
			  "swanctl --load-all\n");
}

static void charon_that_was_displaced_reads_its_settings_instead(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab_file(&lab, CONCERN_STRONGSWAN, "/etc/strongswan.d", "new", "old");
	lab_other_flavour(&lab, running);
	lab_daemon(&lab, "charon.service", CONCERN_STRONGSWAN, running);
	assert_plan(&lab, "change /etc/strongswan.d (3 bytes, mode 0644)\n"
			  "systemctl disable --now starter.service\n"
			  "systemctl restart charon.service\n");
}

static void time_daemon_is_restarted_for_a_displaced_charon(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon_silent = true;
	lab_daemon(&lab, "chrony.service", CONCERN_TIME, running);
	assert_plan(&lab, "swanctl --load-all\n");
}

/* --- charon --- */

static void charon_with_other_connections_is_left_so(void **state)
{
	AUTO_LAB none = { 0 }, other = { 0 }, more = { 0 };

	(void)state;
	lab_connection(&none, "cygnet-a");
	none.seen.charon = &none.charon;
	assert_plan(&none, "swanctl --load-all\n");
	lab_connection(&other, "cygnet-a");
	lab_loaded(&other, "cygnet-b");
	assert_plan(&other, "swanctl --load-all\n");
	lab_connection(&more, "cygnet-a");
	lab_loaded(&more, "cygnet-a");
	lab_loaded(&more, "cygnet-b");
	assert_plan(&more, "swanctl --load-all\n");
}

/* As after other keys of the same connections. */
static void charon_keeps_keys_that_are_no_more(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_connection(&lab, "cygnet-a");
	lab_loaded(&lab, "cygnet-a");
	assert_plan(&lab, "");
	lab.seen.behind[CONCERN_CHARON] = true;
	assert_plan(&lab, "swanctl --load-all\n");
}

static void charon_is_loaded_twice(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab_file(&lab, CONCERN_CHARON, "/a", "new", NULL);
	lab_file(&lab, CONCERN_CHARON, "/b", "new", "old");
	lab_connection(&lab, "cygnet-a");
	assert_plan(&lab, "create /a (3 bytes, mode 0644)\n"
			  "change /b (3 bytes, mode 0644)\n"
			  "swanctl --load-all\n");
}

/*
 * --- a run that was killed, or failed, between a concern's files and who has to hear of them ---
 */

static void service_never_hears_of_its_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(reactions); i++) {
		AUTO_LAB lab = { 0 };

		lab.seen.charon = &lab.charon;
		lab_file(&lab, reactions[i].concern, "/f", "new", "new");
		lab_daemon(&lab, "unit", reactions[i].concern, running);
		assert_plan(&lab, "");
		lab.seen.behind[reactions[i].concern] = true;
		assert_plan(&lab, reactions[i].text);
	}
}

static void links_of_own_units_are_forgotten(void **state)
{
	AUTO_LAB lab = { 0 };

	(void)state;
	lab.seen.charon = &lab.charon;
	lab.seen.behind[CONCERN_UNITS] = true;
	lab_own_unit(&lab, "a.timer", CONCERN_UNITS, true, running);
	lab_own_unit(&lab, "rules.service", CONCERN_FIREWALL, true, running);
	lab_daemon(&lab, "chrony.service", CONCERN_TIME, running);
	assert_plan(&lab, "systemctl daemon-reload\n"
			  "systemctl restart a.timer\n"
			  "systemctl reenable a.timer\n"
			  "systemctl reenable rules.service\n");
}

/* --- the site --- */

static void site_that_is_right_is_written(void **state)
{
	AUTO_LAB lab = { 0 };
	CLEANUP(plan_done) struct plan plan = { 0 };

	(void)state;
	lab_gateway(&lab);
	lab.site = (struct site_observation){ .key_bits = 4096 };
	assert_plan(&lab, "");
	lab.site.record = "/cygnet/lab/sites/0/a";
	lab.site.epoch = "/cygnet/lab/epoch";
	assert_plan(&lab, "ssm:PutParameter /cygnet/lab/sites/0/a\n"
			  "ssm:PutParameter /cygnet/lab/epoch\n");
	plan_make(&lab.target, &lab.seen, EVERYTHING, NULL, &plan);
	assert_int_equal(plan.count, 0);
}

static void action_is_called_something_else(void **state)
{
	const struct action terminate = {
		.kind = ACTION_TERMINATE,
		.name = (char *)"cygnet-a",
		.value = (char *)"left",
		.sa = 7,
	};
	const struct action initiate = { .kind = ACTION_INITIATE, .name = (char *)"cygnet-a" };
	const struct action remove = { .kind = ACTION_REMOVE, .name = (char *)"/a" };
	AUTO_FREE char *terminated = action_text(&terminate), *initiated = action_text(&initiate);

	(void)state;
	assert_string_equal(terminated, "terminate cygnet-a #7: left");
	assert_string_equal(initiated, "initiate cygnet-a");
	assert_true(action_is_file(&remove));
	assert_false(action_is_file(&initiate));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateway_that_is_right_is_changed),
		cmocka_unit_test(order_is_not_that_in_which_a_gateway_is_built_up),
		cmocka_unit_test(units_wait_for_the_files_of_others),
		cmocka_unit_test(part_that_was_not_asked_for_is_planned),
		cmocka_unit_test(file_is_told_to_the_wrong_service),
		cmocka_unit_test(change_of_another_concern_restarts_a_daemon),
		cmocka_unit_test(file_that_differs_only_in_mode_stays),
		cmocka_unit_test(content_is_compared_as_a_string),
		cmocka_unit_test(nul_ends_the_comparison),
		cmocka_unit_test(file_of_a_peer_that_left_stays),
		cmocka_unit_test(file_is_removed_before_its_successor_is_written),
		cmocka_unit_test(way_back_is_lost),
		cmocka_unit_test(action_belongs_to_another_concern),
		cmocka_unit_test(setting_that_ip_forward_resets_is_not_written_again),
		cmocka_unit_test(setting_that_is_right_is_written),
		cmocka_unit_test(unit_is_left_as_it_was_found),
		cmocka_unit_test(link_points_where_a_unit_was),
		cmocka_unit_test(unit_that_only_boots_is_started),
		cmocka_unit_test(other_flavour_stays),
		cmocka_unit_test(stopped_charon_is_restarted_behind_the_other_flavour),
		cmocka_unit_test(silent_charon_is_waited_for),
		cmocka_unit_test(charon_that_was_displaced_reads_its_settings_instead),
		cmocka_unit_test(time_daemon_is_restarted_for_a_displaced_charon),
		cmocka_unit_test(charon_with_other_connections_is_left_so),
		cmocka_unit_test(charon_keeps_keys_that_are_no_more),
		cmocka_unit_test(service_never_hears_of_its_files),
		cmocka_unit_test(links_of_own_units_are_forgotten),
		cmocka_unit_test(charon_is_loaded_twice),
		cmocka_unit_test(site_that_is_right_is_written),
		cmocka_unit_test(action_is_called_something_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
