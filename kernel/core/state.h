/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device is doing, whoever makes it do so.
 *
 * The core sees every change, because those operations of a device that change
 * its state go through ops.c, also when a bus driver calls them. The states and
 * what leads from one to another:
 *
 *   inactive    -- DRIVER_OK -->   active,
 *   active      -- suspend -->     suspending -->  suspended, or active if it fails
 *   suspended   -- resume -->      resuming -->    active, or suspended if it fails
 *   any         -- reset -->       inactive
 *   any         -- FAILED, NEEDS_RESET -->  failed
 *
 * A bus driver is never refused what it asks for: mainline would not either. A
 * command is, where the table above has no arc.
 *
 * Suspending and resuming take as long as the parent likes. Who begins one has a
 * claim on the state. A reset may overtake it, and so may the driver or a
 * failure: the claim is lost then, and what the operation ends with does not
 * count any more.
 */
#ifndef _VDPA_STATE_H
#define _VDPA_STATE_H

#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;

/* How long an operation of the parent took, in ns. */
struct vdpa_latency {
	u64 last;
	u64 max;
};

/**
 * struct vdpa_state - what a device is doing
 * @lock: protects all of this; a spinlock, inside which those of the events and of
 *	@idle are taken
 * @now: what it is doing
 * @told: changes of @now are told: not before the device can be found
 * @removing: it is being deleted: what happens to @now meanwhile is not told
 * @driver_ops: operations of its bus driver under way that change the status
 * @turn: counts their beginnings and ends
 * @claim: the claim that is good; counted on to make it void
 * @performing: suspends and resumes that are in the parent
 * @idle: woken when @performing falls to 0
 * @transitions: counts the changes of @now
 * @suspend: of its suspends that succeeded
 * @resume: of its resumes that succeeded
 */
struct vdpa_state {
	spinlock_t lock; /* see above */
	enum vdpa_dev_state now;
	bool told;
	bool removing;
	unsigned int driver_ops;
	u32 turn;
	u32 claim;
	unsigned int performing;
	wait_queue_head_t idle;
	u64 transitions;
	struct vdpa_latency suspend;
	struct vdpa_latency resume;
};

/**
 * struct vdpa_claim - the right to go from one state to another
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @cause: who wants it
 * @deadline: for a parent that can honour one (CLOCK_MONOTONIC); 0: none
 * @number: it is good while it is the state's
 */
struct vdpa_claim {
	enum vdpa_dev_state via;
	enum vdpa_cause cause;
	ktime_t deadline;
	u32 number;
};

/* What there is to show of a state. */
struct vdpa_state_view {
	enum vdpa_dev_state now;
	u32 claim;		/* another one after a reset */
	u64 transitions;
	struct vdpa_latency suspend;
	struct vdpa_latency resume;
};

void vdpa_state_init(struct vdpa_entry *entry);
void vdpa_state_publish(struct vdpa_entry *entry);
struct vdpa_state_view vdpa_state_read(struct vdpa_entry *entry, u64 *seq);

enum vdpa_dev_state vdpa_state_begin(struct vdpa_entry *entry, struct vdpa_claim *claim);
void vdpa_state_abort(struct vdpa_entry *entry, const struct vdpa_claim *claim);
int vdpa_state_perform(struct vdpa_entry *entry, const struct vdpa_claim *claim);
void vdpa_state_force(struct vdpa_entry *entry, const struct vdpa_claim *claim);

void vdpa_state_driver_begin(struct vdpa_entry *entry);
void vdpa_state_driver_status(struct vdpa_entry *entry);
void vdpa_state_driver_reset(struct vdpa_entry *entry, bool done);
void vdpa_state_set_removing(struct vdpa_entry *entry, bool removing);
void vdpa_state_wait_idle(struct vdpa_entry *entry);
void vdpa_state_release(struct vdpa_entry *entry);

#endif
