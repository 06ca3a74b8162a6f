// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "migration/document.h"
#include "base/memory.h"
#include "host/host.h"

/* modules.dep has a line a module; what modinfo prints is far less. */
enum { LIST_MAX = 64 * 1024 * 1024 };

/* Room for a path below a root. */
struct path {
	char text[PATH_MAX];
};

static bool join(struct path *path, const char *root, const char *below)
{
	return snprintf(path->text, sizeof(path->text), "%s%s", root, below) < (int)sizeof(path->text);
}

static int open_below(const char *root, const char *below)
{
	struct path path;

	return join(&path, root, below) ? open(path.text, O_RDONLY | O_CLOEXEC) : -1;
}

static DIR *open_dir(const char *root, const char *below)
{
	struct path path;

	return join(&path, root, below) ? opendir(path.text) : NULL;
}

static bool exists(const char *root, const char *below)
{
	struct path path;

	return join(&path, root, below) && access(path.text, F_OK) == 0;
}

bool host_read(const char *root, const char *path, char *buf, size_t size)
{
	int fd = open_below(root, path);
	ssize_t len;

	buf[0] = '\0';
	if (fd < 0)
		return false;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

/* All of a file, to be freed; NULL where it cannot be read. */
static char *read_all(int fd)
{
	struct document_text text = { 0 };
	struct nl_error err = { 0 };
	char *bytes = NULL;

	if (fd >= 0 && document_read_all(fd, LIST_MAX, &text, &err) == 0)
		bytes = strndup(text.bytes ? text.bytes : "", text.len);
	document_text_free(&text);
	if (fd >= 0)
		close(fd);
	return bytes;
}

void host_names(const char *root, const char *path, const char *start, struct texts *names)
{
	DIR *dir = open_dir(root, path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && strncmp(entry->d_name, start, strlen(start)) == 0)
			texts_insert(names, entry->d_name);
	if (dir)
		closedir(dir);
}

/* --- the core that runs --- */

void host_loaded(const char *root, struct core_loaded *core)
{
	char state[HOST_TEXT_MAX];

	*core = (struct core_loaded){ .core = CORE_NONE };
	if (host_read(root, "/sys/module/vdpa/initstate", state, sizeof(state)))
		core->core = host_read(root, "/sys/module/vdpa/version", core->version, sizeof(core->version)) ?
				     CORE_OURS : CORE_DISTRIBUTION;
	else if (exists(root, "/sys/bus/vdpa"))
		core->core = CORE_BUILT_IN;
	host_read(root, "/sys/module/vdpa/taint", core->taint, sizeof(core->taint));
}

bool host_running(const char *root, char *release, size_t size)
{
	return host_read(root, "/proc/sys/kernel/osrelease", release, size) && release[0];
}

/* --- the cores that are installed --- */

/* The path of a module, which ends at a colon: vdpa.ko, compressed or not. */
static bool is_core(const char *path, size_t len)
{
	const char *base = memrchr(path, '/', len);

	base = base ? base + 1 : path;
	return strncmp(base, "vdpa.ko", strlen("vdpa.ko")) == 0;
}

/* The file that modprobe would load: depmod has chosen it, and written it down. */
static void find_file(const char *root, struct core_installed *installed)
{
	char path[2 * HOST_TEXT_MAX], *list, *line, *next;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", installed->release);
	list = read_all(open_below(root, path));
	for (line = list; line && *line; line = next) {
		size_t len = strcspn(line, ":\n");

		if (is_core(line, len) && len < sizeof(installed->file)) {
			memcpy(installed->file, line, len);
			installed->file[len] = '\0';
			break;
		}
		next = line + strcspn(line, "\n");
		next += *next == '\n';
	}
	free(list);
}

static bool is_built_in(const char *root, const char *release)
{
	char path[2 * HOST_TEXT_MAX], *list;
	bool found;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	list = read_all(open_below(root, path));
	found = list && strstr(list, "/vdpa/vdpa.ko");
	free(list);
	return found;
}

/* Runs modinfo, which knows all that modules are compressed with. What it prints is to be freed. */
static char *modinfo(const char *file)
{
	char *words[] = { (char *)"modinfo", (char *)file, NULL }, *environment[] = { (char *)"LC_ALL=C",
		(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	posix_spawn_file_actions_t actions;
	char *text = NULL;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, words[0], &actions, NULL, words, environment) == 0) {
		int status;

		close(ends[1]);
		text = read_all(ends[0]);
		if (waitpid(pid, &status, 0) < 0 || status) {
			free(text);
			text = NULL;
		}
	} else {
		close(ends[0]);
		close(ends[1]);
	}
	posix_spawn_file_actions_destroy(&actions);
	return text;
}

/* The value of a line "KEY:   VALUE" of modinfo's. */
static bool take_field(const char *text, const char *key, char *value, size_t size)
{
	size_t len = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, len) != 0 || line[len] != ':')
			continue;
		line += len + 1;
		line += strspn(line, " \t");
		snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
		return true;
	}
	return false;
}

