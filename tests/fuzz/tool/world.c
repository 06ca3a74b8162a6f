// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/vdpa.h>
#include <sanitizer/asan_interface.h>

#include "cli/inflight.h"
#include "check.h"
#include "command/command.h"
#include "world.h"

/* What the linker makes of main(), of the calls that are taken over, and of those calls themselves. */
int vdpa_main(int argc, char **argv);

static const struct world *world;	/* while the command runs */
static struct outcome outcome;

/* --- the kernel --- */

struct mnl_socket {
	const struct nlmsghdr *request;	/* the last one that was sent */
	struct nlmsghdr earlier[INFLIGHT_MAX];	/* headers of those before it that have not been answered */
	size_t count;
	struct nlmsghdr last;			/* its header */
	bool answered;
	char *poisoned;			/* what lies in its buffer behind the last reply */
	size_t len;
};

enum { SOCKET_FD = 1000 };

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_close(struct mnl_socket *socket);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *buf, size_t len);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *socket, void *buf, size_t size);
int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *buf, socklen_t len);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len);
ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags);

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	static const struct nlmsghdr none = { .nlmsg_len = sizeof(none) };
	struct mnl_socket *socket = calloc(1, sizeof(*socket));

	(void)bus;
	(void)flags;
	socket->request = &none;
	socket->last = none;
	socket->answered = true;
	outcome.open++;
	return socket;
}

int __wrap_mnl_socket_close(struct mnl_socket *socket)
{
	ASAN_UNPOISON_MEMORY_REGION(socket->poisoned, socket->len);
	free(socket);
	outcome.open--;
	return 0;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *socket, const void *buf, size_t len)
{
	struct mnl_socket *sender = (struct mnl_socket *)socket;

	/* It lies where the last one lay, of which no more than its header was kept. */
	if (!sender->answered && sender->count < INFLIGHT_MAX)
		sender->earlier[sender->count++] = sender->last;
	check_request(buf, len);
	sender->request = buf;
	sender->last = *sender->request;
	sender->answered = false;
	if (((const struct nlmsghdr *)buf)->nlmsg_type != GENL_ID_CTRL)
		outcome.sent++;
	return len;
}

static void put_command(struct nlmsghdr *nlh, uint32_t command)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, command + 1);

	mnl_attr_put_u32(nlh, CTRL_ATTR_OP_ID, command);
	mnl_attr_put_u32(nlh, CTRL_ATTR_OP_FLAGS, GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL);
	mnl_attr_nest_end(nlh, nest);
}

static void put_group(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, 1);

	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, VDPA_MCGRP_MONITOR);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, WORLD_GROUP);
	mnl_attr_nest_end(nlh, nest);
}

/* What our own core says of its family, and that this was all. */
static ssize_t family(const struct nlmsghdr *request, char *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf), *ack;
	struct nlmsgerr *err;
	struct nlattr *nest;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_seq = request->nlmsg_seq;
	mnl_nlmsg_put_extra_header(nlh, GENL_HDRLEN);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, WORLD_FAMILY);
	nest = mnl_attr_nest_start(nlh, CTRL_ATTR_OPS);
	for (uint32_t command = VDPA_CMD_MGMTDEV_NEW; command <= VDPA_CMD_DEV_DRIVER_SET; command++)
		if (command <= VDPA_CMD_DEV_ATTR_SET || command >= VDPA_CMD_DEV_SUSPEND)
			put_command(nlh, command);
	mnl_attr_nest_end(nlh, nest);
	nest = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	put_group(nlh);
	mnl_attr_nest_end(nlh, nest);
	ack = mnl_nlmsg_put_header(buf + nlh->nlmsg_len);
	ack->nlmsg_type = NLMSG_ERROR;
	ack->nlmsg_flags = NLM_F_CAPPED;
	ack->nlmsg_seq = request->nlmsg_seq;
	err = mnl_nlmsg_put_extra_header(ack, sizeof(*err));
	err->msg = *request;
	return nlh->nlmsg_len + ack->nlmsg_len;
}

static ssize_t reply(const struct nlmsghdr *request, char *buf, size_t size)
{
	if (request->nlmsg_type == GENL_ID_CTRL && !world->hostile_family)
		return family(request, buf);
	return world->receive ? world->receive(world->data, request, buf, size) : -ECONNREFUSED;
}

