/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The holds on a device that is suspended.
 *
 * There are two that can: its driver (through vhost_vdpa, a virtual machine's
 * monitor) and management (a command). The parent suspends the device for the
 * first hold and resumes it when the last is given back. Neither gives back what
 * the other has: a command does not start what a monitor has stopped to read the
 * rings, nor the other way round. A reset ends both holds.
 *
 * The parent does one thing at a time: a suspend, a resume or a reset of one
 * device never overlap, whoever asks for them. So what a late suspend leaves
 * behind is always known.
 *
 * Suspending and resuming take as long as the parent likes. Who begins one is in a
 * transition, and nobody else changes the holds meanwhile: a command is refused, a
 * driver waits, killable. A reset or a failure makes the transition void, and what the
 * operation ends with does not count any more.
 *
 * A driver is never refused what mainline does not refuse it: to suspend what it
 * has suspended, or to resume what it has not, succeeds and does nothing.
 *
 * A driver has two ways to take its hold and to give it back, the operations and a bit of the
 * status (status.h), and one hold.
 *
 * Some parents forget in a suspend which queues were ready, or stay half
 * suspended when one fails. So queues that were ready before are made ready after
 * the resume, and a suspend that fails is followed by a resume.
 */
#ifndef _VDPA_HOLD_H
#define _VDPA_HOLD_H

#include <linux/ktime.h>
#include <linux/types.h>
#include <uapi/linux/vdpa.h>

#include "state.h"

struct vdpa_entry;

/**
 * struct vdpa_ready - which of a device's queues are ready
 * @before: they were when its parent was asked to suspend it
 * @wanted: its driver wants them to be
 *
 * Bitmaps; NULL where the parent cannot suspend.
 */
struct vdpa_ready {
	unsigned long *before;
	unsigned long *wanted;
};

int vdpa_hold_init(struct vdpa_entry *entry);
void vdpa_hold_exit(struct vdpa_entry *entry);
void vdpa_hold_queue(struct vdpa_entry *entry, u16 index, bool ready);

bool vdpa_hold_can(const struct vdpa_state_view *view, const struct vdpa_transition *transition);
bool vdpa_hold_begin(struct vdpa_entry *entry, struct vdpa_transition *transition,
		     struct vdpa_state_view *view);
void vdpa_hold_abort(struct vdpa_entry *entry, const struct vdpa_transition *transition);
int vdpa_hold_perform(struct vdpa_entry *entry, const struct vdpa_transition *transition);
int vdpa_hold_perform_now(struct vdpa_entry *entry, const struct vdpa_transition *transition);
int vdpa_hold_undo(struct vdpa_entry *entry, struct vdpa_transition *transition);

int vdpa_hold_driver(struct vdpa_entry *entry, enum vdpa_dev_state via);
void vdpa_hold_reset_begin(struct vdpa_entry *entry);
void vdpa_hold_reset_end(struct vdpa_entry *entry, bool done);
void vdpa_hold_probe(struct vdpa_entry *entry, bool probing);
void vdpa_hold_leave(struct vdpa_entry *entry);
void vdpa_hold_left(struct vdpa_entry *entry);
void vdpa_hold_wait(struct vdpa_entry *entry);

/* For hold_status.c. */
void vdpa_hold_transition_begin(struct vdpa_entry *entry, struct vdpa_transition *transition);
void vdpa_hold_transition_end(struct vdpa_entry *entry, const struct vdpa_transition *transition,
			      bool reached);
void vdpa_hold_turn_end(struct vdpa_entry *entry);

#endif
