/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what happened, for all listeners.
 *
 * Each event has a number, one higher than the last one's. The replies that tell
 * what a device is doing bear the number of the last event before they were
 * made: a listener that reads the present state after it has joined drops the
 * events that this state contains already, and misses none.
 *
 * Events are told in any context; a worker sends them in their order.
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
