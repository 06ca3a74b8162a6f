// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copies the memory of a device in rounds while the device writes into it, by what the core tells of its
 * writes, and compares the copy byte by byte whenever the device stands still.
 *
 * What we write and what the device writes lies in pages apart from each other. Ours are copied
 * each time; those of the device when it has said that it wrote them, and at no other time. It
 * writes to addresses that have nothing to do with pages: blocks read from a disk that is written
 * anew all the time, or numbered frames, wherever they happen to be put, in pieces of all lengths.
 */
#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "frame.h"
#include "tracker.h"

#define MEMORY		(16UL << 20)
#define SINK		(4UL << 20)	/* bytes that the device writes to */
#define PAGE		4096UL
#define DEPTH		8		/* requests on each queue */
#define BLOCKS		256
#define RX		0
#define TX		1
#define CTRL		2
#define WAIT_MS		120000

struct options {
	unsigned long rounds;
	unsigned long seed;
	unsigned long merge;
};

/* One request: what we write of it. */
struct job {
	union {
		struct virtio_blk_outhdr hdr;
		struct virtio_net_ctrl_hdr ctrl;
		struct frame frame;
		uint8_t data[BLOCK];
	};
};

/**
 * struct run - what goes on
 * @vmm: the device
 * @options: what is wanted
 * @tracker: its writes
 * @copy: of the memory
 * @sink: what the device writes to, beside its rings
 * @jobs: two for each request: header and data
 * @free: of @jobs: those that are not on their way, @n_free of them
 * @random: state of it
 * @mac: of a network device
 * @number: of the last block that was written, or frame that was sent
 * @completed: requests
 * @pages: that were copied because the device wrote them
 * @compared: how often
 * @wrong: pages that differed then
 */
struct run {
	struct vmm vmm;
	struct options options;
	struct tracker tracker;
	uint8_t *copy;
	uint8_t *sink;
	struct job (*jobs)[2];
	struct job *free[VMM_VQS_MAX * DEPTH];
	unsigned int n_free;
	uint64_t random;
	uint8_t mac[6];
	uint64_t number;
	uint64_t completed;
	uint64_t pages;
	uint64_t compared;
	uint64_t wrong;
};

/* From 0 to @n - 1 */
static uint64_t draw(struct run *run, uint64_t n)
{
	run->random = run->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (run->random >> 33) % n;
}

/* @len bytes for the device to write to, anywhere, in up to @max pieces. Returns how many. */
static unsigned int scatter(struct run *run, struct vmm_buf *bufs, uint32_t len, unsigned int max)
{
	unsigned int n = 1 + draw(run, max), i;
	uint32_t part;

	for (i = 0; i < n; i++) {
		part = i + 1 < n ? draw(run, len - (n - i) + 1) : len;
		part = part ? part : 1;
		bufs[i] = (struct vmm_buf) { run->sink + draw(run, SINK - part + 1), part };
		len -= part;
	}
	return n;
}

static bool submit_block(struct run *run, struct vmm_vq *vq, struct job *job)
{
	bool write = !draw(run, 4);
	uint64_t block = draw(run, BLOCKS);
	struct vmm_buf bufs[8] = { { &job[0].hdr, sizeof(job[0].hdr) } };
	unsigned int n = 1;

	job[0].hdr = (struct virtio_blk_outhdr) {
		.type = write ? VIRTIO_BLK_T_OUT : VIRTIO_BLK_T_IN,
		.sector = block * BLOCK_SECTORS,
	};
	if (write) {
		block_fill(job[1].data, ++run->number);
		bufs[n++] = (struct vmm_buf) { job[1].data, BLOCK };
	} else {
		n += scatter(run, bufs + n, BLOCK, 5);
	}
	n += scatter(run, bufs + n, 1, 1);
	return write ? vmm_add(&run->vmm, vq, bufs, 2, n - 2, job) :
		       vmm_add(&run->vmm, vq, bufs, 1, n - 1, job);
}

static bool submit_frame(struct run *run, struct vmm_vq *vq, struct job *job)
{
	const uint32_t size = FRAME_MIN + draw(run, FRAME_MAX - FRAME_MIN + 1);
	struct vmm_buf buf = { &job->frame, sizeof(job->frame.hdr) + size };

	frame_fill(&job->frame, run->mac, run->mac, ++run->number, size);
	return vmm_add(&run->vmm, vq, &buf, 1, 0, job);
}

/* Small ones where frames are spread over several. */
static bool submit_buffer(struct run *run, struct vmm_vq *vq, struct job *job)
{
	uint32_t size = run->options.merge ? 128 + draw(run, 512) : sizeof(job->frame.hdr) + FRAME_MAX;
	struct vmm_buf bufs[4];

	return vmm_add(&run->vmm, vq, bufs, 0, scatter(run, bufs, size, 4), job);
}

/* Of a class that there is not: what comes is a byte that says so. */
static bool submit_control(struct run *run, struct vmm_vq *vq, struct job *job)
{
	struct vmm_buf bufs[2] = { { &job->ctrl, sizeof(job->ctrl) } };

	job->ctrl = (struct virtio_net_ctrl_hdr) { .class = 0xff };
	scatter(run, bufs + 1, 1, 1);
	return vmm_add(&run->vmm, vq, bufs, 1, 1, job);
}

static bool submit(struct run *run, struct vmm_vq *vq, struct job *job)
{
	if (run->vmm.device_id == VIRTIO_ID_BLOCK)
		return submit_block(run, vq, job);
	switch (vq->index) {
	case RX:
		return submit_buffer(run, vq, job);
	case TX:
		return submit_frame(run, vq, job);
	default:
		return submit_control(run, vq, job);
	}
}

