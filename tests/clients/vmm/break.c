// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One broken rule at a time, on the first queue of a block device: the device has to stop and say
 * that it needs a reset, and to work again after one.
 */
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>

#include "vmm.h"

#define WAIT_MS		30000

/* What a kind of mistake is made with. */
struct scene {
	struct vmm *vmm;
	struct vmm_vq *vq;
	struct vring_desc *desc;	/* of a read request: header, data, status */
	struct vring_desc *table;	/* a page */
	void *read_only;		/* the first page, mapped for reading only */
	bool mapped;
};

static uint64_t nowhere(const struct scene *scene)
{
	return VMM_IOVA + 16 * scene->vmm->mem_size;
}

static void chain_loop(struct scene *scene)
{
	scene->desc[1].next = 0;
}

static void chain_index(struct scene *scene)
{
	scene->desc[0].next = VMM_VQ_SIZE;
}

static void head_index(struct scene *scene)
{
	scene->vq->avail->ring[scene->vq->avail_idx % VMM_VQ_SIZE] = VMM_VQ_SIZE;
}

static void avail_ahead(struct scene *scene)
{
	scene->vq->avail_idx += VMM_VQ_SIZE;
}

static void unmapped_header(struct scene *scene)
{
	scene->desc[0].addr = nowhere(scene);
}

static void unmapped_data(struct scene *scene)
{
	scene->desc[1].addr = nowhere(scene);
}

static void beyond_the_mapping(struct scene *scene)
{
	scene->desc[1].addr = VMM_IOVA + scene->vmm->mem_size - 256;
}

static void address_wraps(struct scene *scene)
{
	scene->desc[1].addr = UINT64_MAX - 255;
}

static void read_only_data(struct scene *scene)
{
	scene->desc[1].addr = vmm_iova(scene->vmm, scene->read_only);
}

static void writable_first(struct scene *scene)
{
	scene->desc[0].flags |= VRING_DESC_F_WRITE;
	scene->desc[1].flags &= ~VRING_DESC_F_WRITE;
}

static void no_status(struct scene *scene)
{
	scene->desc[0].flags = 0;
}

static void short_header(struct scene *scene)
{
	scene->desc[0].len = 15;
}

static void too_long(struct scene *scene)
{
	scene->desc[1].len = UINT32_MAX;
}

/* The request as an indirect table; the mistake is in the table or in what leads to it. */
static void indirect(struct scene *scene)
{
	memcpy(scene->table, scene->desc, 3 * sizeof(*scene->table));
	scene->desc[0] = (struct vring_desc) {
		.addr = vmm_iova(scene->vmm, scene->table),
		.len = 3 * sizeof(*scene->table),
		.flags = VRING_DESC_F_INDIRECT,
	};
}

static void indirect_loop(struct scene *scene)
{
	indirect(scene);
	scene->table[1].next = 0;
}

static void indirect_index(struct scene *scene)
{
	indirect(scene);
	scene->table[0].next = 3;
}

static void indirect_nested(struct scene *scene)
{
	indirect(scene);
	scene->table[1].flags |= VRING_DESC_F_INDIRECT;
}

static void indirect_and_next(struct scene *scene)
{
	indirect(scene);
	scene->desc[0].flags |= VRING_DESC_F_NEXT;
}

static void indirect_size(struct scene *scene)
{
	indirect(scene);
	scene->desc[0].len = sizeof(*scene->table) + 1;
}

static void indirect_huge(struct scene *scene)
{
	indirect(scene);
	scene->desc[0].len = 1 << 30;
}

static void indirect_unmapped(struct scene *scene)
{
	indirect(scene);
	scene->desc[0].addr = nowhere(scene);
}

static void map_all(struct scene *scene)
{
	struct vmm *vmm = scene->vmm;
	size_t first = (uint8_t *)scene->read_only - vmm->mem + 4096;

	vmm_map(vmm, VMM_IOVA, vmm->mem, first, false);
	vmm_map(vmm, VMM_IOVA + first, vmm->mem + first, vmm->mem_size - first, true);
	scene->mapped = true;
}

static void nothing_mapped(struct scene *scene)
{
	vmm_unmap(scene->vmm, VMM_IOVA, scene->vmm->mem_size);
	scene->mapped = false;
}

