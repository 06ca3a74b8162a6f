/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device is doing, whether its driver or a command caused it.
 *
 * The core sees every change, because those operations of a device that change
 * its state go through ops.c, also when a bus driver calls them. The states and
 * what leads from one to another:
 *
 *   inactive    -- DRIVER_OK -->      active,
 *   active      -- first hold -->     suspending -->  suspended, or active if it fails
 *   suspended   -- last hold gone --> resuming -->    active, or suspended if it fails
 *   any         -- reset -->          inactive
 *   any         -- FAILED, NEEDS_RESET -->  failed
 *
 * How devices are held is in hold.h, what virtio's own suspend bit has to do with it in status.h.
 */
#ifndef _VDPA_STATE_H
#define _VDPA_STATE_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;

/* How many operations the longest is chosen from. */
#define VDPA_LATENCIES	8

/**
 * struct vdpa_latencies - how long an operation of the parent took, the last few times
 * @ns: how long
 * @end: when it ended (CLOCK_MONOTONIC, ns)
 * @n: how many there were so far; number i is at i % VDPA_LATENCIES
 */
struct vdpa_latencies {
	u64 ns[VDPA_LATENCIES];
	u64 end[VDPA_LATENCIES];
	u32 n;
};

/**
 * struct vdpa_transition - the right to take or give back a hold
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @cause: who wants it, VDPA_CAUSE_DRIVER or _MANAGEMENT
 * @deadline: for a parent that can honour one (CLOCK_MONOTONIC); 0: none
 * @sequence: it is good while it is the state's
 * @ask: the parent has to do something; else the other one holds the device as well
 */
struct vdpa_transition {
	enum vdpa_dev_state via;
	enum vdpa_cause cause;
	ktime_t deadline;
	u32 sequence;
	bool ask;
};

/* How a device was brought to a standstill, and has to be resumed. */
enum vdpa_means {
	VDPA_MEANS_NONE,	/* it was not */
	VDPA_MEANS_OPS,		/* its parent's suspend operation */
	VDPA_MEANS_STATUS,	/* virtio's SUSPEND in the device status */
};

/**
 * struct vdpa_state - what a device is doing
 * @lock: protects all of this; a spinlock, inside which those of the events and of
 *	@idle are taken
 * @now: what it is doing
 * @notified: changes of @now are told: not before the device can be found
 * @removing: it is being deleted: what happens to @now meanwhile is not told
 * @prober: who has vhost_vdpa probe it right now; NULL: nobody
 * @leaving: a driver of this host is about to leave it
 * @driver_ops: operations of its bus driver under way that change the status
 * @status_sequence: counts their beginnings and ends
 * @holds: enum vdpa_hold: who holds it suspended
 * @held_by: the transition by which management has its hold
 * @means: how its parent was asked to suspend it; changes in the turn of the one that asks
 * @status_bit: its driver has set SUSPEND in the status, and not DRIVER_OK since
 * @in_status: the transition is the driver's, through the status: nobody waits for its end
 * @status_transition: that one
 * @status_since: when it began
 * @resets: how many wait for the parent, to reset the device
 * @sequence: of the latest transition; counted on, it is void
 * @in_transition: somebody has begun it, and has not come to its end
 * @in_parent: the parent is suspending, resuming or resetting it; one at a time
 * @idle: woken when @prober, @in_transition or @in_parent ends
 * @lives: counts resets and failures: what a device has done before one is over
 * @transitions: counts the changes of @now
 * @suspend: of its suspends that succeeded
 * @resume: of its resumes that succeeded
 */
struct vdpa_state {
	spinlock_t lock; /* see above */
	enum vdpa_dev_state now;
	bool notified;
	bool removing;
	struct task_struct *prober;
	bool leaving;
	unsigned int driver_ops;
	u32 status_sequence;
	u8 holds;
	u32 held_by;
	enum vdpa_means means;
	bool status_bit;
	bool in_status;
	struct vdpa_transition status_transition;
	ktime_t status_since;
	unsigned int resets;
	u32 sequence;
	bool in_transition;
	bool in_parent;
	wait_queue_head_t idle;
	u32 lives;
	u64 transitions;
	struct vdpa_latencies suspend;
	struct vdpa_latencies resume;
};

/* In ns; 0: not known. The longest is of the last few, and of none that is too long ago. */
struct vdpa_latency {
	u64 last;
	u64 max;
};

/* What there is to show of a state. */
struct vdpa_state_view {
	enum vdpa_dev_state now;
	u8 holds;
	bool in_transition;
	bool leaving;
	u32 sequence;		/* another one after a reset */
	u32 lives;
	u64 transitions;
	struct vdpa_latency suspend;
	struct vdpa_latency resume;
};

void vdpa_state_init(struct vdpa_entry *entry);
void vdpa_state_publish(struct vdpa_entry *entry);
struct vdpa_state_view vdpa_state_read(struct vdpa_entry *entry, u64 *seq);
struct vdpa_state_view vdpa_state_view_locked(const struct vdpa_entry *entry);

void vdpa_state_change(struct vdpa_entry *entry, enum vdpa_dev_state to, enum vdpa_cause cause);
void vdpa_state_set_holds(struct vdpa_entry *entry, u8 holds, enum vdpa_cause cause);
void vdpa_state_set_removing(struct vdpa_entry *entry, bool removing);

void vdpa_state_refresh(struct vdpa_entry *entry);
void vdpa_state_driver_begin(struct vdpa_entry *entry);
void vdpa_state_driver_end(struct vdpa_entry *entry);
bool vdpa_state_driver_quiet(struct vdpa_entry *entry, u32 *sequence);
void vdpa_state_driver_status(struct vdpa_entry *entry);

void vdpa_latency_note(struct vdpa_latencies *latencies, u64 ns);

#endif
