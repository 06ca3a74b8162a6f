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

#include <jansson.h>

#include "cli/batch.h"
#include "cli/inflight.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/usage.h"
#include "cli/version.h"

struct options options;

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
	struct vdpa vdpa = { 0 };

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* A write that failed earlier may have left no error number. */
	error_local(&vdpa, errno ? errno : EIO, "standard output");
	report(&vdpa.faults, 0, "");
	return status == STATUS_DONE ? STATUS_USAGE : status;
}

/* getopt leaves a letter in optopt, unless it is a whole word that is unknown. */
static enum status unknown_option(struct vdpa *vdpa, char **argv)
{
	if (optopt == 'b')
		return error_usage(vdpa, "the option -batch needs a FILE");
	if (optopt == 'N')
		return error_usage(vdpa, "the option -parallel needs a number");
	if (optopt)
		return error_usage(vdpa, "unknown option \"-%c\"", optopt);
	return error_usage(vdpa, "unknown option \"%s\"", argv[optind - 1]);
}

static enum status take_parallel(struct vdpa *vdpa, const char *text)
{
	uint64_t number;

	if (!args_number(text, 1, INFLIGHT_MAX, &number))
		return error_usage(vdpa, "-parallel \"%s\" is not a number of requests from 1 to %d", text, INFLIGHT_MAX);
	options.parallel = number;
	return STATUS_DONE;
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

/* Takes one option. Returns STATUS_DONE, or has said what is wrong with it. */
static enum status take_option(struct vdpa *vdpa, int option, char **argv)
{
	bool *const flags[] = {
		['j'] = &options.json, ['p'] = &options.pretty, ['s'] = &options.state, ['t'] = &options.timestamp,
		['n'] = &options.dry_run, ['P'] = &options.prune, ['W'] = &options.watch,
		['f'] = &options.force, ['V'] = &options.version, ['h'] = &options.help,
	};

	if (option == 'b')
		options.batch = optarg;
	else if (option == 'N')
		return take_parallel(vdpa, optarg);
	else if (option == '?')
		return unknown_option(vdpa, argv);
	else
		*flags[option] = true;
	return STATUS_DONE;
}

/*
 * Options may stand anywhere on the line, up to "--". What remains, the words, is moved to the beginning of @argv; @line
 * gets it.
 */
static enum status parse_options(struct vdpa *vdpa, int argc, char **argv, struct line *line)
{
	static const struct option known[] = {
		{ "json",	no_argument, NULL, 'j' },
		{ "pretty",	no_argument, NULL, 'p' },
		{ "state",	no_argument, NULL, 's' },
		{ "timestamp",	no_argument, NULL, 't' },
		{ "dry-run",	no_argument, NULL, 'n' },
		{ "prune",	no_argument, NULL, 'P' },
		{ "pr",		no_argument, NULL, 'p' },	/* short for pretty, as ever */
		{ "watch",	no_argument, NULL, 'W' },
		{ "batch",	required_argument, NULL, 'b' },
		{ "force",	no_argument, NULL, 'f' },
		{ "parallel",	required_argument, NULL, 'N' },
		{ "Version",	no_argument, NULL, 'V' },
		{ "help",	no_argument, NULL, 'h' },
		{ 0 }
	};
	enum status status = STATUS_DONE;
	bool only_words = false;

	opterr = 0;
	*line = (struct line) { .argv = argv };
	while (status == STATUS_DONE && optind < argc) {
		char *text = argv[optind];

		if (only_words || !is_option(text)) {
			argv[line->argc++] = text;
			line->plain += !only_words;
			optind++;
		} else if (strcmp(text, "--") == 0) {
			only_words = true;
			optind++;
		} else {
			status = take_option(vdpa, getopt_long_only(argc, argv, "+jpstnb:fVh", known, NULL), argv);
		}
	}
	return status;
}

/* Options that belong to others that are not there. */
static enum status check_options(struct vdpa *vdpa, const struct line *line)
{
	if (!options.batch && options.force)
		return error_usage(vdpa, "the option -force goes with -batch");
	if (!options.batch && options.parallel)
		return error_usage(vdpa, "the option -parallel goes with -batch");
	if (!options.batch)
		return STATUS_DONE;
	if (line->argc)
		return error_usage(vdpa, "with -batch the commands are in the file: \"%s\" is one word too many", line->argv[0]);
	if (options.state || options.timestamp)
		return error_usage(vdpa, "the option -%s does not apply to a batch", options.state ? "state" : "timestamp");
	if (options.dry_run || options.prune || options.watch)
		return error_usage(vdpa, "the options -dry-run, -prune and -watch do not apply to a batch");
	return STATUS_DONE;
}

static void tell(struct vdpa *vdpa)
{
	report(&vdpa->faults, 0, vdpa->help);
}

static enum status run(struct vdpa *vdpa, struct line *line)
{
	static const struct runner alone = { .begin = NULL };
	enum status status;

	out_open(&vdpa->out, stdout, options.json, options.pretty);
	if (options.version) {
		version_print(&vdpa->out);
		return STATUS_DONE;
	}
	if (options.batch && !options.help)
		return batch_run();
	if (line->plain && !options.json && strcmp(line->argv[0], "__complete") == 0) {
		usage_complete(line->argc - 1, line->argv + 1);
		return STATUS_DONE;
	}
	vdpa->tell = tell;
	status = run_line(vdpa, line, &alone);
	nl_close(&vdpa->nl);
	return status;
}

int main(int argc, char **argv)
{
	static char buffer[64 * 1024];
	struct vdpa vdpa = { 0 };
	enum status status;
	struct line line;

	reserve_standard_streams();
	signal(SIGPIPE, SIG_IGN);	/* a reader that left is an error like any other */
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);	/* a message is one piece, also among those of others */
	json_object_seed(1);		/* fixed: what is hashed are keys of one message */
	status = parse_options(&vdpa, argc, argv, &line);
	if (status == STATUS_DONE && !options.version && !options.help)
		status = check_options(&vdpa, &line);
	if (status == STATUS_DONE)
		status = run(&vdpa, &line);
	if (vdpa.faults.count)
		options.batch = NULL;	/* it is not about a line */
	report(&vdpa.faults, 0, vdpa.help);
	return finish_output(status);
}
