/*
 * keyring while a key is replaced: which of two is which, and what a run that is killed at any of
 * its system calls leaves for the next one.
 */
#include "tests/unit/keys_support.h"

#include "keys/keyring.h"
#include "tests/unit/killed.h"

#define FOLDER "/etc/swanctl/private"

struct pair {
	struct buf pem;
	struct public_key public;
};

/* All that a test works on: two key pairs, and a root that is its own. */
struct bench {
	struct pair old, new;
	char *root;
};

static int bench_make(void **state)
{
	struct bench *bench = mem_calloc(1, sizeof *bench);
	struct err e = ERR_INIT;

	*state = bench;
	return rsa_make(3072, &bench->old.pem, &bench->old.public, &e) < 0 ||
	       rsa_make(3072, &bench->new.pem, &bench->new.public, &e) < 0 ? -1 : 0;
}

static int bench_free(void **state)
{
	struct bench *bench = *state;

	buf_wipe(&bench->old.pem);
	buf_wipe(&bench->new.pem);
	public_key_done(&bench->old.public);
	public_key_done(&bench->new.public);
	free(bench);
	return 0;
}

static int root_begin(void **state)
{
	struct bench *bench = *state;

	bench->root = root_new();
	return 0;
}

static int root_end(void **state)
{
	struct bench *bench = *state;

	root_done(&bench->root);
	return 0;
}

static char *path_of(const struct pair *pair)
{
	AUTO_FREE char *name = keyring_private_name(&pair->public);

	return mem_printf(FOLDER "/%s", name);
}

static void old_store(const struct bench *bench)
{
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(keyring_store(bench->root, FOLDER, &bench->old.pem, &bench->old.public,
				       &keyring, &e), 0);
}

static int new_store_step(void *data)
{
	const struct bench *bench = data;
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	return keyring_store_next(bench->root, FOLDER, &bench->new.pem, &bench->new.public,
				  &keyring, &e);
}

static void new_store(struct bench *bench)
{
	assert_int_equal(new_store_step(bench), 0);
}

static int old_wipe_step(void *data)
{
	const struct bench *bench = data;
	struct err e = ERR_INIT;

	return keyring_wipe_others(bench->root, FOLDER, &bench->new.public, &e);
}

static void old_wipe(struct bench *bench)
{
	assert_int_equal(old_wipe_step(bench), 0);
}

/* The keys that are found; NULL: none. */
static void assert_keys(const struct bench *bench, const struct keyring_ids *ids,
			const struct pair *active, const struct pair *next)
{
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(keyring_load(bench->root, FOLDER, ids, &keyring, &e), 0);
	assert_int_equal(keyring.present, active != NULL);
	assert_string_equal(keyring.active.id, active != NULL ? active->public.id : "");
	assert_string_equal(keyring.next.id, next != NULL ? next->public.id : "");
}

