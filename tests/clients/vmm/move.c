// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From one device to another. The guest's memory stays where it is, or is written to a file and
 * read where the guest is to go on; it has the rings and all that the driver knows.
 *
 * A device is reset whenever it is opened, and with it what was loaded into it is gone. So the
 * target is opened, negotiated with and given the rings first, its state is loaded then, and
 * DRIVER_OK comes last.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest.h"

/* Far from all that the kernel places by itself: pointers in the guest's memory stay right. */
#define GUEST_AT	((void *)0x200000000000UL)

static const char magic[8] = "vmmguest";

/* Where devices get at that memory: what the guest writes and what they write is told apart there. */
static void *shown;

static void *memory_new(void)
{
	void *mem = vmm_memory(GUEST_AT, GUEST_MEM);

	shown = guest_twin(mem, GUEST_MEM);
	return mem;
}

/* What the devices take from the memory: the guest is the first of it. */
static struct vmm memory_of(struct guest *guest)
{
	return (struct vmm) {
		.fd = -1,
		.features = guest->features,
		.mem = (uint8_t *)guest,
		.shown = shown,
		.mem_size = GUEST_MEM,
		.mem_used = guest->mem_used,
		.nvqs = guest->nvqs,
		.vqs = guest->vqs,
	};
}

/* Opens a device for a guest that is there and leaves it just short of working. */
static void open_for(struct guest *guest, struct vmm *vmm, const char *node)
{
	unsigned int i;

	*vmm = memory_of(guest);
	vmm_attach(vmm, node);
	if (vmm->device_id != guest->device_id)
		vmm_fail("%s is no such device", node);
	vmm_share(vmm);
	vmm_negotiate(vmm, guest->features);
	if (vmm->features != guest->features)
		vmm_fail("%s lacks the features 0x%llx", node,
			 (unsigned long long)(guest->features & ~vmm->features));
	if (vmm_vqs_count(vmm) < guest->nvqs)
		vmm_fail("%s has fewer than %u queues", node, guest->nvqs);
	for (i = 0; i < guest->nvqs; i++)
		vmm_connect_vq(vmm, i);
	vmm_watch_config(vmm);
}

static void kick_all(struct guest *guest)
{
	unsigned int i;

	for (i = 0; i < guest->nvqs; i++)
		vmm_kick(&guest->vqs[i]);
}

/* A new guest, and its device started for it. */
void guest_create(struct monitor *monitor, const char *node, const struct guest_options *options)
{
	const struct guest_class *class = monitor->class;
	struct vmm *vmm = &monitor->device;
	struct guest *guest;
	unsigned int i;

	*vmm = (struct vmm) { .mem = memory_new(), .mem_size = GUEST_MEM };
	vmm->shown = shown;
	guest = vmm_alloc(vmm, sizeof(*guest));
	memcpy(guest->magic, magic, sizeof(magic));
	guest->options = *options;
	guest->device_id = class->device_id;
	vmm->vqs = guest->vqs;
	monitor->guest = guest;

	vmm_attach(vmm, node);
	if (vmm->device_id != class->device_id)
		vmm_fail("%s is no %s device", node, class->name);
	vmm_share(vmm);
	vmm_negotiate(vmm, class->features |
			   (options->indirect ? 1ULL << VIRTIO_RING_F_INDIRECT_DESC : 0));
	vmm_setup_vqs(vmm, class->queues(options), 0);
	for (i = 0; options->indirect && i < vmm->nvqs; i++)
		vmm_vq_indirect(vmm, &vmm->vqs[i]);
	class->create(monitor);
	guest->features = vmm->features;
	guest->nvqs = vmm->nvqs;
	guest->mem_used = vmm->mem_used;
	vmm_start(vmm);
	kick_all(guest);
}

void guest_prepare(struct monitor *monitor, const char *node)
{
	if (monitor->target.fd > 0)
		vmm_fail("a target is prepared already");
	open_for(monitor->guest, &monitor->target, node);
}

static void arm(unsigned int ms)
{
	const struct itimerval timer = {
		.it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 },
	};

	if (setitimer(ITIMER_REAL, &timer, NULL))
		vmm_fail_errno("setitimer");
}

/* What the device has completed until it was suspended is completed; the rest goes along. */
static void leave(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	unsigned int i;

	monitor->class->work(monitor, false);
	monitor->working = false;
	monitor->left = true;
	for (i = 0; i < guest->nvqs; i++) {
		guest->bases[i] = vmm_vq_base(&monitor->device, i);
		guest->useds[i] = guest->vqs[i].used->idx;
		monitor->carried += vmm_in_flight(&guest->vqs[i]);
	}
	monitor->class->stopped(monitor);
}

/* Suspends the device; gives up after @deadline_ms where that is not 0. */
void guest_stop(struct monitor *monitor, unsigned int deadline_ms)
{
	monitor->stopped_us = vmm_now_us();
	arm(deadline_ms);
	vmm_suspend(&monitor->device);
	arm(0);
	monitor->suspended = true;
	leave(monitor);
}

/* Somebody else has suspended the device. */
void guest_pause(struct monitor *monitor)
{
	monitor->stopped_us = vmm_now_us();
	leave(monitor);
}

/* The state of the device that was left, into the one that is to be next. */
void guest_load(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	unsigned int i;

	if (monitor->whole) {
		if (monitor->device.fd <= 0)
			vmm_fail("there is no device whose state could be taken");
		vmm_carry(monitor->device.name, monitor->target.name);
		return;
	}
	for (i = 0; i < guest->nvqs; i++)
		vmm_set_vq_base(&monitor->target, i, guest->bases[i]);
}

