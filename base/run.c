/*
 * run: the only code that starts another program. Both of its pipes are read while it runs, so that
 * a chatty program cannot block, and its time is bounded, so that a hung one cannot hold a boot.
 */
#include "base/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "base/clock.h"

#define OUTPUT_MAX (1024 * 1024)
#define REAP_POLL_MS 20
#define DRAIN_BLOCKS 1024	/* more than a full pipe has; a program that never stops has more */

static char *const run_environment[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LC_ALL=C",
	NULL,
};

struct child {
	pid_t pid;
	int out, errors;	/* read ends; -1 once at their end */
};

static int child_start(const char *const argv[], struct child *ret_child, struct err *e)
{
	posix_spawn_file_actions_t files;
	int out[2], errors[2], why;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(e, EXIT_STEP, "cannot start '%s': %s", argv[0], strerror(errno));
	if (pipe2(errors, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_set(e, EXIT_STEP, "cannot start '%s': %s", argv[0], strerror(EMFILE));
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, errors[1], STDERR_FILENO);
	why = posix_spawn(&pid, argv[0], &files, NULL, (char *const *)argv, run_environment);
	posix_spawn_file_actions_destroy(&files);
	close(out[1]);
	close(errors[1]);
	if (why != 0) {
		close(out[0]);
		close(errors[0]);
		return err_set(e, EXIT_MISSING, "cannot run '%s': %s", argv[0], strerror(why));
	}
	*ret_child = (struct child){ .pid = pid, .out = out[0], .errors = errors[0] };
	return 0;
}

/* Read what is there; past OUTPUT_MAX it is read and dropped, so that the program can go on. */
static void stream_read(int *fd, struct buf *into, bool *truncated)
{
	char block[8192];
	ssize_t n = read(*fd, block, sizeof block);

	if (n > 0 && into->len + (size_t)n > OUTPUT_MAX)
		*truncated = true;
	else if (n > 0)
		buf_add(into, block, (size_t)n);
	if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
		return;
	close(*fd);
	*fd = -1;
}

/* A daemon that has the pipes may outlive the program: its exit counts, not the pipes' end. */
static bool child_reap(struct child *child, int *ret_status)
{
	int status;

	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return false;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

static void child_drain(struct child *child, int wait_ms, struct run_result *result)
{
	struct pollfd fds[] = {
		{ .fd = child->out, .events = POLLIN },
		{ .fd = child->errors, .events = POLLIN },
	};

	for (int i = 0; i < DRAIN_BLOCKS && poll(fds, 2, wait_ms) > 0; i++) {
		if (fds[0].revents != 0)
			stream_read(&child->out, &result->out, &result->truncated);
		if (fds[1].revents != 0)
			stream_read(&child->errors, &result->errors, &result->truncated);
		fds[0].fd = child->out;
		fds[1].fd = child->errors;
		wait_ms = 0;
	}
}

static bool child_wait(struct child *child, int timeout_ms, struct run_result *result)
{
	int64_t deadline = clock_boot_ms() + timeout_ms;
	bool ended = false;

	while (!ended && clock_boot_ms() < deadline) {
		child_drain(child, REAP_POLL_MS, result);
		ended = child_reap(child, &result->status);
	}
	child_drain(child, 0, result);
	if (!ended) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	if (child->out >= 0)
		close(child->out);
	if (child->errors >= 0)
		close(child->errors);
	return ended;
}

int run_capture(const char *const argv[], int timeout_ms, struct run_result *ret_result,
		struct err *e)
{
	struct run_result result = { 0 };
	struct child child;

	if (child_start(argv, &child, e) < 0)
		return -1;
	if (!child_wait(&child, timeout_ms, &result)) {
		run_result_done(&result);
		return err_set(e, EXIT_AGAIN, "'%s' did not end within %d s",
			       argv[0], timeout_ms / 1000);
	}
	*ret_result = result;
	return 0;
}

void run_result_done(struct run_result *result)
{
	buf_done(&result->out);
	buf_done(&result->errors);
}
