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

/* Hash tables by open addressing: our modules have far fewer places, and ways from one to the next. */
#define SET_SIZE	(1 << 16)

struct set {
	unsigned long members[SET_SIZE];
	size_t n;
};

static unsigned long *trace;
static struct set places;
static struct set ways;		/* two places each, hashed */

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

static void add(struct set *set, unsigned long member)
{
	size_t at = (member * 0x9e3779b97f4a7c15UL >> 40) % SET_SIZE;

	while (set->members[at] && set->members[at] != member)
		at = (at + 1) % SET_SIZE;
	if (set->members[at] == member || set->n == SET_SIZE / 2)
		return;
	set->members[at] = member;
	set->n++;
}

/* How many ways from one place to another were gone since it began that never were before. */
size_t wire_kcov_end(void)
{
	unsigned long n = trace ? __atomic_load_n(&trace[0], __ATOMIC_RELAXED) : 0;
	unsigned long last = 0;
	size_t before = ways.n;

	for (unsigned long i = 1; i <= n && i < TRACE_SIZE; i++) {
		add(&places, trace[i]);
		add(&ways, trace[i] ^ last << 20 ^ last >> 44);
		last = trace[i];
	}
	return ways.n - before;
}

/* How many places were reached in all. */
size_t wire_kcov_reached(void)
{
	return places.n;
}
