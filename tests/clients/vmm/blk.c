// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbered requests on a block device: writes them, reads them back, and says of each block whether
 * it is what its number says. Where asked to, it suspends the device in the middle and watches that
 * nothing moves.
 */
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "block.h"

#define WAIT_MS		240000

struct options {
	unsigned long count;
	unsigned long depth;
	unsigned long queues;
	unsigned long suspend_after;
	unsigned long suspend_ms;
	unsigned long by_status;
	unsigned long reset_after;
	unsigned long base;
	unsigned long endless;
	unsigned long announce;
	unsigned long hold;
};

struct run {
	struct vmm vmm;
	struct options options;
	struct block_request *free[VMM_VQS_MAX];
	size_t requests_at;
	uint64_t done;
	uint64_t round;
	uint64_t wrong;
	uint64_t moved;
	uint64_t flying;
};

/* What block @number holds after so many rounds. */
static uint64_t seed(const struct run *run, uint64_t number)
{
	return number + (run->round << 32);
}

static bool submit(struct run *run, struct vmm_vq *vq, uint64_t number, uint32_t type)
{
	struct block_request *request = run->free[vq->index];

	if (!request)
		return false;

	request->number = number;
	if (type == VIRTIO_BLK_T_OUT)
		block_fill(request->data, seed(run, number));
	else
		memset(request->data, 0, BLOCK);
	if (!block_submit(&run->vmm, vq, request, type, number))
		return false;
	run->free[vq->index] = request->next_free;
	return true;
}

static void finish(struct run *run, struct vmm_vq *vq, struct block_request *request, uint32_t type)
{
	if (request->status != VIRTIO_BLK_S_OK)
		run->wrong++;
	else if (type == VIRTIO_BLK_T_IN &&
		 !block_is_filled(request->data, seed(run, request->number)))
		run->wrong++;
	run->done++;
	request->next_free = run->free[vq->index];
	run->free[vq->index] = request;
}

static void collect(struct run *run, uint32_t type)
{
	unsigned int i;
	uint32_t len;
	void *cookie;

	for (i = 0; i < run->vmm.nvqs; i++)
		while (vmm_get(&run->vmm.vqs[i], &len, &cookie))
			finish(run, &run->vmm.vqs[i], cookie, type);
}

static uint64_t used_sum(const struct vmm *vmm)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < vmm->nvqs; i++)
		sum += __atomic_load_n(&vmm->vqs[i].used->idx, __ATOMIC_ACQUIRE) +
		       vmm_vq_base(vmm, i);
	return sum;
}

/* Requests that the device has taken and not completed. */
static uint64_t flying_sum(const struct vmm *vmm)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < vmm->nvqs; i++)
		sum += (uint16_t)(vmm_vq_base(vmm, i) -
				  __atomic_load_n(&vmm->vqs[i].used->idx, __ATOMIC_ACQUIRE));
	return sum;
}

/* Requests are waiting: none may move until the device is resumed, kicked or not. */
static void rest(struct run *run)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	uint64_t end, before;
	unsigned int i;

	vmm_suspend(&run->vmm);
	run->flying = flying_sum(&run->vmm);
	before = used_sum(&run->vmm);
	for (end = vmm_now_ms() + run->options.suspend_ms; vmm_now_ms() < end;) {
		for (i = 0; i < run->vmm.nvqs; i++)
			vmm_kick(&run->vmm.vqs[i]);
		nanosleep(&pause, NULL);
	}
	run->moved = used_sum(&run->vmm) - before;
	vmm_resume(&run->vmm);
}

/* As many as there is room for. Returns how many were submitted. */
static uint64_t submit_some(struct run *run, uint64_t next, uint32_t type)
{
	uint64_t first = next;
	struct vmm_vq *vq;

	for (; next < run->options.count; next++) {
		vq = &run->vmm.vqs[next % run->vmm.nvqs];
		if (!submit(run, vq, next, type))
			break;
		vmm_kick(vq);
	}
	return next - first;
}

