// SPDX-License-Identifier: GPL-2.0-or-later
/* See kcov.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "kcov.h"
#include "talk.h"

/* Places that one request can pass; the kernel drops those beyond. */
#define TRACE_SIZE	(256 * 1024)

/* A hash table by open addressing: our modules have far fewer places. */
#define SET_SIZE	(1 << 16)

static unsigned long *trace;
static unsigned long set[SET_SIZE];
static size_t reached;

/* Returns false where the kernel has no KCOV. */
bool wire_kcov_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (ioctl(fd, KCOV_INIT_TRACE, TRACE_SIZE))
		wire_quit("KCOV_INIT_TRACE: %s", strerror(errno));
	trace = mmap(NULL, TRACE_SIZE * sizeof(*trace), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (trace == MAP_FAILED)
		wire_quit("KCOV: %s", strerror(errno));
	/* The file stays open: closing it ends the tracing. */
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		wire_quit("KCOV_ENABLE: %s", strerror(errno));
	return true;
}

void wire_kcov_begin(void)
{
	if (trace)
		__atomic_store_n(&trace[0], 0, __ATOMIC_RELAXED);
}

static bool is_new(unsigned long pc)
{
	size_t at = (pc * 0x9e3779b97f4a7c15UL >> 40) % SET_SIZE;

	while (set[at] && set[at] != pc)
		at = (at + 1) % SET_SIZE;
	if (set[at] == pc || reached == SET_SIZE / 2)
		return false;
	set[at] = pc;
	reached++;
	return true;
}

/* How many places were reached since it began that never were before. */
size_t wire_kcov_end(void)
{
	unsigned long n = trace ? __atomic_load_n(&trace[0], __ATOMIC_RELAXED) : 0;
	size_t before = reached;

	for (unsigned long i = 1; i <= n && i < TRACE_SIZE; i++)
		is_new(trace[i]);
	return reached - before;
}

/* How many places were reached in all. */
size_t wire_kcov_reached(void)
{
	return reached;
}

/* A line for each place: its address. */
void wire_kcov_write(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		wire_quit("%s: %s", path, strerror(errno));
	for (size_t i = 0; i < SET_SIZE; i++)
		if (set[i])
			fprintf(file, "0x%lx\n", set[i]);
	if (fclose(file))
		wire_quit("%s: %s", path, strerror(errno));
}
