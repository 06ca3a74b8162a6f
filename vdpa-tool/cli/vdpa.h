/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every part of the command shares: the options, one run's context, and
 * the shape of a command table.
 *
 * A new command is a function in a file of its own and one line in the table
 * of its object.
 */
#ifndef VDPA_TOOL_VDPA_H
#define VDPA_TOOL_VDPA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/nl.h"
#include "output/output.h"
#include "cli/words.h"

struct ahead;

/* Exit statuses, as vdpa(8) documents them. */
enum status {
	STATUS_DONE = 0,
	STATUS_USAGE = 1,	/* found wrong before anything was sent */
	STATUS_REFUSED = 2,	/* the kernel refused */
	STATUS_UNFIT = 3,	/* a migration is not possible: not compatible, or no target found; a host that is not set up right */
};

/* The only global state: set once, by main(), but for the line. */
struct options {
	bool json;		/* -j */
	bool pretty;		/* -p: indent JSON */
	bool timestamp;		/* -t: the time of each event */
	bool state;		/* -s: the present state before the events */
	const char *batch;	/* -b: the file that the commands are in; NULL: one command, from the arguments */
	bool force;		/* -f: go on with the batch after a command that failed */
	unsigned long line;	/* of the batch; 0: none yet */
};

extern struct options options;

/* One run: filled in on the way down the command tables. */
struct vdpa {
	const struct command *command;	/* the command that is run */
	char path[48];			/* its words, e.g. "dev config show" */
	char help[48];			/* the words of its object, e.g. "dev config" */
	struct nl nl;
	struct output out;
	struct ahead *ahead;		/* what a batch does not wait for; NULL: it waits */
};

typedef enum status (*command_fn)(struct vdpa *vdpa, int argc, char **argv);

struct command {
	struct word word;		/* must be first: words_find() looks for it */
	const char *usage;		/* what follows the words, may be NULL */
	command_fn run;			/* NULL where there is a table below */
	const struct command *below;	/* the commands of an object */
	const char *bare;		/* the command meant by the object alone, NULL: help */
	bool takes_name;		/* a first argument "help" is a name, not a wish */
	bool alone;			/* does not end by itself, or has output of its own kind: not in a batch */
	uint8_t needs;			/* the kernel command that this one cannot do without */
	const char *needs_text;		/* what brings that command */
};

/* The tables, each in the file of its object; the last line has no name. */
extern const struct command mgmtdev_commands[];
extern const struct command dev_commands[];
extern const struct command dev_config_commands[];
extern const struct command dev_vstats_commands[];
extern const struct command dev_vq_commands[];
extern const struct command dev_migration_commands[];
extern const struct command dev_state_commands[];
extern const struct command dev_dirty_commands[];
extern const struct command mgmtdev_migration_commands[];
extern const struct command migration_commands[];

enum status monitor(struct vdpa *vdpa, int argc, char **argv);
enum status doctor(struct vdpa *vdpa, int argc, char **argv);

/* Finds the command that @argv names in @table and runs it. */
enum status command_run(struct vdpa *vdpa, const struct command *table, int argc, char **argv);

/* Prints the usage of every command in @table, whose words so far are @path. */
void command_help(const struct command *table, const char *path);

/*
 * Opens the socket, unless it is open, and makes sure that the kernel knows
 * the command that vdpa->command needs. Called after the arguments have been
 * checked: nothing wrong gets as far as a socket.
 */
enum status command_connect(struct vdpa *vdpa);

/*
 * Runs the request prepared in vdpa->nl, a dump or not; @print, with @data,
 * writes what comes as entries of vdpa->out, one section named @section.
 * @subject is what the request is about, NULL when it is about everything.
 */
enum status command_show(struct vdpa *vdpa, const char *section, const char *subject,
			 nl_cb print, void *data);

#endif