static void assert_refused(const struct bench *bench, const struct keyring_ids *ids,
			   const char *cause, const char *remedy)
{
	struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(keyring_load(bench->root, FOLDER, ids, &keyring, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, remedy);
	assert_false(keyring.present);
}

/* --- which is which --- */

static void next_key_takes_the_active_ones_place(void **state)
{
	struct bench *bench = *state;
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(keyring_store(bench->root, FOLDER, &bench->old.pem, &bench->old.public,
				       &keyring, &e), 0);
	assert_int_equal(keyring_store_next(bench->root, FOLDER, &bench->new.pem,
					    &bench->new.public, &keyring, &e), 0);
	assert_true(keyring.present);
	assert_string_equal(keyring.active.spki, bench->old.public.spki);
	assert_string_equal(keyring.next.spki, bench->new.public.spki);
}

static void active_key_is_taken_for_the_next(void **state)
{
	struct bench *bench = *state;
	const char *old = bench->old.public.id, *new = bench->new.public.id;

	old_store(bench);
	new_store(bench);
	assert_keys(bench, &(struct keyring_ids){ old, new, "" }, &bench->old, &bench->new);
	assert_keys(bench, &(struct keyring_ids){ new, old, "" }, &bench->new, &bench->old);
	assert_keys(bench, &(struct keyring_ids){ "", new, "" }, &bench->old, &bench->new);
	assert_keys(bench, &(struct keyring_ids){ new, "", old }, &bench->new, NULL);
}

static void next_key_that_was_not_stored_yet(void **state)
{
	struct bench *bench = *state;

	old_store(bench);
	assert_keys(bench, &(struct keyring_ids){ bench->old.public.id, bench->new.public.id, "" },
		    &bench->old, NULL);
}

static void no_key_at_all(void **state)
{
	struct bench *bench = *state;

	assert_keys(bench, &(struct keyring_ids){ bench->old.public.id, bench->new.public.id, "" },
		    NULL, NULL);
}

static void key_that_nobody_knows(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *old = keyring_private_name(&bench->old.public);
	AUTO_FREE char *new = keyring_private_name(&bench->new.public);
	bool ordered = strcmp(old, new) < 0;
	AUTO_FREE char *cause = mem_printf(
		"'" FOLDER "' holds 2 private keys of cygnet's: '%s', '%s'", ordered ? old : new,
		ordered ? new : old);

	old_store(bench);
	new_store(bench);
	assert_refused(bench, &(struct keyring_ids){ bench->old.public.id, KEY_A_ID, KEY_B_ID }, cause,
		       "keep the one that this site's record shows, and move the others away");
}

#define BRING_BACK \
	"restore it, or move all of cygnet's keys away: 'cygnet bootstrap' makes a new one"

static void another_key_in_the_place_of_the_active_one(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *new = keyring_private_name(&bench->new.public);
	AUTO_FREE char *cause =
		mem_printf("'" FOLDER "' lacks the active private key, and holds '%s'", new);

	new_store(bench);
	assert_refused(bench, &(struct keyring_ids){ bench->old.public.id, "", "" }, cause, BRING_BACK);
	assert_refused(bench, &(struct keyring_ids){ bench->old.public.id, bench->new.public.id, "" },
		       cause, BRING_BACK);
	assert_refused(bench, &(struct keyring_ids){ "", bench->new.public.id, "" }, cause, BRING_BACK);
}

/* The same in the digits of the file's name, and different behind them. */
static void key_of_another_id_under_the_same_name(void **state)
{
	struct bench *bench = *state;
	char other[KEY_ID_SIZE];
	AUTO_FREE char *cause = NULL;

	memcpy(other, bench->new.public.id, KEY_ID_SIZE);
	other[KEY_ID_SIZE - 2] = other[KEY_ID_SIZE - 2] == '0' ? '1' : '0';
	cause = mem_printf("private key %s is not the one that cygnet has made, %s",
			   bench->new.public.id, other);
	old_store(bench);
	new_store(bench);
	assert_refused(bench, &(struct keyring_ids){ bench->old.public.id, other, "" }, cause,
		       "find out who put it there, and restore the other");
}

static void next_key_is_judged_less_strictly(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *path = path_of(&bench->new);
	AUTO_FREE char *cause = mem_printf("private key '%s': damaged: not a whole PEM block", path);

	old_store(bench);
	root_write(bench->root, path, "-----BEGIN", 0600);
	assert_refused(bench, &(struct keyring_ids){ bench->old.public.id, bench->new.public.id, "" },
		       cause, "restore it, or move it away: 'cygnet bootstrap' makes a new one");
}

static void half_wiped_key_stops_the_run(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *path = path_of(&bench->old);

	new_store(bench);
	root_write(bench->root, path, "", 0600);
	assert_keys(bench, &(struct keyring_ids){ bench->new.public.id, "", bench->old.public.id },
		    &bench->new, NULL);
}

/* --- wiping --- */

/* Another name for the bytes of a file, which shows them when it is gone. Yours to free. */
static char *file_link(const struct bench *bench, const char *path)
{
	AUTO_FREE char *full = mem_printf("%s%s", bench->root, path);
	AUTO_FREE char *other = mem_printf("%s%s.kept", bench->root, path);

	assert_int_equal(link(full, other), 0);
	return mem_printf("%s.kept", path);
}

static void assert_zeros(const struct bench *bench, const char *path, size_t len)
{
	AUTO_BUF struct buf content = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_read(bench->root, path, 1 << 20, &content, NULL, &e), 0);
	assert_int_equal(content.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(content.data[i], 0);
}

static void bytes_of_a_wiped_key_stay_on_the_disk(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *path = path_of(&bench->old);
	AUTO_FREE char *part = mem_printf("%s" FILE_TEMPORARY, path);
	AUTO_FREE char *link_path = NULL;
	AUTO_FREE char *link_part = NULL;

	old_store(bench);
	root_write(bench->root, part, "-----BEGIN", 0600);
	link_path = file_link(bench, path);
	link_part = file_link(bench, part);
	new_store(bench);
	assert_zeros(bench, link_part, strlen("-----BEGIN"));
	assert_false(file_exists(bench->root, part));
	old_wipe(bench);
	assert_zeros(bench, link_path, bench->old.pem.len);
	assert_false(file_exists(bench->root, path));
	assert_keys(bench, &(struct keyring_ids){ "", "", "" }, &bench->new, NULL);
}

static void wiping_takes_what_is_not_cygnets(void **state)
{
	struct bench *bench = *state;
	AUTO_FREE char *text = NULL;

	new_store(bench);
	root_write(bench->root, FOLDER "/operator.key", "not ours", 0600);
	old_wipe(bench);
	text = root_read(bench->root, FOLDER "/operator.key");
	assert_string_equal(text, "not ours");
}

/* --- killed --- */

/* What is in the folder; yours to free. */
static char *names_left(const struct bench *bench)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(file_list(bench->root, FOLDER, "", "", &names, &e), 0);
	return strings_join(&names, " ");
}

