/*
 * killed: a step in a child process that is killed just before one of its system calls: with each
 * call in turn, every state that a SIGKILL can leave on disk. For tests of what the next run makes
 * of it.
 */
#ifndef CYGNET_TESTS_UNIT_KILLED_H
#define CYGNET_TESTS_UNIT_KILLED_H

#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

#define KILLED_UNTRACED 64	/* exit status of a child that cannot be traced, which no step has */

static inline void killed_child(int (*step)(void *data), void *data)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(KILLED_UNTRACED);
	raise(SIGSTOP);
	_exit(step(data) < 0);
}

/*
 * Do step in a child, which is killed as it begins its call number `call`, from 0. False: it came
 * to its end before that. step fails with -1, and asserts nothing. Where nothing can be traced, as
 * under qemu-user, the test that asks is skipped.
 */
static inline bool killed_before(int call, int (*step)(void *data), void *data)
{
	pid_t child = fork();
	int status, stops = 2 * call + 1;	/* each call stops it twice: before, and behind */

	assert_true(child >= 0);
	if (child == 0)
		killed_child(step, data);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KILLED_UNTRACED) {
		print_message("# skipped: this kernel or emulator has no ptrace\n");
		skip();
	}
	assert_true(WIFSTOPPED(status));
	while (stops-- > 0) {
		assert_int_equal(ptrace(PTRACE_SYSCALL, child, NULL, NULL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			assert_int_equal(WEXITSTATUS(status), 0);
			return false;
		}
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return true;
}

#endif
