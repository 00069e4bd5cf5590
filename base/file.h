/* file: reading, replacing and listing files below a root directory. */
#ifndef CYGNET_BASE_FILE_H
#define CYGNET_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Every path is absolute and is looked up below root ("" or "/" is the machine itself).
 * Messages name the path as the machine knows it, without root.
 */

/* True when something is there (symlinks are followed). */
bool file_exists(const char *root, const char *path);

/* True when it is a regular file this process could execute. */
bool file_executable(const char *root, const char *path);

/*
 * Read a regular file of at most max bytes into ret_content (initialised, emptied first; wipe it if
 * it is a secret). ret_mode may be NULL. Fails with EXIT_MISSING when it is not there, EXIT_STEP
 * when it cannot be read, EXIT_CONFIG when it is larger than max or not a regular file.
 */
int file_read(const char *root, const char *path, size_t max, struct buf *ret_content,
	      mode_t *ret_mode, struct err *e);

#define FILE_TEMPORARY ".cygnet-new"	/* behind the name while written; a killed run leaves it */

/*
 * Make path hold these bytes with this mode: a temporary beside it (created with mode, never
 * chmod-ed wider), fsync, rename, fsync of the folder. Missing folders are made with 0755. Does not
 * compare: callers know that it differs.
 */
int file_replace(const char *root, const char *path, const void *data, size_t len, mode_t mode,
		 struct err *e);

/* Remove a file; that it is not there is no error. */
int file_remove(const char *root, const char *path, struct err *e);

/* Make a folder, and with 0755 what is missing above it; an existing one gets exactly this mode. */
int file_folder(const char *root, const char *path, mode_t mode, struct err *e);

/* The mode of what is at path, or 0 when nothing is there. */
mode_t file_mode(const char *root, const char *path);

/* The user id of the owner of what is at path, or (uid_t)-1 when nothing is there. */
uid_t file_owner(const char *root, const char *path);

/*
 * Names in a folder that begin with prefix and end in suffix, or with suffix NULL the one that is
 * prefix; sorted. None when the folder is missing, and at most 10,000.
 */
int file_list(const char *root, const char *folder, const char *prefix, const char *suffix,
	      struct strings *ret_names, struct err *e);

/*
 * Take the lock at path, waiting until clock_boot_ms() reaches deadline. ret_fd is the open lock:
 * closing it releases. Fails with EXIT_AGAIN when another run still holds it.
 */
int file_lock(const char *root, const char *path, int64_t deadline_ms, int *ret_fd, struct err *e);

#endif
