// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and stopping the queues of a simulated device.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <uapi/linux/virtio_config.h>

#include "sim.h"

/* Status bits of a running device. */
#define STATUS_WORKING		(VIRTIO_CONFIG_S_FEATURES_OK | VIRTIO_CONFIG_S_DRIVER_OK)

/* Status bits that stop a device. */
#define STATUS_STUCK		(VIRTIO_CONFIG_S_NEEDS_RESET | VIRTIO_CONFIG_S_FAILED)

/* Update sim->running from the status and the suspend. Under state_lock. */
void vdpasim_update_running(struct vdpasim *sim)
{
	u8 state = sim->status & (STATUS_WORKING | STATUS_STUCK);

	WRITE_ONCE(sim->running, state == STATUS_WORKING && !sim->suspended);
}

/**
 * vdpasim_may_move - check whether a queue may be processed
 * @vq: queue; with its lock held, code that stops the queue waits for the lock afterwards
 *
 * Return: true if it may.
 */
bool vdpasim_may_move(const struct vdpasim_vq *vq)
{
	return READ_ONCE(vq->sim->running) && READ_ONCE(vq->ready) &&
	       !(READ_ONCE(vq->sim->stall) & BIT_ULL(vq->index));
}

/**
 * vdpasim_kick - queue the work of a virtqueue
 * @vq: queue
 *
 * In any context. A kick of a stopped queue is lost: the queue is kicked again when it is started.
 */
void vdpasim_kick(struct vdpasim_vq *vq)
{
	if (vdpasim_may_move(vq))
		queue_work(vq->sim->parent->wq, &vq->work);
}
EXPORT_SYMBOL_GPL(vdpasim_kick);

/**
 * vdpasim_kick_all - kick all queues of a device
 * @sim: device
 */
void vdpasim_kick_all(struct vdpasim *sim)
{
	u16 i;

	for (i = 0; i < sim->nvqs; i++)
		vdpasim_kick(&sim->vqs[i]);
}

/**
 * vdpasim_settle - wait until each queue has seen a change that stops it
 * @sim: device
 *
 * A running round finishes its current request. May sleep; takes the lock of each queue. Return: 0,
 * or -EINTR on a fatal signal.
 */
int vdpasim_settle(struct vdpasim *sim)
{
	u16 i;

	for (i = 0; i < sim->nvqs; i++) {
		if (mutex_lock_killable(&sim->vqs[i].lock))
			return -EINTR;
		mutex_unlock(&sim->vqs[i].lock);
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_settle);

/*
 * Under state_lock, so that the callback is not replaced meanwhile. By the specification, a device
 * that is suspended through the status sends no notification until it is resumed.
 */
static void config_interrupt(struct vdpasim *sim)
{
	sim->config_late = sim->status & VIRTIO_CONFIG_S_SUSPEND;
	if (!sim->config_late && sim->config_cb.callback)
		sim->config_cb.callback(sim->config_cb.private);
}

/* The status has changed: send a delayed config interrupt, if possible. Under state_lock. */
void vdpasim_config_late(struct vdpasim *sim)
{
	if (sim->config_late)
		config_interrupt(sim);
}

/**
 * vdpasim_config_changed - notify the driver that the config space has changed
 * @sim: device; its fields were changed under state_lock
 *
 * Takes state_lock.
 */
void vdpasim_config_changed(struct vdpasim *sim)
{
	spin_lock(&sim->state_lock);
	sim->generation++;
	config_interrupt(sim);
	spin_unlock(&sim->state_lock);
}
EXPORT_SYMBOL_GPL(vdpasim_config_changed);

/**
 * vdpasim_broken - stop a device whose driver violated the specification, until a reset
 * @vq: the queue
 * @why: the violation
 *
 * Takes state_lock.
 */
void vdpasim_broken(struct vdpasim_vq *vq, const char *why)
{
	struct vdpasim *sim = vq->sim;
	bool first;

	spin_lock(&sim->state_lock);
	first = !(sim->status & VIRTIO_CONFIG_S_NEEDS_RESET);
	if (first) {
		sim->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		vdpasim_update_running(sim);
		config_interrupt(sim);
	}
	spin_unlock(&sim->state_lock);

	if (first)
		dev_warn_ratelimited(&sim->vdpa.dev, "virtqueue %u: %s; the device needs a reset\n",
				     vq->index, why);
}
EXPORT_SYMBOL_GPL(vdpasim_broken);
