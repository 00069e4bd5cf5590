/*
 * file: the only code that writes below /etc and /var. A file is whole before it has its name,
 * so a reader or a power cut sees the old content or the new, never a part.
 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define LIST_MAX 10000
#define LOCK_POLL_MS 100

static char *file_below(const char *root, const char *path)
{
	return mem_printf("%s%s", root && strcmp(root, "/") != 0 ? root : "", path);
}

bool file_exists(const char *root, const char *path)
{
	return file_mode(root, path) != 0;
}

bool file_executable(const char *root, const char *path)
{
	mode_t mode = file_mode(root, path);

	return S_ISREG(mode) && (mode & 0111) != 0;
}

mode_t file_mode(const char *root, const char *path)
{
	AUTO_FREE char *full = file_below(root, path);
	struct stat st;

	return stat(full, &st) == 0 ? st.st_mode : 0;
}

uid_t file_owner(const char *root, const char *path)
{
	AUTO_FREE char *full = file_below(root, path);
	struct stat st;

	return stat(full, &st) == 0 ? st.st_uid : (uid_t)-1;
}

/* What is read may be a key. */
struct block {
	char bytes[8192];
};

static void block_wipe(struct block *block)
{
	OPENSSL_cleanse(block->bytes, sizeof block->bytes);
}

static int file_slurp(int fd, size_t max, struct buf *ret_content, const char *path, struct err *e)
{
	CLEANUP(block_wipe) struct block block;
	ssize_t n;

	while ((n = read(fd, block.bytes, sizeof block.bytes)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, EXIT_STEP, "cannot read '%s': %s", path, strerror(errno));
		if (ret_content->len + (size_t)n > max)
			return err_set(e, EXIT_CONFIG, "'%s' is larger than %zu bytes", path, max);
		buf_add(ret_content, block.bytes, (size_t)n);
	}
	return 0;
}

int file_read(const char *root, const char *path, size_t max, struct buf *ret_content,
	      mode_t *ret_mode, struct err *e)
{
	AUTO_FREE char *full = file_below(root, path);
	AUTO_CLOSE int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	buf_wipe(ret_content);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return err_set(e, EXIT_MISSING, "'%s' is not there", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, EXIT_STEP, "cannot read '%s': %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, EXIT_CONFIG, "'%s' is not a regular file", path);
	if (file_slurp(fd, max, ret_content, path, e) < 0)
		return -1;
	if (ret_mode != NULL)
		*ret_mode = st.st_mode & 07777;
	return 0;
}

static int fd_write(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

/* The new name is on disk only once its folder is. */
static int folder_sync(const char *full)
{
	AUTO_FREE char *copy = mem_strdup(full);
	AUTO_CLOSE int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int folder_above(const char *root, const char *path, struct err *e)
{
	AUTO_FREE char *copy = mem_strdup(path);
	const char *folder = dirname(copy);

	return file_exists(root, folder) ? 0 : file_folder(root, folder, 0755, e);
}

static int temporary_write(const char *temporary, const void *data, size_t len, mode_t mode)
{
	AUTO_CLOSE int fd = -1;

	unlink(temporary);	/* of a run that was killed */
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0600);
	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) < 0)	/* the umask's bits; the file is still empty and ours */
		return -1;
	return fd_write(fd, data, len);
}

int file_replace(const char *root, const char *path, const void *data, size_t len, mode_t mode,
		 struct err *e)
{
	AUTO_FREE char *full = file_below(root, path);
	AUTO_FREE char *temporary = mem_printf("%s" FILE_TEMPORARY, full);

	if (folder_above(root, path, e) < 0)
		return -1;
	if (temporary_write(temporary, data, len, mode) < 0 || rename(temporary, full) < 0 ||
	    folder_sync(full) < 0) {
		int why = errno;

		unlink(temporary);
		return err_set(e, EXIT_STEP, "cannot write '%s': %s", path, strerror(why));
	}
	return 0;
}

int file_remove(const char *root, const char *path, struct err *e)
{
	AUTO_FREE char *full = file_below(root, path);

	if (unlink(full) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_set(e, EXIT_STEP, "cannot remove '%s': %s", path, strerror(errno));
	}
	if (folder_sync(full) < 0)
		return err_set(e, EXIT_STEP, "cannot sync the folder of '%s': %s",
			       path, strerror(errno));
	return 0;
}

int file_folder(const char *root, const char *path, mode_t mode, struct err *e)
{
	AUTO_FREE char *full = file_below(root, path);

	if (strcmp(path, "/") == 0)
		return 0;
	if (folder_above(root, path, e) < 0)
		return -1;
	if (mkdir(full, mode) < 0 && errno != EEXIST)
		return err_set(e, EXIT_STEP, "cannot make the folder '%s': %s",
			       path, strerror(errno));
	if (!S_ISDIR(file_mode(root, path)))
		return err_set(e, EXIT_STEP, "cannot make the folder '%s': %s",
			       path, strerror(ENOTDIR));
	if ((file_mode(root, path) & 07777) != mode && chmod(full, mode) < 0)
		return err_set(e, EXIT_STEP, "cannot set the mode of '%s': %s",
			       path, strerror(errno));
	return 0;
}

static bool name_matches(const char *name, const char *prefix, const char *suffix)
{
	size_t len = strlen(name), before = strlen(prefix), after = suffix ? strlen(suffix) : 0;

	if (suffix == NULL)
		return strcmp(name, prefix) == 0;
	return len >= before + after && strncmp(name, prefix, before) == 0 &&
	       strcmp(name + len - after, suffix) == 0;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *root, const char *folder, const char *prefix, const char *suffix,
	      struct strings *ret_names, struct err *e)
{
	AUTO_FREE char *full = file_below(root, folder);
	struct strings names = { 0 };
	struct dirent *entry;
	DIR *dir = opendir(full);

	if (dir == NULL && errno != ENOENT)
		return err_set(e, EXIT_STEP, "cannot list '%s': %s", folder, strerror(errno));
	while (dir != NULL && (entry = readdir(dir)) != NULL && names.count < LIST_MAX)
		if (name_matches(entry->d_name, prefix, suffix) && entry->d_name[0] != '.')
			strings_add(&names, entry->d_name);
	if (dir != NULL)
		closedir(dir);
	if (names.count > 1)
		qsort(names.items, names.count, sizeof *names.items, name_compare);
	*ret_names = names;
	return 0;
}

int file_lock(const char *root, const char *path, int64_t deadline_ms, int *ret_fd, struct err *e)
{
	AUTO_FREE char *full = file_below(root, path);
	int fd;

	if (folder_above(root, path, e) < 0)
		return -1;
	fd = open(full, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(e, EXIT_STEP, "cannot open the lock '%s': %s",
			       path, strerror(errno));
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (clock_boot_ms() >= deadline_ms) {
			close(fd);
			return err_set(e, EXIT_AGAIN, "another run of cygnet holds '%s'", path);
		}
		clock_sleep_ms(LOCK_POLL_MS);
	}
	*ret_fd = fd;
	return 0;
}
