// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A driver gone mad, the same for each seed: fills rings, descriptors and indirect tables with what
 * is nearly right, or not at all, and lets the device work on it. Whatever it makes of that, it may
 * not touch memory that is not mapped for it, nor write what is mapped for reading only.
 *
 * Our memory: guard (not mapped) | rings | buffers and tables | read-only buffers | guard
 */
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm.h"

#define PART		(256U << 10)
#define GUARD_BYTE	0xa5
#define READ_ONLY_BYTE	0x5a
#define KICKS_A_ROUND	8
#define QUEUES_MAX	9

struct options {
	unsigned long seed;
	unsigned long seconds;	/* how long, unless so many rounds were asked for */
	unsigned long rounds;
};

struct run {
	struct vmm vmm;
	struct options options;
	uint64_t random;
	uint8_t *buffers;
	uint8_t *read_only;
	uint8_t *guards[2];
	unsigned int nvqs;
	unsigned long rounds;
	unsigned long resets;
};

/* xorshift: the same numbers for the same seed, everywhere */
static uint64_t draw(struct run *run)
{
	run->random ^= run->random << 13;
	run->random ^= run->random >> 7;
	run->random ^= run->random << 17;
	return run->random;
}

static uint64_t below(struct run *run, uint64_t n)
{
	return draw(run) % n;
}

static bool one_in(struct run *run, unsigned int n)
{
	return !below(run, n);
}

/* Mostly a place that is mapped, sometimes just outside one, sometimes anywhere. */
static uint64_t some_address(struct run *run)
{
	uint64_t iova = VMM_IOVA + below(run, run->vmm.mem_size);

	switch (below(run, 16)) {
	case 0:
		return draw(run);
	case 1:
		return UINT64_MAX - below(run, 64);
	case 2:
		return vmm_iova(&run->vmm, run->read_only + PART) - below(run, 16);
	case 3:
		return iova;
	default:
		return vmm_iova(&run->vmm, run->buffers) + below(run, PART / 2);
	}
}

static uint32_t some_length(struct run *run)
{
	switch (below(run, 16)) {
	case 0:
		return draw(run);
	case 1:
		return 0;
	case 2:
		return UINT32_MAX - below(run, 16);
	case 3:
		return below(run, 2 * PART);
	case 4:
		return 16 * below(run, 300);
	default:
		return below(run, 2048);
	}
}

static uint16_t some_index(struct run *run)
{
	return one_in(run, 64) ? draw(run) : below(run, VMM_VQ_SIZE);
}

static void some_descriptor(struct run *run, struct vring_desc *desc)
{
	desc->addr = some_address(run);
	desc->len = some_length(run);
	desc->flags = one_in(run, 64) ? draw(run) : below(run, 4);
	if (one_in(run, 16))
		desc->flags = VRING_DESC_F_INDIRECT;
	desc->next = some_index(run);
}

/* Like a block request, or a command: a header, data, and a byte for the answer. */
static void some_chain(struct run *run, struct vmm_vq *vq, uint16_t head)
{
	uint16_t last = (head + 2) % VMM_VQ_SIZE, data = (head + 1) % VMM_VQ_SIZE;
	uint8_t *hdr = run->buffers + 16 * below(run, PART / 32);

	memset(hdr, 0, 16);
	hdr[0] = below(run, 16);
	hdr[1] = below(run, 4);
	hdr[8] = draw(run);
	vq->desc[head] = (struct vring_desc) {
		vmm_iova(&run->vmm, hdr), one_in(run, 8) ? 2 : 16, VRING_DESC_F_NEXT, data,
	};
	vq->desc[data] = (struct vring_desc) {
		some_address(run), 512 * below(run, 16),
		VRING_DESC_F_NEXT | (one_in(run, 2) ? VRING_DESC_F_WRITE : 0), last,
	};
	vq->desc[last] = (struct vring_desc) {
		vmm_iova(&run->vmm, run->buffers) + below(run, PART / 2), 1, VRING_DESC_F_WRITE, 0,
	};
}

static void some_table(struct run *run)
{
	struct vring_desc *table = (void *)(run->buffers + 16 * below(run, PART / 32));
	unsigned int i, n = 1 + below(run, 256);

	for (i = 0; i < n; i++)
		some_descriptor(run, &table[i]);
}