/* What the buffer has behind the reply is poisoned: the sanitizer sees it if that is read. */
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *constant, void *buf, size_t size)
{
	struct mnl_socket *socket = (struct mnl_socket *)constant;
	ssize_t len;

	ASAN_UNPOISON_MEMORY_REGION(buf, size);
	if (socket->count) {
		const struct nlmsghdr first = socket->earlier[0];

		memmove(socket->earlier, socket->earlier + 1, --socket->count * sizeof(first));
		len = reply(&first, buf, size);
	} else {
		bool overwritten = socket->request->nlmsg_seq != socket->last.nlmsg_seq;

		socket->answered = true;
		len = reply(overwritten ? &socket->last : socket->request, buf, size);
	}
	if (len < 0) {
		errno = -len;
		return -1;
	}
	socket->poisoned = (char *)buf + len;
	socket->len = size - len;
	ASAN_POISON_MEMORY_REGION(socket->poisoned, socket->len);
	check_overread(socket->poisoned);
	return len;
}

int __wrap_mnl_socket_bind(struct mnl_socket *socket, unsigned int groups, pid_t pid)
{
	(void)socket;
	(void)groups;
	(void)pid;
	return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *socket, int type, void *buf, socklen_t len)
{
	(void)socket;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *socket)
{
	(void)socket;
	return SOCKET_FD;
}

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t len);

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return world ? 0 : __real_setsockopt(fd, level, name, value, len);
}

ssize_t __real_recv(int fd, void *buf, size_t size, int flags);

ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags)
{
	static const struct nlmsghdr none = { .nlmsg_len = sizeof(none) };
	ssize_t len;

	if (!world)
		return __real_recv(fd, buf, size, flags);
	ASAN_UNPOISON_MEMORY_REGION(buf, size);
	len = reply(&none, buf, size);
	if (len >= 0)
		return len;
	errno = -len;
	return -1;
}

/* --- files --- */

enum { FILE_FD = 2000, PIECE = 1000 };

static struct {
	const struct world_file *file;
	size_t at;
} files[WORLD_FILES];

/* One without a name stands for any but those that the command looks for by itself. */
static int file_find(const char *path)
{
	bool asked = strncmp(path, "/etc/", 5) != 0;

	for (int i = 0; i < WORLD_FILES; i++) {
		const struct world_file *file = &world->files[i];

		if (file->bytes && (file->path ? strcmp(file->path, path) == 0 : asked))
			return i;
	}
	return -1;
}

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);

/* What is written goes nowhere, but to a file all the same: the command looks what it is. */
int __wrap_open(const char *path, int flags, ...)
{
	int i;

	if (!world) {
		va_list args;
		mode_t mode;

		va_start(args, flags);
		mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
		va_end(args);
		return __real_open(path, flags, mode);
	}
	if ((flags & O_ACCMODE) != O_RDONLY)
		return memfd_create("written", MFD_CLOEXEC);
	i = file_find(path);
	if (i < 0) {
		errno = ENOENT;
		return -1;
	}
	files[i].file = &world->files[i];
	files[i].at = 0;
	outcome.open++;
	return FILE_FD + i;
}

int __wrap_close(int fd);
int __real_close(int fd);

int __wrap_close(int fd)
{
	if (!world || fd < FILE_FD)
		return __real_close(fd);
	outcome.open--;
	return 0;
}

ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __real_read(int fd, void *buf, size_t size);

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	int i = fd == STDIN_FILENO && world ? file_find("-") : fd - FILE_FD;
	size_t left;

	if (!world)
		return __real_read(fd, buf, size);
	if (i < 0 || i >= WORLD_FILES)
		return 0;
	left = world->files[i].len - files[i].at;
	if (size > left)
		size = left;
	if (size > PIECE)
		size = PIECE;
	if (size)
		memcpy(buf, world->files[i].bytes + files[i].at, size);
	files[i].at += size;
	return size;
}

int __wrap_stat(const char *path, struct stat *st);
int __real_stat(const char *path, struct stat *st);
int __wrap_rename(const char *from, const char *to);
int __real_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __real_unlink(const char *path);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_fstat(int fd, struct stat *st);
int __real_fstat(int fd, struct stat *st);
int __wrap_access(const char *path, int mode);
int __real_access(const char *path, int mode);

