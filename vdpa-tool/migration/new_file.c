// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file has no name while it is written, where the file system knows of such files. It needs one for a moment to take
 * the place of another one, and from the beginning where the file system does not know of them. A name would outlive us
 * if we are killed: another process waits for our end, whatever it is, and takes that name away.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "migration/new_file.h"

/* --- names for a moment --- */

struct draft {
	char *name;
	pid_t guard;		/* removes it */
	int held;		/* closed when we end: what the guard waits for */
};

/* In a session of its own: what ends ours from a terminal does not end this. */
static _Noreturn void guard(const char *name, const int *ends)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	ssize_t n;
	char c;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	setsid();
	close(ends[1]);
	do {
		n = read(ends[0], &c, 1);
	} while (n < 0 && errno == EINTR);
	unlink(name);
	_exit(0);
}

/* Beside @path, and nobody else's. */
static char *draft_name(const char *path)
{
	uint64_t number;
	char *name;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return NULL;
	if (asprintf(&name, "%s.%016llx", path, (unsigned long long)number) < 0)
		error_no_memory();
	return name;
}

static int draft_begin(struct draft *draft, const char *path)
{
	int ends[2];

	draft->name = draft_name(path);
	if (!draft->name || pipe2(ends, O_CLOEXEC) < 0)
		goto failed;
	draft->guard = fork();
	if (draft->guard == 0)
		guard(draft->name, ends);
	close(ends[0]);
	draft->held = ends[1];
	if (draft->guard > 0)
		return 0;
	close(draft->held);
failed:
	free(draft->name);
	return -1;
}

/* Its name is gone after this, unless it has become the file's. Keeps errno. */
static void draft_end(struct draft *draft)
{
	int errnum = errno;

	close(draft->held);
	while (waitpid(draft->guard, NULL, 0) < 0 && errno == EINTR)
		;
	free(draft->name);
	errno = errnum;
}

/* --- writing --- */

struct job {
	const char *path;
	int (*write)(FILE *file, const void *data);
	const void *data;
};

/* The file stays open at @fd. */
static int write_fd(const struct job *job, int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy < 0 ? NULL : fdopen(copy, "w");
	int failed;

	if (!file) {
		if (copy >= 0)
			close(copy);
		return -1;
	}
	failed = job->write(file, job->data);
	if (fclose(file) != 0 || failed)
		return -1;
	return fsync(fd);
}

/* The path's directory, as a path. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? strndup(path, slash - path + 1) : strdup(".");

	if (!dir)
		error_no_memory();
	return dir;
}

/* Has the name on the disk as well. @fd: the file, for a directory that cannot be read. */
static int sync_name(const struct job *job, int fd)
{
	char *dir = directory_of(job->path);
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed;

	free(dir);
	if (dir_fd < 0)
		return syncfs(fd);
	failed = fsync(dir_fd);
	/* Not every file system knows how. */
	if (failed && errno == EINVAL)
		failed = 0;
	close(dir_fd);
	return failed;
}

/* By its descriptor, which needs a capability, or else by where /proc has it. */
static int link_fd(int fd, const char *name)
{
	char proc[64];

	if (linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno == EEXIST)
		return -1;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, proc, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static int replace(const struct job *job, int fd)
{
	struct draft draft;
	int failed;

	if (draft_begin(&draft, job->path) < 0)
		return -1;
	failed = link_fd(fd, draft.name);
	if (!failed)
		failed = rename(draft.name, job->path);
	draft_end(&draft);
	return failed;
}

static int put_unnamed(const struct job *job, int fd)
{
	if (write_fd(job, fd) < 0)
		return -1;
	if (link_fd(fd, job->path) < 0 && (errno != EEXIST || replace(job, fd) < 0))
		return -1;
	return sync_name(job, fd);
}

static int put_named(const struct job *job)
{
	struct draft draft;
	int failed = -1;
	int fd;

	if (draft_begin(&draft, job->path) < 0)
		return -1;
	fd = open(draft.name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		failed = write_fd(job, fd);
	if (!failed)
		failed = rename(draft.name, job->path);
	draft_end(&draft);
	if (!failed)
		failed = sync_name(job, fd);
	if (fd >= 0)
		close(fd);
	return failed;
}

int new_file(const char *path, int (*write)(FILE *file, const void *data), const void *data)
{
	const struct job job = { .path = path, .write = write, .data = data };
	char *dir = directory_of(path);
	int fd = open(dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	int failed;

	free(dir);
	if (fd < 0)
		return put_named(&job);
	failed = put_unnamed(&job, fd);
	close(fd);
	return failed;
}
