/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a device, and its changes.
 *
 * The core sees every change, because all operations that change the state go through ops.c, even
 * when a bus driver calls them. The states and their transitions:
 *
 *   inactive    -- DRIVER_OK -->      active,
 *   active      -- first hold -->     suspending -->  suspended, or active if it fails
 *   suspended   -- last hold gone --> resuming -->    active, or suspended if it fails
 *   any         -- reset -->          inactive
 *   any         -- FAILED, NEEDS_RESET -->  failed
 *
 * Holds are in hold.h, virtio's own suspend bit in status.h.
 */
#ifndef _VDPA_STATE_H
#define _VDPA_STATE_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;

/* Number of recent operations whose maximum is reported. */
#define VDPA_LATENCIES	8

/**
 * struct vdpa_latencies - durations of the parent's most recent suspends or resumes
 * @ns: durations
 * @end: when each ended (CLOCK_MONOTONIC, ns)
 * @n: number of operations so far; number i is at i % VDPA_LATENCIES
 */
struct vdpa_latencies {
	u64 ns[VDPA_LATENCIES];
	u64 end[VDPA_LATENCIES];
	u32 n;
};

/**
 * struct vdpa_transition - taking or releasing a hold
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @cause: its initiator, VDPA_CAUSE_DRIVER or _MANAGEMENT
 * @deadline: for a parent that can honour one (CLOCK_MONOTONIC); 0: none
 * @sequence: it is current while this equals vdpa_state.sequence
 * @ask: the parent has to be called; false if the other party holds the device too
 */
struct vdpa_transition {
	enum vdpa_dev_state via;
	enum vdpa_cause cause;
	ktime_t deadline;
	u32 sequence;
	bool ask;
};

/* How a device was suspended, and has to be resumed. */
enum vdpa_means {
	VDPA_MEANS_NONE,	/* not suspended */
	VDPA_MEANS_OPS,		/* by its parent's suspend operation */
	VDPA_MEANS_STATUS,	/* by SUSPEND in the device status */
};

/**
 * struct vdpa_state - the state of a device
 * @lock: protects all fields; a spinlock; the spinlocks of the events and of the wait queue
 *	are taken inside it
 * @now: the state
 * @notified: changes of @now cause events; true once the device is published
 * @removing: it is being deleted; meanwhile changes of @now cause no events
 * @prober: the task in which vhost_vdpa probes it, or NULL
 * @leaving: a driver of this host is being unbound
 * @driver_ops: number of bus driver calls under way that change the status
 * @status_sequence: incremented when such a call begins or ends
 * @holds: enum vdpa_hold bits: the parties that hold it suspended
 * @held_by: number of the transition that took the hold of management
 * @means: how it was suspended; also read without @lock by the owner of @in_parent
 * @status_bit: its driver has set SUSPEND in the status, and has not set DRIVER_OK since
 * @in_status: the driver began a transition through the status, which ends when the device shows it
 * @status_transition: that transition
 * @status_since: when it began
 * @resets: number of resets that wait for @in_parent
 * @sequence: number of the latest transition; incrementing it voids that transition
 * @in_transition: a transition is under way
 * @in_parent: a suspend, resume, reset or status write is in the parent; its caller owns this flag
 * @idle: woken when @prober, @in_transition or @in_parent ends
 * @lives: incremented by each reset or failure
 * @transitions: number of changes of @now
 * @suspend: latencies of successful suspends
 * @resume: latencies of successful resumes
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

/* In ns; 0: unknown. @max is over recent operations only. */
struct vdpa_latency {
	u64 last;
	u64 max;
};

/* A consistent copy of a state. */
struct vdpa_state_view {
	enum vdpa_dev_state now;
	u8 holds;
	bool in_transition;
	bool leaving;
	u32 sequence;		/* changes at each reset */
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
