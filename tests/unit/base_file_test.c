/* Files below a root: whole or not there, with the right mode, and one lock at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/keys_support.h"

#include "base/clock.h"

/* The path of what is at path below root; yours to free. */
static char *below(const char *root, const char *path)
{
	return mem_printf("%s%s", root, path);
}

static ino_t inode_of(const char *root, const char *path)
{
	AUTO_FREE char *full = below(root, path);
	struct stat st;

	assert_int_equal(stat(full, &st), 0);
	return st.st_ino;
}

static void assert_content(const char *root, const char *path, const char *expected, mode_t mode)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = ERR_INIT;
	mode_t found;

	if (file_read(root, path, 4096, &text, &found, &e) < 0)
		fail_msg("%s", e.cause);
	assert_string_equal(buf_str(&text), expected);
	assert_int_equal(found, mode);
}

/* The names in a folder, blank-separated, dot files too. */
static void assert_names(const char *root, const char *folder, const char *expected)
{
	AUTO_FREE char *command = mem_printf("ls -A %s%s | tr '\\n' ' '", root, folder);
	char names[512] = "";
	FILE *listing = popen(command, "r");

	assert_non_null(listing);
	names[fread(names, 1, sizeof names - 1, listing)] = '\0';
	pclose(listing);
	assert_string_equal(names, expected);
}

/* --- reading --- */

static void assert_unreadable(const char *root, const char *path, enum exit_code code,
			      const char *cause)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = ERR_INIT;

	buf_adds(&text, "old");
	assert_int_equal(file_read(root, path, 5, &text, NULL, &e), -1);
	assert_error(&e, code, cause, "");
}

static void what_is_no_file_is_read(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *pipe_path = below(root, "/pipe"), *link_path = below(root, "/link");

	(void)state;
	root_write(root, "/folder/file", "123456", 0644);
	assert_int_equal(mkfifo(pipe_path, 0644), 0);
	assert_int_equal(symlink("nowhere", link_path), 0);
	assert_unreadable(root, "/missing", EXIT_MISSING, "'/missing' is not there");
	assert_unreadable(root, "/link", EXIT_MISSING, "'/link' is not there");
	assert_unreadable(root, "/folder/file/x", EXIT_MISSING, "'/folder/file/x' is not there");
	assert_unreadable(root, "/folder", EXIT_CONFIG, "'/folder' is not a regular file");
	assert_unreadable(root, "/pipe", EXIT_CONFIG, "'/pipe' is not a regular file");
	assert_unreadable(root, "/folder/file", EXIT_CONFIG,
			  "'/folder/file' is larger than 5 bytes");
}

static void read_adds_to_what_was_there(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_BUF struct buf text = { 0 };
	struct err e = ERR_INIT;
	mode_t mode;

	(void)state;
	root_write(root, "/file", "12345", 0640);
	buf_adds(&text, "old");
	assert_int_equal(file_read(root, "/file", 5, &text, &mode, &e), 0);
	assert_string_equal(buf_str(&text), "12345");
	assert_int_equal(mode, 0640);
}

static void root_that_is_the_machine_is_a_folder(void **state)
{
	static const char *const machine[] = { "", "/", NULL };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(machine); i++) {
		assert_true(file_exists(machine[i], "/bin/sh"));
		assert_true(file_executable(machine[i], "/bin/sh"));
		assert_int_equal(file_owner(machine[i], "/bin/sh"), 0);
	}
}

static void folder_or_plain_file_can_be_executed(void **state)
{
	AUTO_ROOT char *root = root_new();

	(void)state;
	root_write(root, "/folder/plain", "", 0644);
	root_write(root, "/folder/program", "", 0100);
	assert_true(file_exists(root, "/folder"));
	assert_false(file_executable(root, "/folder"));
	assert_false(file_executable(root, "/folder/plain"));
	assert_true(file_executable(root, "/folder/program"));
	assert_false(file_executable(root, "/folder/none"));
	assert_false(file_exists(root, "/folder/none"));
	assert_int_equal(file_mode(root, "/folder/none"), 0);
	assert_int_equal(file_owner(root, "/folder/none"), (uid_t)-1);
	assert_int_equal(file_owner(root, "/folder/plain"), geteuid());
}

/* --- writing --- */

static void replaced_file_has_another_mode_or_content(void **state)
{
	static const mode_t modes[] = { 0600, 0644, 0755, 0640 };
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		assert_int_equal(file_replace(root, "/etc/deep/file", "a\nb", 3, modes[i], &e), 0);
		assert_content(root, "/etc/deep/file", "a\nb", modes[i]);
	}
	assert_int_equal(file_replace(root, "/etc/deep/file", "", 0, 0600, &e), 0);
	assert_content(root, "/etc/deep/file", "", 0600);
	assert_int_equal(file_mode(root, "/etc/deep"), S_IFDIR | 0755);
	assert_names(root, "/etc/deep", "file ");
}