/* The guest goes on on the target, which is its device once it has done something for it. */
void guest_continue(struct monitor *monitor)
{
	struct vmm before = monitor->device;

	vmm_start(&monitor->target);
	monitor->started_us = vmm_now_us();
	monitor->working = true;
	kick_all(monitor->guest);
	monitor->class->continued(monitor);
	guest_run(monitor, 1, true);
	monitor->first_us = vmm_now_us();

	monitor->left = false;
	monitor->suspended = false;
	monitor->device = monitor->target;
	monitor->target = (struct vmm) { .fd = -1 };
	vmm_detach(&before);
}

/* Nothing has come of it: the guest goes on where it was. */
void guest_resume(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	unsigned int i;

	vmm_detach(&monitor->target);
	/* The guest works already where the target was started, and has then broken down. */
	for (i = 0; monitor->working && i < guest->nvqs; i++)
		if (guest->vqs[i].used->idx != guest->useds[i])
			vmm_fail("virtqueue %u: the target has been at work", i);
	if (monitor->suspended)
		vmm_resume(&monitor->device);
	monitor->left = false;
	monitor->suspended = false;
	monitor->working = true;
	kick_all(guest);
}

/* Whatever the devices have to say: polled, and not said again then. */
struct ears {
	struct pollfd fds[2 + 2 * VMM_VQS_MAX];
	unsigned int n;
};

static void add_ear(struct ears *ears, int fd)
{
	ears->fds[ears->n++] = (struct pollfd) { .fd = fd, .events = POLLIN };
}

static void add_ears(struct ears *ears, const struct vmm *vmm)
{
	unsigned int i;

	for (i = 0; i < vmm->nvqs; i++)
		add_ear(ears, vmm->vqs[i].call);
}

/* How often a guest looks whether it may make a request again, in ms. */
#define RATE_LOOK_MS	5

/* Until a device, or a command on @command_fd where that is not -1, says something. */
void guest_await(struct monitor *monitor, int command_fd, int given_ms)
{
	bool limited = monitor->working && monitor->guest->options.rate;
	int ms = limited ? RATE_LOOK_MS : given_ms;
	const struct timespec timeout = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	struct ears ears = {};
	uint64_t count;
	sigset_t mask;
	unsigned int i;
	int ready;

	add_ear(&ears, command_fd);
	add_ear(&ears, monitor->working && monitor->left ? monitor->target.config_call : -1);
	if (monitor->working)
		add_ears(&ears, &monitor->device);
	if (monitor->peer)
		add_ears(&ears, net_peer_vmm(monitor->peer));

	/* A signal asks for a move as a command does, and in no other place. */
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (command_fd >= 0)
		sigdelset(&mask, SIGUSR1);
	ready = ppoll(ears.fds, ears.n, ms < 0 ? NULL : &timeout, &mask);
	if (ready < 0 && errno != EINTR)
		vmm_fail_errno("poll");
	if (!ready && !limited)
		vmm_fail("nothing for %d ms", ms);
	if (ready > 0 && ears.fds[1].revents)
		vmm_fail("the target has stopped: status 0x%x", vmm_status(&monitor->target));
	for (i = 2; ready > 0 && i < ears.n; i++)
		if (ears.fds[i].revents && read(ears.fds[i].fd, &count, sizeof(count)) < 0)
			vmm_fail_errno("eventfd");
}

/* Until devices have completed @requests more. */
void guest_run(struct monitor *monitor, uint64_t requests, bool submit)
{
	const struct guest_class *class = monitor->class;
	uint64_t end = class->completed(monitor->guest) + requests;

	for (;;) {
		class->work(monitor, submit);
		if (class->completed(monitor->guest) >= end)
			return;
		guest_await(monitor, -1, GUEST_WAIT_MS);
	}
}

static void transfer(int fd, ssize_t (*step)(int fd, void *mem, size_t size), void *mem,
		     size_t size, const char *path)
{
	ssize_t n;

	for (; size; size -= n, mem += n) {
		n = step(fd, mem, size);
		if (n < 0)
			vmm_fail_errno(path);
		if (!n)
			vmm_fail("%s ends too early", path);
	}
}

static ssize_t write_some(int fd, void *mem, size_t size)
{
	return write(fd, mem, size);
}

/* A guest that is stopped, as a file. */
void guest_save(const struct monitor *monitor, const char *path)
{
	uint64_t size = monitor->guest->mem_used;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		vmm_fail_errno(path);
	transfer(fd, write_some, &size, sizeof(size), path);
	transfer(fd, write_some, monitor->guest, size, path);
	close(fd);
}

/* A guest from a file, without a device. */
void guest_restore(struct monitor *monitor, const char *path)
{
	struct guest *guest = memory_new();
	uint64_t size;
	unsigned int i;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		vmm_fail_errno(path);
	transfer(fd, read, &size, sizeof(size), path);
	if (size < sizeof(*guest) || size > GUEST_MEM)
		vmm_fail("%s is no guest", path);
	transfer(fd, read, guest, size, path);
	close(fd);

	if (memcmp(guest->magic, magic, sizeof(magic)) || guest->nvqs > VMM_VQS_MAX ||
	    guest->device_id != monitor->class->device_id)
		vmm_fail("%s is no %s guest", path, monitor->class->name);
	for (i = 0; i < guest->nvqs; i++)
		vmm_vq_events(&guest->vqs[i]);
	monitor->guest = guest;
	monitor->device = memory_of(guest);
}
