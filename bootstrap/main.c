/*
 * main: the command table, the command line, the watchdog, and the only place that prints errors.
 */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bootstrap/command.h"

static const struct command {
	const char *name;
	const char *operand;		/* what it is about; NULL: it has none */
	command_function function;
	const char *summary;
} commands[] = {
	{ "bootstrap", NULL, command_bootstrap,
	  "make this instance its site's gateway; what user-data and every boot run" },
	{ "sync", NULL, command_sync,
	  "follow the mesh; what the timer runs" },
	{ "rekey", NULL, command_rekey,
	  "replace this gateway's key without losing a packet; run again, it goes on" },
	{ "plan", NULL, command_plan,
	  "show what bootstrap would do, and each setting with its origin" },
	{ "leave", NULL, command_leave,
	  "take this instance's site out of the mesh" },
	{ "forget", "SITE", command_forget,
	  "take a site out whose gateway is gone for good; from anywhere" },
	{ "userdata", NULL, command_userdata,
	  "print what makes a new instance a gateway; from anywhere" },
	{ "version", NULL, command_version,
	  "print this program's version and what it is linked with" },
};

/* Options without a value, each of one command. */
static const struct flag {
	const char *name;
	command_function function;
	size_t member;			/* of struct options */
	const char *summary;
} flags[] = {
	{ "--claim", command_bootstrap, offsetof(struct options, claim),
	  "take the site, though another instance fills it by now" },
	{ "--keep-address", command_leave, offsetof(struct options, keep_address),
	  "leave the Elastic IP with this instance" },
	{ "--abort", command_rekey, offsetof(struct options, abort),
	  "go back to the key that was" },
	{ "--compromised", command_rekey, offsetof(struct options, compromised),
	  "have peers refuse the old key at once; packets are lost" },
	{ "--upgrade", command_userdata, offsetof(struct options, order.upgrade),
	  "bring what is installed up to date first" },
	{ "--cloudwatch", command_userdata, offsetof(struct options, order.cloudwatch),
	  "install the CloudWatch agent where it is packaged" },
	{ "--endpoints", command_userdata, offsetof(struct options, order.endpoints),
	  "launch without a public address, as the VPC has endpoints" },
};

/* Options with a value that are no settings, each of one command. */
static const struct word {
	const char *name;
	const char *value;
	command_function function;
	size_t member;			/* of struct options: as many strings as it may be given */
	size_t count;
	const char *summary;
} words[] = {
#define WORD(name, value, function, member, summary)			\
	{ name, value, function, offsetof(struct options, member),	\
	  sizeof ((struct options *)0)->member / sizeof(const char *), summary }
	WORD("wait", "TIME", command_rekey, wait,
	     "how long a peer that does not answer holds it up (5m, or half a second a peer)"),
	WORD("skip", "PEER", command_rekey, skip,
	     "do not wait for this peer; may be given again"),
	WORD("format", "FORMAT", command_userdata, order.format,
	     "shell, cloud-config, mime, launch-template, cloudformation, iam-policy, "
	     "registry-policy, operator-policy or permissions"),
	WORD("source", "SOURCE", command_userdata, order.source,
	     "where cygnet is: s3://BUCKET/KEY, https://HOST/PATH, package:, "
	     "'apt:URL SUITE COMPONENT' or dnf:URL; {arch} in it is x86_64 or aarch64"),
	WORD("sha256", "ARCH=HEX", command_userdata, order.sha256,
	     "what it has to be; one for each architecture"),
	WORD("repository-key", "FILE", command_userdata, order.repository_key,
	     "PGP public key of apt: and dnf:"),
	WORD("ami", "AMI", command_userdata, order.ami,
	     "the machine image"),
	WORD("type", "TYPE", command_userdata, order.type,
	     "the type of instance"),
	WORD("group", "GROUP", command_userdata, order.group,
	     "the security group"),
	WORD("profile", "NAME", command_userdata, order.profile,
	     "the instance profile"),
	WORD("region", "REGION", command_userdata, order.region,
	     "where the gateway runs, for its policy"),
	WORD("account", "ACCOUNT", command_userdata, order.account,
	     "the account that it runs in"),
	WORD("vpc", "VPC", command_userdata, order.vpc,
	     "the VPC whose routes it keeps"),
	WORD("scaling-group", "NAME", command_userdata, order.scaling_group,
	     "the Auto Scaling group that it is in"),
#undef WORD
};

