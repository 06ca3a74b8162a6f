// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's memory into a file, in rounds while guest and device work, as a monitor sends it to where the
 * guest is to go on: all of it, then what was written meanwhile, and what is left when both stand still.
 *
 * What the device wrote the core tells. What the guest writes it writes to pages that are protected, and a
 * fault tells; the device sees the same memory at another address of ours, so that neither is
 * taken for the other.
 */
#define _GNU_SOURCE	/* mremap() */

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "tracker.h"

#define PAGE	4096UL

/* What the guest writes to: for who is called at a fault. */
static struct {
	uint8_t *mem;
	size_t size;
	bool *written;	/* by page */
} writes;

/**
 * struct carry - a file that a guest is carried to
 * @guest: the guest
 * @path: of the file
 * @fd: the file
 * @size: bytes of the guest
 * @tracker: what the device writes
 * @device_pages: carried because the device wrote them
 * @guest_pages: because the guest did
 */
struct carry {
	struct guest *guest;
	const char *path;
	int fd;
	size_t size;
	struct tracker tracker;
	uint64_t device_pages;
	uint64_t guest_pages;
};

/* The same memory once more. */
void *guest_twin(void *mem, size_t size)
{
	void *twin = mremap(mem, 0, size, MREMAP_MAYMOVE);

	if (twin == MAP_FAILED)
		vmm_fail_errno("mremap");
	return twin;
}

static void protect(size_t from, size_t size, int prot)
{
	if (mprotect(writes.mem + from, size, prot))
		vmm_fail_errno("mprotect");
}

static void on_fault(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr - (uintptr_t)writes.mem;

	(void)context;
	/* Not ours: the next time it ends the program. */
	if (at >= writes.size || writes.written[at / PAGE]) {
		signal(number, SIG_DFL);
		return;
	}
	writes.written[at / PAGE] = true;
	mprotect(writes.mem + at / PAGE * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

static void log_start(void *mem, size_t size)
{
	const struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	writes.mem = mem;
	writes.size = size;
	writes.written = calloc(size / PAGE, sizeof(*writes.written));
	if (!writes.written)
		vmm_fail_errno("calloc");
	sigaction(SIGSEGV, &action, NULL);
	protect(0, size, PROT_READ);
}

static void log_stop(void)
{
	protect(0, writes.size, PROT_READ | PROT_WRITE);
	signal(SIGSEGV, SIG_DFL);
	free(writes.written);
	writes.size = 0;
}

/* Behind its size, as guest_save() has it. */
static void put(struct carry *carry, size_t from, size_t len)
{
	const uint8_t *mem = (const uint8_t *)carry->guest;
	ssize_t n;

	if (from >= carry->size)
		return;
	len = len < carry->size - from ? len : carry->size - from;
	for (; len; from += n, len -= n) {
		n = pwrite(carry->fd, mem + from, len, (off_t)(sizeof(uint64_t) + from));
		if (n <= 0)
			vmm_fail_errno(carry->path);
	}
}

static void put_device_page(void *arg, uint64_t iova, uint64_t size)
{
	put(arg, iova - VMM_IOVA, size);
}

/* A page is protected before it is read: what is written from then on is for the next round. */
static void carry_round(struct carry *carry)
{
	size_t i;

	for (i = 0; i < writes.size / PAGE; i++) {
		if (!writes.written[i])
			continue;
		writes.written[i] = false;
		protect(i * PAGE, PAGE, PROT_READ);
		put(carry, i * PAGE, PAGE);
		carry->guest_pages++;
	}
	carry->device_pages += tracker_read(&carry->tracker, put_device_page, carry);
}

/* Returns how many pages of the file are not as the memory is. */
static uint64_t compare(const struct carry *carry)
{
	const uint8_t *mem = (const uint8_t *)carry->guest;
	uint64_t wrong = 0;
	uint8_t page[PAGE];
	size_t at, len;

	for (at = 0; at < carry->size; at += PAGE) {
		len = carry->size - at < PAGE ? carry->size - at : PAGE;
		if (pread(carry->fd, page, len, (off_t)(sizeof(uint64_t) + at)) != (ssize_t)len)
			vmm_fail_errno(carry->path);
		wrong += !!memcmp(page, mem + at, len);
	}
	return wrong;
}

/* The guest stands still then, as after guest_stop(), and can go on from @path or where it was. */
void guest_carry(struct monitor *monitor, size_t mem_size, const char *device, const char *path,
		 unsigned long rounds, FILE *out)
{
	static struct carry carry;
	uint64_t size = monitor->guest->mem_used;
	unsigned long i;

	carry = (struct carry) { .guest = monitor->guest, .path = path, .size = size };
	carry.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (carry.fd < 0 || pwrite(carry.fd, &size, sizeof(size), 0) != sizeof(size))
		vmm_fail_errno(path);
	tracker_start(&carry.tracker, device, VMM_IOVA, VMM_IOVA + mem_size - 1);
	log_start(monitor->guest, mem_size);
	put(&carry, 0, size);
	for (i = 0; i < rounds; i++) {
		guest_run(monitor, monitor->guest->options.depth, true);
		carry_round(&carry);
	}
	guest_stop(monitor, 0);
	carry_round(&carry);
	log_stop();
	tracker_stop(&carry.tracker);
	fprintf(out, "device_pages=%" PRIu64 " guest_pages=%" PRIu64 " differing=%" PRIu64,
		carry.device_pages, carry.guest_pages, compare(&carry));
	close(carry.fd);
}
