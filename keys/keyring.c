/*
 * keyring: the gateway's key files. It judges what lies on disk and never repairs it: a private key
 * that somebody may have read or altered is the operator's decision. It knows no registry and no
 * charon, and of a rotation only which key is which.
 */
#include "keys/keyring.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define KEY_FILE_MAX 32768	/* bytes; PKCS#8 PEM of KEY_BITS_MAX has 12,800 */
#define KEY_PREFIX "cygnet-"
#define KEY_SUFFIX ".key"

static char *private_name(const char *id)
{
	return mem_printf(KEY_PREFIX "%.*s" KEY_SUFFIX, KEY_ID_SHORT, id);
}

char *keyring_private_name(const struct public_key *key)
{
	return private_name(key->id);
}

char *keyring_public_name(const char *site, const struct public_key *key)
{
	return mem_printf(KEY_PREFIX "%s-%.*s.pub", site, KEY_ID_SHORT, key->id);
}

/* --- what is on disk --- */

static bool is_machine(const char *root)
{
	return root == NULL || *root == '\0' || strcmp(root, "/") == 0;
}

/* Below another root the files belong to whoever made it. */
static int owner_check(const char *root, const char *path, struct err *e)
{
	if (!is_machine(root) || file_owner(root, path) == 0)
		return 0;
	err_set(e, EXIT_CONFIG, "'%s' is not root's", path);
	return err_remedy(e, "find out who made it; then 'chown root:root %s'", path);
}

static int folder_check(const char *root, const char *folder, struct err *e)
{
	if ((file_mode(root, folder) & 077) != 0) {
		err_set(e, EXIT_CONFIG,
			"others than root can enter '%s', which holds the private key", folder);
		return err_remedy(e, "'chmod 0700 %s', and remove the key if somebody may have "
				  "read it", folder);
	}
	return owner_check(root, folder, e);
}

static int file_check(const char *root, const char *path, mode_t mode, struct err *e)
{
	if ((mode & 077) != 0) {
		err_set(e, EXIT_CONFIG, "others than root can use the private key '%s'", path);
		return err_remedy(e, "'chmod 0600 %s', or remove it if somebody may have read it: "
				  "'cygnet bootstrap' makes a new one", path);
	}
	return owner_check(root, path, e);
}

static int key_load(const char *root, const char *path, struct public_key *ret_key, struct err *e)
{
	AUTO_WIPE struct buf pem = { 0 };
	mode_t mode;

	if (file_read(root, path, KEY_FILE_MAX, &pem, &mode, e) < 0 ||
	    file_check(root, path, mode, e) < 0)
		return -1;
	if (rsa_public_of(&pem, KEY_BITS_MIN, ret_key, e) == 0)
		return 0;
	err_wrap(e, "private key '%s'", path);
	return err_remedy(e, "restore it, or move it away: 'cygnet bootstrap' makes a new one");
}

static int key_load_named(const char *root, const char *folder, const char *name,
			  struct public_key *ret_key, struct err *e)
{
	AUTO_FREE char *path = mem_printf("%s/%s", folder, name);
	AUTO_FREE char *proper = NULL;
	CLEANUP(public_key_done) struct public_key key = { 0 };

	if (key_load(root, path, &key, e) < 0)
		return -1;
	proper = keyring_private_name(&key);
	if (strcmp(proper, name) != 0) {
		err_set(e, EXIT_CONFIG, "private key '%s' is another one than its name says", path);
		return err_remedy(e, "call it '%s/%s' if it is this gateway's, else move it away",
				  folder, proper);
	}
	*ret_key = key;
	key = (struct public_key){ 0 };
	return 0;
}

/* --- which is which --- */

/* Whether a file is called as the key of this id would be; no file is called as none. */
static bool is_named(const char *name, const char *id)
{
	AUTO_FREE char *proper = private_name(id);

	return *id != '\0' && strcmp(name, proper) == 0;
}

static void names_sort_out(const struct strings *names, const struct keyring_ids *ids,
			   const char **next, struct strings *others)
{
	for (size_t i = 0; i < names->count; i++) {
		if (is_named(names->items[i], ids->next))
			*next = names->items[i];
		else if (!is_named(names->items[i], ids->retired))
			strings_add(others, names->items[i]);
	}
}

static int strangers_refuse(const char *folder, const struct strings *names, struct err *e)
{
	AUTO_FREE char *all = strings_join(names, "', '");

	err_set(e, EXIT_CONFIG, "'%s' holds %zu private keys of cygnet's: '%s'", folder,
		names->count, all);
	return err_remedy(e, "keep the one that this site's record shows, "
			  "and move the others away");
}

static int active_miss(const char *folder, const char *other, struct err *e)
{
	err_set(e, EXIT_CONFIG, "'%s' lacks the active private key, and holds '%s'", folder, other);
	return err_remedy(e, "restore it, or move all of cygnet's keys away: "
			  "'cygnet bootstrap' makes a new one");
}

/* others: what is neither the next key nor a retired one. */
static int active_check(const char *folder, const struct strings *others, const char *next,
			const char *id, struct err *e)
{
	if (others->count > 1)
		return strangers_refuse(folder, others, e);
	if (others->count == 0)
		return next != NULL ? active_miss(folder, next, e) : 0;
	return *id == '\0' || is_named(others->items[0], id) ? 0 :
	       active_miss(folder, others->items[0], e);
}

