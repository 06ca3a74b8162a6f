// SPDX-License-Identifier: GPL-2.0-or-later
/* The driver's side of a split virtqueue. */
#define _GNU_SOURCE	/* ppoll() */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vmm.h"

void vmm_vq_init(struct vmm_vq *vq, uint16_t first)
{
	uint16_t i;

	memset(vq->desc, 0, VMM_VQ_SIZE * sizeof(*vq->desc));
	memset(vq->avail, 0, sizeof(*vq->avail) + (VMM_VQ_SIZE + 1) * 2);
	memset(vq->used, 0, sizeof(*vq->used) + VMM_VQ_SIZE * 8 + 2);
	vq->avail->idx = first;
	vq->used->idx = first;
	vq->avail_idx = first;
	vq->used_idx = first;
	for (i = 0; i < VMM_VQ_SIZE; i++)
		vq->free[i] = i;
	vq->n_free = VMM_VQ_SIZE;
}

/* From now on requests lie in tables of their own, in memory that the device sees. */
void vmm_vq_indirect(struct vmm *vmm, struct vmm_vq *vq)
{
	vq->tables = vmm_alloc(vmm, VMM_VQ_SIZE * sizeof(*vq->tables));
}

/* A request's descriptors, at the @places of @table. */
static void write_chain(const struct vmm *vmm, struct vring_desc *table, const uint16_t *places,
			const struct vmm_buf *bufs, unsigned int n_out, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		table[places[i]] = (struct vring_desc) {
			.addr = vmm_iova(vmm, bufs[i].mem),
			.len = bufs[i].len,
			.flags = (i < n_out ? 0 : VRING_DESC_F_WRITE) |
				 (i + 1 < n ? VRING_DESC_F_NEXT : 0),
			.next = i + 1 < n ? places[i + 1] : 0,
		};
}

/* In the descriptor table. Returns the first, or -1 where there is no room. */
static int add_direct(const struct vmm *vmm, struct vmm_vq *vq, const struct vmm_buf *bufs,
		      unsigned int n_out, unsigned int n)
{
	uint16_t places[VMM_VQ_SIZE];
	unsigned int i;

	if (n > vq->n_free)
		return -1;
	for (i = 0; i < n; i++)
		places[i] = vq->free[--vq->n_free];
	write_chain(vmm, vq->desc, places, bufs, n_out, n);
	return places[0];
}

static int add_indirect(const struct vmm *vmm, struct vmm_vq *vq, const struct vmm_buf *bufs,
			unsigned int n_out, unsigned int n)
{
	static const uint16_t places[VMM_TABLE] = { 0, 1, 2, 3 };
	uint16_t head;

	if (!vq->n_free || n > VMM_TABLE)
		return -1;
	head = vq->free[--vq->n_free];
	write_chain(vmm, vq->tables[head], places, bufs, n_out, n);
	vq->desc[head] = (struct vring_desc) {
		.addr = vmm_iova(vmm, vq->tables[head]),
		.len = n * sizeof(vq->tables[head][0]),
		.flags = VRING_DESC_F_INDIRECT,
	};
	return head;
}

/* Returns false where the ring has no room for it. The device learns of it by vmm_kick(). */
bool vmm_add(struct vmm *vmm, struct vmm_vq *vq, const struct vmm_buf *bufs, unsigned int n_out,
	     unsigned int n_in, void *cookie)
{
	unsigned int n = n_out + n_in;
	int head;

	head = vq->tables ? add_indirect(vmm, vq, bufs, n_out, n) :
			    add_direct(vmm, vq, bufs, n_out, n);
	if (head < 0)
		return false;
	vq->cookies[head] = cookie;
	vq->avail->ring[vq->avail_idx % VMM_VQ_SIZE] = head;
	vq->avail_idx++;
	__atomic_store_n(&vq->avail->idx, vq->avail_idx, __ATOMIC_RELEASE);
	return true;
}

void vmm_kick(struct vmm_vq *vq)
{
	const uint64_t one = 1;

	if (write(vq->kick, &one, sizeof(one)) != sizeof(one))
		vmm_fail_errno("kick");
}

/* Returns false where the device has finished nothing more. */
bool vmm_get(struct vmm_vq *vq, uint32_t *len, void **cookie)
{
	const struct vring_used_elem *elem;
	uint16_t index;

	if (__atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE) == vq->used_idx)
		return false;

	elem = &vq->used->ring[vq->used_idx % VMM_VQ_SIZE];
	if (elem->id >= VMM_VQ_SIZE)
		vmm_fail("virtqueue %u: the device gives back descriptor %u", vq->index, elem->id);
	*len = elem->len;
	*cookie = vq->cookies[elem->id];
	if (!*cookie)
		vmm_fail("virtqueue %u: the device gives back descriptor %u twice", vq->index,
			 elem->id);
	vq->cookies[elem->id] = NULL;
	vq->used_idx++;

	for (index = elem->id;; index = vq->desc[index].next) {
		vq->free[vq->n_free++] = index;
		if (!(vq->desc[index].flags & VRING_DESC_F_NEXT))
			return true;
	}
}

/* Requests that the device has not given back, or we have not taken. */
uint16_t vmm_in_flight(const struct vmm_vq *vq)
{
	return vq->avail_idx - vq->used_idx;
}

static void snapshot(const struct vmm *vmm)
{
	const struct vmm_vq *vq;

	for (vq = vmm->vqs; vq < vmm->vqs + vmm->nvqs; vq++)
		printf("queue %u available %u used %u\n", vq->index, vq->avail_idx,
		       __atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE));
	puts("snapshot end");
}

/* Until the device says something on the queue, or a signal comes; fails where it does not within @ms. */
void vmm_wait(struct vmm *vmm, struct vmm_vq *vq, int ms)
{
	struct pollfd poll_fd = { .fd = vq->call, .events = POLLIN };
	const struct timespec timeout = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	uint64_t count;
	sigset_t none;
	int ready;

	sigemptyset(&none);
	ready = ppoll(&poll_fd, 1, &timeout, &none);
	if (vmm_snapshot_asked) {
		vmm_snapshot_asked = 0;
		snapshot(vmm);
	}
	if (ready == 0)
		vmm_fail("virtqueue %u: nothing for %d ms; status 0x%x", vq->index, ms,
			 vmm_status(vmm));
	if (read(vq->call, &count, sizeof(count)) < 0 && errno != EAGAIN)
		vmm_fail_errno("eventfd");
}
