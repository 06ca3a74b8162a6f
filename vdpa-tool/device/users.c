// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
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

/* Each open node holds the module. Where that is not to be learnt, somebody may have one open. */
static bool may_be_open(void)
{
	int file = open("/sys/module/vhost_vdpa/refcnt", O_RDONLY | O_CLOEXEC);
	bool none = false;
	char digit;

	if (file >= 0) {
		none = read(file, &digit, 1) == 1 && digit == '0';
		close(file);
	}
	return !none;
}

/* Kernel threads run no program. There are hundreds of them, and they open nothing here. */
static bool runs_program(const char *pid)
{
	char path[64], byte;

	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	return readlink(path, &byte, 1) >= 0 || errno != ENOENT;
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

	if (geteuid() != 0 || !base)
		return -1;
	if (!may_be_open())
		return 0;
	if (stat(path, &status) != 0)
		return -1;
	dir = opendir("/proc");
	if (!dir)
		return -1;
	while ((entry = readdir(dir))) {
		const char *pid = entry->d_name;

		if (!isdigit((unsigned char)*pid) || !runs_program(pid) || !has_open(pid, base, status.st_rdev))
			continue;
		if (n < USERS_MAX) {
			users[n].pid = strtol(pid, NULL, 10);
			read_name(pid, users[n].name, sizeof(users[n].name));
		}
		n++;
	}
	closedir(dir);
	return n;
}
