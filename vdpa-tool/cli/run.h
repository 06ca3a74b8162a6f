/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_RUN_H
#define VDPA_TOOL_RUN_H

#include "command/command.h"

struct inflight;

/* The words of a command line. */
struct line {
	int argc;
	char **argv;
	int plain;		/* of those in front, how many may be a wish for help: those behind "--" are none */
};

/* How a batch runs its lines; all NULL for a command that is alone. */
struct runner {
	struct inflight *inflight;	/* where changes go whose replies are not waited for; NULL: nowhere */
	void (*begin)(void *data);	/* called before anything can be printed, but not for what goes there */
	void *data;
};

/* The status of what has gone to a runner's inflight. */
enum { STATUS_SENT = -1 };

/* An option that some commands take. */
struct some_option {
	unsigned int takes;	/* TAKES_ */
	const bool *given;
	const char *name, *letter;	/* without their dash; @letter NULL: it has none */
	const char *text;	/* what it does, in a line */
};

/* All of them; the last has no name. */
extern const struct some_option some_options[];

/* Runs the command that @line names. What goes wrong is added to vdpa->faults, and is not printed. */
int run_line(struct vdpa *vdpa, const struct line *line, const struct runner *runner);

#endif
