/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device is doing, whoever makes it do so.
 *
 * The core sees every change, because those operations of a device that change
 * its state go through ops.c, also when a bus driver calls them. The states and
 * what leads from one to another:
 *
 *   inactive    -- DRIVER_OK -->   active
 *   active      -- suspend -->     suspending -->  suspended, or active if it fails
 *   suspended   -- resume -->      resuming -->    active, or suspended if it fails
 *   any         -- reset -->       inactive
 *   any         -- FAILED, NEEDS_RESET -->  failed
 *
 * A bus driver is never refused what it asks for: mainline would not either. A
 * command is, where the table above has no arc.
 *
 * A reset may overtake a suspend that is still in the parent. Each reset starts
 * a new life (@life): what an operation of an earlier one ends with does not
 * count any more.
 */
#ifndef _VDPA_STATE_H
#define _VDPA_STATE_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;

/* How long an operation of the parent took, in ns. */
struct vdpa_latency {
	u64 last;
	u64 max;
};

/**
 * struct vdpa_state - what a device is doing
 * @lock: protects all of this; a spinlock, nothing is taken inside it
 * @now: what it is doing
 * @removing: it is being deleted: what happens to @now meanwhile is not told
 * @life: counts the resets
 * @transitions: counts the changes of @now
 * @suspend: of its suspends that succeeded
 * @resume: of its resumes that succeeded
 */
struct vdpa_state {
	spinlock_t lock;
	enum vdpa_dev_state now;
	bool removing;
	u32 life;
	u64 transitions;
	struct vdpa_latency suspend;
	struct vdpa_latency resume;
};

void vdpa_state_init(struct vdpa_state *state);
struct vdpa_state vdpa_state_read(struct vdpa_entry *entry, u64 *seq);

enum vdpa_dev_state vdpa_state_begin(struct vdpa_entry *entry, enum vdpa_dev_state to,
				     enum vdpa_cause cause, u32 *life);
void vdpa_state_abort(struct vdpa_entry *entry, u32 life, enum vdpa_cause cause);
int vdpa_state_perform(struct vdpa_entry *entry, u32 life, enum vdpa_cause cause);

void vdpa_state_note_status(struct vdpa_entry *entry, enum vdpa_cause cause);
void vdpa_state_note_reset(struct vdpa_entry *entry, enum vdpa_cause cause);
void vdpa_state_set_removing(struct vdpa_entry *entry, bool removing);

#endif