static void assert_only_new(const struct bench *bench)
{
	AUTO_FREE char *left = names_left(bench);
	AUTO_FREE char *name = keyring_private_name(&bench->new.public);

	assert_string_equal(left, name);
}

/* At each point the next key is there whole or not at all, and storing one again ends well. */
static void killed_while_the_next_key_is_stored(void **state)
{
	struct bench *bench = *state;
	const struct keyring_ids ids = { bench->old.public.id, bench->new.public.id, "" };
	int call = 0;
	bool killed = true;

	for (; killed; call++) {
		CLEANUP(keyring_done) struct keyring keyring = { 0 };
		AUTO_FREE char *path = path_of(&bench->new);
		struct err e = ERR_INIT;

		old_store(bench);
		killed = killed_before(call, new_store_step, bench);
		assert_int_equal(keyring_load(bench->root, FOLDER, &ids, &keyring, &e), 0);
		assert_int_equal(*keyring.next.id != '\0', file_exists(bench->root, path));
		new_store(bench);
		assert_keys(bench, &ids, &bench->old, &bench->new);
		assert_int_equal(keyring_wipe_others(bench->root, FOLDER, &bench->old.public, &e), 0);
	}
	assert_in_range(call, 10, 10000);
}

/* At each point the new key is the active one, and wiping once more leaves it alone. */
static void killed_while_the_old_key_is_wiped(void **state)
{
	struct bench *bench = *state;
	const struct keyring_ids ids = { bench->new.public.id, "", bench->old.public.id };
	bool killed = true;
	int call = 0;

	for (; killed; call++) {
		old_store(bench);
		new_store(bench);
		killed = killed_before(call, old_wipe_step, bench);
		assert_keys(bench, &ids, &bench->new, NULL);
		old_wipe(bench);
		assert_only_new(bench);
	}
	assert_in_range(call, 5, 10000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, root_begin, root_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(next_key_takes_the_active_ones_place),
		TEST(active_key_is_taken_for_the_next),
		TEST(next_key_that_was_not_stored_yet),
		TEST(no_key_at_all),
		TEST(key_that_nobody_knows),
		TEST(another_key_in_the_place_of_the_active_one),
		TEST(key_of_another_id_under_the_same_name),
		TEST(next_key_is_judged_less_strictly),
		TEST(half_wiped_key_stops_the_run),
		TEST(bytes_of_a_wiped_key_stay_on_the_disk),
		TEST(wiping_takes_what_is_not_cygnets),
		TEST(killed_while_the_next_key_is_stored),
		TEST(killed_while_the_old_key_is_wiped),
	};

	return cmocka_run_group_tests(tests, bench_make, bench_free);
}