static const struct {
	const char *name;
	void (*make)(struct scene *scene);
} kinds[] = {
	{ "chain-loop", chain_loop },
	{ "chain-index", chain_index },
	{ "head-index", head_index },
	{ "avail-ahead", avail_ahead },
	{ "unmapped-header", unmapped_header },
	{ "unmapped-data", unmapped_data },
	{ "beyond-the-mapping", beyond_the_mapping },
	{ "address-wraps", address_wraps },
	{ "read-only-data", read_only_data },
	{ "writable-first", writable_first },
	{ "no-status", no_status },
	{ "short-header", short_header },
	{ "too-long", too_long },
	{ "indirect-loop", indirect_loop },
	{ "indirect-index", indirect_index },
	{ "indirect-nested", indirect_nested },
	{ "indirect-and-next", indirect_and_next },
	{ "indirect-size", indirect_size },
	{ "indirect-huge", indirect_huge },
	{ "indirect-unmapped", indirect_unmapped },
	{ "nothing-mapped", nothing_mapped },
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

/* A sector read, written by hand into the first three descriptors, not yet made available. */
static void set_scene(struct scene *scene)
{
	static struct virtio_blk_outhdr *hdr;
	static uint8_t *data;
	struct vmm *vmm = scene->vmm;

	if (!hdr) {
		hdr = vmm_alloc(vmm, sizeof(*hdr));
		data = vmm_alloc(vmm, 513);
	}
	*hdr = (struct virtio_blk_outhdr) { .type = VIRTIO_BLK_T_IN };
	data[512] = 0xff;
	scene->desc[0] = (struct vring_desc) {
		vmm_iova(vmm, hdr), sizeof(*hdr), VRING_DESC_F_NEXT, 1,
	};
	scene->desc[1] = (struct vring_desc) {
		vmm_iova(vmm, data), 512, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 2,
	};
	scene->desc[2] = (struct vring_desc) {
		vmm_iova(vmm, data) + 512, 1, VRING_DESC_F_WRITE, 0,
	};
	scene->vq->avail->ring[scene->vq->avail_idx % VMM_VQ_SIZE] = 0;
}

static void go(struct scene *scene)
{
	struct vmm_vq *vq = scene->vq;

	vq->avail_idx++;
	__atomic_store_n(&vq->avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
	vmm_kick(vq);
}

static void start(struct vmm *vmm)
{
	vmm_negotiate(vmm, 1ULL << VIRTIO_RING_F_INDIRECT_DESC);
	vmm_setup_vqs(vmm, 1, 0);
	vmm_watch_config(vmm);
	vmm_start(vmm);
}

static void break_it(struct scene *scene, size_t kind)
{
	struct vmm_vq *vq = scene->vq;

	set_scene(scene);
	kinds[kind].make(scene);
	go(scene);
	if (!vmm_wait_config(scene->vmm, WAIT_MS))
		vmm_fail("%s: the device has not complained", kinds[kind].name);
	if (!(vmm_status(scene->vmm) & VIRTIO_CONFIG_S_NEEDS_RESET))
		vmm_fail("%s: the device does not ask for a reset", kinds[kind].name);
	if (__atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE))
		vmm_fail("%s: the device has finished the request", kinds[kind].name);
	printf("%s: needs reset\n", kinds[kind].name);

	vmm_reset(scene->vmm);
	if (!scene->mapped)
		map_all(scene);
	start(scene->vmm);
	set_scene(scene);
	go(scene);
	vmm_wait(scene->vmm, vq, WAIT_MS);
	printf("%s: works again\n", kinds[kind].name);
}

static int list_kinds(void)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++)
		puts(kinds[i].name);
	return 0;
}

int vmm_break(const char *node, int argc, char **argv)
{
	static struct vmm vmm;
	struct scene scene = { .vmm = &vmm };
	size_t i;

	if (argc != 1)
		vmm_fail("break what?");
	if (!strcmp(argv[0], "help"))
		return list_kinds();

	vmm_open(&vmm, node, 1 << 20);
	if (vmm.device_id != VIRTIO_ID_BLOCK)
		vmm_fail("%s is no block device", node);
	scene.read_only = vmm_alloc(&vmm, 4096);
	scene.table = vmm_alloc(&vmm, 4096);
	map_all(&scene);
	start(&vmm);
	scene.vq = &vmm.vqs[0];
	scene.desc = scene.vq->desc;

	for (i = 0; i < N_KINDS; i++) {
		if (!strcmp(kinds[i].name, argv[0])) {
			break_it(&scene, i);
			vmm_reset(&vmm);
			return 0;
		}
	}
	vmm_fail("no way to break it is called \"%s\"", argv[0]);
}
