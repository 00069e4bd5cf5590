/*
 * keyring: what may lie in the key's folder, what is refused, and that nothing there is ever
 * changed by looking.
 */
#include "tests/unit/keys_support.h"

#include "base/clock.h"
#include "keys/keyring.h"

#define FOLDER "/etc/swanctl/private"
#define SIZE 3072

struct pair {
	struct buf pem;
	struct public_key public;
};

static int pair_make(void **state)
{
	struct pair *pair = mem_calloc(1, sizeof *pair);
	struct err e = ERR_INIT;

	*state = pair;
	return key_maker_finish(key_maker_start(SIZE), &pair->pem, &pair->public, &e);
}

static int pair_free(void **state)
{
	struct pair *pair = *state;

	buf_wipe(&pair->pem);
	public_key_done(&pair->public);
	free(pair);
	return 0;
}

static void pair_store(const struct pair *pair, const char *root)
{
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(keyring_store(root, FOLDER, &pair->pem, &pair->public, &keyring, &e), 0);
	assert_true(keyring.present);
	assert_string_equal(keyring.active.id, pair->public.id);
}

static char *pair_path(const struct pair *pair)
{
	AUTO_FREE char *name = keyring_private_name(&pair->public);

	return mem_printf(FOLDER "/%s", name);
}

static void below_chmod(const char *root, const char *path, mode_t mode)
{
	AUTO_FREE char *full = mem_printf("%s%s", root, path);

	assert_int_equal(chmod(full, mode), 0);
}

/* cause and remedy may name the key's path as "%1$s". */
static void assert_refused(const char *root, const char *path, const char *cause,
			   const char *remedy)
{
	CLEANUP(strings_done) struct strings before = { 0 };
	CLEANUP(strings_done) struct strings after = { 0 };
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	struct err e = ERR_INIT;
	char expected_cause[1024], expected_remedy[512];

	file_list(root, FOLDER, "", "", &before, &e);
	assert_int_equal(keyring_load(root, FOLDER, &keyring, &e), -1);
	snprintf(expected_cause, sizeof expected_cause, cause, path);
	snprintf(expected_remedy, sizeof expected_remedy, remedy, path);
	assert_error(&e, EXIT_CONFIG, expected_cause, expected_remedy);
	assert_false(keyring.present);
	file_list(root, FOLDER, "", "", &after, &e);
	assert_true(strings_equal(&before, &after));
}

static void names(void **state)
{
	struct public_key key = { .id = KEY_A_ID };
	AUTO_FREE char *private_name = keyring_private_name(&key);
	AUTO_FREE char *public_name = keyring_public_name("frankfurt", &key);

	(void)state;
	assert_string_equal(private_name, "cygnet-8979b8f51ae63b98.key");
	assert_string_equal(public_name, "cygnet-frankfurt-8979b8f51ae63b98.pub");
}

static void no_key_yet(void **state)
{
	AUTO_ROOT char *root = root_new();
	struct keyring keyring = { .present = true };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(keyring_load(root, FOLDER, &keyring, &e), 0);
	assert_false(keyring.present);
	root_write(root, FOLDER "/operator.key", "not ours", 0644);
	keyring.present = true;
	assert_int_equal(keyring_load(root, FOLDER, &keyring, &e), 0);
	assert_false(keyring.present);
}

static void stored_key_is_loaded(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	AUTO_FREE char *text = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(file_folder(root, FOLDER, 0755, &e), 0);
	pair_store(pair, root);
	assert_int_equal(keyring_load(root, FOLDER, &keyring, &e), 0);
	assert_true(keyring.present);
	assert_string_equal(keyring.active.spki, pair->public.spki);
	assert_int_equal(file_mode(root, path) & 07777, 0600);
	assert_int_equal(file_mode(root, FOLDER) & 07777, 0700);
	text = root_read(root, path);
	assert_string_equal(text, pair->pem.data);
}

static void what_a_killed_run_left(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	CLEANUP(strings_done) struct strings names_left = { 0 };
	AUTO_FREE char *joined = NULL;
	AUTO_FREE char *name = keyring_private_name(&pair->public);
	AUTO_FREE char *expected = mem_printf("%s operator.key.cygnet-new", name);
	struct err e = ERR_INIT;

	root_write(root, FOLDER "/cygnet-0123456789abcdef.key.cygnet-new", "-----BEGIN PRIV", 0600);
	root_write(root, FOLDER "/operator.key.cygnet-new", "not ours", 0600);
	assert_int_equal(keyring_load(root, FOLDER, &keyring, &e), 0);
	assert_false(keyring.present);
	pair_store(pair, root);
	file_list(root, FOLDER, "", "", &names_left, &e);
	joined = strings_join(&names_left, " ");
	assert_string_equal(joined, expected);
}

/* A name that a removal leaves shows what is on the disk. */
static char *below_link(const char *root, const char *path)
{
	AUTO_FREE char *full = mem_printf("%s%s", root, path);
	AUTO_FREE char *other = mem_printf("%s/still-there", root);

	assert_int_equal(link(full, other), 0);
	return mem_strdup("/still-there");
}

