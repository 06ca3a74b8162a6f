// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/users.h"

/* A link below /proc/PID/fd: to look where it leads can take for ever, to read its text cannot. */
static bool leads_to(int dir, const char *link, const char *base, dev_t device)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(dir, link, target, sizeof(target) - 1);
	struct stat status;

	if (len <= 0)
		return false;
	target[len] = '\0';
	return *target == '/' && strstr(target, base) && fstatat(dir, link, &status, 0) == 0 &&
	       S_ISCHR(status.st_mode) && status.st_rdev == device;
}

static bool has_open(const char *pid, const char *base, dev_t device)
{
	char path[64];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return false;	/* it has ended */
	while (!found && (entry = readdir(dir)))
		found = entry->d_name[0] != '.' && leads_to(dirfd(dir), entry->d_name, base, device);
	closedir(dir);
	return found;
}

static void read_name(const char *pid, char *name, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(name, size, file))
		snprintf(name, size, "?");
	name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
}

int users_find(const char *path, struct user users[USERS_MAX])
{
	const char *base = strrchr(path, '/');
	struct dirent *entry;
	struct stat status;
	int n = 0;
	DIR *dir;

	if (geteuid() != 0 || !base || stat(path, &status) != 0)
		return -1;
	dir = opendir("/proc");
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !has_open(entry->d_name, base, status.st_rdev))
			continue;
		if (n < USERS_MAX) {
			users[n].pid = strtol(entry->d_name, NULL, 10);
			read_name(entry->d_name, users[n].name, sizeof(users[n].name));
		}
		n++;
	}
	closedir(dir);
	return n;
}
