/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtqueues: their types, sizes and positions.
 */
#ifndef _VDPA_VQ_H
#define _VDPA_VQ_H

#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

#include "inflight.h"

struct netlink_ext_ack;
struct vdpa_entry;

/**
 * struct vdpa_vq_view - a copy of a virtqueue's state
 * @index: its index
 * @type: its type
 * @ready: its driver has set it up
 * @size: descriptors
 * @group: its virtqueue group
 * @asid: the address space of that group
 * @known: the parent reports its position: @packed, @stable, @state and perhaps @inflight are valid
 * @packed: its ring is packed
 * @stable: the position could not change while it was read
 * @state: its position
 * @inflight: the chains in flight
 */
struct vdpa_vq_view {
	u16 index;
	enum vdpa_vq_type type;
	bool ready;
	u16 size;
	u32 group;
	u32 asid;
	bool known;
	bool packed;
	bool stable;
	struct vdpa_vq_state state;
	struct vdpa_inflight inflight;
};

bool vdpa_vq_is_packed(struct vdpa_entry *entry);
int vdpa_vq_read(struct vdpa_entry *entry, u16 index, struct vdpa_vq_view *view);
void vdpa_vq_view_free(struct vdpa_vq_view *view);
int vdpa_vq_can_set(struct vdpa_entry *entry, struct netlink_ext_ack *extack);
int vdpa_vq_set(struct vdpa_entry *entry, u16 index, const struct vdpa_vq_state *state,
		struct netlink_ext_ack *extack);

#endif