static void key_of_another_instance_stays_on_the_disk(void **state)
{
	static const char former[] = FOLDER "/cygnet-0123456789abcdef.key";
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair), *content = NULL, *left = NULL;
	struct err e = ERR_INIT;

	pair_store(pair, root);
	root_write(root, former, "secret", 0600);
	root_write(root, FOLDER "/operator.key", "not ours", 0600);
	left = below_link(root, former);
	assert_int_equal(keyring_wipe_others(root, FOLDER, &pair->public, &e), 0);
	assert_false(file_exists(root, former));
	assert_true(file_exists(root, path));
	assert_true(file_exists(root, FOLDER "/operator.key"));
	content = root_read(root, left);
	assert_memory_equal(content, "\0\0\0\0\0\0", 6);
	assert_int_equal(keyring_wipe_others(root, FOLDER, &pair->public, &e), 0);
}

static void key_that_others_can_use(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0601 };
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);

	pair_store(pair, root);
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		below_chmod(root, path, modes[i]);
		assert_refused(root, path, "others than root can use the private key '%s'",
			       "'chmod 0600 %s', or remove it if somebody may have read it: "
			       "'cygnet bootstrap' makes a new one");
	}
}

static void folder_that_others_can_enter(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);

	pair_store(pair, root);
	below_chmod(root, FOLDER, 0710);
	assert_refused(root, path,
		       "others than root can enter '" FOLDER "', which holds the private key",
		       "'chmod 0700 " FOLDER "', and remove the key if somebody may have read it");
}

/* Below the machine's own root, and so in a folder of /tmp. */
static void key_that_is_not_roots(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *folder = root_new();
	AUTO_FREE char *name = keyring_private_name(&pair->public);
	AUTO_FREE char *path = mem_printf("%s/%s", folder, name);
	AUTO_FREE char *cause = NULL;
	AUTO_FREE char *remedy = NULL;
	struct keyring keyring = { 0 };
	struct err e = ERR_INIT;
	const char *odd =
		geteuid() == 0 ? path : folder; /* nothing of an ordinary user's is root's */

	assert_int_equal(file_replace("", path, pair->pem.data, pair->pem.len, 0600, &e), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(path, 1, (gid_t)-1), 0);
	cause = mem_printf("'%s' is not root's", odd);
	remedy = mem_printf("find out who made it; then 'chown root:root %s'", odd);
	assert_int_equal(keyring_load("", folder, &keyring, &e), -1);
	assert_error(&e, EXIT_CONFIG, cause, remedy);
}

static void several_keys(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *name = keyring_private_name(&pair->public);

	pair_store(pair, root);
	root_write(root, FOLDER "/cygnet-.key", "", 0600);
	assert_refused(root, name,
		       "'" FOLDER "' holds 2 private keys of cygnet's: 'cygnet-.key', '%s'",
		       "keep the one that this site's record shows, and move the others away");
}

static void key_under_another_name(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);

	root_write(root, FOLDER "/cygnet-0123456789abcdef.key", pair->pem.data, 0600);
	below_chmod(root, FOLDER, 0700);
	assert_refused(root, path,
		       "private key '" FOLDER
		       "/cygnet-0123456789abcdef.key' is another one than its name says",
		       "call it '%s' if it is this gateway's, else move it away");
}

static void damaged_key(void **state)
{
	static const char restore[] =
		"restore it, or move it away: 'cygnet bootstrap' makes a new one";
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);
	AUTO_FREE char *half = mem_strndup(pair->pem.data, pair->pem.len / 2);

	root_write(root, path, half, 0600);
	below_chmod(root, FOLDER, 0700);
	assert_refused(root, path, "private key '%s': damaged: not a whole PEM block", restore);
	root_write(root, path, "", 0600);
	assert_refused(root, path, "private key '%s': damaged: not a whole PEM block", restore);
}

static void short_key(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_WIPE struct buf pem = { 0 };
	CLEANUP(public_key_done) struct public_key public = { 0 };
	AUTO_FREE char *name = NULL;
	AUTO_FREE char *path = NULL;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(rsa_make(2048, &pem, &public, &e), 0);
	name = keyring_private_name(&public);
	path = mem_printf(FOLDER "/%s", name);
	root_write(root, path, pem.data, 0600);
	below_chmod(root, FOLDER, 0700);
	assert_refused(root, path, "private key '%s': an RSA key of 2048 bits, outside 3072..16384",
		       "restore it, or move it away: 'cygnet bootstrap' makes a new one");
}

static void something_larger_than_any_key(void **state)
{
	const struct pair *pair = *state;
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = pair_path(pair);
	AUTO_FREE char *text = mem_calloc(32770, 1);

	memset(text, 'x', 32769);
	root_write(root, path, text, 0600);
	below_chmod(root, FOLDER, 0700);
	assert_refused(root, path, "'%s' is larger than 32768 bytes", "");
}

static void key_making_that_is_abandoned(void **state)
{
	int64_t begin = clock_boot_ms();

	(void)state;
	key_maker_abandon(NULL);
	key_maker_abandon(key_maker_start(KEY_BITS_MAX));	/* would take a minute */
	assert_in_range(clock_boot_ms() - begin, 0, 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(no_key_yet),
		cmocka_unit_test(stored_key_is_loaded),
		cmocka_unit_test(what_a_killed_run_left),
		cmocka_unit_test(key_of_another_instance_stays_on_the_disk),
		cmocka_unit_test(key_that_others_can_use),
		cmocka_unit_test(folder_that_others_can_enter),
		cmocka_unit_test(key_that_is_not_roots),
		cmocka_unit_test(several_keys),
		cmocka_unit_test(key_under_another_name),
		cmocka_unit_test(damaged_key),
		cmocka_unit_test(short_key),
		cmocka_unit_test(something_larger_than_any_key),
		cmocka_unit_test(key_making_that_is_abandoned),
	};

	return cmocka_run_group_tests(tests, pair_make, pair_free);
}