#define COMMON_USAGE "[--root DIR] [--quiet | --verbose] [--KEY VALUE]...\n"
#define SETTINGS_USAGE \
	"\nKEY is a setting, for instance --mesh prod; " \
	"`cygnet plan` lists them with their values.\n"

static void flags_print(FILE *out, command_function function, const char *indent)
{
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		if (flags[i].function == function)
			fprintf(out, "%s%s: %s\n", indent, flags[i].name, flags[i].summary);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (words[i].function == function)
			fprintf(out, "%s--%s %s: %s\n", indent, words[i].name, words[i].value,
				words[i].summary);
}

static void help_print(FILE *out, const struct command *command)
{
	const char *operand = command->operand;

	fprintf(out, "usage: cygnet %s%s%s [OPTION]... " COMMON_USAGE "\n%s\n\noptions:\n",
		command->name, operand ? " " : "", operand ? operand : "", command->summary);
	flags_print(out, command->function, "  ");
	fputs("  --help: print this\n" SETTINGS_USAGE, out);
}

static void usage_print(FILE *out)
{
	fputs("usage: cygnet COMMAND [--help] " COMMON_USAGE "\ncommands:\n", out);
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		const char *operand = commands[i].operand;

		fprintf(out, "  %s %-*s %s\n", commands[i].name, 12 - (int)strlen(commands[i].name),
			operand ? operand : "", commands[i].summary);
		flags_print(out, commands[i].function, "                ");
	}
	fputs(SETTINGS_USAGE, out);
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* The value of "--key=value" or "--key value"; *i moves past what was used. NULL: there is none. */
static const char *option_value(char *const argv[], int *i)
{
	const char *equals = strchr(argv[*i], '=');

	if (equals != NULL)
		return equals + 1;
	return argv[*i + 1] != NULL ? argv[++*i] : NULL;
}

static const struct word *word_find(const struct command *command, const char *key)
{
	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (words[i].function == command->function && strcmp(words[i].name, key) == 0)
			return &words[i];
	return NULL;
}

/* Of one given too often the last counts, as of a setting; those of several may not get lost. */
static int word_set(const struct word *word, struct options *options, const char *value,
		    struct err *e)
{
	const char **values = (const char **)((char *)options + word->member);
	size_t i = 0;

	while (i + 1 < word->count && values[i] != NULL)
		i++;
	if (word->count > 1 && values[i] != NULL)
		return err_set(e, EXIT_USAGE, "option '--%s' is given more than %zu times",
			       word->name, word->count);
	values[i] = value;
	return 0;
}

static int option_set(const struct command *command, struct options *options, const char *argument,
		      const char *value, struct err *e)
{
	AUTO_FREE char *key = mem_strndup(argument + 2, strcspn(argument + 2, "="));
	bool root = strcmp(key, "root") == 0;
	const struct word *word = word_find(command, key);
	int setting = config_setting(key);

	if (!root && setting < 0 && word == NULL)
		return err_set(e, EXIT_USAGE, "unknown option '--%s'", key);
	if (value == NULL || value[0] == '\0')
		return err_set(e, EXIT_USAGE, "option '--%s' needs a value", key);
	if (root && value[0] != '/')
		return err_set(e, EXIT_USAGE, "option '--root' needs an absolute path, not '%s'",
			       value);
	if (word != NULL)
		return word_set(word, options, value, e);
	if (root)
		options->root = strcmp(value, "/") == 0 ? "" : value;
	else
		options->settings[setting] = value;
	return 0;
}

