/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest: a driver that never stops making numbered requests, with all that it knows in memory
 * that moves with it; and the monitor that gives it a device, and another one.
 */
#ifndef VMM_GUEST_H
#define VMM_GUEST_H

#include <stdio.h>

#include "vmm.h"

/* Bytes of a guest's memory */
#define GUEST_MEM	(16UL << 20)

/* A device that works says something within that time. */
#define GUEST_WAIT_MS	120000

/**
 * struct guest_options - what kind of guest it is
 * @depth: requests, or frames each way, that it keeps on the way, on each queue
 * @queues: of a disk
 * @blocks: of a disk that it writes to, in turn
 * @size: bytes of a frame
 * @rate: requests a second that it makes of a disk at most; 0: as many as it can
 * @indirect: requests lie in tables of their own
 */
struct guest_options {
	unsigned long depth;
	unsigned long queues;
	unsigned long blocks;
	unsigned long size;
	unsigned long rate;
	unsigned long indirect;
};

/**
 * struct guest - what it knows: the first of its memory, which is at the same address wherever it
 *	goes on
 * @magic: says that it is one
 * @device_id: virtio device id of what it drives
 * @nvqs: queues that it has set up
 * @features: that it has negotiated
 * @mem_used: bytes of its memory that are in use
 * @options: given when it was started
 * @bases: the device's place in the available ring of each queue, where it was stopped
 * @useds: and in the used ring
 * @vqs: its queues
 * @own: what its class adds
 */
struct guest {
	char magic[8];
	uint32_t device_id;
	uint32_t nvqs;
	uint64_t features;
	uint64_t mem_used;
	struct guest_options options;
	uint16_t bases[VMM_VQS_MAX];
	uint16_t useds[VMM_VQS_MAX];
	struct vmm_vq vqs[VMM_VQS_MAX];
	void *own;
};

/**
 * struct monitor - who gives a guest its device
 * @guest: the guest
 * @class: what it is
 * @device: its device
 * @target: the one that it is to have next; not open where there is none
 * @peer: of a network device: drives the device that the guest's frames go to
 * @working: the guest works; false: it is stopped
 * @left: it has left its device, and no other has completed anything for it yet
 * @suspended: its device is, by us
 * @whole: the whole state of a device goes along, not its place in each ring alone
 * @stopped_us: when it was to stop
 * @started_us: when the next device was started
 * @first_us: when its first request was completed after it went on
 * @carried: requests that were on the way when it was stopped
 */
struct monitor {
	struct guest *guest;
	const struct guest_class *class;
	struct vmm device;
	struct vmm target;
	struct net_peer *peer;
	bool working;
	bool left;
	bool suspended;
	bool whole;
	uint64_t stopped_us;
	uint64_t started_us;
	uint64_t first_us;
	uint64_t carried;
};

/**
 * struct guest_class - a kind of guest
 * @name: of it
 * @device_id: virtio device id of what it drives
 * @features: that it wants beside those it needs
 * @options: what it has if nothing is said
 * @queues: how many it drives
 * @create: furnish the guest: its memory is there, its queues are set up, its device has not
 *	started
 * @work: take what devices have completed; with @submit make more requests. Where the guest does
 *	not work, for its peer alone.
 * @completed: how many requests devices have completed for it
 * @settled: all that was submitted has come to where it was to come
 * @stopped: the device has just been left
 * @continued: the device that it has now has just started
 * @verify: look at what became of all requests; returns whether all is well
 * @count: print numbers
 */
struct guest_class {
	const char *name;
	uint32_t device_id;
	uint64_t features;
	struct guest_options options;
	unsigned int (*queues)(const struct guest_options *options);
	void (*create)(struct monitor *monitor);
	void (*work)(struct monitor *monitor, bool submit);
	uint64_t (*completed)(const struct guest *guest);
	bool (*settled)(const struct monitor *monitor);
	void (*stopped)(struct monitor *monitor);
	void (*continued)(struct monitor *monitor);
	bool (*verify)(struct monitor *monitor);
	void (*count)(const struct monitor *monitor, FILE *out);
};

extern const struct guest_class guest_blk;
extern const struct guest_class guest_net;

/* guest_net.c */

struct net_peer *net_peer_open(const char *node, const struct guest *guest);
struct vmm *net_peer_vmm(struct net_peer *peer);

/* carry.c */

void *guest_twin(void *mem, size_t size);
void guest_carry(struct monitor *monitor, size_t mem_size, const char *device, const char *path,
		 unsigned long rounds, FILE *out);

/* move.c */

void guest_prepare(struct monitor *monitor, const char *node);
void guest_stop(struct monitor *monitor, unsigned int deadline_ms);
void guest_pause(struct monitor *monitor);
void guest_load(struct monitor *monitor);
void guest_continue(struct monitor *monitor);
void guest_resume(struct monitor *monitor);
void guest_await(struct monitor *monitor, int command_fd, int ms);
void guest_run(struct monitor *monitor, uint64_t requests, bool submit);
void guest_save(const struct monitor *monitor, const char *path);
void guest_create(struct monitor *monitor, const char *node, const struct guest_options *options);
void guest_restore(struct monitor *monitor, const char *path);

#endif
