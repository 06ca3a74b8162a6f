// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtio's own suspend, used by the core for management: see status.h.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/vdpa.h>
#include <linux/wait.h>

#include "device.h"
#include "state.h"
#include "status.h"

/* Poll interval of a device that has not completed: first and longest. */
#define POLL_MIN	msecs_to_jiffies(1)
#define POLL_MAX	msecs_to_jiffies(100)

/* How long the unbind of a driver of this host waits for the device to resume. */
#define LEAVE_MAX	msecs_to_jiffies(5000)

/* Return: whether the device can be suspended through the status. */
bool vdpa_status_negotiated(const struct vdpa_entry *entry)
{
	return READ_ONCE(entry->driver_features) & BIT_ULL(VIRTIO_F_SUSPEND);
}

/* Return: whether management can suspend the device, by either means. */
bool vdpa_can_suspend(const struct vdpa_entry *entry)
{
	return entry->parent_ops->suspend || vdpa_status_negotiated(entry);
}

/* Return: whether the device can be resumed after a suspend. */
bool vdpa_can_resume(const struct vdpa_entry *entry)
{
	return entry->parent_ops->resume || vdpa_status_negotiated(entry);
}

/* Return: whether management must use the status: the parent lacks suspend or resume. */
bool vdpa_status_needed(const struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;

	return vdpa_status_negotiated(entry) && !(ops->suspend && ops->resume);
}

/**
 * struct wait - a condition of the status to wait for
 * @shown: the condition
 * @leaving: a driver of this host is being unbound
 * @end: end of the wait in jiffies, if @leaving
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

/* Return: 0 once the condition holds; -EIO if the device fails; -ECANCELED; -ETIMEDOUT. */
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
 * @entry: the device, which is running with the feature negotiated
 *
 * Context: the caller owns state->in_parent. Sleeps for as long as the device takes, or until a
 * reset or an unbind waits.
 * Return: 0; -EIO if it has failed; -ECANCELED: the suspend may still complete.
 */
int vdpa_status_suspend(struct vdpa_entry *entry)
{
	const struct wait wait = { .shown = vdpa_status_suspended };

	return set_and_await(entry, VIRTIO_CONFIG_S_SUSPEND, &wait);
}

/**
 * vdpa_status_resume - resume a device that was suspended through its status
 * @entry: the device
 *
 * Context: as vdpa_status_suspend().
 * Return: 0; -EIO if it has failed; -ECANCELED: the resume may still complete.
 */
int vdpa_status_resume(struct vdpa_entry *entry)
{
	const struct wait wait = { .shown = vdpa_status_works };

	return set_and_await(entry, VIRTIO_CONFIG_S_DRIVER_OK, &wait);
}

/**
 * vdpa_status_leave - as vdpa_status_resume(), for the unbind of its driver
 * @entry: the device
 * @suspending: its suspend is not complete yet, and must be before it can be resumed
 *
 * Context: the caller owns state->in_parent. Sleeps for five seconds at most.
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