/* Whether argument is one of the command's flags; then it is set. */
static bool flag_set(const struct command *command, struct options *options, const char *argument)
{
	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		if (flags[i].function != command->function || strcmp(flags[i].name, argument) != 0)
			continue;
		*(bool *)((char *)options + flags[i].member) = true;
		return true;
	}
	return false;
}

static int operand_set(const struct command *command, struct options *options, const char *argument,
		       struct err *e)
{
	if (command->operand == NULL || options->site != NULL)
		return err_set(e, EXIT_USAGE, "unexpected argument '%s'", argument);
	options->site = argument;
	return 0;
}

static int option_read(const struct command *command, char *const argv[], int *i,
		       struct options *options, struct err *e)
{
	const char *argument = argv[*i];

	if (strncmp(argument, "--", 2) != 0)
		return operand_set(command, options, argument, e);
	if (strcmp(argument, "--quiet") == 0)
		options->level = LOG_LEVEL_QUIET;
	else if (strcmp(argument, "--verbose") == 0)
		options->level = LOG_LEVEL_VERBOSE;
	else if (!flag_set(command, options, argument))
		return option_set(command, options, argument, option_value(argv, i), e);
	return 0;
}

static int options_read(const struct command *command, char *const argv[], struct options *options,
			struct err *e)
{
	for (int i = 0; argv[i] != NULL; i++)
		if (option_read(command, argv, &i, options, e) < 0)
			return -1;
	if (command->operand != NULL && options->site == NULL)
		return err_set(e, EXIT_USAGE, "name the %s that it is about", command->operand);
	return 0;
}

static bool help_wanted(char *const argv[])
{
	for (; *argv != NULL; argv++)
		if (strcmp(*argv, "--help") == 0)
			return true;
	return false;
}

/*
 * sd-daemon(3): the variable names the very stream, as it is inherited by children whose stderr
 * goes elsewhere.
 */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static void error_print(const char *command, const struct session *session, const struct err *e)
{
	const struct log *log = session->log;
	bool cut_short = e->code == EXIT_STEP || e->code == EXIT_AGAIN;

	log_error(log, "cygnet %s: %s: %s", command, session->step, e->cause);
	if (e->remedy[0] != '\0')
		log_error(log, "cygnet %s: remedy: %s", command, e->remedy);
	log_error(log, "cygnet %s: exit code %d%s%s", command, e->code,
		  cut_short ? "; what was written is whole" : "",
		  cut_short && session_is_followed(session) ?
		  ", and the next run goes on from here" : "");
}

static int command_run(const struct command *command, const struct options *options,
		       char *const environment[])
{
	const struct log log = {
		.out = stderr,
		.level = options->level,
		.journal = stderr_is_journal(),
	};
	CLEANUP(session_close) struct session session;
	struct err e = ERR_INIT;
	enum exit_code code;

	session_init(&session, options, &log);
	code = command->function(&session, environment, &e);
	if (e.code == EXIT_DONE && fflush(stdout) != 0) {
		session_step(&session, "output");
		err_set(&e, EXIT_STEP, "cannot write the output: %m");
	}
	if (e.code == EXIT_DONE)
		return code;
	error_print(command->name, &session, &e);
	return e.code;
}

int main(int argc, char *argv[], char *environment[])
{
	const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
	struct options options = { .root = "", .level = LOG_LEVEL_NORMAL };
	struct err e = ERR_INIT;
	int code;

	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage_print(stdout);
		return EXIT_DONE;
	}
	if (command == NULL) {
		if (argc > 1)
			fprintf(stderr, "cygnet: unknown command '%s'\n", argv[1]);
		usage_print(stderr);
		return EXIT_USAGE;
	}
	if (help_wanted(argv + 2)) {
		help_print(stdout, command);
		return EXIT_DONE;
	}
	if (options_read(command, argv + 2, &options, &e) < 0)
		fprintf(stderr, "cygnet %s: %s\n", command->name, e.cause);
	code = e.code != EXIT_DONE ? (int)e.code : command_run(command, &options, environment);
	return code;
}