/* The umask of user-data may be anything. */
static void umask_makes_files_unreadable(void **state)
{
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;
	mode_t before = umask(077);

	(void)state;
	assert_int_equal(file_replace(root, "/file", "a", 1, 0644, &e), 0);
	assert_int_equal(file_folder(root, "/folder", 0755, &e), 0);
	umask(before);
	assert_content(root, "/file", "a", 0644);
	assert_int_equal(file_mode(root, "/folder"), S_IFDIR | 0755);
}

static void reader_sees_a_part(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *path = below(root, "/file");
	AUTO_CLOSE int reader = -1;
	char text[8] = "";
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/file", "old", 0644);
	reader = open(path, O_RDONLY);
	assert_int_equal(file_replace(root, "/file", "newer", 5, 0644, &e), 0);
	assert_int_equal(read(reader, text, sizeof text), 3);
	assert_string_equal(text, "old");
	assert_content(root, "/file", "newer", 0644);
}

/* Whoever knows the temporary's name gets neither the secret nor a file of his overwritten. */
static void planted_temporary_is_written_through(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *victim = below(root, "/victim");
	AUTO_FREE char *planted = below(root, "/key" FILE_TEMPORARY);
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/victim", "safe", 0644);
	assert_int_equal(symlink(victim, planted), 0);
	assert_int_equal(file_replace(root, "/key", "secret", 6, 0600, &e), 0);
	assert_content(root, "/victim", "safe", 0644);
	assert_content(root, "/key", "secret", 0600);
	root_write(root, "/key" FILE_TEMPORARY, "left by a killed run", 0666);
	assert_int_equal(file_replace(root, "/key", "secret", 6, 0600, &e), 0);
	assert_content(root, "/key", "secret", 0600);
	assert_names(root, "", "key victim ");
}

/* Somebody's link is replaced, and what it points to is left alone. */
static void link_is_written_through(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *victim = below(root, "/victim"), *link_path = below(root, "/file");
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/victim", "safe", 0644);
	assert_int_equal(symlink(victim, link_path), 0);
	assert_int_equal(file_replace(root, "/file", "new", 3, 0644, &e), 0);
	assert_content(root, "/victim", "safe", 0644);
	assert_content(root, "/file", "new", 0644);
	assert_int_equal(file_remove(root, "/file", &e), 0);
	assert_true(file_exists(root, "/victim"));
}

