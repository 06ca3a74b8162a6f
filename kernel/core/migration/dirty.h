/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty page tracking: which memory pages a device writes.
 *
 * The parent tracks the pages (linux/vdpa_migration.h). The core keeps the tracked ranges and
 * checks all requests, so that the parent need not.
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
 * struct vdpa_dirty - the tracked ranges, or those to be tracked
 * @page_size: in bytes; in a request, 0: the smallest that the parent supports
 * @n: number of ranges; in a request, 0: everything that the device can write
 * @ranges: the ranges
 *
 * A device's ranges are accessed only by the holder of its line (line.h).
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
