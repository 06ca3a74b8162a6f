// SPDX-License-Identifier: GPL-2.0-or-later
/* Finding a command and running it: arguments, socket, request, reply. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/inflight.h"
#include "cli/parse.h"
#include "cli/run.h"
#include "cli/usage.h"

struct run {
	struct vdpa *vdpa;
	const struct runner *runner;
};

static void begin(const struct run *run)
{
	if (run->runner->begin)
		run->runner->begin(run->runner->data);
}

static void append_word(char *path, size_t size, const char *word)
{
	size_t len = strlen(path);

	snprintf(path + len, size - len, "%s%s", len ? " " : "", word);
}

/* --- a command --- */

/* A request without a named device is about all there are. */
static enum status show(struct vdpa *vdpa, const void *values)
{
	const struct command *command = vdpa->command;
	const char *subject = vdpa->dev ? vdpa->dev : vdpa->mgmtdev;
	struct nlmsghdr *nlh = nl_request(&vdpa->nl, command->needs, subject ? 0 : NLM_F_DUMP);

	if (subject)
		command->put(nlh, values);
	return command_show(vdpa, command->section, subject, command->print, &vdpa->out);
}

static enum status change(struct vdpa *vdpa, const void *values)
{
	const struct command *command = vdpa->command;
	struct nl_error err = { 0 };

	command->put(nl_request(&vdpa->nl, command->needs, 0), values);
	if (nl_exchange(&vdpa->nl, NULL, NULL, NULL, &err) == 0) {
		if (*err.message)
			error_note(vdpa, err.message, NULL, NULL);
		return command->after ? command->after(vdpa, values) : STATUS_DONE;
	}
	if (command->explain)
		command->explain(values, &err);
	return error_change(vdpa, &err);
}

static int run_values(const struct run *run, int argc, char **argv, void *values)
{
	const struct command *command = run->vdpa->command;
	struct inflight *inflight = run->runner->inflight;
	struct vdpa *vdpa = run->vdpa;
	enum status status;

	status = parse_arguments(vdpa, argc, argv, values);
	if (status == STATUS_DONE && command->check)
		status = command->check(vdpa, values);
	if (status == STATUS_DONE && inflight)
		inflight_admit(inflight, command, vdpa->dev);
	if (status == STATUS_DONE && !command->local)
		status = command_connect(vdpa);
	if (status == STATUS_DONE && command->prepare)
		status = command->prepare(vdpa, values);
	if (status != STATUS_DONE)
		return status;
	if (inflight && vdpa->dev && !command->run && !command->print)
		return inflight_send(inflight, vdpa, values);
	begin(run);
	if (command->run)
		return command->run(vdpa, values);
	return command->print ? show(vdpa, values) : change(vdpa, values);
}

static int run_command(const struct run *run, int argc, char **argv)
{
	const struct command *command = run->vdpa->command;
	size_t size = command->size ? command->size : sizeof(uint32_t);
	void *values = calloc(1, size);
	int status;

	if (!values)
		error_no_memory();
	if (command->defaults)
		memcpy(values, command->defaults, size);
	status = run_values(run, argc, argv, values);
	free(values);
	return status;
}

/* --- finding it --- */

static enum status unknown(struct vdpa *vdpa, const struct command *table, const char *text, int found)
{
	const char *what = *vdpa->path ? "command" : "object";
	char list[256];

	if (found == WORD_AMBIGUOUS)
		return error_usage(vdpa, "\"%s\" could be any of: %s", text,
				   keyword_list(table, sizeof(*table), text, list, sizeof(list)));
	return error_usage(vdpa, "unknown %s \"%s\", expected: %s, help", what, text,
			   keyword_list(table, sizeof(*table), NULL, list, sizeof(list)));
}

const struct some_option some_options[] = {
	{ TAKES_STATE, &options.state, "state", "s", "begin with the present state" },
	{ TAKES_TIMESTAMP, &options.timestamp, "timestamp", "t", "the time of each event" },
	{ TAKES_DRY_RUN, &options.dry_run, "dry-run", "n", "only say what would be done" },
	{ TAKES_PRUNE, &options.prune, "prune", NULL, "delete what no file names" },
	{ TAKES_WATCH, &options.watch, "watch", NULL, "go on when management devices come" },
	{ .name = NULL }
};

static enum status check_options(struct vdpa *vdpa)
{
	const struct command *command = vdpa->command;

	for (const struct some_option *some = some_options; some->name; some++)
		if (*some->given && !(command->takes & some->takes))
			return error_usage(vdpa, "the option -%s does not apply to this command", some->name);
	if (options.batch && command->alone)
		return error_usage(vdpa, "this command cannot be part of a batch");
	return STATUS_DONE;
}

static bool is_help(const struct line *line, int i)
{
	const char *text = line->argv[i];

	return i < line->plain && *text && strncmp(text, "help", strlen(text)) == 0;
}

/* From the word @i of the line on. */
static int run_leaf(const struct run *run, const struct line *line, int i)
{
	struct vdpa *vdpa = run->vdpa;
	enum status status;

	if (options.help || (i + 1 == line->argc && is_help(line, i) && strcmp(line->argv[i], "help") == 0)) {
		begin(run);
		usage_command(vdpa, vdpa->command);
		return STATUS_DONE;
	}
	status = check_options(vdpa);
	if (status != STATUS_DONE)
		return status;
	return run_command(run, line->argc - i, line->argv + i);
}

int run_line(struct vdpa *vdpa, const struct line *line, const struct runner *runner)
{
	const struct run run = { .vdpa = vdpa, .runner = runner };
	const struct command *table = commands;
	int i = 0;

	while (table) {
		const char *bare = vdpa->command && !options.help ? vdpa->command->bare : NULL;
		const char *text = i < line->argc ? line->argv[i] : bare;
		int found = text ? keyword_find(table, sizeof(*table), text) : WORD_UNKNOWN;

		snprintf(vdpa->help, sizeof(vdpa->help), "%s", vdpa->path);
		if (found < 0 && (!text || (i < line->argc && is_help(line, i)))) {
			begin(&run);
			usage_table(vdpa, table);
			return STATUS_DONE;
		}
		if (found < 0)
			return unknown(vdpa, table, text, found);
		i += i < line->argc;
		vdpa->command = &table[found];
		append_word(vdpa->path, sizeof(vdpa->path), table[found].word.name);
		table = vdpa->command->below;
	}
	return run_leaf(&run, line, i);
}
