// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "cli/batch.h"
#include "cli/error.h"
#include "cli/vdpa.h"
#include "cli/version.h"

struct options options;

static const struct command objects[] = {
	{ .word = { .name = "mgmtdev", .first = true }, .below = mgmtdev_commands },
	{ .word = { .name = "dev", .first = true }, .below = dev_commands, .bare = "show" },
	{ .word = { .name = "migration" }, .below = migration_commands },
	{
		.word = { .name = "monitor" },
		.usage = "[ mgmtdev | dev ]",
		.run = monitor,
		.needs = VDPA_CMD_DEV_GET,
		.needs_text = "Linux 5.12",
		.alone = true,
	},
	{ .word = { .name = "doctor" }, .usage = "[ root DIR ]", .run = doctor },
	{ .word.name = NULL }
};

static void help(void)
{
	char list[128];

	command_help(objects, "");
	printf("       vdpa -b[atch] FILE [ -f[orce] ]\n"
	       "       vdpa [ OBJECT ... ] help\n"
	       "where  OBJECT := { %s }\n"
	       "       OPTIONS, before or after the command := { -j[son] | -p[retty] | -s[tate] |\n"
	       "                  -t[imestamp] | -V[ersion] | -h[elp] }\n",
	       words_list(objects, sizeof(*objects), NULL, list, sizeof(list)));
}

/*
 * A standard stream that was closed would give its number to the netlink
 * socket, and what is printed would go there. Its place is taken by something
 * that cannot be used the wrong way, so that printing fails and is noticed.
 */
static void reserve_standard_streams(void)
{
	static const int modes[] = { O_WRONLY, O_RDONLY, O_WRONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", modes[fd]);
}

/* What was printed may still be in a buffer: only now it is known to have arrived. */
static enum status finish_output(enum status status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* A write that failed earlier may have left no error number. */
	error_local(errno ? errno : EIO, "standard output");
	return status == STATUS_DONE ? STATUS_USAGE : status;
}

/* getopt leaves a letter in optopt, unless it is a whole word that is unknown. */
static enum status unknown_option(char **argv)
{
	if (optopt == 'b')
		return error_usage(NULL, "the option -batch needs a FILE");
	if (optopt)
		return error_usage(NULL, "unknown option \"-%c\"", optopt);
	return error_usage(NULL, "unknown option \"%s\"", argv[optind - 1]);
}

/*
 * "-1" and "-" are words: a number that is refused by name, a standard stream. So is what begins with two capital letters:
 * features to leave out.
 */
static bool is_option(const char *text)
{
	if (text[0] != '-' || (isupper((unsigned char)text[1]) && isupper((unsigned char)text[2])))
		return false;
	return text[1] == '-' || isalpha((unsigned char)text[1]);
}

/* Takes one option. Returns false when there is nothing left to do after it. */
static bool take_option(int option, char **argv, enum status *status)
{
	switch (option) {
	case 'j':
		options.json = true;
		return true;
	case 'p':
		options.pretty = true;
		return true;
	case 's':
		options.state = true;
		return true;
	case 't':
		options.timestamp = true;
		return true;
	case 'b':
		options.batch = optarg;
		return true;
	case 'f':
		options.force = true;
		return true;
	case 'V':
		version_print();
		return false;
	case 'h':
		help();
		return false;
	default:
		*status = unknown_option(argv);
		return false;
	}
}

/*
 * Options may stand anywhere on the line, up to "--". What remains, the words,
 * is moved to the beginning of @argv, and @words counts it. Returns false when
 * there is nothing left to do.
 */
static bool parse_options(int argc, char **argv, int *words, enum status *status)
{
	static const struct option known[] = {
		{ "json",	no_argument, NULL, 'j' },
		{ "pretty",	no_argument, NULL, 'p' },
		{ "state",	no_argument, NULL, 's' },
		{ "timestamp",	no_argument, NULL, 't' },
		{ "batch",	required_argument, NULL, 'b' },
		{ "force",	no_argument, NULL, 'f' },
		{ "Version",	no_argument, NULL, 'V' },
		{ "help",	no_argument, NULL, 'h' },
		{ 0 }
	};
	bool only_words = false;

	opterr = 0;
	for (*words = 0; optind < argc;) {
		char *text = argv[optind];

		if (only_words || !is_option(text)) {
			argv[(*words)++] = text;
			optind++;
		} else if (strcmp(text, "--") == 0) {
			only_words = true;
			optind++;
		} else if (!take_option(getopt_long_only(argc, argv, "+jpstb:fVh", known, NULL),
					argv, status)) {
			return false;
		}
	}
	return true;
}

static enum status run(int argc, char **argv)
{
	struct vdpa vdpa = { 0 };
	enum status status;

	if (options.batch && argc) {
		options.batch = NULL;
		return error_usage(NULL, "with -batch the commands are in the file, there is none to be named besides");
	}
	if (options.batch)
		return batch_run(objects);
	if (!argc || strcmp(argv[0], "help") == 0) {
		help();
		return STATUS_DONE;
	}
	out_open(&vdpa.out, stdout, options.json, options.pretty);
	status = command_run(&vdpa, objects, argc, argv);
	nl_close(&vdpa.nl);
	return status;
}

int main(int argc, char **argv)
{
	static char buffer[64 * 1024];
	enum status status = STATUS_DONE;
	int words;

	reserve_standard_streams();
	signal(SIGPIPE, SIG_IGN);	/* a reader that left is an error like any other */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);	/* a message is one piece, also among those of others */
	json_object_seed(1);		/* fixed: what is hashed are keys of one message */
	if (parse_options(argc, argv, &words, &status))
		status = run(words, argv);
	return finish_output(status);
}
