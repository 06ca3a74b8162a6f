/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that appear when they are complete, or not at all. */
#ifndef VDPA_TOOL_NEW_FILE_H
#define VDPA_TOOL_NEW_FILE_H

#include <stdio.h>

/*
 * Has @write write a file, which only its owner can read, and then puts it at @path, in place of what is there.
 * Both the file and its directory are synced. Whenever this process is killed, at @path is what was there before, or
 * the whole file, and nothing is left beside it. @write returns 0, or -1 with errno. Returns the same.
 */
int new_file(const char *path, int (*write)(FILE *file, const void *data), const void *data);

#endif
