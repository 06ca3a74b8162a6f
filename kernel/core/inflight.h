/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Chains in flight: what a device has taken from a virtqueue and not completed.
 */
#ifndef _VDPA_INFLIGHT_H
#define _VDPA_INFLIGHT_H

#include <linux/types.h>
#include <linux/vdpa.h>

struct netlink_ext_ack;
struct vdpa_entry;

/**
 * struct vdpa_inflight - the chains of a virtqueue that are in flight
 * @told: somebody says which they are; false: there are none here
 * @n: how many
 * @heads: which, in the order in which they were taken, as <linux/vdpa_migration.h> says; NULL
 *	for none. It is the list's own.
 */
struct vdpa_inflight {
	bool told;
	unsigned int n;
	u16 *heads;
};

/**
 * struct vdpa_inflight_ring - the ring that they were taken from
 * @name: of its device
 * @index: of the virtqueue
 * @size: descriptors
 * @packed: the kind of ring
 * @state: where the device is in it
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
