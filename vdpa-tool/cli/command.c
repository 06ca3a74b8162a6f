// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding and running a command, and the help that its tables give. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/ahead.h"
#include "cli/error.h"
#include "cli/vdpa.h"

static void append_word(char *path, size_t size, const char *word)
{
	size_t len = strlen(path);

	snprintf(path + len, size - len, "%s%s", len ? " " : "", word);
}

/* --- help --- */

static void usage_line(const char *path, const struct command *command, bool *first)
{
	printf("%s vdpa %s%s%s", *first ? "Usage:" : "      ", path, *path ? " " : "",
	       command->word.name);
	if (command->usage)
		printf(" %s", command->usage);
	putchar('\n');
	*first = false;
}

static void usage_lines(const struct command *table, const char *path, bool *first)
{
	for (const struct command *command = table; command->word.name; command++) {
		char below[sizeof(((struct vdpa *)0)->path)];

		if (!command->below) {
			usage_line(path, command, first);
			continue;
		}
		snprintf(below, sizeof(below), "%s", path);
		append_word(below, sizeof(below), command->word.name);
		usage_lines(command->below, below, first);
	}
}

void command_help(const struct command *table, const char *path)
{
	bool first = true;

	usage_lines(table, path, &first);
}

/* A batch with -j has one document on standard output, and nothing else. */
static bool refuses_help(const struct vdpa *vdpa, enum status *status)
{
	if (!options.batch || !options.json)
		return false;
	*status = error_usage(vdpa, "there is no help in a batch with -j");
	return true;
}

static bool wants_help(const char *text)
{
	return *text && strncmp(text, "help", strlen(text)) == 0;
}

/* --- running --- */

static enum status unknown(const struct vdpa *vdpa, const struct command *table,
			   const char *text, int found)
{
	const char *what = *vdpa->path ? "command" : "object";
	char list[256];

	if (found == WORD_AMBIGUOUS)
		return error_usage(vdpa, "\"%s\" could be any of: %s", text,
				   words_list(table, sizeof(*table), text, list, sizeof(list)));
	return error_usage(vdpa, "unknown %s \"%s\", expected: %s, help", what, text,
			   words_list(table, sizeof(*table), NULL, list, sizeof(list)));
}

static enum status run_leaf(struct vdpa *vdpa, const struct command *command,
			    int argc, char **argv)
{
	enum status status = STATUS_DONE;
	bool first = true;

	if (!command->takes_name && argc == 1 && strcmp(argv[0], "help") == 0) {
		if (!refuses_help(vdpa, &status))
			usage_line(vdpa->help, command, &first);
		return status;
	}
	if (options.batch && command->alone)
		return error_usage(vdpa, "not in a batch");
	ahead_settle(vdpa, command);
	vdpa->command = command;
	return command->run(vdpa, argc, argv);
}

static enum status run_word(struct vdpa *vdpa, const struct command *table, const char *text,
			    int argc, char **argv)
{
	int found = words_find(table, sizeof(*table), text);
	enum status status = STATUS_DONE;
	const struct command *command;

	if (found < 0 && wants_help(text)) {
		if (!refuses_help(vdpa, &status))
			command_help(table, vdpa->path);
		return status;
	}
	if (found < 0)
		return unknown(vdpa, table, text, found);

	command = &table[found];
	append_word(vdpa->path, sizeof(vdpa->path), command->word.name);
	if (!command->below)
		return run_leaf(vdpa, command, argc, argv);

	snprintf(vdpa->help, sizeof(vdpa->help), "%s", vdpa->path);
	if (argc)
		return run_word(vdpa, command->below, argv[0], argc - 1, argv + 1);
	return run_word(vdpa, command->below, command->bare ? command->bare : "help", 0, argv);
}

enum status command_run(struct vdpa *vdpa, const struct command *table, int argc, char **argv)
{
	return run_word(vdpa, table, argv[0], argc - 1, argv + 1);
}

enum status command_connect(struct vdpa *vdpa)
{
	const struct command *command = vdpa->command;
	struct nl_error err = { 0 };

	if (!vdpa->nl.socket && nl_open(&vdpa->nl, &err) < 0)
		return error_refused(NULL, &err);
	if (nl_knows(&vdpa->nl, command->needs))
		return STATUS_DONE;
	nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core has no %s command (needs %s)",
		vdpa->path, command->needs_text);
	return error_refused(NULL, &err);
}

enum status command_show(struct vdpa *vdpa, const char *section, const char *subject,
			 nl_cb print, void *data)
{
	struct nl_error err = { 0 };
	bool interrupted = false;
	int failed;

	out_begin(&vdpa->out, section);
	failed = nl_exchange(&vdpa->nl, print, data, &interrupted, &err);
	out_end(&vdpa->out, !failed);
	if (failed)
		return error_refused(subject, &err);
	if (interrupted)
		error_devices_changed();
	return STATUS_DONE;
}