/* What begins with "pipe" is one, other files are not there yet. */
int __wrap_stat(const char *path, struct stat *st)
{
	if (!world)
		return __real_stat(path, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFIFO;
	errno = ENOENT;
	return strncmp(path, "pipe", 4) == 0 ? 0 : -1;
}

int __wrap_rename(const char *from, const char *to)
{
	return world ? 0 : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
	return world ? 0 : __real_unlink(path);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return world ? 0 : __real_linkat(from_dir, from, to_dir, to, flags);
}

int __wrap_fsync(int fd)
{
	return world ? 0 : __real_fsync(fd);
}

/* A file of the command's is one that nobody else writes to. */
int __wrap_fstat(int fd, struct stat *st)
{
	if (!world || fd < FILE_FD)
		return __real_fstat(fd, st);
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFREG | 0600;
	return 0;
}

int __wrap_access(const char *path, int mode)
{
	if (!world)
		return __real_access(path, mode);
	errno = ENOENT;
	return world->driver ? 0 : -1;
}

/* --- sysfs --- */

/* What opendir() gives while the command runs. */
struct directory {
	struct dirent entry;
	int at;
};

DIR *__wrap_opendir(const char *path);
DIR *__real_opendir(const char *path);
struct dirent *__wrap_readdir(DIR *dir);
struct dirent *__real_readdir(DIR *dir);
int __wrap_closedir(DIR *dir);
int __real_closedir(DIR *dir);
ssize_t __wrap_readlink(const char *path, char *buf, size_t size);
ssize_t __real_readlink(const char *path, char *buf, size_t size);

DIR *__wrap_opendir(const char *path)
{
	if (!world)
		return __real_opendir(path);
	outcome.open++;
	return calloc(1, sizeof(struct directory));
}

struct dirent *__wrap_readdir(DIR *dir)
{
	struct directory *directory = (struct directory *)dir;
	const char *name;

	if (!world)
		return __real_readdir(dir);
	name = directory->at < WORLD_ENTRIES ? world->entries[directory->at++] : NULL;
	if (!name)
		return NULL;
	snprintf(directory->entry.d_name, sizeof(directory->entry.d_name), "%s", name);
	return &directory->entry;
}

int __wrap_closedir(DIR *dir)
{
	if (!world)
		return __real_closedir(dir);
	free(dir);
	outcome.open--;
	return 0;
}

ssize_t __wrap_readlink(const char *path, char *buf, size_t size)
{
	size_t len;

	if (!world)
		return __real_readlink(path, buf, size);
	errno = ENOENT;
	if (!world->driver)
		return -1;
	len = strnlen(world->driver, size);
	memcpy(buf, world->driver, len);
	return len;
}

/* --- the process --- */

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *data);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *data);
_Noreturn void __wrap_exit(int status);
_Noreturn void __real_exit(int status);

int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
int __real_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);

/* No other program is started: there is none. */
int __wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	return world ? ENOENT : __real_posix_spawnp(pid, file, actions, attributes, argv, envp);
}

/* Without threads the same input does the same each time. */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
			  void *(*start)(void *), void *data)
{
	return world ? EAGAIN : __real_pthread_create(thread, attributes, start, data);
}

/* The command ends by itself when there is no memory, and never else. */
void __wrap_exit(int status)
{
	if (world)
		check_fail("the command says that it has no memory left");
	__real_exit(status);
}

/* getopt keeps where it is within a word: it is given another line, and looks at its beginning. */
static void getopt_forget(void)
{
	static char name[] = "vdpa";
	char *argv[] = { name, NULL };

	optind = 0;
	getopt(1, argv, "");
	optind = 1;
}

int world_words(char *text, char separator, char **words)
{
	int count = 0;

	for (char *end; text && *text && count < WORLD_ARGUMENTS; text = end) {
		end = strchr(text, separator);
		if (end)
			*end++ = '\0';
		words[count++] = text;
	}
	return count;
}

void world_run(const struct world *in, int count, char **words)
{
	static char name[] = "vdpa";
	char *argv[WORLD_ARGUMENTS + 2] = { name };

	memcpy(argv + 1, words, count * sizeof(*words));
	memset(files, 0, sizeof(files));
	memset(&options, 0, sizeof(options));
	getopt_forget();
	check_begin(&outcome, count, words);
	world = in;
	outcome.status = vdpa_main(count + 1, argv);
	world = NULL;
	check_end(&outcome);
}
