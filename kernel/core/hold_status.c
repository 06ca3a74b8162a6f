// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver's view of the status of a device that has virtio's own suspend: see hold_status.h.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/vdpa.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "device.h"
#include "hold.h"
#include "hold_status.h"
#include "state.h"
#include "status.h"

/* Poll interval of a device that has not completed a suspend or resume: first and longest. */
#define POLL_MIN	msecs_to_jiffies(1)
#define POLL_MAX	msecs_to_jiffies(250)

/* The meaning of a status that the driver writes. */
enum meaning {
	MEANS_NOTHING,		/* for suspend */
	MEANS_SUSPEND,
	MEANS_RESUME,
};

/* How to carry the write out. */
enum step {
	STEP_DONE,		/* do not call the parent */
	STEP_WRITE,		/* pass the status to the parent */
	STEP_RESUME,		/* call the parent's resume: its suspend was used */
};

/* Under the lock. */
static enum meaning meaning_of(const struct vdpa_state *state, u8 status)
{
	if (state->in_status || status & VIRTIO_CONFIG_S_FAILED ||
	    state->now == VDPA_DEV_STATE_INACTIVE || state->now == VDPA_DEV_STATE_FAILED)
		return MEANS_NOTHING;
	if (!state->status_bit)
		return status & VIRTIO_CONFIG_S_SUSPEND ? MEANS_SUSPEND : MEANS_NOTHING;
	return status & VIRTIO_CONFIG_S_DRIVER_OK ? MEANS_RESUME : MEANS_NOTHING;
}

/* Under the lock: management holds nothing, so the parent must be called. */
static enum step begin_transition(struct vdpa_entry *entry, struct vdpa_transition *transition)
{
	struct vdpa_state *state = &entry->state;

	state->in_parent = true;
	vdpa_hold_transition_begin(entry, transition);
	if (transition->via == VDPA_DEV_STATE_SUSPENDING) {
		state->status_bit = true;
		state->means = VDPA_MEANS_STATUS;
	}
	if (state->means != VDPA_MEANS_STATUS)
		return STEP_RESUME;
	state->in_status = true;
	state->status_transition = *transition;
	state->status_since = ktime_get();
	return STEP_WRITE;
}

/* Under the lock, with no transition under way. */
static enum step begin_hold(struct vdpa_entry *entry, enum meaning meaning,
			    struct vdpa_transition *transition)
{
	struct vdpa_state *state = &entry->state;
	bool suspend = meaning == MEANS_SUSPEND;
	u8 others = state->holds & ~VDPA_HOLD_DRIVER;

	transition->via = suspend ? VDPA_DEV_STATE_SUSPENDING : VDPA_DEV_STATE_RESUMING;
	transition->cause = VDPA_CAUSE_DRIVER;
	if (!others && !(suspend && state->holds))
		return begin_transition(entry, transition);
	vdpa_state_set_holds(entry, suspend ? others | VDPA_HOLD_DRIVER : others,
			     VDPA_CAUSE_DRIVER);
	state->status_bit = suspend;
	return STEP_DONE;
}

/* Return: true once the driver's write can be carried out; @step tells how. */
static bool write_begin(struct vdpa_entry *entry, u8 status, struct vdpa_transition *transition,
			enum step *step)
{
	struct vdpa_state *state = &entry->state;
	enum meaning meaning;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	meaning = meaning_of(state, status);
	free = !state->in_parent && (meaning == MEANS_NOTHING || !state->in_transition);
	if (free && meaning == MEANS_NOTHING) {
		*step = STEP_WRITE;
		state->in_parent = true;
	} else if (free) {
		*step = begin_hold(entry, meaning, transition);
	}
	spin_unlock_irqrestore(&state->lock, flags);
	return free;
}

/*
 * A status that neither suspends nor resumes must not disturb a suspend. While the device is
 * suspended through its status, pass on only bits that are new, and keep its suspend bits.
 * Otherwise hide the SUSPEND bit from the parent.
 */
static void write_neutral(struct vdpa_entry *entry, u8 status)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	u8 shown = ops->get_status(entry->vdev);
	struct vdpa_state *state = &entry->state;
	enum vdpa_means means;
	unsigned long flags;
	bool bit;

	spin_lock_irqsave(&state->lock, flags);
	means = state->means;
	bit = state->status_bit;
	spin_unlock_irqrestore(&state->lock, flags);
	if (means == VDPA_MEANS_STATUS) {
		status &= ~VDPA_STATUS_SUSPEND_BITS;
		if (!(status & ~shown))
			return;
		status |= shown & VDPA_STATUS_SUSPEND_BITS;
	} else {
		status &= ~VIRTIO_CONFIG_S_SUSPEND;
		status |= bit ? VIRTIO_CONFIG_S_DRIVER_OK : 0;
	}
	ops->set_status(entry->vdev, status);
}

