/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that say which devices there should be: {"dev": {"NAME": {...}, ...}}. A file is taken device by device, however many it
 * has: no more than one of them is in memory. Whose text is no JSON goes as far as there.
 */
#ifndef VDPA_TOOL_WANTED_FILE_H
#define VDPA_TOOL_WANTED_FILE_H

#include "command/command.h"

enum { WANTED_SIZE_MAX = 64 * 1024 };	/* of one device, in bytes */

/* A device of a file: JSON that has yet to be read. The texts are terminated. */
struct wanted_text {
	const char *file;
	unsigned int line;	/* of its name */
	const char *name;
	const char *object;
	unsigned int object_line;
};

typedef void (*wanted_take)(void *data, const struct wanted_text *text);

/*
 * Reads files ("-": standard input), and of directories the files *.json, sorted by their names, and passes each device to
 * @take. Returns STATUS_DONE; where files, or what follows in them, could not be read, STATUS_USAGE, and has said why.
 */
enum status wanted_files_read(struct vdpa *vdpa, const struct names *paths, wanted_take take, void *data);

/* FILE:LINE, to be freed. */
char *wanted_place(const char *file, unsigned int line);

#endif
