/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes have a file open, from /proc. */
#ifndef VDPA_TOOL_USERS_H
#define VDPA_TOOL_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { USERS_MAX = 8 };		/* vhost_vdpa lets one process open a device; more have the file by inheritance */

struct user {
	pid_t pid;
	char name[32];
};

/*
 * Finds the processes that have the character device @path open. Looks at every process that there is, but at none while
 * vhost_vdpa says that no character device is open. Returns how many there are, of which the first USERS_MAX are in @users;
 * -1 where processes of others cannot be looked at.
 */
int users_find(const char *path, struct user users[USERS_MAX]);

#endif
