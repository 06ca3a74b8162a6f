// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What our modules have reached, by their own counters (GCOV_PROFILE=y): each way from one line to another has one, whoever
 * goes it, a worker as well. In the files that the kernel makes of them nothing but these counters changes, so what was
 * zero and is not any more tells of a way that was gone for the first time.
 *
 * To look takes as long as hundreds of messages: a tenth of the time goes into it, however long it takes. What was sent
 * since the last look is kept if it has found something.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

enum {
	FILES_MAX = 128,
	FILE_ROOM = 256 * 1024,
	TRAIL_ROOM = 512 * 1024,
	TRAIL_MIN = 256,	/* messages between two looks, at least */
	SHARE = 10,		/* one in so many parts of the time is for looking */
};

struct counters {
	char *path;
	uint32_t *words;
	size_t n;
};

static struct counters files[FILES_MAX];
static size_t n_files;
static uint8_t trail[TRAIL_ROOM];
static size_t trail_len;
static unsigned int trail_n;
static struct {
	uint64_t looks;
	uint64_t found;		/* looks that have found something */
	uint64_t ways;		/* reached, or with another number than 0 from the start */
	uint64_t looking;	/* ns */
	uint64_t began;
	uint64_t looked;	/* when, and how long that took */
	uint64_t took;
} seen;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int found_file(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	const char *end = strrchr(path, '.');

	(void)status, (void)ftw;
	if (type != FTW_F || !end || strcmp(end, ".gcda") ||
	    (!strstr(path, "/kernel/core/") && !strstr(path, "/kernel/sim/")))
		return 0;
	if (n_files == FILES_MAX)
		wire_quit("nl_fuzz: more than %d files in gcov", FILES_MAX);
	files[n_files].path = strdup(path);
	files[n_files].words = calloc(FILE_ROOM, 1);
	if (!files[n_files].path || !files[n_files].words)
		wire_quit("out of memory");
	n_files++;
	return 0;
}

static size_t read_file(const char *path, uint8_t *bytes, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		wire_quit("nl_fuzz: %s: %s", path, strerror(errno));
	while ((n = read(fd, bytes + len, room - len)) > 0)
		len += n;
	if (n < 0 || len == room)
		wire_quit("nl_fuzz: %s: %s", path, n < 0 ? strerror(errno) : "too large");
	close(fd);
	return len;
}

/* Returns how many words are not 0 any more. */
static unsigned int look_at(struct counters *file)
{
	static uint32_t words[FILE_ROOM / sizeof(uint32_t)];
	size_t n = read_file(file->path, (uint8_t *)words, sizeof(words)) / sizeof(*words);
	unsigned int news = 0;

	for (size_t i = 0; i < n; i++) {
		news += words[i] && !file->words[i];
		file->words[i] |= words[i];
	}
	return news;
}

static unsigned int look(void)
{
	uint64_t began = now();
	unsigned int news = 0;

	for (size_t i = 0; i < n_files; i++)
		news += look_at(&files[i]);
	seen.looks++;
	seen.ways += news;
	seen.looked = now();
	seen.took = seen.looked - began;
	seen.looking += seen.took;
	return news;
}

/* Returns false where our modules do not count. */
bool reached_open(const char *dir)
{
	if (nftw(dir, found_file, 16, FTW_PHYS) && errno != ENOENT)
		wire_quit("nl_fuzz: %s: %s", dir, strerror(errno));
	if (!n_files)
		return false;
	look();
	seen.began = now();
	seen.looking = 0;
	return true;
}

static void remember(const struct batch *batch)
{
	const uint8_t *at = batch->bytes;

	for (unsigned int i = 0; i < batch->n; i++) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)at;
		size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

		at += len;
		if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN || len > KEPT_MAX || len > TRAIL_ROOM - trail_len)
			continue;
		memcpy(trail + trail_len, nlh, len);
		trail_len += len;
		trail_n++;
	}
}

static bool is_time(void)
{
	return trail_n >= TRAIL_MIN && now() - seen.looked >= (SHARE - 1) * seen.took;
}

/* These were sent, and are done as far as they were waited for. */
void reached_sent(const struct batch *batch)
{
	if (!n_files)
		return;
	remember(batch);
	if (!is_time())
		return;
	if (look()) {
		corpus_keep(&(struct piece){ trail, trail_len });
		seen.found++;
	}
	trail_len = trail_n = 0;
}

void reached_tell(void)
{
	if (!n_files)
		return;
	look();
	printf("looks %llu found %llu ways %llu looking %llu%% ", (unsigned long long)seen.looks,
	       (unsigned long long)seen.found, (unsigned long long)seen.ways,
	       (unsigned long long)(100 * seen.looking / (now() - seen.began + 1)));
}
