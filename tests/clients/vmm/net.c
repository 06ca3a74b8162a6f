// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbered frames on a network device: sends them, to itself unless told otherwise, receives them,
 * and says of each whether it is what its number says and whether it came in order.
 */
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define RX		0
#define TX		1
#define WAIT_MS		240000

struct options {
	unsigned long count;
	unsigned long depth;
	unsigned long size;
	unsigned long send;
	unsigned long receive;
	unsigned long hold;
	unsigned long to;	/* a MAC address as a number; 0: our own */
};

struct run {
	struct vmm vmm;
	struct options options;
	struct frame *free;
	uint8_t mac[6];
	uint64_t sent;
	uint64_t received;
	uint64_t wrong;
};

static void put_mac(uint8_t *mac, unsigned long number)
{
	int i;

	for (i = 5; i >= 0; i--, number >>= 8)
		mac[i] = number;
}

static void fill(struct run *run, struct frame *frame, uint64_t number)
{
	uint8_t dst[6];

	if (run->options.to)
		put_mac(dst, run->options.to);
	else
		memcpy(dst, run->mac, 6);
	frame_fill(frame, dst, run->mac, number, run->options.size);
}

static void offer(struct run *run, struct frame *frame)
{
	struct vmm_buf buf = { frame, sizeof(frame->hdr) + FRAME_MAX };

	if (!vmm_add(&run->vmm, &run->vmm.vqs[RX], &buf, 0, 1, frame))
		vmm_fail("the receive ring is full");
}

static void receive(struct run *run)
{
	struct vmm_vq *vq = &run->vmm.vqs[RX];
	bool any = false;
	uint32_t len;
	void *cookie;

	while (vmm_get(vq, &len, &cookie)) {
		struct frame *frame = cookie;

		if (frame_is_numbered(frame)) {
			run->wrong += frame->number != run->received ||
				      !frame_is_right(frame, len, run->options.size);
			run->received++;
		}
		offer(run, frame);
		any = true;
	}
	if (any)
		vmm_kick(vq);
}

static void reclaim(struct run *run)
{
	uint32_t len;
	void *cookie;

	while (vmm_get(&run->vmm.vqs[TX], &len, &cookie)) {
		struct frame *frame = cookie;

		frame->next_free = run->free;
		run->free = frame;
	}
}

/* No more on the way than the receiver has buffers for: none has to be lost then. */
static bool may_send(const struct run *run)
{
	if (run->sent == run->options.count || !run->options.send || !run->free)
		return false;
	return !run->options.receive || run->sent - run->received < run->options.depth;
}

static void send_frame(struct run *run)
{
	struct frame *frame = run->free;
	struct vmm_buf buf = { frame, sizeof(frame->hdr) + run->options.size };

	run->free = frame->next_free;
	fill(run, frame, run->sent++);
	if (!vmm_add(&run->vmm, &run->vmm.vqs[TX], &buf, 1, 0, frame))
		vmm_fail("the transmit ring is full");
	vmm_kick(&run->vmm.vqs[TX]);
}

static bool finished(const struct run *run)
{
	const struct vmm_vq *tx = &run->vmm.vqs[TX];

	if (run->options.send && (run->sent < run->options.count || tx->used_idx != tx->avail_idx))
		return false;
	return !run->options.receive || run->received == run->options.count;
}

static void prepare(struct run *run, const char *node)
{
	struct vmm *vmm = &run->vmm;
	struct frame *frame;
	unsigned long i;

	vmm_open(vmm, node, 4 << 20);
	if (vmm->device_id != VIRTIO_ID_NET)
		vmm_fail("%s is no network device", node);
	vmm_share(vmm);
	vmm_negotiate(vmm, 1ULL << VIRTIO_NET_F_MAC);
	vmm_config(vmm, 0, run->mac, sizeof(run->mac));
	vmm_setup_vqs(vmm, 2, 0);
	for (i = 0; i < run->options.depth; i++) {
		offer(run, vmm_alloc(vmm, sizeof(*frame)));
		frame = vmm_alloc(vmm, sizeof(*frame));
		frame->next_free = run->free;
		run->free = frame;
	}
	vmm_start(vmm);
	vmm_kick(&vmm->vqs[RX]);
	puts("ready");
}

int vmm_net(const char *node, int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		vmm_fail_errno("calloc");
	run->options = (struct options) {
		.count = 1000, .depth = 32, .size = 1514, .send = 1, .receive = 1,
	};
	vmm_options(argc, argv, (const struct vmm_option []) {
		{ "count", &run->options.count },
		{ "depth", &run->options.depth },
		{ "size", &run->options.size },
		{ "send", &run->options.send },
		{ "receive", &run->options.receive },
		{ "hold", &run->options.hold },
		{ "to", &run->options.to },
		{ NULL, NULL },
	});
	if (run->options.size < FRAME_MIN || run->options.size > FRAME_MAX)
		vmm_fail("a frame has %u to %u bytes", FRAME_MIN, FRAME_MAX);

	prepare(run, node);
	while (!finished(run)) {
		while (may_send(run))
			send_frame(run);
		vmm_wait(&run->vmm, &run->vmm.vqs[run->options.receive ? RX : TX], WAIT_MS);
		/* In this order: what has been received has been sent as well. */
		receive(run);
		reclaim(run);
		if (vmm_stop_asked)
			run->options.count = run->sent;
	}
	printf("sent %lu\n", (unsigned long)run->sent);
	printf("received %lu\n", (unsigned long)run->received);
	printf("wrong %lu\n", (unsigned long)run->wrong);
	if (run->options.hold)
		vmm_hold();
	vmm_reset(&run->vmm);
	return run->wrong ? 2 : 0;
}
