/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options: the only global state, set once, by main(). */
#ifndef VDPA_TOOL_OPTIONS_H
#define VDPA_TOOL_OPTIONS_H

#include <stdbool.h>

struct options {
	bool json;		/* -j */
	bool pretty;		/* -p: indent JSON */
	bool timestamp;		/* -t: the time of each event */
	bool state;		/* -s: the present state before the events */
	bool dry_run;		/* -n: what would be done, and nothing is */
	bool prune;		/* what no file names is deleted */
	bool watch;		/* go on when management devices come */
	bool version;		/* -V: the versions, instead of the command */
	bool help;		/* -h: the help of the command, instead of the command */
	const char *batch;	/* -b: the file with the commands; NULL: one command, from the arguments */
	bool force;		/* -f: go on with the batch after a command that failed */
	unsigned int parallel;	/* -parallel: requests of the batch that may be under way; 0: each waits for its reply */
};

extern struct options options;

#endif