/* The name has but some digits of the id. */
static int id_check(const struct public_key *key, const char *id, struct err *e)
{
	if (*id == '\0' || strcmp(key->id, id) == 0)
		return 0;
	err_set(e, EXIT_CONFIG, "private key %s is not the one that cygnet has made, %s",
		key->id, id);
	return err_remedy(e, "find out who put it there, and restore the other");
}

static int key_load_known(const char *root, const char *folder, const char *name, const char *id,
			  struct public_key *ret_key, struct err *e)
{
	CLEANUP(public_key_done) struct public_key key = { 0 };

	if (folder_check(root, folder, e) < 0 || key_load_named(root, folder, name, &key, e) < 0 ||
	    id_check(&key, id, e) < 0)
		return -1;
	*ret_key = key;
	key = (struct public_key){ 0 };
	return 0;
}

int keyring_load(const char *root, const char *folder, const struct keyring_ids *ids,
		 struct keyring *ret_keyring, struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 }, others = { 0 };
	CLEANUP(keyring_done) struct keyring keyring = { 0 };
	const char *next = NULL;

	if (file_list(root, folder, KEY_PREFIX, KEY_SUFFIX, &names, e) < 0)
		return -1;
	names_sort_out(&names, ids, &next, &others);
	if (active_check(folder, &others, next, ids->active, e) < 0)
		return -1;
	keyring.present = others.count > 0;
	if ((keyring.present && key_load_known(root, folder, others.items[0], ids->active,
					       &keyring.active, e) < 0) ||
	    (next != NULL && key_load_known(root, folder, next, ids->next, &keyring.next, e) < 0))
		return -1;
	*ret_keyring = keyring;
	keyring = (struct keyring){ 0 };
	return 0;
}

/* --- wiping and storing --- */

int keyring_list(const char *root, const char *folder, struct strings *ret_paths, struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };
	struct strings paths = { 0 };

	if (file_list(root, folder, KEY_PREFIX, KEY_SUFFIX, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++)
		strings_addf(&paths, "%s/%s", folder, names.items[i]);
	*ret_paths = paths;
	return 0;
}

/* Over the bytes themselves: a file that is replaced or removed leaves them on the disk. */
static int key_wipe(const char *root, const char *path, struct err *e)
{
	static const char zeros[KEY_FILE_MAX];
	AUTO_FREE char *full = mem_printf("%s%s", root, path);
	AUTO_CLOSE int fd = open(full, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	size_t len;

	if (fd < 0 || fstat(fd, &status) < 0)
		return err_set(e, EXIT_STEP, "cannot open '%s' to wipe it: %m", path);
	len = status.st_size < KEY_FILE_MAX ? (size_t)status.st_size : KEY_FILE_MAX;
	if (write(fd, zeros, len) != (ssize_t)len || fsync(fd) < 0)
		return err_set(e, EXIT_STEP, "cannot wipe '%s': %m", path);
	return file_remove(root, path, e);
}

/* Those whose names end in suffix, but the one kept (NULL: none is). */
static int keys_wipe(const char *root, const char *folder, const char *suffix, const char *kept,
		     struct err *e)
{
	CLEANUP(strings_done) struct strings names = { 0 };

	if (file_list(root, folder, KEY_PREFIX, suffix, &names, e) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		AUTO_FREE char *path = mem_printf("%s/%s", folder, names.items[i]);

		if ((kept == NULL || strcmp(names.items[i], kept) != 0) &&
		    key_wipe(root, path, e) < 0)
			return -1;
	}
	return 0;
}

/* A killed run may have left part of a key, and swanctl loads every file of the folder. */
static int temporaries_wipe(const char *root, const char *folder, struct err *e)
{
	return keys_wipe(root, folder, KEY_SUFFIX FILE_TEMPORARY, NULL, e);
}

static int key_store(const char *root, const char *folder, const struct buf *private_pem,
		     const struct public_key *key, struct err *e)
{
	AUTO_FREE char *name = keyring_private_name(key);
	AUTO_FREE char *path = mem_printf("%s/%s", folder, name);

	if (file_folder(root, folder, 0700, e) < 0 || temporaries_wipe(root, folder, e) < 0)
		return -1;
	return file_replace(root, path, buf_str(private_pem), private_pem->len, 0600, e);
}

int keyring_store(const char *root, const char *folder, const struct buf *private_pem,
		  const struct public_key *key, struct keyring *keyring, struct err *e)
{
	if (key_store(root, folder, private_pem, key, e) < 0)
		return -1;
	public_key_done(&keyring->active);
	public_key_copy(key, &keyring->active);
	keyring->present = true;
	return 0;
}

int keyring_store_next(const char *root, const char *folder, const struct buf *private_pem,
		       const struct public_key *key, struct keyring *keyring, struct err *e)
{
	if (key_store(root, folder, private_pem, key, e) < 0)
		return -1;
	public_key_done(&keyring->next);
	public_key_copy(key, &keyring->next);
	return 0;
}

int keyring_wipe_others(const char *root, const char *folder, const struct public_key *key,
			struct err *e)
{
	AUTO_FREE char *kept = keyring_private_name(key);

	return temporaries_wipe(root, folder, e) < 0 ? -1 :
	       keys_wipe(root, folder, KEY_SUFFIX, kept, e);
}

void keyring_done(struct keyring *keyring)
{
	public_key_done(&keyring->active);
	public_key_done(&keyring->next);
	keyring->present = false;
}
