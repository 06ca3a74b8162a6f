// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains in flight: see inflight.h.
 */
#include <linux/bitmap.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "inflight.h"
#include "message.h"
#include "mgmtdev.h"

/**
 * vdpa_inflight_can - check whether a device's parent can get and set chains in flight
 * @entry: the device
 *
 * Context: any, by a user of the device.
 */
bool vdpa_inflight_can(const struct vdpa_entry *entry)
{
	return entry->mgmtdev && entry->mgmtdev->migration.vq_inflight_get;
}

/**
 * vdpa_inflight_read - get the chains in flight from the parent
 * @entry: the device, with cf_lock held
 * @index: the virtqueue
 * @size: its descriptors
 * @inflight: set to the chains, to be freed; not @told if the parent does not report them
 *
 * Context: a worker, as the parent may sleep.
 * Return: 0; -ENOMEM; the parent's error; -EIO if the parent reports too many.
 */
int vdpa_inflight_read(struct vdpa_entry *entry, u16 index, u16 size,
		       struct vdpa_inflight *inflight)
{
	unsigned int max = min_t(unsigned int, size, VDPA_VQ_INFLIGHT_MAX);
	u16 *heads;
	int n;

	*inflight = (struct vdpa_inflight) {};
	if (!vdpa_inflight_can(entry))
		return 0;
	heads = kvcalloc(max + 1, sizeof(*heads), GFP_KERNEL);
	if (!heads)
		return -ENOMEM;
	n = entry->mgmtdev->migration.vq_inflight_get(entry->vdev, index, heads, max);
	if (n < 0 || n > max) {
		kvfree(heads);
		return n < 0 ? n : -EIO;
	}
	*inflight = (struct vdpa_inflight) { .told = true, .n = n, .heads = heads };
	return 0;
}

/**
 * vdpa_inflight_write - set the chains that a device takes up when it starts, and no others
 * @entry: the device, suspended or inactive, with cf_lock held
 * @index: the virtqueue
 * @inflight: the chains, for which vdpa_inflight_check() returned 0
 *
 * Context: a worker, as the parent may sleep.
 * Return: 0 or the parent's error; 0 if the parent has no such operation.
 */
int vdpa_inflight_write(struct vdpa_entry *entry, u16 index, const struct vdpa_inflight *inflight)
{
	if (!vdpa_inflight_can(entry))
		return 0;
	return entry->mgmtdev->migration.vq_inflight_set(entry->vdev, index, inflight->heads,
							 inflight->n);
}

static int check_split(const struct vdpa_inflight *inflight, const struct vdpa_inflight_ring *ring,
		       struct netlink_ext_ack *extack)
{
	unsigned long *seen = bitmap_zalloc(ring->size, GFP_KERNEL);
	unsigned int i;
	int err = 0;

	if (!seen)
		return -ENOMEM;
	for (i = 0; !err && i < inflight->n; i++) {
		if (!__test_and_set_bit(inflight->heads[i], seen))
			continue;
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": queue %u has descriptor %u in flight twice", ring->name,
				   ring->index, inflight->heads[i]);
		err = -EINVAL;
	}
	bitmap_free(seen);
	return err;
}

/*
 * Return: number of ring entries from the used to the available position; -1 if these are invalid.
 */
static int packed_span(const struct vdpa_inflight_ring *ring)
{
	const struct vdpa_vq_state_packed *at = &ring->state->packed;
	int span = at->last_avail_idx - at->last_used_idx;

	if (at->last_avail_counter != at->last_used_counter)
		span += ring->size;
	if (at->last_avail_idx >= ring->size || at->last_used_idx >= ring->size ||
	    span > ring->size)
		return -1;
	return span;
}

/* Chains of a packed ring are taken in ring order. */
static int check_packed(const struct vdpa_inflight *inflight,
			const struct vdpa_inflight_ring *ring, struct netlink_ext_ack *extack)
{
	int span = packed_span(ring), last = -1, at;
	unsigned int i;

	for (i = 0; i < inflight->n; i++) {
		at = (inflight->heads[i] + ring->size - ring->state->packed.last_used_idx) %
		     ring->size;
		if (at >= span || at <= last) {
			NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
					   ": queue %u: no chain at %u, or in wrong order",
					   ring->name, ring->index, inflight->heads[i]);
			return -EINVAL;
		}
		last = at;
	}
	return 0;
}

/**
 * vdpa_inflight_check - check that a list of chains in flight is valid
 * @inflight: the chains
 * @ring: their ring
 * @extack: set on error
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENOMEM.
 */
int vdpa_inflight_check(const struct vdpa_inflight *inflight,
			const struct vdpa_inflight_ring *ring, struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (inflight->n > ring->size) {
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": queue %u has %u chains in flight, of %u",
				   ring->name, ring->index, inflight->n, ring->size);
		return -EINVAL;
	}
	for (i = 0; i < inflight->n; i++) {
		if (inflight->heads[i] < ring->size)
			continue;
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": queue %u: descriptor %u in flight, of %u", ring->name,
				   ring->index, inflight->heads[i], ring->size);
		return -EINVAL;
	}
	if (!inflight->n)
		return 0;
	return ring->packed ? check_packed(inflight, ring, extack) :
			      check_split(inflight, ring, extack);
}

/* Free the list and mark it unknown. */
void vdpa_inflight_free(struct vdpa_inflight *inflight)
{
	kvfree(inflight->heads);
	*inflight = (struct vdpa_inflight) {};
}
