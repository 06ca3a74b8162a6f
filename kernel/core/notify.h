/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for listeners on the multicast group.
 *
 * Events are numbered without gaps. A reply with a device's state carries the number of the last
 * event before that state was read. So a listener that joins the group first and then reads the
 * state can drop the events up to that number, and misses none.
 *
 * Events are created in any context; a worker sends them in order.
 */
#ifndef _VDPA_EVENT_H
#define _VDPA_EVENT_H

#include <linux/types.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;
struct vdpa_mgmtdev;

void vdpa_event_mgmtdev(const struct vdpa_mgmtdev *mgmtdev, enum vdpa_event event);
void vdpa_event_dev(struct vdpa_entry *entry, enum vdpa_event event);
void vdpa_event_state(struct vdpa_entry *entry, enum vdpa_dev_state from, enum vdpa_dev_state to,
		      enum vdpa_cause cause);
void vdpa_event_config(struct vdpa_entry *entry, enum vdpa_cause cause);
void vdpa_event_driver(struct vdpa_entry *entry);
u64 vdpa_event_seq(void);

int vdpa_events_init(void);
void vdpa_events_exit(void);

#endif