static void failed_write_leaves_a_part_behind(void **state)
{
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/folder/inside", "", 0644);
	assert_int_equal(file_replace(root, "/folder", "x", 1, 0644, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot write '/folder': Is a directory", "");
	assert_names(root, "", "folder ");
	assert_int_equal(file_replace(root, "/folder/inside/file", "x", 1, 0644, &e), -1);
	assert_int_equal(e.code, EXIT_STEP);
	assert_names(root, "/folder", "inside ");
}

static void removing_nothing_is_a_failure(void **state)
{
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/folder/file", "", 0644);
	assert_int_equal(file_remove(root, "/missing", &e), 0);
	assert_int_equal(file_remove(root, "/missing/file", &e), 0);
	assert_int_equal(file_remove(root, "/folder/file", &e), 0);
	assert_false(file_exists(root, "/folder/file"));
	assert_int_equal(file_remove(root, "/folder", &e), -1);
	assert_error(&e, EXIT_STEP, "cannot remove '/folder': Is a directory", "");
}

/* --- folders --- */

static void folder_keeps_a_mode_that_is_too_wide(void **state)
{
	AUTO_ROOT char *root = root_new();
	ino_t before;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(file_folder(root, "/a/b/private", 0700, &e), 0);
	assert_int_equal(file_mode(root, "/a"), S_IFDIR | 0755);
	assert_int_equal(file_mode(root, "/a/b"), S_IFDIR | 0755);
	assert_int_equal(file_mode(root, "/a/b/private"), S_IFDIR | 0700);
	before = inode_of(root, "/a/b");
	assert_int_equal(file_folder(root, "/a/b", 0750, &e), 0);
	assert_int_equal(file_mode(root, "/a/b"), S_IFDIR | 0750);
	assert_int_equal(inode_of(root, "/a/b"), before);
	assert_int_equal(file_folder(root, "/", 0700, &e), 0);
}

static void file_is_taken_for_a_folder(void **state)
{
	AUTO_ROOT char *root = root_new();
	struct err e = ERR_INIT;

	(void)state;
	root_write(root, "/private", "", 0644);
	assert_int_equal(file_folder(root, "/private", 0700, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot make the folder '/private': Not a directory", "");
	assert_int_equal(file_mode(root, "/private"), S_IFREG | 0644);
	assert_int_equal(file_folder(root, "/private/below", 0700, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot make the folder '/private/below': Not a directory", "");
}

static void listing_has_strangers_or_no_order(void **state)
{
	static const char *const names[] = {
		"cygnet-b.conf", "cygnet-a.conf", "cygnet-.conf", "cygnet-a.conf.bak",
		"other-cygnet-a.conf", ".cygnet-c.conf", "cygnet.conf", "cygnet-.con",
	};
	AUTO_ROOT char *root = root_new();
	CLEANUP(strings_done) struct strings found = { 0 }, none = { 0 }, overlapping = { 0 };
	CLEANUP(strings_done) struct strings all = { 0 };
	AUTO_FREE char *joined = NULL;
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		AUTO_FREE char *path = mem_printf("/conf.d/%s", names[i]);

		root_write(root, path, "", 0644);
	}
	assert_int_equal(file_list(root, "/conf.d", "cygnet-", ".conf", &found, &e), 0);
	joined = strings_join(&found, " ");
	assert_string_equal(joined, "cygnet-.conf cygnet-a.conf cygnet-b.conf");
	assert_int_equal(file_list(root, "/conf.d", "", "", &all, &e), 0);
	assert_int_equal(all.count, COUNT_OF(names) - 1);
	assert_int_equal(file_list(root, "/missing", "", "", &none, &e), 0);
	assert_int_equal(none.count, 0);
	/* Prefix and suffix may not share letters: that would not be a name between them. */
	assert_int_equal(file_list(root, "/conf.d", "cygnet-.c", ".con", &overlapping, &e), 0);
	assert_int_equal(overlapping.count, 0);
	assert_int_equal(file_list(root, "/conf.d/cygnet-a.conf", "", "", &none, &e), -1);
	assert_error(&e, EXIT_STEP, "cannot list '/conf.d/cygnet-a.conf': Not a directory", "");
}

/* --- the lock --- */

static void two_runs_hold_the_lock(void **state)
{
	AUTO_ROOT char *root = root_new();
	int64_t began_ms = clock_boot_ms();
	int first = -1, second = -1;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(file_lock(root, "/run/cygnet/lock", 0, &first, &e), 0);
	assert_int_equal(file_lock(root, "/run/cygnet/lock", began_ms + 300, &second, &e), -1);
	assert_error(&e, EXIT_AGAIN, "another run of cygnet holds '/run/cygnet/lock'", "");
	assert_in_range(clock_boot_ms() - began_ms, 300, 5000);
	assert_int_equal(second, -1);
	close(first);
	assert_int_equal(file_lock(root, "/run/cygnet/lock", 0, &second, &e), 0);
	close(second);
	assert_int_equal(file_mode(root, "/run/cygnet/lock"), S_IFREG | 0600);
}

/* Of a child that holds it for that long, and starts doing so before this returns. */
static pid_t holder_start(const char *root, int64_t ms)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct err e = ERR_INIT;
		int fd;

		if (file_lock(root, "/lock", 0, &fd, &e) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		clock_sleep_ms(ms);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void waiting_ends_before_the_lock_is_free(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_CLOSE int lock = -1;
	pid_t holder = holder_start(root, 400);
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(file_lock(root, "/lock", clock_boot_ms() + 20000, &lock, &e), 0);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
}

/* A run that was killed holds nothing. */
static void lock_outlives_its_run(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_CLOSE int lock = -1;
	pid_t holder = holder_start(root, 60000);
	struct err e = ERR_INIT;

	(void)state;
	kill(holder, SIGKILL);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	assert_int_equal(file_lock(root, "/lock", 0, &lock, &e), 0);
}

static void lock_follows_a_link(void **state)
{
	AUTO_ROOT char *root = root_new();
	AUTO_FREE char *victim = below(root, "/victim"), *planted = below(root, "/lock");
	AUTO_FREE char *cause = mem_printf("cannot open the lock '/lock': %s", strerror(ELOOP));
	struct err e = ERR_INIT;
	int lock = -1;

	(void)state;
	assert_int_equal(symlink(victim, planted), 0);
	assert_int_equal(file_lock(root, "/lock", 0, &lock, &e), -1);
	assert_error(&e, EXIT_STEP, cause, "");
	assert_false(file_exists(root, "/victim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_file_is_read),
		cmocka_unit_test(read_adds_to_what_was_there),
		cmocka_unit_test(root_that_is_the_machine_is_a_folder),
		cmocka_unit_test(folder_or_plain_file_can_be_executed),
		cmocka_unit_test(replaced_file_has_another_mode_or_content),
		cmocka_unit_test(umask_makes_files_unreadable),
		cmocka_unit_test(reader_sees_a_part),
		cmocka_unit_test(planted_temporary_is_written_through),
		cmocka_unit_test(link_is_written_through),
		cmocka_unit_test(failed_write_leaves_a_part_behind),
		cmocka_unit_test(removing_nothing_is_a_failure),
		cmocka_unit_test(folder_keeps_a_mode_that_is_too_wide),
		cmocka_unit_test(file_is_taken_for_a_folder),
		cmocka_unit_test(listing_has_strangers_or_no_order),
		cmocka_unit_test(two_runs_hold_the_lock),
		cmocka_unit_test(waiting_ends_before_the_lock_is_free),
		cmocka_unit_test(lock_outlives_its_run),
		cmocka_unit_test(lock_follows_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