static void read_module(const char *root, struct core_installed *installed)
{
	char path[3 * HOST_TEXT_MAX], *text;
	struct path file;

	snprintf(path, sizeof(path), "/lib/modules/%s/%s", installed->release, installed->file);
	if (!join(&file, root, path))
		return;
	text = modinfo(file.text);
	if (!text)
		return;
	installed->read = true;
	if (take_field(text, "version", installed->version, sizeof(installed->version)))
		installed->core = CORE_OURS;
	/* A signature whose key nobody can name is one, too. */
	if (!take_field(text, "signer", installed->signer, sizeof(installed->signer)))
		take_field(text, "sig_id", installed->signer, sizeof(installed->signer));
	free(text);
}

static void look_at(const char *root, struct core_installed *installed)
{
	char path[2 * HOST_TEXT_MAX];

	snprintf(path, sizeof(path), "/lib/modules/%s/build/include", installed->release);
	installed->headers = exists(root, path);
	find_file(root, installed);
	if (!installed->file[0]) {
		installed->core = is_built_in(root, installed->release) ? CORE_BUILT_IN : CORE_NONE;
		return;
	}
	installed->core = strncmp(installed->file, "kernel/", strlen("kernel/")) == 0 ? CORE_DISTRIBUTION : CORE_OURS;
	read_module(root, installed);
}

void host_kernels(const char *root, void (*take)(const struct core_installed *installed, void *data), void *data)
{
	struct texts names = { 0 };

	host_names(root, "/lib/modules", "", &names);
	for (size_t i = 0; i < names.count; i++) {
		struct core_installed installed = { .core = CORE_NONE };
		char path[2 * HOST_TEXT_MAX];

		if (snprintf(installed.release, sizeof(installed.release), "%s", names.list[i]) >=
		    (int)sizeof(installed.release))
			continue;
		snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", installed.release);
		if (!exists(root, path))
			continue;
		look_at(root, &installed);
		take(&installed, data);
	}
	texts_free(&names);
}

/* --- who uses devices --- */

/* The device that a file descriptor is of, if it is one of vDPA's. */
static bool is_device(const char *link, char *device, size_t size)
{
	ssize_t len = readlink(link, device, size - 1);

	if (len < 0)
		return false;
	device[len] = '\0';
	return strncmp(device, "/dev/vhost-vdpa-", strlen("/dev/vhost-vdpa-")) == 0 ||
	       strncmp(device, "/dev/vduse/", strlen("/dev/vduse/")) == 0;
}

static void add_users(const char *root, const char *pid, struct texts *users)
{
	char below[64], link[PATH_MAX], device[HOST_TEXT_MAX], name[HOST_TEXT_MAX], text[3 * HOST_TEXT_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(below, sizeof(below), "/proc/%.20s/fd", pid);
	dir = open_dir(root, below);
	while (dir && (entry = readdir(dir))) {
		snprintf(link, sizeof(link), "%.2048s%s/%s", root, below, entry->d_name);
		if (!is_device(link, device, sizeof(device)))
			continue;
		snprintf(below, sizeof(below), "/proc/%.20s/comm", pid);
		host_read(root, below, name, sizeof(name));
		snprintf(below, sizeof(below), "/proc/%.20s/fd", pid);
		snprintf(text, sizeof(text), "%s (%s) %s", name, pid, device);
		texts_append(users, text);
	}
	if (dir)
		closedir(dir);
}

void host_users(const char *root, struct texts *users)
{
	struct texts names = { 0 };

	host_names(root, "/proc", "", &names);
	for (size_t i = 0; i < names.count; i++)
		if (isdigit((unsigned char)names.list[i][0]))
			add_users(root, names.list[i], users);
	texts_free(&names);
}
