// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio's own suspend, as the core has it done for management: see status.h.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/vdpa.h>
#include <linux/wait.h>

#include "device.h"
#include "state.h"
#include "status.h"

/* How often a device is looked at that has not answered: at first, and at last. */
#define POLL_MIN	msecs_to_jiffies(1)
#define POLL_MAX	msecs_to_jiffies(100)

/* How long a driver of this host, on its way out, waits for a resume that the device owes it. */
#define LEAVE_MAX	msecs_to_jiffies(5000)

/* Whether the device's driver, and so management, can suspend it through the status. */
bool vdpa_status_negotiated(const struct vdpa_entry *entry)
{
	return READ_ONCE(entry->driver_features) & BIT_ULL(VIRTIO_F_SUSPEND);
}

/* Whether management can suspend the device, by whichever means. */
bool vdpa_can_suspend(const struct vdpa_entry *entry)
{
	return entry->parent_ops->suspend || vdpa_status_negotiated(entry);
}

/* Whether what was suspended could be resumed. */
bool vdpa_can_resume(const struct vdpa_entry *entry)
{
	return entry->parent_ops->resume || vdpa_status_negotiated(entry);
}

/* Whether management suspends the device through the status: its parent has not both operations. */
bool vdpa_status_needed(const struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;

	return vdpa_status_negotiated(entry) && !(ops->suspend && ops->resume);
}

/**
 * struct wait - for what a device's status is to show
 * @shown: whether it does
 * @leaving: it is the driver that waits, on its way out
 * @end: until when, in jiffies, where @leaving
 */
struct wait {
	bool (*shown)(u8 status);
	bool leaving;
	unsigned long end;
};

static bool called_off(const struct vdpa_state *state)
{
	return READ_ONCE(state->resets) || READ_ONCE(state->leaving);
}

/* Return: 0 once the device shows it; -EIO if it fails; -ECANCELED; -ETIMEDOUT. */
static int await(struct vdpa_entry *entry, const struct wait *wait)
{
	struct vdpa_state *state = &entry->state;
	unsigned long delay = POLL_MIN;
	u8 status;

	for (;;) {
		status = entry->parent_ops->get_status(entry->vdev);
		if (status & VDPA_STATUS_FAILED_BITS)
			return -EIO;
		if (wait->shown(status))
			return 0;
		if (wait->leaving && time_after(jiffies, wait->end))
			return -ETIMEDOUT;
		if (wait_event_idle_timeout(state->idle, !wait->leaving && called_off(state),
					    delay))
			return -ECANCELED;
		delay = min(2 * delay, POLL_MAX);
	}
}

static int set_and_await(struct vdpa_entry *entry, u8 bit, const struct wait *wait)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	u8 status = ops->get_status(entry->vdev);

	if (status & VDPA_STATUS_FAILED_BITS)
		return -EIO;
	if (wait->shown(status))
		return 0;
	ops->set_status(entry->vdev, status | bit);
	return await(entry, wait);
}

/**
 * vdpa_status_suspend - suspend a device through its status
 * @entry: the device, which works, and whose driver has negotiated the feature
 *
 * Context: in the turn of who asks the parent; sleeps for as long as the device takes, unless
 * somebody wants to reset it or its driver to leave it.
 * Return: 0; -EIO if it has failed; -ECANCELED: it may yet come to stand still.
 */
int vdpa_status_suspend(struct vdpa_entry *entry)
{
	const struct wait wait = { .shown = vdpa_status_suspended };

	return set_and_await(entry, VIRTIO_CONFIG_S_SUSPEND, &wait);
}

/**
 * vdpa_status_resume - resume what was suspended through its status
 * @entry: the device
 *
 * Context: as vdpa_status_suspend().
 * Return: 0; -EIO if it has failed; -ECANCELED: it may yet run.
 */
int vdpa_status_resume(struct vdpa_entry *entry)
{
	const struct wait wait = { .shown = vdpa_status_works };

	return set_and_await(entry, VIRTIO_CONFIG_S_DRIVER_OK, &wait);
}

/**
 * vdpa_status_leave - resume what was suspended through its status, as its driver wants to go
 * @entry: the device
 * @suspending: it has not answered yet: only when it stands still can it be resumed
 *
 * Context: in the turn of the one that asks the parent; sleeps for five seconds at most.
 * Return: 0; -EIO if it has failed; -ETIMEDOUT.
 */
int vdpa_status_leave(struct vdpa_entry *entry, bool suspending)
{
	const unsigned long end = jiffies + LEAVE_MAX;
	const struct wait still = { .shown = vdpa_status_suspended, .leaving = true, .end = end };
	const struct wait works = { .shown = vdpa_status_works, .leaving = true, .end = end };
	int err = suspending ? await(entry, &still) : 0;

	return err ?: set_and_await(entry, VIRTIO_CONFIG_S_DRIVER_OK, &works);
}