/* The queue whose turn it is to be waited for: that of the oldest request that can be pending. */
static void wait_for_any(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->vmm.nvqs; i++) {
		if (run->vmm.vqs[i].used_idx != run->vmm.vqs[i].avail_idx) {
			vmm_wait(&run->vmm, &run->vmm.vqs[i], WAIT_MS);
			return;
		}
	}
}

static void start(struct run *run)
{
	struct vmm *vmm = &run->vmm;
	struct block_request *request;
	unsigned long i, q;

	vmm_negotiate(vmm, 1ULL << VIRTIO_BLK_F_MQ | 1ULL << VIRTIO_BLK_F_FLUSH |
			   (run->options.by_status ? VMM_F_SUSPEND : 0));
	vmm_setup_vqs(vmm, run->options.queues, run->options.base);
	vmm->mem_used = run->requests_at;
	for (q = 0; q < run->options.queues; q++) {
		run->free[q] = NULL;
		for (i = 0; i < run->options.depth; i++) {
			request = vmm_alloc(vmm, sizeof(*request));
			request->next_free = run->free[q];
			run->free[q] = request;
		}
	}
	vmm_start(vmm);
}

/* All requests of one type, in the order of their numbers, over all queues in turn. */
static void pass(struct run *run, uint32_t type)
{
	bool write = type == VIRTIO_BLK_T_OUT;
	bool rested = !run->options.suspend_after || !write;
	bool was_reset = !run->options.reset_after || !write;
	uint64_t next = 0;

	run->done = 0;
	while (run->done < run->options.count) {
		next += submit_some(run, next, type);
		if (!rested && run->done >= run->options.suspend_after) {
			rested = true;
			rest(run);
		}
		if (!was_reset && run->done >= run->options.reset_after) {
			/* With all that is on its way; then everything again. */
			was_reset = true;
			vmm_reset(&run->vmm);
			start(run);
			run->done = 0;
			next = 0;
			continue;
		}
		wait_for_any(run);
		collect(run, type);
	}
}

static void prepare(struct run *run, const char *node)
{
	struct vmm *vmm = &run->vmm;

	vmm_open(vmm, node, run->options.queues * (run->options.depth * 2 + 3) * 4096);
	if (vmm->device_id != VIRTIO_ID_BLOCK)
		vmm_fail("%s is no block device", node);
	vmm_share(vmm);
	vmm_setup_vqs(vmm, run->options.queues, 0);
	run->requests_at = vmm->mem_used;
	start(run);
}

int vmm_blk(const char *node, int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		vmm_fail_errno("calloc");
	run->options = (struct options) {
		.count = 1000, .depth = 16, .queues = 1, .suspend_ms = 1000,
	};
	vmm_options(argc, argv, (const struct vmm_option []) {
		{ "count", &run->options.count },
		{ "depth", &run->options.depth },
		{ "queues", &run->options.queues },
		{ "suspend-after", &run->options.suspend_after },
		{ "suspend-ms", &run->options.suspend_ms },
		{ "by-status", &run->options.by_status },
		{ "reset-after", &run->options.reset_after },
		{ "base", &run->options.base },
		{ "endless", &run->options.endless },
		{ "announce", &run->options.announce },
		{ "hold", &run->options.hold },
		{ NULL, NULL },
	});

	prepare(run, node);
	if (run->options.announce)
		puts("ready");
	do {
		pass(run, VIRTIO_BLK_T_OUT);
		pass(run, VIRTIO_BLK_T_IN);
		run->round++;
	} while (run->options.endless && !vmm_stop_asked);
	printf("written %lu\n", run->options.count * run->round);
	printf("read %lu\n", run->options.count * run->round);
	printf("wrong %lu\n", (unsigned long)run->wrong);
	if (run->options.suspend_after)
		printf("in flight while suspended %lu\nmoved while suspended %lu\n",
		       (unsigned long)run->flying, (unsigned long)run->moved);
	if (run->options.hold)
		vmm_hold();
	vmm_reset(&run->vmm);
	return run->wrong || run->moved ? 2 : 0;
}