static void some_ring(struct run *run, struct vmm_vq *vq)
{
	uint16_t step = one_in(run, 32) ? draw(run) : 1 + below(run, 8);
	unsigned int i;

	for (i = 0; i < VMM_VQ_SIZE; i++) {
		if (one_in(run, 2))
			some_chain(run, vq, i);
		else
			some_descriptor(run, &vq->desc[i]);
		vq->avail->ring[i] = some_index(run);
	}
	if (one_in(run, 4))
		some_table(run);
	vq->avail->flags = below(run, 2);
	vq->avail->ring[VMM_VQ_SIZE] = draw(run);
	vq->avail_idx += step;
	__atomic_store_n(&vq->avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
}

/* Takes memory away under the device's hands, for a moment. */
static void unmap_a_while(struct run *run)
{
	uint64_t iova = vmm_iova(&run->vmm, run->read_only);

	vmm_unmap(&run->vmm, iova, PART);
	vmm_kick(&run->vmm.vqs[below(run, run->nvqs)]);
	vmm_map(&run->vmm, iova, run->read_only, PART, false);
}

static void start(struct run *run)
{
	vmm_negotiate(&run->vmm, draw(run));
	vmm_setup_vqs(&run->vmm, run->nvqs, draw(run));
	vmm_start(&run->vmm);
}

static void check_constant(const uint8_t *mem, uint8_t byte, const char *what)
{
	size_t i;

	for (i = 0; i < PART; i++)
		if (mem[i] != byte)
			vmm_fail("the device wrote to %s, at byte %zu", what, i);
}

static void check(struct run *run)
{
	check_constant(run->guards[0], GUARD_BYTE, "memory below what is mapped");
	check_constant(run->guards[1], GUARD_BYTE, "memory above what is mapped");
	check_constant(run->read_only, READ_ONLY_BYTE, "memory mapped for reading only");
}

static void fuzz_round(struct run *run)
{
	unsigned int i;

	for (i = 0; i < KICKS_A_ROUND; i++) {
		struct vmm_vq *vq = &run->vmm.vqs[below(run, run->nvqs)];

		some_ring(run, vq);
		vmm_kick(vq);
	}
	if (one_in(run, 8))
		unmap_a_while(run);
	if (one_in(run, 16)) {
		vmm_suspend(&run->vmm);
		vmm_resume(&run->vmm);
	}
	if (vmm_status(&run->vmm) & VIRTIO_CONFIG_S_NEEDS_RESET || one_in(run, 64)) {
		vmm_reset(&run->vmm);
		run->resets++;
		start(run);
	}
	run->rounds++;
}

static void prepare(struct run *run, const char *node)
{
	struct vmm *vmm = &run->vmm;
	size_t rings;

	vmm_open(vmm, node, 8 * PART);
	run->nvqs = vmm_vqs_count(vmm);
	if (run->nvqs > QUEUES_MAX)
		run->nvqs = QUEUES_MAX;

	run->guards[0] = vmm_alloc(vmm, PART);
	rings = vmm->mem_used;
	vmm->mem_used += 2 * PART;
	run->buffers = vmm_alloc(vmm, PART);
	run->read_only = vmm_alloc(vmm, PART);
	run->guards[1] = vmm_alloc(vmm, PART);
	vmm->mem_used = rings;

	memset(run->guards[0], GUARD_BYTE, PART);
	memset(run->guards[1], GUARD_BYTE, PART);
	memset(run->read_only, READ_ONLY_BYTE, PART);
	vmm_map(vmm, vmm_iova(vmm, vmm->mem + rings), vmm->mem + rings, 3 * PART, true);
	vmm_map(vmm, vmm_iova(vmm, run->read_only), run->read_only, PART, false);
}

int vmm_fuzz(const char *node, int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	uint64_t end;

	if (!run)
		vmm_fail_errno("calloc");
	run->options = (struct options) { .seed = 1, .seconds = 60 };
	vmm_options(argc, argv, (const struct vmm_option []) {
		{ "seed", &run->options.seed },
		{ "seconds", &run->options.seconds },
		{ "rounds", &run->options.rounds },
		{ NULL, NULL },
	});
	run->random = run->options.seed * 0x9e3779b97f4a7c15ULL | 1;

	prepare(run, node);
	start(run);
	end = vmm_now_ms() + run->options.seconds * 1000;
	while (run->options.rounds ? run->rounds < run->options.rounds : vmm_now_ms() < end)
		fuzz_round(run);
	vmm_reset(&run->vmm);
	check(run);
	printf("rounds %lu\nresets %lu\n", run->rounds, run->resets);
	return 0;
}
