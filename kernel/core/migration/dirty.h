/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that a device wrote: what is tracked, and reading it.
 *
 * The parent notes them (linux/vdpa_migration.h). The core knows whether it does, and of which
 * addresses, so that a parent need not judge what it is asked.
 */
#ifndef _VDPA_DIRTY_H
#define _VDPA_DIRTY_H

#include <linux/overflow.h>
#include <linux/types.h>
#include <linux/vdpa_migration.h>

struct netlink_ext_ack;
struct vdpa_entry;
struct vdpa_request;

/**
 * struct vdpa_dirty - what is tracked, or is to be
 * @page_size: in bytes; to be: 0 is the smallest that the parent takes
 * @n: how many ranges; to be: 0 is all that the device can write
 * @ranges: the ranges
 *
 * That of a device is written and read in its turn alone (line.h).
 */
struct vdpa_dirty {
	u64 page_size;
	unsigned int n;
	struct vdpa_dirty_range ranges[] __counted_by(n);
};

bool vdpa_dirty_knows(const struct vdpa_entry *entry);
int vdpa_dirty_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack);
struct vdpa_dirty *vdpa_dirty_new(unsigned int n);

int vdpa_dirty_start(struct vdpa_request *req, const struct vdpa_dirty *wish);
const struct vdpa_dirty *vdpa_dirty_tracked(struct vdpa_request *req);
int vdpa_dirty_check_range(struct vdpa_request *req, const struct vdpa_dirty_range *range);
int vdpa_dirty_read(struct vdpa_request *req, const struct vdpa_dirty_range *range, bool clear,
		    struct vdpa_dirty_sink *to);
int vdpa_dirty_stop(struct vdpa_request *req);
void vdpa_dirty_exit(struct vdpa_entry *entry);

#endif