/* Under the lock. */
static void see(struct vdpa_entry *entry, u8 status)
{
	struct vdpa_state *state = &entry->state;
	const struct vdpa_transition transition = state->status_transition;
	bool suspend = transition.via == VDPA_DEV_STATE_SUSPENDING;
	u64 ns = ktime_to_ns(ktime_sub(ktime_get(), state->status_since));

	if (status & VDPA_STATUS_FAILED_BITS) {
		vdpa_state_change(entry, VDPA_DEV_STATE_FAILED, VDPA_CAUSE_DEVICE);
		return;
	}
	if (suspend ? !vdpa_status_suspended(status) : !vdpa_status_works(status))
		return;
	vdpa_latency_note(suspend ? &state->suspend : &state->resume, ns);
	if (!suspend)
		state->means = VDPA_MEANS_NONE;
	vdpa_hold_transition_end(entry, &transition, true);
}

/*
 * Under the lock. Return: the status that the driver sees: its own suspend, never one of
 * management. A device that is being reset shows neither bit; that is passed on.
 */
static u8 driver_view(const struct vdpa_state *state, u8 status)
{
	if (state->in_status || state->means == VDPA_MEANS_NONE ||
	    !(status & VDPA_STATUS_SUSPEND_BITS) || status & VDPA_STATUS_FAILED_BITS)
		return status;
	return (status & ~VDPA_STATUS_SUSPEND_BITS) |
	       (state->status_bit ? VIRTIO_CONFIG_S_SUSPEND : VIRTIO_CONFIG_S_DRIVER_OK);
}

/* Read the status. Ignore it for the transition if the driver changed it meanwhile. */
static u8 look(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	u32 sequence;
	bool quiet;
	u8 status;

	quiet = vdpa_state_driver_quiet(entry, &sequence);
	status = entry->parent_ops->get_status(entry->vdev);
	spin_lock_irqsave(&state->lock, flags);
	if (quiet && state->in_status && state->status_sequence == sequence)
		see(entry, status);
	status = driver_view(state, status);
	spin_unlock_irqrestore(&state->lock, flags);
	return status;
}

static void poll_queue(struct vdpa_entry *entry)
{
	queue_delayed_work(system_unbound_wq, &entry->status_poll, entry->status_delay);
}

static void poll_work(struct work_struct *work)
{
	struct vdpa_entry *entry = container_of(to_delayed_work(work), struct vdpa_entry,
						status_poll);

	look(entry);
	if (!READ_ONCE(entry->state.in_status))
		return;
	entry->status_delay = min(2 * entry->status_delay, POLL_MAX);
	poll_queue(entry);
}

void vdpa_hold_status_init(struct vdpa_entry *entry)
{
	INIT_DELAYED_WORK(&entry->status_poll, poll_work);
}

/* The device has no driver. */
void vdpa_hold_status_exit(struct vdpa_entry *entry)
{
	disable_delayed_work_sync(&entry->status_poll);
}

/**
 * vdpa_hold_status_write - set the status for the bus driver, with virtio's suspend negotiated
 * @entry: the device
 * @status: the new status; not 0, which is a reset
 *
 * A suspend or resume may still be incomplete when this returns: the driver has to read the status.
 * A worker polls it for the core.
 *
 * Context: may sleep for as long as the parent takes to set the status. Before that, waits killable
 * while another caller suspends, resumes or resets the device; if killed, it does nothing.
 */
void vdpa_hold_status_write(struct vdpa_entry *entry, u8 status)
{
	struct vdpa_state *state = &entry->state;
	struct vdpa_transition transition = {};
	enum step step;

	if (wait_event_killable(state->idle, write_begin(entry, status, &transition, &step)))
		return;
	vdpa_state_driver_begin(entry);
	if (step == STEP_WRITE) {
		if (transition.via)
			entry->parent_ops->set_status(entry->vdev, status);
		else
			write_neutral(entry, status);
		vdpa_hold_turn_end(entry);
	} else if (step == STEP_RESUME) {
		vdpa_hold_perform_now(entry, &transition);
	}
	vdpa_state_driver_status(entry);
	look(entry);
	if (!READ_ONCE(state->in_status))
		return;
	entry->status_delay = POLL_MIN;
	poll_queue(entry);
}

/* Return: the status as the bus driver sees it. Ends the driver's suspend or resume if complete. */
u8 vdpa_hold_status_read(struct vdpa_entry *entry)
{
	return look(entry);
}
