/*
 * watchdog: the last bound. Its handler only writes and exits, which is safe in a signal;
 * that nothing is half-written is the file layer's doing.
 */
#include "bootstrap/watchdog.h"

#include <signal.h>
#include <unistd.h>

#include "base/err.h"

static void watchdog_end(int signal_number)
{
	static const char line[] = "cygnet: the run did not end within its 'timeout', stopping; "
				   "what was written is whole\n";

	(void)signal_number;
	if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
		_exit(EXIT_STEP);
	_exit(EXIT_AGAIN);
}

void watchdog_start(int64_t seconds)
{
	const struct sigaction action = { .sa_handler = watchdog_end };

	sigaction(SIGALRM, &action, NULL);
	alarm((unsigned)seconds);
}
