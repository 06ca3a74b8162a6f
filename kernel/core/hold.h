/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Holds: which parties keep a device suspended.
 *
 * There are two: the device's driver (through vhost_vdpa: a virtual machine monitor) and management
 * (a netlink client). The core calls the parent's suspend for the first hold, and its resume when
 * the last hold is released. Each party releases only its own hold: a command never resumes a
 * device that a monitor suspended to read the rings, nor the other way round. A reset ends both
 * holds.
 *
 * Suspend, resume and reset of one device never overlap, whichever party calls them (struct
 * vdpa_state.in_parent). So the state that a late suspend leaves behind is always known.
 *
 * The parent may take any time to suspend or resume. Meanwhile the device is in a transition, and
 * only its initiator changes the holds: a command is refused with an error, a driver waits,
 * killable. A reset or a failure voids the transition; then the result of the parent's operation is
 * ignored.
 *
 * A driver never gets an error that the mainline core would not return: to suspend what it has
 * suspended, or to resume what it has not, succeeds and does nothing.
 *
 * A driver has one hold, and two ways to take and release it: the operations, and a bit of the
 * status (status.h).
 *
 * Some parents forget during a suspend which queues were ready, or stay half suspended when a
 * suspend fails. So the core makes queues that were ready before ready again after the resume, and
 * calls resume after a failed suspend.
 */
#ifndef _VDPA_HOLD_H
#define _VDPA_HOLD_H

#include <linux/ktime.h>
#include <linux/types.h>
#include <uapi/linux/vdpa.h>

#include "state.h"

struct vdpa_entry;

/**
 * struct vdpa_ready - which virtqueues of a device are ready
 * @before: ready when the core called the parent's suspend
 * @wanted: made ready by its driver
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
