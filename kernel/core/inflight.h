/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains in flight: descriptor chains that a device has taken from a virtqueue and not completed.
 */
#ifndef _VDPA_INFLIGHT_H
#define _VDPA_INFLIGHT_H

#include <linux/types.h>
#include <linux/vdpa.h>

struct netlink_ext_ack;
struct vdpa_entry;

/**
 * struct vdpa_inflight - the chains of a virtqueue that are in flight
 * @told: the list is known; false: it is not, and empty
 * @n: number of chains
 * @heads: their heads, in the order in which they were taken (see <linux/vdpa_migration.h>); NULL
 *	if none; owned by this structure
 */
struct vdpa_inflight {
	bool told;
	unsigned int n;
	u16 *heads;
};

/**
 * struct vdpa_inflight_ring - the ring of chains in flight
 * @name: name of the device
 * @index: index of the virtqueue
 * @size: descriptors
 * @packed: the ring is packed
 * @state: position of the device in it
 */
struct vdpa_inflight_ring {
	const char *name;
	u16 index;
	u16 size;
	bool packed;
	const struct vdpa_vq_state *state;
};

bool vdpa_inflight_can(const struct vdpa_entry *entry);
int vdpa_inflight_read(struct vdpa_entry *entry, u16 index, u16 size,
		       struct vdpa_inflight *inflight);
int vdpa_inflight_write(struct vdpa_entry *entry, u16 index,
			const struct vdpa_inflight *inflight);
int vdpa_inflight_check(const struct vdpa_inflight *inflight,
			const struct vdpa_inflight_ring *ring, struct netlink_ext_ack *extack);
void vdpa_inflight_free(struct vdpa_inflight *inflight);

#endif