static void submit_all(struct run *run)
{
	struct vmm_vq *vq;

	for (vq = run->vmm.vqs; vq < run->vmm.vqs + run->vmm.nvqs; vq++) {
		while (run->n_free && vmm_in_flight(vq) < DEPTH &&
		       submit(run, vq, run->free[run->n_free - 1]))
			run->n_free--;
		vmm_kick(vq);
	}
}

static void collect(struct run *run)
{
	unsigned int i;
	uint32_t len;
	void *cookie;

	for (i = 0; i < run->vmm.nvqs; i++) {
		while (vmm_get(&run->vmm.vqs[i], &len, &cookie)) {
			run->free[run->n_free++] = cookie;
			run->completed++;
		}
	}
}

/* Until @n requests more are done, with others made meanwhile. */
static void work(struct run *run, uint64_t n)
{
	uint64_t until = run->completed + n, end = vmm_now_ms() + WAIT_MS;

	submit_all(run);
	for (;;) {
		collect(run);
		if (run->completed >= until)
			return;
		submit_all(run);
		if (vmm_now_ms() > end)
			vmm_fail("the device does nothing; status 0x%x", vmm_status(&run->vmm));
		poll(NULL, 0, 1);
	}
}

static void copy_page(void *arg, uint64_t iova, uint64_t size)
{
	struct run *run = arg;

	memcpy(run->copy + (iova - VMM_IOVA), run->vmm.mem + (iova - VMM_IOVA), size);
}

/* What we have written. */
static void copy_ours(struct run *run)
{
	const struct vmm *vmm = &run->vmm;
	unsigned int i;

	for (i = 0; i < vmm->nvqs; i++) {
		copy_page(run, vmm_iova(vmm, vmm->vqs[i].desc), PAGE);
		copy_page(run, vmm_iova(vmm, vmm->vqs[i].avail), PAGE);
	}
	copy_page(run, vmm_iova(vmm, run->jobs), VMM_VQS_MAX * DEPTH * sizeof(*run->jobs));
}

static void copy_all(struct run *run)
{
	run->pages += tracker_read(&run->tracker, copy_page, run);
	copy_ours(run);
}

static void compare(struct run *run)
{
	size_t at;

	run->compared++;
	for (at = 0; at < MEMORY; at += PAGE) {
		if (!memcmp(run->copy + at, run->vmm.mem + at, PAGE))
			continue;
		if (!run->wrong++)
			fprintf(stderr, "vdpa_vmm: comparison %" PRIu64 ": the page at 0x%llx differs\n",
				run->compared, VMM_IOVA + (unsigned long long)at);
		copy_page(run, VMM_IOVA + at, PAGE);
	}
}

static void compare_suspended(struct run *run)
{
	unsigned int i;

	vmm_suspend(&run->vmm);
	copy_all(run);
	compare(run);
	vmm_resume(&run->vmm);
	for (i = 0; i < run->vmm.nvqs; i++)
		vmm_kick(&run->vmm.vqs[i]);
}

static uint64_t wanted_features(const struct run *run)
{
	return 1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_NET_F_MAC | 1ULL << VIRTIO_NET_F_CTRL_VQ |
	       (run->options.merge ? 1ULL << VIRTIO_NET_F_MRG_RXBUF : 0);
}

static void prepare(struct run *run, const char *node, const char *device)
{
	struct vmm *vmm = &run->vmm;
	unsigned int i;
	bool blk;

	vmm_open(vmm, node, MEMORY);
	blk = vmm->device_id == VIRTIO_ID_BLOCK;
	vmm_share(vmm);
	vmm_negotiate(vmm, blk ? 1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_BLK_F_MQ :
				 wanted_features(run));
	if (!blk)
		vmm_config(vmm, 0, run->mac, sizeof(run->mac));
	vmm_setup_vqs(vmm, blk ? 2 : 3, 0);
	run->jobs = vmm_alloc(vmm, VMM_VQS_MAX * DEPTH * sizeof(*run->jobs));
	run->sink = vmm_alloc(vmm, SINK);
	for (i = 0; i < vmm->nvqs * DEPTH; i++)
		run->free[run->n_free++] = run->jobs[i];
	run->copy = malloc(MEMORY);
	if (!run->copy)
		vmm_fail_errno("malloc");
	vmm_start(vmm);
	/* It is at work when that begins. */
	work(run, DEPTH);
	tracker_start(&run->tracker, device, VMM_IOVA, VMM_IOVA + MEMORY - 1);
	memcpy(run->copy, vmm->mem, MEMORY);
}

/* NODE dirty DEVICE [rounds N] [seed N] [merge 1] */
int vmm_dirty(const char *node, int argc, char **argv)
{
	static struct run run = { .options = { .rounds = 1000, .seed = 1 } };
	unsigned long i;

	if (!argc)
		vmm_fail("which device is it?");
	vmm_options(argc - 1, argv + 1, (const struct vmm_option []) {
		{ "rounds", &run.options.rounds },
		{ "seed", &run.options.seed },
		{ "merge", &run.options.merge },
		{ NULL, NULL },
	});
	run.random = run.options.seed;
	prepare(&run, node, argv[0]);
	for (i = 0; i < run.options.rounds; i++) {
		work(&run, 1 + draw(&run, 2 * DEPTH));
		copy_all(&run);
		if (!draw(&run, 4) || i + 1 == run.options.rounds)
			compare_suspended(&run);
	}
	tracker_stop(&run.tracker);
	printf("rounds %lu completed %" PRIu64 " pages %" PRIu64 " compared %" PRIu64 " wrong %" PRIu64 "\n",
	       run.options.rounds, run.completed, run.pages, run.compared, run.wrong);
	vmm_reset(&run.vmm);
	return run.wrong ? 2 : 0;
}
