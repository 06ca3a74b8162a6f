// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorded: runs the program $VDPA_PROGRAM in its place. If that is called for JSON (-j) and ends
 * by itself, its output is also written to a file in $VDPA_DOCUMENTS, for tests/schema-check: the
 * test ($VDPA_TEST), standard output, standard error, and the arguments, with a NUL after each.
 *
 *	recorded ARG ...
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_BROKEN = 125 };

struct stream {
	int from, to;
	char *bytes;
	size_t used, size;
};

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "recorded: %s: %s\n", what, strerror(errno));
	_exit(STATUS_BROKEN);
}

/* Matches -j, also among other letters (-jp), and -json. No option follows "--". */
static int asks_for_json(char **argv)
{
	for (char **arg = argv + 1; *arg && strcmp(*arg, "--") != 0; arg++)
		if ((*arg)[0] == '-' && (*arg)[1] != '-' && strchr(*arg, 'j'))
			return 1;
	return 0;
}

static int has_word(char **argv, const char *word)
{
	for (char **arg = argv + 1; *arg; arg++)
		if (strcmp(*arg, word) == 0)
			return 1;
	return 0;
}

/* Ignores write errors: the program itself has to handle them. */
static int is_plain(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && (S_ISREG(stat.st_mode) || S_ISFIFO(stat.st_mode));
}

static void pass_on(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			len -= n;
		}
	}
}

/* Returns 0 at the end of the stream. */
static int take(struct stream *stream)
{
	enum { CHUNK = 64 * 1024 };
	ssize_t n;

	if (stream->size - stream->used < CHUNK) {
		stream->size = 2 * stream->size + CHUNK;
		stream->bytes = realloc(stream->bytes, stream->size);
		if (!stream->bytes)
			broken("memory");
	}
	n = read(stream->from, stream->bytes + stream->used, CHUNK);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	pass_on(stream->to, stream->bytes + stream->used, n);
	stream->used += n;
	return 1;
}

static pid_t run(char **argv, struct stream streams[2])
{
	const char *program = getenv("VDPA_PROGRAM");
	int ends[2][2];
	pid_t pid;

	if (pipe2(ends[0], O_CLOEXEC) < 0 || pipe2(ends[1], O_CLOEXEC) < 0)
		broken("pipe");
	pid = fork();
	if (pid < 0)
		broken("fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[0][1], STDOUT_FILENO);
		dup2(ends[1][1], STDERR_FILENO);
		execv(program, argv);
		broken(program);
	}
	for (int i = 0; i < 2; i++) {
		close(ends[i][1]);
		streams[i] = (struct stream){ .from = ends[i][0], .to = i ? STDERR_FILENO : STDOUT_FILENO };
	}
	close(STDIN_FILENO);
	return pid;
}

static void copy(struct stream streams[2])
{
	struct pollfd fds[2] = {
		{ .fd = streams[0].from, .events = POLLIN }, { .fd = streams[1].from, .events = POLLIN },
	};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents && !take(&streams[i]))
				fds[i].fd = -1;
	}
}

static void put(FILE *file, const char *bytes, size_t len)
{
	if (len)
		fwrite(bytes, 1, len, file);
	fputc('\0', file);
}

/*
 * A test that has dropped its privileges cannot write there; other tests print the same documents.
 */
static void keep(char **argv, struct stream streams[2])
{
	const char *test = getenv("VDPA_TEST");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%ld-%d-XXXXXX", getenv("VDPA_DOCUMENTS"), (long)time(NULL), getpid());
	file = fdopen(mkstemp(path), "w");
	if (!file && errno == EACCES)
		return;
	if (!file)
		broken(path);
	put(file, test ? test : "", test ? strlen(test) : 0);
	for (int i = 0; i < 2; i++)
		put(file, streams[i].bytes, streams[i].used);
	for (char **arg = argv + 1; *arg; arg++)
		put(file, *arg, strlen(*arg));
	if (fclose(file) != 0)
		broken(path);
}

int main(int argc, char **argv)
{
	struct stream streams[2];
	int status;
	pid_t pid;

	(void)argc;
	if (!getenv("VDPA_PROGRAM") || !getenv("VDPA_DOCUMENTS"))
		broken("VDPA_PROGRAM and VDPA_DOCUMENTS");
	if (!asks_for_json(argv) || has_word(argv, "monitor") || !is_plain(STDOUT_FILENO) || !is_plain(STDERR_FILENO)) {
		execv(getenv("VDPA_PROGRAM"), argv);
		broken(getenv("VDPA_PROGRAM"));
	}
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NAME, "vdpa");
	pid = run(argv, streams);
	copy(streams);
	while (waitpid(pid, &status, 0) < 0)
		;
	keep(argv, streams);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}
