// SPDX-License-Identifier: GPL-2.0-or-later
/* A guest that writes numbered blocks to a disk, in turn, and knows which number is where. */
#include <inttypes.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "guest.h"

/*
 * Request n writes block n % blocks over queue n % queues, and there are as many blocks as make
 * several of each queue: the last to write a block was the last to be submitted for it.
 */
struct disk {
	struct block_request *free[VMM_VQS_MAX];
	uint64_t *written;	/* by block: the number of what was written there, 0: nothing yet */
	uint64_t next_us;	/* when it may make its next request, where it has a rate */
	uint64_t submitted;
	uint64_t completed;
	uint64_t failed;
	uint64_t repeated;	/* completed without being in flight */
	uint64_t last[VMM_VQS_MAX];	/* by queue: the largest number that was completed */
	uint64_t overtaken;	/* writes that were completed after a later one of their queue */
	uint64_t wrong;		/* not what was written when it was read back */
	uint64_t read;
};

static unsigned int queues(const struct guest_options *options)
{
	return options->queues;
}

static void create(struct monitor *monitor)
{
	struct guest_options *options = &monitor->guest->options;
	struct vmm *vmm = &monitor->device;
	struct block_request *request;
	unsigned long i, q;
	struct disk *disk;

	if (options->blocks < options->queues * (options->depth + 1))
		vmm_fail("fewer blocks than requests");
	options->blocks -= options->blocks % options->queues;

	disk = vmm_alloc(vmm, sizeof(*disk));
	disk->written = vmm_alloc(vmm, options->blocks * sizeof(*disk->written));
	for (q = 0; q < options->queues; q++) {
		for (i = 0; i < options->depth; i++) {
			request = vmm_alloc(vmm, sizeof(*request));
			request->next_free = disk->free[q];
			disk->free[q] = request;
		}
	}
	monitor->guest->own = disk;
}

static void complete(struct disk *disk, struct vmm_vq *vq, struct block_request *request)
{
	if (!request->in_flight) {
		disk->repeated++;
		return;
	}
	request->in_flight = false;
	request->next_free = disk->free[vq->index];
	disk->free[vq->index] = request;

	disk->failed += request->status != VIRTIO_BLK_S_OK;
	if (request->hdr.type == VIRTIO_BLK_T_OUT) {
		disk->written[request->block] = request->number;
		disk->completed++;
		if (request->number < disk->last[vq->index])
			disk->overtaken++;
		else
			disk->last[vq->index] = request->number;
	} else {
		disk->wrong += !block_is_filled(request->data, disk->written[request->block]);
		disk->read++;
	}
}

static void collect(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	unsigned int i;
	uint32_t len;
	void *cookie;

	for (i = 0; i < guest->nvqs; i++)
		while (vmm_get(&guest->vqs[i], &len, &cookie))
			complete(guest->own, &guest->vqs[i], cookie);
}

/* No more than its rate allows: time that has passed without requests is lost. */
static bool may_submit(const struct guest_options *options, struct disk *disk)
{
	uint64_t now = vmm_now_us();

	if (!options->rate)
		return true;
	if (now < disk->next_us)
		return false;
	if (now > disk->next_us + 100000)
		disk->next_us = now;
	disk->next_us += 1000000 / options->rate;
	return true;
}

/* Returns whether there was room. */
static bool submit_write(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	struct disk *disk = guest->own;
	uint64_t number = disk->submitted + 1;
	struct vmm_vq *vq = &guest->vqs[number % guest->nvqs];
	struct block_request *request = disk->free[vq->index];

	if (!request || !may_submit(&guest->options, disk))
		return false;
	request->number = number;
	block_fill(request->data, number);
	if (!block_submit(&monitor->device, vq, request, VIRTIO_BLK_T_OUT,
			  number % guest->options.blocks))
		return false;
	disk->free[vq->index] = request->next_free;
	disk->submitted++;
	vmm_kick(vq);
	return true;
}

static void work(struct monitor *monitor, bool submit)
{
	if (!monitor->working)
		return;
	collect(monitor);
	while (submit && submit_write(monitor))
		;
}

static uint64_t completed(const struct guest *guest)
{
	const struct disk *disk = guest->own;

	return disk->completed + disk->read;
}

static bool settled(const struct monitor *monitor)
{
	unsigned int i;

	for (i = 0; i < monitor->guest->nvqs; i++)
		if (vmm_in_flight(&monitor->guest->vqs[i]))
			return false;
	return true;
}

static void nothing(struct monitor *monitor)
{
	(void)monitor;
}

/* Reads back every block that was ever written, over the first queue. */
static bool verify(struct monitor *monitor)
{
	struct guest *guest = monitor->guest;
	struct block_request *request;
	struct disk *disk = guest->own;
	uint64_t block;

	for (block = 0; block < guest->options.blocks; block++) {
		if (!disk->written[block])
			continue;
		request = disk->free[0];
		memset(request->data, 0, BLOCK);
		if (!block_submit(&monitor->device, &guest->vqs[0], request, VIRTIO_BLK_T_IN, block))
			vmm_fail("no room for a read");
		disk->free[0] = request->next_free;
		vmm_kick(&guest->vqs[0]);
		if (!disk->free[0])
			guest_run(monitor, 1, false);
	}
	while (!settled(monitor))
		guest_run(monitor, 1, false);
	return !disk->wrong && !disk->failed && !disk->repeated &&
	       disk->completed == disk->submitted;
}

static void count(const struct monitor *monitor, FILE *out)
{
	const struct disk *disk = monitor->guest->own;

	fprintf(out, "submitted=%" PRIu64 " completed=%" PRIu64 " repeated=%" PRIu64 " failed=%" PRIu64
	       " read=%" PRIu64 " wrong=%" PRIu64 " overtaken=%" PRIu64, disk->submitted, disk->completed,
	       disk->repeated, disk->failed, disk->read, disk->wrong, disk->overtaken);
}

const struct guest_class guest_blk = {
	.name		= "blk",
	.device_id	= VIRTIO_ID_BLOCK,
	.features	= 1ULL << VIRTIO_BLK_F_MQ | 1ULL << VIRTIO_BLK_F_FLUSH,
	.options	= { .depth = 16, .queues = 1, .blocks = 1024 },
	.queues		= queues,
	.create		= create,
	.work		= work,
	.completed	= completed,
	.settled	= settled,
	.stopped	= nothing,
	.continued	= nothing,
	.verify		= verify,
	.count		= count,
};
