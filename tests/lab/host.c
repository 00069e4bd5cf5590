/*
 * host: the programs of a machine that cygnet calls, all of them in one, told apart by the name it
 * is called as. systemctl remembers in /units which are enabled and active, and that the firewall's
 * has loaded its rules, which nft lists; of the others it is only noted that they ran. Everything
 * that changes something is a line of /log.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIREWALL "cygnet-firewall.service"
#define SLOW_S 65	/* longer than cygnet waits for a job of systemd's */

static bool is_set(const char *unit, const char *what)
{
	char path[512];

	snprintf(path, sizeof path, "/units/%s.%s", unit, what);
	return access(path, F_OK) == 0;
}

static void set(const char *unit, const char *what, bool on)
{
	char path[512];
	int fd;

	snprintf(path, sizeof path, "/units/%s.%s", unit, what);
	if (!on) {
		unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT, 0644);
	if (fd >= 0)
		close(fd);
}

/* A unit whose file /units/<unit>.broken exists cannot be started. */
static int start(const char *unit)
{
	if (is_set(unit, "broken")) {
		fprintf(stderr, "Job for %s failed.\n", unit);
		return 1;
	}
	set(unit, "active", true);
	if (strcmp(unit, FIREWALL) == 0)
		set(FIREWALL, "rules", true);
	return 0;
}

/* That of a unit whose file /units/<unit>.slow exists takes its time, once. */
static void enable(const char *unit)
{
	if (is_set(unit, "slow")) {
		set(unit, "slow", false);
		sleep(SLOW_S);
	}
	set(unit, "enabled", true);
}

static int systemctl(int argc, char *argv[])
{
	const char *verb = argv[1], *unit = argv[argc - 1];

	if (strcmp(verb, "show") == 0) {
		printf("LoadState=loaded\nUnitFileState=%s\nActiveState=%s\n",
		       is_set(unit, "enabled") ? "enabled" : "disabled",
		       is_set(unit, "active") ? "active" : "inactive");
	} else if (strcmp(verb, "enable") == 0 || strcmp(verb, "reenable") == 0) {
		enable(unit);
	} else if (strcmp(verb, "disable") == 0) {
		set(unit, "enabled", false);
		if (strcmp(argv[2], "--now") == 0)
			set(unit, "active", false);
	} else if (strcmp(verb, "stop") == 0) {
		set(unit, "active", false);
	} else if (strcmp(verb, "start") == 0 || strcmp(verb, "restart") == 0 ||
		   strcmp(verb, "reload-or-restart") == 0) {
		return start(unit);
	} else if (strcmp(verb, "daemon-reload") != 0) {
		fprintf(stderr, "Unknown command verb %s.\n", verb);
		return 1;
	}
	return 0;
}

int main(int argc, char *argv[])
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	bool manages = strcmp(name, "systemctl") == 0, lists = argc > 1 && strcmp(argv[1], "list") == 0;
	FILE *log;

	if (manages && argc < 2)
		return 1;
	if (lists && is_set(FIREWALL, "rules"))
		puts("table ip cygnet");
	if (!lists && (!manages || strcmp(argv[1], "show") != 0)) {
		log = fopen("/log", "a");
		if (log == NULL)
			return 1;
		fputs(name, log);
		for (int i = 1; i < argc; i++)
			fprintf(log, " %s", argv[i]);
		fputc('\n', log);
		fclose(log);
	}
	return manages ? systemctl(argc, argv) : 0;
}
